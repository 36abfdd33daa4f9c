//! What the Runtime API tells a function.

use std::time::Duration;

use bytes::Bytes;

/// One invocation, as the Runtime API tells it.
pub(crate) struct RuntimeInvocation {
    pub(crate) payload: Bytes,
    pub(crate) function_arn: String,
    /// JSON.
    pub(crate) client_context: Option<String>,
    /// How long the function has.
    pub(crate) time: Duration,
}
