//! When a function is asked again.

use std::time::Duration;

use lambda_sidecar::{Answer, FailureClass, Invocation, InvocationError};
use tokio::time::{Sleep, sleep};
use tower::retry::Policy;

/// Asks again, a little later, where the policy server was busy or could not be reached.
///
/// It answers questions and changes nothing, so that it can be asked twice. A function that does change
/// something must not be where it may have run.
#[derive(Debug, Clone)]
pub(crate) struct Again {
    left: u32,
}

impl Again {
    pub(crate) fn twice() -> Self {
        Self { left: 2 }
    }
}

impl Policy<Invocation, Answer, InvocationError> for Again {
    type Future = Sleep;

    fn retry(
        &mut self,
        _: &mut Invocation,
        result: &mut Result<Answer, InvocationError>,
    ) -> Option<Self::Future> {
        let class = result.as_ref().err()?.class();
        let passing = matches!(class, FailureClass::Connect | FailureClass::Throttled);
        if !passing || self.left == 0 {
            return None;
        }
        self.left -= 1;
        Some(sleep(Duration::from_millis(20)))
    }

    /// Copies no payload.
    fn clone_request(&mut self, invocation: &Invocation) -> Option<Invocation> {
        Some(invocation.clone())
    }
}
