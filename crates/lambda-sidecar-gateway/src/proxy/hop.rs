//! What has to be known of a call beneath its sidecars, from before them.

use std::{net::IpAddr, sync::Arc, time::Instant};

use http::{HeaderName, HeaderValue, Request, Uri};
use hyper_util::server::graceful::Watcher;

use super::{headers, host, upgrade};

/// Held by everything that lives on a client's connection; a graceful stop waits until it is gone.
#[derive(Debug)]
pub(crate) struct Connection {
    _watcher: Watcher,
}

impl Connection {
    pub(crate) fn new(watcher: Watcher) -> Self {
        Self { _watcher: watcher }
    }
}

/// One call's way from the client to the backend. It travels in the request's extensions, where no client
/// can put anything; the message itself stays as the client sent it until the sidecars have seen it.
#[derive(Debug)]
pub(super) struct Hop {
    /// Where the request goes.
    pub(super) target: Uri,
    pub(super) deadline: Instant,
    pub(super) peer: IpAddr,
    pub(super) connection: Arc<Connection>,
    /// The host as the client called it.
    pub(super) host: Option<HeaderValue>,
    /// The headers that the client's `Connection` names, with the client's values.
    pub(super) listed: Vec<(HeaderName, Vec<HeaderValue>)>,
    /// Whether the client asks for a WebSocket.
    pub(super) websocket: bool,
}

impl Hop {
    pub(super) fn new<B>(
        request: &Request<B>,
        target: Uri,
        deadline: Instant,
        peer: IpAddr,
        connection: Arc<Connection>,
    ) -> Self {
        Self {
            target,
            deadline,
            peer,
            connection,
            host: host::of(request),
            listed: headers::listed(request.headers()),
            websocket: upgrade::asks_for_websocket(request),
        }
    }
}
