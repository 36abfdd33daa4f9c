//! The end of a graceful stop.

use std::{cell::Cell, future::Future, time::Duration};

use super::signals::Signals;
use crate::{functions::EventQueues, observe::access};

/// Waits for calls in flight, and for events that are still to be sent, but not past the limit nor a second signal.
pub(crate) async fn drain(
    calls: impl Future<Output = ()>,
    events: &EventQueues,
    limit: Duration,
    signals: &mut Signals,
) {
    tracing::info!("stopping, calls in flight are finished");
    let are_calls_over = Cell::new(false);
    let all = async {
        calls.await;
        are_calls_over.set(true);
        events.emptied().await;
    };
    let how = tokio::select! {
        () = all => "stopped",
        () = tokio::time::sleep(limit) => "stopped after the time for it",
        () = signals.stop() => "stopped at once",
    };
    if are_calls_over.get() {
        tracing::info!("{how}");
    } else {
        tracing::warn!("{how}, some calls were cut off");
        access::cut_off();
    }
    let lost = events.close();
    if lost > 0 {
        tracing::warn!(events = lost, "{how}, events were not sent and are lost");
    }
}
