//! What is told of events that are sent in the background.

use std::sync::Arc;

use lambda_sidecar_core::Sidecar;
#[cfg(feature = "metrics")]
use metrics::{Counter, Gauge};

#[cfg(feature = "metrics")]
use super::{
    meters::Labels,
    metric::{EVENTS_DROPPED, EVENTS_QUEUED},
};

/// Why an event is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventLoss {
    /// Its queue had no room for it.
    Full,
    /// It was throttled, or there was no connection, until it was too old.
    Expired,
    /// It was refused, or nobody knows whether it has arrived.
    Failed,
    /// The process ends.
    Shutdown,
}

impl EventLoss {
    /// In the order of their numbers.
    #[cfg(feature = "metrics")]
    const ALL: [Self; 4] = [Self::Full, Self::Expired, Self::Failed, Self::Shutdown];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Shutdown => "shutdown",
        }
    }
}

/// What observes the event queue of one sidecar.
#[derive(Debug)]
pub(crate) struct EventObserver {
    sidecar: Arc<Sidecar>,
    /// It goes up and down and is not set: after a reload, an old queue is emptied beside the new one.
    #[cfg(feature = "metrics")]
    queued: Gauge,
    /// In the order of [`EventLoss::ALL`].
    #[cfg(feature = "metrics")]
    dropped: [Counter; 4],
}

impl EventObserver {
    pub(crate) fn new(sidecar: &Arc<Sidecar>) -> Self {
        #[cfg(feature = "metrics")]
        let labels = Labels::new(sidecar);
        Self {
            sidecar: Arc::clone(sidecar),
            #[cfg(feature = "metrics")]
            queued: labels.gauge(EVENTS_QUEUED),
            #[cfg(feature = "metrics")]
            dropped: EventLoss::ALL.map(|it| labels.counter(EVENTS_DROPPED, Some(it.as_str()))),
        }
    }

    /// An event waits.
    #[cfg_attr(not(feature = "metrics"), allow(clippy::unused_self))]
    pub(crate) fn queued(&self) {
        #[cfg(feature = "metrics")]
        self.queued.increment(1.0);
    }

    /// So many events wait no more.
    #[cfg_attr(not(feature = "metrics"), allow(unused_variables, clippy::unused_self))]
    pub(crate) fn taken(&self, events: usize) {
        #[cfg(feature = "metrics")]
        self.queued.decrement(lossy(events));
    }

    /// So many events are lost. A full queue is met by many calls, so the log of an operator has none of them: their
    /// receipts say it.
    pub(crate) fn lost(&self, loss: EventLoss, events: usize) {
        if events == 0 {
            return;
        }
        // Before the line: whoever reads it finds them counted.
        #[cfg(feature = "metrics")]
        self.dropped[loss as usize].increment(events as u64);
        let (function, point, reason) = (self.sidecar.name(), self.sidecar.point(), loss.as_str());
        if loss == EventLoss::Full {
            tracing::debug!(function, %point, events, reason, "events dropped");
        } else {
            tracing::warn!(function, %point, events, reason, "events dropped");
        }
    }
}

#[cfg(feature = "metrics")]
#[allow(clippy::cast_precision_loss, reason = "a queue is far shorter")]
fn lossy(events: usize) -> f64 {
    events as f64
}
