//! A client's connection.

use std::net::SocketAddr;

use hyper_util::server::graceful::Watcher;

/// Everything that lives on a client's connection holds it: a graceful stop waits until it is gone.
#[derive(Debug)]
pub(crate) struct ConnectionGuard {
    _watcher: Watcher,
    local: Option<SocketAddr>,
}

impl ConnectionGuard {
    /// `local` is the address that the client has connected to.
    pub(crate) fn new(watcher: Watcher, local: Option<SocketAddr>) -> Self {
        Self {
            _watcher: watcher,
            local,
        }
    }

    pub(super) fn local(&self) -> Option<SocketAddr> {
        self.local
    }
}
