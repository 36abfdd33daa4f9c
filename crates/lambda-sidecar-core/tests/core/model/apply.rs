//! What a verdict makes of a message, from its own print.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use lambda_sidecar_core::{Answer, Modify, Terminate, Verdict};
use serde_json::{Value, value::RawValue};

use super::{Lines, lines};

const OF_ANY_BODY: [&str; 7] = [
    "transfer-encoding",
    "trailer",
    "content-encoding",
    "content-md5",
    "digest",
    "content-digest",
    "repr-digest",
];

const OF_A_RESPONSE_BODY: [&str; 4] = ["etag", "last-modified", "accept-ranges", "content-range"];

/// The members of a Modify or a Terminate, each as it is printed: a JSON body goes out as it was written.
struct Printed(BTreeMap<String, Box<RawValue>>);

impl Printed {
    fn of(verdict: Verdict, which: &str) -> Self {
        let print = Answer::from(verdict).payload;
        let mut verdict: BTreeMap<String, BTreeMap<String, Box<RawValue>>> =
            serde_json::from_slice(&print).expect("a verdict's print is JSON");
        Self(verdict.remove(which).expect("the verdict's member"))
    }

    fn value(&self, member: &str) -> Value {
        let member = self.0.get(member).map(|member| member.get());
        serde_json::from_str(member.unwrap_or("null")).expect("a member is JSON")
    }

    /// The body, and the content type it has of itself.
    fn body(&self) -> Option<(Bytes, &'static str)> {
        if let Some(json) = self.0.get("json") {
            return Some((json.get().to_owned().into(), "application/json"));
        }
        let payload = self.value("payload").as_str()?.to_owned();
        if self.value("base64Encoded").is_null() {
            return Some((payload.into(), TEXT));
        }
        let bytes = base64_simd::STANDARD.decode_to_vec(payload);
        Some((bytes.expect("base64").into(), "application/octet-stream"))
    }

    fn dropped(&self, headers: &mut Lines) {
        for name in self.value("dropHeaders").as_array().into_iter().flatten() {
            headers.remove(name.as_str().expect("a name"));
        }
    }

    /// A name without lines is removed.
    fn added(&self, headers: &mut Lines) {
        for (name, values) in self.value("addHeaders").as_object().into_iter().flatten() {
            let values = values.as_array().into_iter().flatten();
            let values: Vec<_> = values
                .map(|value| value.as_str().expect("a line").into())
                .collect();
            headers.remove(name);
            if !values.is_empty() {
                headers.insert(name.clone(), values);
            }
        }
    }
}

const TEXT: &str = "text/plain; charset=utf-8";

fn changed(headers: &HeaderMap, modify: &Printed, of_the_body: &[&[&str]]) -> Lines {
    let mut headers = lines(headers);
    modify.dropped(&mut headers);
    if let Some((body, content_type)) = modify.body() {
        for name in of_the_body.iter().copied().flatten() {
            headers.remove(*name);
        }
        headers.insert("content-length".into(), vec![body.len().to_string().into()]);
        if content_type == "application/json" {
            headers.insert("content-type".into(), vec![content_type.into()]);
        }
    }
    modify.added(&mut headers);
    headers
}

/// A Modify makes of a request with these headers what it says, and nothing else.
pub(crate) fn check_request(modify: &Modify, method: &Method, headers: &HeaderMap) {
    let printed = Printed::of(modify.clone().into(), "modify");
    let (mut parts, ()) = Request::new(()).into_parts();
    (parts.method, parts.headers) = (method.clone(), headers.clone());
    let body = modify.apply_to_request(&mut parts).expect("there is room");
    assert_eq!(body, printed.body().map(|(body, _)| body));
    assert_eq!(
        lines(&parts.headers),
        changed(headers, &printed, &[&OF_ANY_BODY])
    );
    assert_eq!((&parts.method, parts.uri.to_string()), (method, "/".into()));
}

/// A Modify makes of an answer to this method what it says, and nothing else.
pub(crate) fn check_response(
    modify: &Modify,
    method: &Method,
    before: StatusCode,
    headers: &HeaderMap,
) {
    let printed = Printed::of(modify.clone().into(), "modify");
    let (mut parts, ()) = Response::new(()).into_parts();
    (parts.headers, parts.status) = (headers.clone(), before);
    let body = modify
        .apply_to_response(method, &mut parts)
        .expect("there is room");

    let code = printed.value("completeWithCode").as_u64();
    let replaces_a_part = before == 206 && printed.body().is_some();
    let otherwise = if replaces_a_part {
        200
    } else {
        before.as_u16()
    };
    let after = code.unwrap_or(otherwise.into());
    assert_eq!(u64::from(parts.status.as_u16()), after);

    let none = [204, 205, 304];
    let (had_none, has_none) = (
        none.contains(&u64::from(before.as_u16())),
        none.contains(&after),
    );
    let given = printed.body().map(|(body, _)| body);
    let expected = match &given {
        // Of what is there already nothing has to be taken away.
        None => (has_none && !had_none).then(Bytes::new),
        Some(_) if has_none || method == Method::HEAD => Some(Bytes::new()),
        Some(given) => Some(given.clone()),
    };
    assert_eq!(body, expected);

    let mut expected = changed(headers, &printed, &[&OF_ANY_BODY, &OF_A_RESPONSE_BODY]);
    // What an answer without a body says of a length is not that of the body it has now, nor the other
    // way round.
    let says_another = u64::from(before.as_u16()) != after && (had_none || has_none);
    if (has_none && given.is_some()) || (says_another && given.is_none()) {
        expected.remove("content-length");
        expected.remove("transfer-encoding");
    }
    assert_eq!(lines(&parts.headers), expected);
}

/// A Terminate answers what it says, and nothing else; to a gRPC call in gRPC's words.
pub(crate) fn check_terminate(terminate: &Terminate) {
    const DEFAULT: &str = "Service cannot be provided, code 0x000003BB";
    let printed = Printed::of(terminate.clone().into(), "terminate");
    let code = printed.value("code");
    let message = printed.value("message");
    let message = message.as_str().unwrap_or(DEFAULT);

    let response = terminate.to_response(None);
    let (body, content_type) = printed.body().unwrap_or((message.to_owned().into(), TEXT));
    assert_eq!(response.body(), &body);
    assert_eq!(code, response.status().as_u16());
    let mut expected = Lines::from([("content-type".into(), vec![content_type.into()])]);
    printed.added(&mut expected);
    assert_eq!(lines(response.headers()), expected);

    let content_type = HeaderValue::from_static("application/grpc+proto");
    let response = terminate.to_response(Some(&content_type));
    assert_eq!(
        (response.status(), &**response.body()),
        (StatusCode::OK, &b""[..])
    );
    let mut expected = Lines::new();
    printed.added(&mut expected);
    let own = |name: &str| match expected.get(name).map(Vec::as_slice) {
        Some([line]) => Some(line.clone()),
        _ => None,
    };
    let own_status = own("grpc-status").and_then(|line| {
        (1..=16).find(|status: &u8| {
            let digits = line.iter().skip_while(|digit| **digit == b'0');
            digits.copied().eq(status.to_string().bytes())
        })
    });
    let own_message = own("grpc-message").map(|line| encoded_where_it_must_be(&line));
    for (name, value) in [
        ("content-type", "application/grpc+proto".into()),
        (
            "grpc-status",
            own_status
                .unwrap_or_else(|| grpc_status(code.as_u64()))
                .to_string(),
        ),
        (
            "grpc-message",
            own_message.unwrap_or_else(|| percent_encoded(message)),
        ),
    ] {
        expected.insert(name.into(), vec![value.into_bytes()]);
    }
    assert_eq!(lines(response.headers()), expected);
}

/// As the gRPC specification maps the status of HTTP.
fn grpc_status(code: Option<u64>) -> u8 {
    match code {
        Some(400) => 13,
        Some(401) => 16,
        Some(403) => 7,
        Some(404) => 12,
        Some(429 | 502..=504) => 14,
        _ => 2,
    }
}

/// What is percent-encoded already stays as it is.
fn encoded_where_it_must_be(line: &[u8]) -> String {
    let mut rest = line;
    let mut encoded = String::new();
    while let Some((byte, after)) = rest.split_first() {
        let escape = rest.get(..3).and_then(|escape| str::from_utf8(escape).ok());
        let escape = escape.filter(|escape| {
            escape.starts_with('%') && escape[1..].chars().all(|digit| digit.is_ascii_hexdigit())
        });
        match (escape, byte) {
            (Some(escape), _) => {
                encoded.push_str(escape);
                rest = &rest[3..];
                continue;
            }
            (None, b' '..=b'~') if *byte != b'%' => encoded.push(char::from(*byte)),
            (None, byte) => encoded.push_str(&format!("%{byte:02X}")),
        }
        rest = after;
    }
    encoded
}

fn percent_encoded(text: &str) -> String {
    let encoded = |byte: u8| match byte {
        b' '..=b'~' if byte != b'%' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encoded).collect()
}
