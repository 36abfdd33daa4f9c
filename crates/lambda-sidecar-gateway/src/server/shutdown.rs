//! The end of a graceful stop.

use std::{future::Future, time::Duration};

use super::signals::Signals;
use crate::observe::access;

/// Waits for calls in flight, but not past the limit nor a second signal.
pub(crate) async fn drain(calls: impl Future<Output = ()>, limit: Duration, signals: &mut Signals) {
    tracing::info!("stopping, calls in flight are finished");
    tokio::select! {
        () = calls => {
            tracing::info!("stopped");
            return;
        }
        () = tokio::time::sleep(limit) => tracing::warn!("stopped, some calls were cut off"),
        () = signals.stop() => tracing::warn!("stopped at once, some calls were cut off"),
    }
    access::cut_off();
}
