//! How the function is called, and what its failure means.

use std::time::Duration;

use super::SidecarBuilder;
use crate::{Synchronicity, policy::ErrorPolicy};

/// How the function is called, and what a failure of that call means.
impl SidecarBuilder {
    /// Sets whether the call waits for the verdict (`synchronicity`). Default:
    /// [`Synchronicity::RequestResponse`].
    ///
    /// With [`Synchronicity::Event`] there is no verdict: every call goes on, whatever becomes of the
    /// event. Give such a sidecar a [`timeout`](Self::timeout): a call whose whole time is over does not.
    pub fn synchronicity(mut self, synchronicity: Synchronicity) -> Self {
        self.draft.handling.synchronicity = synchronicity;
        self
    }

    /// Sets what a failed function call does to the API call (`failSafe: true` is
    /// [`ErrorPolicy::FAIL_SAFE`]). Default: [`ErrorPolicy::SURE_FIRE`].
    ///
    /// Under a policy that forwards, an outage of the function lets calls through unseen. Give such a
    /// sidecar a [`timeout`](Self::timeout): a call whose whole time is over does not go on.
    pub fn policy(mut self, policy: ErrorPolicy) -> Self {
        self.draft.handling.policy = policy;
        self
    }

    /// Gives the connector's own errors the form of the endpoint's error set
    /// (`enable_error_set: true`). Default: they keep their own.
    pub fn enable_error_set(mut self) -> Self {
        self.draft.handling.error_set = true;
        self
    }

    /// Sets how long the whole function call may take (`timeout`): credentials, connecting,
    /// retries, reading. Whole milliseconds, at least one. Default: what is left of the
    /// endpoint's time.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.draft.handling.timeout = Some(timeout);
        self
    }
}
