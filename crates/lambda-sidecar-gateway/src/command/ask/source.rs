//! Where request and response come from: a file, standard input, or curl's options.

use std::{io::Read, path::Path};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode, Uri,
    header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, TRANSFER_ENCODING},
};

use super::{
    arguments::Arguments,
    message::{self, Message, Wrong},
};

const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
const STANDARD_INPUT: &str = "standard input";

/// The request. `host` is whom a path without a host is sent to.
///
/// # Errors
///
/// What is wrong with it, with file and line where there are such.
pub(super) fn request(arguments: &Arguments, host: &str) -> Result<Request<Bytes>, String> {
    let what = arguments.what.as_str();
    let has_options =
        arguments.method.is_some() || !arguments.headers.is_empty() || arguments.data.is_some();
    let is_url = what.starts_with("http://") || what.starts_with("https://");
    if has_options || is_url {
        return of_options(arguments, host);
    }
    let path = Path::new(what);
    let is_file = path.is_file() || path.extension().is_some_and(|kind| kind == "http");
    if what == "-" || is_file {
        let (name, bytes) = read(what)?;
        return of_bytes(&bytes).map_err(|wrong| format!("{name}:{wrong}"));
    }
    if what.starts_with('/') {
        return of_options(arguments, host);
    }
    Err(format!(
        "found `{what}`, allowed: a `.http` file, `-`, a URL, or a path that begins with `/`"
    ))
}

/// The recorded answer of the backend.
///
/// # Errors
///
/// As for the request.
pub(super) fn response(file: &str) -> Result<Response<Bytes>, String> {
    let (name, bytes) = read(file)?;
    let response = message::parse(&bytes).and_then(|message| {
        const ALLOWED: &str = "a status line, as in `HTTP/1.1 200 OK`";
        let mut words = message.first.split_ascii_whitespace();
        let version = words.next().filter(|version| version.starts_with("HTTP/"));
        let status = version.and_then(|_| StatusCode::from_bytes(words.next()?.as_bytes()).ok());
        let wrong = || Wrong::found(message.line, &message.first, ALLOWED);
        let status = status.filter(|status| !status.is_informational());
        let mut response = Response::new(message.body.clone());
        *response.status_mut() = status.ok_or_else(wrong)?;
        *response.headers_mut() = message.headers.clone();
        Ok(response)
    });
    response.map_err(|wrong| format!("{name}:{wrong}"))
}

fn read(file: &str) -> Result<(&str, Vec<u8>), String> {
    let mut bytes = Vec::new();
    let (name, result) = match file {
        "-" => (
            STANDARD_INPUT,
            std::io::stdin().read_to_end(&mut bytes).map(|_| bytes),
        ),
        _ => (file, std::fs::read(file)),
    };
    match result {
        Ok(bytes) => Ok((name, bytes)),
        Err(error) => Err(format!("{name}: cannot be read: {error}")),
    }
}

/// A request from a file. The version may be missing, and the method too where the target is a URL.
fn of_bytes(bytes: &[u8]) -> Result<Request<Bytes>, Wrong> {
    const ALLOWED: &str = "a request line, as in `POST /my/op?p1=a HTTP/1.1`";
    let message = message::parse(bytes)?;
    let (line, first) = (message.line, message.first.clone());
    let wrong = || Wrong::found(line, &first, ALLOWED);
    let words: Vec<&str> = first.split_ascii_whitespace().collect();
    let (method, target) = match words[..] {
        [url] if url.contains("://") => ("GET", url),
        [method, target] => (method, target),
        [method, target, version] if version.starts_with("HTTP/") => (method, target),
        _ => return Err(wrong()),
    };
    let method: Method = method.parse().map_err(|_| wrong())?;
    let uri: Uri = target.parse().map_err(|_| wrong())?;
    request_of(method, &uri, message, None).ok_or_else(wrong)
}

fn of_options(arguments: &Arguments, host: &str) -> Result<Request<Bytes>, String> {
    let body = match arguments
        .data
        .as_deref()
        .map(|data| data.strip_prefix('@').ok_or(data))
    {
        Some(Ok(file)) => Some(Bytes::from(read(file)?.1)),
        Some(Err(text)) => Some(Bytes::copy_from_slice(text.as_bytes())),
        None => None,
    };
    let mut headers = http::HeaderMap::new();
    for line in &arguments.headers {
        let (name, value) =
            message::header(line.as_bytes()).map_err(|wrong| format!("-H: {wrong}"))?;
        headers.append(name, value);
    }
    // As curl does.
    if body.is_some() && !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, FORM);
    }
    let default = if body.is_some() { "POST" } else { "GET" };
    let method = arguments.method.as_deref().unwrap_or(default);
    let method = method
        .parse()
        .map_err(|_| format!("-X: found `{method}`, allowed: the name of a method"))?;
    let what = &arguments.what;
    let wrong = || format!("found `{what}`, allowed: a URL, or a path that begins with `/`");
    let uri: Uri = what.parse().map_err(|_| wrong())?;
    let message = Message {
        first: String::new(),
        line: 0,
        headers,
        body: body.unwrap_or_default(),
    };
    request_of(method, &uri, message, Some(host)).ok_or_else(wrong)
}

/// The request in the form in which a server gets it: the target's host is in `Host`.
fn request_of(
    method: Method,
    uri: &Uri,
    message: Message,
    default_host: Option<&str>,
) -> Option<Request<Bytes>> {
    let mut headers = message.headers;
    let authority = uri.authority().map(|authority| authority.as_str());
    if let Some(host) = authority.or(default_host)
        && !headers.contains_key(HOST)
    {
        headers.insert(HOST, HeaderValue::from_str(host).ok()?);
    }
    // A recorded message that is framed stays so.
    if !message.body.is_empty() && !headers.contains_key(TRANSFER_ENCODING) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(message.body.len()));
    }
    let target = uri.path_and_query()?.as_str();
    if !target.starts_with('/') {
        return None;
    }
    let mut request = Request::new(message.body);
    *request.method_mut() = method;
    *request.uri_mut() = target.parse().ok()?;
    *request.headers_mut() = headers;
    Some(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_line_may_leave_out_what_editors_leave_out() {
        for (line, method, uri, host) in [
            ("POST /my?p=a HTTP/1.1", "POST", "/my?p=a", None),
            ("DELETE /my", "DELETE", "/my", None),
            (
                "https://api.acme.com/my?p",
                "GET",
                "/my?p",
                Some("api.acme.com"),
            ),
            ("PUT http://a:8080/my HTTP/2", "PUT", "/my", Some("a:8080")),
        ] {
            let request = of_bytes(line.as_bytes()).unwrap();
            assert_eq!(
                (request.method().as_str(), request.uri().to_string()),
                (method, uri.into())
            );
            let found = request
                .headers()
                .get(HOST)
                .map(|host| host.to_str().unwrap());
            assert_eq!(found, host, "{line}");
        }
    }

    #[test]
    fn a_request_line_that_is_none_is_refused_with_what_is_allowed() {
        for line in [
            "/my",
            "G(T /my",
            "GET my",
            "GET /my HTTP/1.1 x",
            "GET /my 1.1",
        ] {
            let found = of_bytes(line.as_bytes()).unwrap_err().to_string();
            let expected = format!(
                "1: found `{line}`, allowed: a request line, as in `POST /my/op?p1=a HTTP/1.1`"
            );
            assert_eq!(found, expected);
        }
    }
}
