//! What is told of the guards of a sidecar.

use std::{sync::Arc, time::Duration};

use lambda_sidecar_core::Sidecar;
#[cfg(feature = "metrics")]
use metrics::{Counter, Gauge};

#[cfg(feature = "metrics")]
use super::{
    meters::Labels,
    metric::{BREAKER_OPEN, REJECTED},
};

/// Which guard did not let a function call through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rejection {
    /// The breaker is open.
    Breaker,
    /// As many calls are under way as may be.
    Concurrency,
}

impl Rejection {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Breaker => "breaker",
            Self::Concurrency => "concurrency",
        }
    }
}

/// What observes the guards of one sidecar. It counts for those that the sidecar has: no other has such counts.
#[derive(Debug, Clone)]
pub(crate) struct GuardObserver {
    sidecar: Arc<Sidecar>,
    #[cfg(feature = "metrics")]
    breaker: Option<(Counter, Gauge)>,
    #[cfg(feature = "metrics")]
    concurrency: Option<Counter>,
}

impl GuardObserver {
    pub(crate) fn new(sidecar: &Arc<Sidecar>) -> Self {
        #[cfg(feature = "metrics")]
        let labels = Labels::new(sidecar);
        #[cfg(feature = "metrics")]
        let rejected = |by: Rejection| labels.counter(REJECTED, Some(by.as_str()));
        Self {
            sidecar: Arc::clone(sidecar),
            #[cfg(feature = "metrics")]
            breaker: sidecar
                .breaker_failures()
                .map(|_| (rejected(Rejection::Breaker), labels.gauge(BREAKER_OPEN))),
            #[cfg(feature = "metrics")]
            concurrency: sidecar
                .max_concurrency()
                .map(|_| rejected(Rejection::Concurrency)),
        }
    }

    /// A function call is not made. Under load there are many, so the log of an operator has none of them.
    pub(crate) fn rejected(&self, by: Rejection) {
        let (function, point) = (self.sidecar.name(), self.sidecar.point());
        tracing::debug!(function, %point, by = by.as_str(), "a function call is not made");
        #[cfg(feature = "metrics")]
        {
            let breaker = self.breaker.as_ref().map(|(rejected, _)| rejected);
            let rejected = match by {
                Rejection::Breaker => breaker,
                Rejection::Concurrency => self.concurrency.as_ref(),
            };
            if let Some(rejected) = rejected {
                rejected.increment(1);
            }
        }
    }

    /// The breaker leaves the function alone from now on, for this long.
    pub(crate) fn opened(&self, open_for: Duration) {
        let (function, point) = (self.sidecar.name(), self.sidecar.point());
        let seconds = open_for.as_secs();
        tracing::warn!(function, %point, seconds, "the breaker opens: the function is left alone");
        #[cfg(feature = "metrics")]
        if let Some((_, open)) = &self.breaker {
            open.increment(1.0);
        }
    }

    /// The breaker lets calls through again.
    pub(crate) fn closed(&self) {
        let (function, point) = (self.sidecar.name(), self.sidecar.point());
        tracing::info!(function, %point, "the breaker closes");
        self.gone();
    }

    /// A breaker that was open is no more: it has closed, or a reload has made another one. The gauge goes up and down
    /// and is not set: it can be that of two sidecars.
    #[cfg_attr(not(feature = "metrics"), allow(clippy::unused_self))]
    pub(crate) fn gone(&self) {
        #[cfg(feature = "metrics")]
        if let Some((_, open)) = &self.breaker {
            open.decrement(1.0);
        }
    }
}
