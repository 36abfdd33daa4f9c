//! WebSockets: after the handshake the two connections are one.
//!
//! Nothing else is upgraded. A client that talked the backend into `h2c` could send requests past every
//! sidecar on a connection that nobody looks at any more.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use base64_simd::STANDARD;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Version,
    header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE},
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::{connection::ConnectionGuard, hop_by_hop::elements};

/// What a server adds to a key to show that it has read it (RFC 6455, section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Whether the client wants a WebSocket, the HTTP/1.1 way, and brings what the answer is told by.
pub(super) fn wants_websocket<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    let mut protocols = elements(headers, &UPGRADE);
    request.version() == Version::HTTP_11
        && request.method() == Method::GET
        && elements(headers, &CONNECTION).any(|option| option.eq_ignore_ascii_case(b"upgrade"))
        && protocols.any(is_websocket)
        && only(headers, &SEC_WEBSOCKET_KEY).is_some()
}

/// What the answer to a request for a WebSocket has in `Sec-WebSocket-Accept` (RFC 6455, section 4.2.2).
pub(super) fn accept_of(request: &HeaderMap) -> Option<String> {
    let key = only(request, &SEC_WEBSOCKET_KEY)?;
    let mut digest = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    digest.update(key.as_bytes().trim_ascii());
    digest.update(GUID);
    Some(STANDARD.encode_to_string(digest.finish()))
}

/// Whether a 101 with these headers begins a WebSocket, and nothing else, for whoever awaits this
/// `Sec-WebSocket-Accept` (RFC 6455, section 4.1). An answer without one is for the client to refuse: it shows
/// that the backend does not know WebSockets, not that it answers somebody else.
pub(super) fn is_to_websocket(headers: &HeaderMap, accept: &str) -> bool {
    let mut protocols = elements(headers, &UPGRADE);
    let is_websocket = protocols.next().is_some_and(is_websocket) && protocols.next().is_none();
    let mut accepted = headers.get_all(SEC_WEBSOCKET_ACCEPT).iter();
    let is_accepted = accepted
        .next()
        .is_none_or(|value| value.as_bytes().trim_ascii() == accept.as_bytes());
    is_websocket && is_accepted && accepted.next().is_none()
}

/// The value of a header that stands in one line.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut lines = headers.get_all(name).iter();
    lines.next().filter(|_| lines.next().is_none())
}

fn is_websocket(protocol: &[u8]) -> bool {
    protocol.eq_ignore_ascii_case(b"websocket")
}

/// Connects both sides until one of them ends. A graceful stop waits for it as for a call.
pub(super) fn connect(client: OnUpgrade, backend: OnUpgrade, connection: Arc<ConnectionGuard>) {
    tokio::spawn(async move {
        let _until_the_end = connection;
        let (client, backend) = match tokio::try_join!(client, backend) {
            Ok(both) => both,
            Err(error) => {
                tracing::debug!(%error, "upgrade did not come about");
                return;
            }
        };
        let (mut client, mut backend) = (TokioIo::new(client), TokioIo::new(backend));
        if let Err(error) = tokio::io::copy_bidirectional(&mut client, &mut backend).await {
            tracing::debug!(%error, "upgraded connection broke");
        }
    });
}
