//! WebSockets: after the handshake the two connections are one.
//!
//! Nothing else is upgraded. A client that talked the backend into `h2c` could send requests past every
//! sidecar on a connection that nobody looks at any more.

use std::sync::Arc;

use http::{
    HeaderMap, Method, Request, Version,
    header::{CONNECTION, UPGRADE},
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::{connection::ConnectionGuard, hop_by_hop::elements};

/// Whether the client wants a WebSocket, the HTTP/1.1 way.
pub(super) fn wants_websocket<B>(request: &Request<B>) -> bool {
    let headers = request.headers();
    let mut protocols = elements(headers, &UPGRADE);
    request.version() == Version::HTTP_11
        && request.method() == Method::GET
        && elements(headers, &CONNECTION).any(|option| option.eq_ignore_ascii_case(b"upgrade"))
        && protocols.any(is_websocket)
}

/// Whether a 101 with these headers begins a WebSocket, and nothing else.
pub(super) fn is_to_websocket(headers: &HeaderMap) -> bool {
    let mut protocols = elements(headers, &UPGRADE);
    protocols.next().is_some_and(is_websocket) && protocols.next().is_none()
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
