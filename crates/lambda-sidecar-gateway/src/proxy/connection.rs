//! A client's connection, as a graceful stop sees it.

use hyper_util::server::graceful::Watcher;

/// Everything that lives on a client's connection holds it: a graceful stop waits until it is gone.
#[derive(Debug)]
pub(crate) struct ConnectionGuard {
    _watcher: Watcher,
}

impl ConnectionGuard {
    pub(crate) fn new(watcher: Watcher) -> Self {
        Self { _watcher: watcher }
    }
}
