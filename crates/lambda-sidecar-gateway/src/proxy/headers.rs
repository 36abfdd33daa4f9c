//! What becomes of a message's headers on their way through.
//!
//! What belongs to the client's connection goes before a sidecar sees the request. The rest happens beneath the
//! sidecars: the envelope does not show what the gateway adds.

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request,
    header::{CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, TRANSFER_ENCODING, UPGRADE, VIA},
};

use super::{hop::Hop, hop_by_hop, upgrade};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
/// The gateway itself speaks plain HTTP; whatever ends TLS before it has its say in `public_base`.
const PROTO: HeaderValue = HeaderValue::from_static("http");
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");
const UPGRADE_OPTION: HeaderValue = HeaderValue::from_static("upgrade");
const CHUNKED: HeaderValue = HeaderValue::from_static("chunked");

/// Leaves what belongs to the client's connection on it. Functions see what the backend will get, and what one
/// of them sets later is not the client's to have removed.
pub(super) fn at_entrance<B>(request: &mut Request<B>) {
    let websocket = upgrade::wants_websocket(request);
    let headers = request.headers_mut();
    hop_by_hop::remove(headers);
    if websocket {
        set_websocket(headers);
    }
}

/// Makes the headers that the sidecars left the backend's. `length` is that of the body, if it is known.
pub(super) fn to_backend(headers: &mut HeaderMap, method: &Method, hop: &Hop, length: Option<u64>) {
    // Answered by the server already, and taken from the target.
    headers.remove(EXPECT);
    headers.remove(HOST);
    join_cookies(headers);
    // A body that was read for a function goes on as it came; one that a function replaced has a length.
    let length = length.filter(|_| !hop.chunked || headers.contains_key(CONTENT_LENGTH));
    frame(headers, method, length);
    add_forwarded(headers, hop);
    if let Some(via) = &hop.via {
        headers.append(VIA, via.clone());
    }
}

/// Makes the backend's headers the client's.
pub(super) fn to_client(headers: &mut HeaderMap, websocket: bool) {
    hop_by_hop::remove(headers);
    if websocket {
        set_websocket(headers);
    }
}

fn set_websocket(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, UPGRADE_OPTION);
    headers.insert(UPGRADE, WEBSOCKET);
}

/// HTTP/2 may split cookies over several lines, HTTP/1.1 may not (RFC 9113, section 8.2.3).
fn join_cookies(headers: &mut HeaderMap) {
    let lines: Vec<_> = headers
        .get_all(COOKIE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    if lines.len() > 1
        && let Ok(joined) = HeaderValue::from_bytes(&lines.join(&b"; "[..]))
    {
        headers.insert(COOKIE, joined);
    }
}

/// The framing follows the body: a length if it is known, else chunks, never both. It is always said if there
/// is a body, which the HTTP client would otherwise leave out with some methods, and if the method makes one
/// expect a body (RFC 9110, section 8.6).
fn frame(headers: &mut HeaderMap, method: &Method, length: Option<u64>) {
    let expects_body = [Method::POST, Method::PUT, Method::PATCH].contains(method);
    match length {
        Some(0) if !expects_body && !headers.contains_key(CONTENT_LENGTH) => {}
        Some(length) => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        None => {
            headers.remove(CONTENT_LENGTH);
            headers.insert(TRANSFER_ENCODING, CHUNKED);
        }
    }
}

fn add_forwarded(headers: &mut HeaderMap, hop: &Hop) {
    let mut chain = Vec::new();
    for line in headers.get_all(FORWARDED_FOR) {
        chain.extend_from_slice(line.as_bytes());
        chain.extend_from_slice(b", ");
    }
    chain.extend_from_slice(hop.peer.to_string().as_bytes());
    if let Ok(chain) = HeaderValue::from_bytes(&chain) {
        headers.insert(FORWARDED_FOR, chain);
    }
    headers.insert(FORWARDED_PROTO, PROTO);
    match &hop.host {
        Some(host) => headers.insert(FORWARDED_HOST, host.clone()),
        None => headers.remove(FORWARDED_HOST),
    };
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Instant};

    use http::{Uri, header::TE};
    use hyper_util::server::graceful::GracefulShutdown;

    use super::*;
    use crate::proxy::{connection::ConnectionGuard, host};

    fn request(headers: &[(&str, &str)]) -> Request<()> {
        let request = Request::builder().uri("/my");
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        request.body(()).unwrap()
    }

    fn hop(request: &Request<()>) -> Hop {
        let connection = ConnectionGuard::new(GracefulShutdown::new().watcher(), None);
        Hop {
            target: Uri::from_static("http://backend/"),
            deadline: Instant::now(),
            peer: [192, 0, 2, 1].into(),
            connection: Arc::new(connection),
            host: host::called(request),
            websocket: upgrade::wants_websocket(request),
            chunked: false,
            via: Some(HeaderValue::from_static("1.1 gw")),
        }
    }

    /// The headers of a request as the backend gets them.
    fn forwarded(headers: &[(&str, &str)]) -> HeaderMap {
        let mut request = request(headers);
        at_entrance(&mut request);
        let hop = hop(&request);
        let mut headers = request.headers().clone();
        to_backend(&mut headers, request.method(), &hop, Some(0));
        headers
    }

    #[test]
    fn headers_of_the_connection_stay_on_it() {
        let headers = forwarded(&[
            ("connection", "X-Hop, keep-alive"),
            ("connection", "x-other"),
            ("x-hop", "1"),
            ("x-other", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("te", "gzip"),
            ("expect", "100-continue"),
            ("x-end", "e"),
        ]);
        assert_eq!(headers["x-end"], "e");
        let added = |name: &HeaderName| name == VIA || name.as_str().starts_with("x-forwarded");
        assert_eq!(
            headers.keys().filter(|name| !added(name)).count(),
            1,
            "{headers:?}"
        );
    }

    #[test]
    fn trailers_are_requested_if_the_client_takes_them() {
        assert_eq!(forwarded(&[("te", "gzip, Trailers")])[TE], "trailers");
        assert_eq!(
            forwarded(&[("te", "trailers"), ("connection", "te")])[TE],
            "trailers"
        );
        assert!(!forwarded(&[("te", "gzip")]).contains_key(TE));
    }

    #[test]
    fn a_client_cannot_have_removed_what_a_sidecar_sets() {
        let mut request = request(&[("connection", "x-user"), ("x-user", "alice")]);
        at_entrance(&mut request);
        assert!(!request.headers().contains_key("x-user"));
        let hop = hop(&request);
        let mut headers = request.headers().clone();
        headers.insert("x-user", HeaderValue::from_static("alice"));
        to_backend(&mut headers, request.method(), &hop, None);
        assert_eq!(headers["x-user"], "alice");
    }

    #[test]
    fn via_is_appended_to() {
        let headers = forwarded(&[("via", "1.0 a"), ("via", "1.1 b, 2 c")]);
        let lines: Vec<_> = headers.get_all(VIA).iter().collect();
        assert_eq!(lines, ["1.0 a", "1.1 b, 2 c", "1.1 gw"]);
    }

    #[test]
    fn x_forwarded_for_is_appended_to() {
        assert_eq!(forwarded(&[])["x-forwarded-for"], "192.0.2.1");
        let headers = forwarded(&[("x-forwarded-for", "a, b"), ("x-forwarded-for", "c")]);
        let values: Vec<_> = headers.get_all("x-forwarded-for").iter().collect();
        assert_eq!(values, ["a, b, c, 192.0.2.1"]);
    }

    #[test]
    fn x_forwarded_host_has_the_clients_host_and_host_is_the_origins() {
        let headers = forwarded(&[("host", "api.example"), ("x-forwarded-host", "forged")]);
        assert_eq!(headers["x-forwarded-host"], "api.example");
        assert!(
            !headers.contains_key(HOST),
            "the client library writes the target's"
        );
        assert!(!forwarded(&[("x-forwarded-host", "forged")]).contains_key("x-forwarded-host"));
    }

    #[test]
    fn x_forwarded_proto_is_the_gateways_own() {
        let headers = forwarded(&[("x-forwarded-proto", "https")]);
        assert_eq!(headers["x-forwarded-proto"], "http");
    }

    #[test]
    fn cookies_are_one_line() {
        let headers = forwarded(&[("cookie", "a=1"), ("cookie", "b=2; c=3")]);
        let lines: Vec<_> = headers.get_all(COOKIE).iter().collect();
        assert_eq!(lines, ["a=1; b=2; c=3"]);
        assert!(!forwarded(&[]).contains_key(COOKIE));
    }

    #[test]
    fn the_framing_follows_the_body() {
        let framed = |method: Method, given: Option<&'static str>, length| {
            let mut headers = HeaderMap::new();
            if let Some(given) = given {
                headers.insert(CONTENT_LENGTH, HeaderValue::from_static(given));
            }
            frame(&mut headers, &method, length);
            let text = |name| Some(headers.get(name)?.to_str().unwrap().to_owned());
            (text(CONTENT_LENGTH), text(TRANSFER_ENCODING))
        };
        let length = |length: &str| (Some(length.to_owned()), None);
        for method in [Method::GET, Method::DELETE, Method::HEAD, Method::OPTIONS] {
            assert_eq!(framed(method.clone(), None, Some(0)), (None, None));
            assert_eq!(framed(method.clone(), Some("0"), Some(0)), length("0"));
            assert_eq!(framed(method, None, Some(3)), length("3"));
        }
        for method in [Method::POST, Method::PUT, Method::PATCH] {
            assert_eq!(framed(method, None, Some(0)), length("0"));
        }
        for method in [Method::GET, Method::HEAD, Method::POST] {
            assert_eq!(framed(method.clone(), Some("9"), Some(3)), length("3"));
            let chunked = (None, Some("chunked".to_owned()));
            assert_eq!(framed(method, Some("9"), None), chunked);
        }
    }

    #[test]
    fn headers_of_the_backends_connection_stay_on_it() {
        let mut headers = request(&[
            ("connection", "x-hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("x-end", "e"),
        ])
        .headers()
        .clone();
        to_client(&mut headers, false);
        assert_eq!(headers.len(), 1);
        assert_eq!(headers["x-end"], "e");
    }

    #[test]
    fn a_websocket_handshake_keeps_its_upgrade_and_no_other_does() {
        let key = ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let headers = forwarded(&[("connection", "Upgrade"), ("upgrade", "WebSocket"), key]);
        assert_eq!(headers[UPGRADE], "websocket");
        assert_eq!(headers[CONNECTION], "upgrade");
        for other in ["h2c", "TLS/1.0"] {
            let headers = forwarded(&[("connection", "upgrade"), ("upgrade", other), key]);
            assert!(!headers.contains_key(UPGRADE), "{other}");
        }
    }
}
