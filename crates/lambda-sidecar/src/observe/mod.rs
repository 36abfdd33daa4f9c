//! What is told of function calls and decisions: spans and log lines for `tracing`, counts for the `metrics`
//! facade.
//!
//! The host of a call tells its [`Observer`]s when a function call begins and when a half has decided. The
//! names are OpenTelemetry's if it has one (semantic conventions for FaaS and HTTP). Neither payloads, header
//! values nor anything else that a client sends is told.
//!
//! Nothing outside this folder knows whether the feature `metrics` is on.

mod cache;
mod events;
mod guards;
#[cfg(feature = "metrics")]
mod meters;
mod method;
mod metric;
#[cfg(feature = "aws")]
mod throttled;
mod watch;

#[cfg(feature = "metrics")]
use std::sync::Arc;

use http::StatusCode;
use lambda_sidecar_core::{FailureClass, Invocation, Sidecar, session::Receipt};

#[cfg(feature = "aws")]
pub(crate) use self::throttled::throttled;
pub(crate) use self::{
    cache::{CacheBytes, CacheObserver, CacheResult},
    events::{EventLoss, EventObserver},
    guards::{GuardObserver, Rejection},
    watch::Watch,
};
pub use self::{
    method::method_name,
    metric::{METRICS, Metric, MetricKind},
};

/// What observes one sidecar. Clones share their counts.
#[derive(Debug, Clone)]
pub(crate) struct Observer {
    #[cfg(feature = "metrics")]
    meters: Arc<meters::Meters>,
}

impl Observer {
    /// Counts with the recorder that is installed now.
    #[cfg(feature = "metrics")]
    pub(crate) fn new(sidecar: &Sidecar) -> Self {
        Self {
            meters: Arc::new(meters::Meters::new(sidecar)),
        }
    }

    #[cfg(not(feature = "metrics"))]
    pub(crate) fn new(_: &Sidecar) -> Self {
        Self {}
    }

    /// A function call begins. The method is that of the API call, as [`method_name`] tells it.
    pub(crate) fn invoked(&self, invocation: &Invocation, method: &'static str) -> Watch {
        Watch::new(
            invocation,
            method,
            #[cfg(feature = "metrics")]
            self.meters.begin(invocation.payload.len()),
        )
    }

    /// A function call in the background is over, and has failed if there is a class. Its half has decided long before.
    #[cfg_attr(not(feature = "metrics"), allow(clippy::unused_self))]
    pub(crate) fn sent(&self, watch: Watch, failure: Option<FailureClass>) {
        #[cfg(feature = "metrics")]
        self.meters.sent(watch.elapsed(), failure);
        watch.sent(failure);
    }

    /// A half has decided, after the function call of this watch, if there was one. `answered` is the status
    /// that the client gets if the call ends here.
    pub(crate) fn decided(
        &self,
        receipt: &Receipt,
        watch: Option<Watch>,
        answered: Option<StatusCode>,
    ) {
        #[cfg(feature = "metrics")]
        self.meters.record(receipt, watch.is_some());
        if let Some(watch) = watch {
            watch.conclude(receipt, answered);
        } else {
            watch::log(receipt);
        }
    }
}
