//! What the gateway has to know of a call beneath its sidecars, from before them.

use std::{net::IpAddr, sync::Arc, time::Instant};

use http::{HeaderValue, Uri};

use super::connection::ConnectionGuard;

/// One call's way from the client to the backend. It travels in the request's extensions, where no client
/// can put anything; what the gateway adds to the message is added after the sidecars have seen it.
#[derive(Debug)]
pub(super) struct Hop {
    /// Where the request goes.
    pub(super) target: Uri,
    pub(super) deadline: Instant,
    pub(super) peer: IpAddr,
    pub(super) connection: Arc<ConnectionGuard>,
    /// The host as the client called it.
    pub(super) host: Option<HeaderValue>,
    /// Whether the client wants a WebSocket.
    pub(super) websocket: bool,
    /// Whether the client sends its body in chunks.
    pub(super) chunked: bool,
    /// This hop's entry in `Via`.
    pub(super) via: Option<HeaderValue>,
}
