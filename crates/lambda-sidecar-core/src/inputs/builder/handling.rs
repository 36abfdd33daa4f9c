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

    /// Sets what a failed function call does to the API call. Default: [`ErrorPolicy::SURE_FIRE`].
    ///
    /// `failSafe: true` is [`ErrorPolicy::FAIL_SAFE`], and `fail-safe-except` names the classes for which that
    /// policy blocks the call all the same ([`ErrorPolicy::on`]).
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

    /// Sets how many function calls of this sidecar may be under way at once (`max-concurrency`), 1 to 10000.
    /// Those beyond it fail with the class [`Rejected`](crate::FailureClass::Rejected). Default: any number.
    pub fn max_concurrency(mut self, calls: u32) -> Self {
        self.draft.handling.max_concurrency = Some(calls);
        self
    }

    /// Sets after how many failures in a row the function is left alone (`breaker-failures`), 1 to 1000. The classes
    /// `connect`, `credentials`, `throttled`, `service_exception` and `timeout` count; any other end of a call begins the
    /// row anew. Default: it never is.
    pub fn breaker_failures(mut self, failures: u32) -> Self {
        self.draft.handling.breaker_failures = Some(failures);
        self
    }

    /// Sets how long the function is then left alone (`breaker-open-seconds`), in whole seconds from 1 to 3600; then
    /// one call tries. It needs [`breaker_failures`](Self::breaker_failures). Default: 5 seconds.
    pub fn breaker_open(mut self, open: Duration) -> Self {
        self.draft.handling.breaker_open = Some(open);
        self
    }

    /// Keeps verdicts, and uses none longer than this (`cache-max-seconds`), in whole seconds from 1 to 86400. What
    /// must not get a verdict of its own must not be in the envelope: each envelope is a question of its own. Not for
    /// [`Synchronicity::Event`]. Default: every call invokes the function.
    pub fn cache_max(mut self, longest: Duration) -> Self {
        self.draft.handling.cache_max = Some(longest);
        self
    }

    /// Sets how long a verdict is used if the function does not say (`cache-default-seconds`), in whole seconds up to
    /// [`cache_max`](Self::cache_max), which it needs. Default: 0, so that only what the function says is kept.
    pub fn cache_default(mut self, lifetime: Duration) -> Self {
        self.draft.handling.cache_default = Some(lifetime);
        self
    }

    /// Sets how long after its end a kept verdict may still stand in for a failed function call
    /// (`cache-stale-seconds`), in whole seconds. It needs [`cache_max`](Self::cache_max). Default: 0.
    pub fn cache_stale(mut self, longest: Duration) -> Self {
        self.draft.handling.cache_stale = Some(longest);
        self
    }

    /// Sends events in the background, from a queue of this length (`event-queue`), 1 to 100000: no call waits for
    /// AWS, an event that finds the queue full is dropped, and what is queued is lost if the process is killed. It
    /// needs [`Synchronicity::Event`]. Default: every call waits until its event is accepted.
    pub fn event_queue(mut self, length: u32) -> Self {
        self.draft.handling.event_queue = Some(length);
        self
    }
}
