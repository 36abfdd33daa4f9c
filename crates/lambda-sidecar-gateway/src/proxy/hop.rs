//! What the gateway has to know of a call beneath its sidecars, from before them.

use std::{net::IpAddr, sync::Arc, time::Instant};

use http::{HeaderName, HeaderValue, Uri};

use super::connection::ConnectionGuard;

/// One call's way from the client to the backend. It travels in the request's extensions, where no client
/// can put anything; the message itself stays as the client sent it until the sidecars have seen it.
#[derive(Debug)]
pub(super) struct Hop {
    /// Where the request goes.
    pub(super) target: Uri,
    pub(super) deadline: Instant,
    pub(super) peer: IpAddr,
    pub(super) connection: Arc<ConnectionGuard>,
    /// The host as the client called it.
    pub(super) host: Option<HeaderValue>,
    /// The headers that the client's `Connection` names, with the client's values.
    pub(super) listed: Vec<(HeaderName, Vec<HeaderValue>)>,
    /// Whether the client wants a WebSocket.
    pub(super) websocket: bool,
}
