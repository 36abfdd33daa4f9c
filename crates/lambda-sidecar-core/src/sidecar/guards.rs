//! What protects the function from the calls, and the calls from the function.

use std::time::Duration;

use super::{Handling, Sidecar};

impl Sidecar {
    /// How many function calls of this sidecar may be under way at once; none: any number. Whoever makes the calls
    /// does not make those beyond it: they fail with the class [`Rejected`](crate::FailureClass::Rejected).
    #[must_use]
    pub fn max_concurrency(&self) -> Option<u32> {
        self.handling.max_concurrency
    }

    /// After how many failures in a row, of the classes `connect`, `credentials`, `throttled`, `service_exception` and
    /// `timeout`, the function is left alone; none: never.
    #[must_use]
    pub fn breaker_failures(&self) -> Option<u32> {
        self.handling.breaker_failures
    }

    /// How long the function is then left alone. Default: 5 seconds.
    #[must_use]
    pub fn breaker_open(&self) -> Duration {
        self.handling.breaker_open.unwrap_or(Handling::BREAKER_OPEN)
    }

    /// How long a verdict of this sidecar's function may be used at most; none: verdicts are not kept.
    #[must_use]
    pub fn cache_max(&self) -> Option<Duration> {
        self.handling.cache_max
    }

    /// How long a verdict may be used if the function does not say. Default: not at all.
    #[must_use]
    pub fn cache_default(&self) -> Duration {
        self.handling.cache_default.unwrap_or_default()
    }

    /// How long after its end a kept verdict may still stand in for a failed function call. Default: not at all.
    #[must_use]
    pub fn cache_stale(&self) -> Duration {
        self.handling.cache_stale.unwrap_or_default()
    }

    /// How many events may wait to be sent in the background; none: every call waits until its event is accepted.
    #[must_use]
    pub fn event_queue(&self) -> Option<u32> {
        self.handling.event_queue
    }

    /// How long one attempt to send an event from the [queue](Self::event_queue) may take: the
    /// [`timeout`](Self::timeout), or 10 seconds. No call waits for it.
    #[must_use]
    pub fn send_timeout(&self) -> Duration {
        self.timeout().unwrap_or(Handling::SEND_TIMEOUT)
    }
}
