//! What is told of attempts that AWS throttled.

use lambda_sidecar_core::Sidecar;

#[cfg(feature = "metrics")]
use super::{meters::Labels, metric::THROTTLED};

/// AWS has throttled an attempt at a function call, for this reason.
pub(crate) fn throttled(sidecar: &Sidecar, reason: &'static str) {
    let (function, point) = (sidecar.name(), sidecar.point());
    tracing::info!(function, %point, reason, "AWS throttles the function");
    #[cfg(feature = "metrics")]
    Labels::new(sidecar)
        .counter(THROTTLED, Some(reason))
        .increment(1);
}
