//! What the gateway tells of itself: log lines, access lines and metrics.

pub(crate) mod access;
pub(crate) mod logging;
pub(crate) mod metrics;
