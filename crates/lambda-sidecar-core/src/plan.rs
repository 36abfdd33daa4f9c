//! What happens to a call. This file alone decides it.

use crate::{
    Action, Failure, FailureClass, Modify, Precondition, Sidecar, SidecarError, Synchronicity,
    Terminate, Verdict,
};

/// How asking the function went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was not asked: a precondition is not met.
    NotAsked(Precondition),
    /// It answered with a verdict. For an event this is [`Verdict::Allow`]: the envelope was accepted.
    Answered(Verdict),
    /// The call to it failed.
    Failed(Failure),
    /// The time of the whole API call is over. That is no failure of the function: a client that sends
    /// its body slowly brings it about, so no policy lets the call go on.
    DeadlinePassed,
}

/// What happens to the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// It goes on as it is.
    Forward,
    /// It goes on with these changes.
    Modify(Modify),
    /// The client is answered with what the function said.
    Terminate(Terminate),
    /// The client is answered with an error of the connector.
    Fail(SidecarError),
}

impl Plan {
    /// The business rules matrix: from outcome, synchronicity and policy to what happens.
    #[must_use]
    pub fn of(sidecar: &Sidecar, outcome: Outcome) -> Self {
        let point = sidecar.point();
        match outcome {
            Outcome::NotAsked(precondition) => {
                Self::Fail(SidecarError::from_precondition(&precondition, point))
            }
            Outcome::DeadlinePassed => {
                Self::Fail(SidecarError::from_failure(&Failure::Timeout, point))
            }
            Outcome::Failed(failure) if Self::goes_on_after(sidecar, failure.class()) => {
                Self::Forward
            }
            Outcome::Failed(failure) => Self::Fail(SidecarError::from_failure(&failure, point)),
            Outcome::Answered(Verdict::Allow) => Self::Forward,
            Outcome::Answered(Verdict::Modify(modify)) => Self::Modify(modify),
            Outcome::Answered(Verdict::Terminate(terminate)) => Self::Terminate(terminate),
        }
    }

    /// Whether the call goes on after a failure of this class: always for an event, else as the policy
    /// says.
    fn goes_on_after(sidecar: &Sidecar, class: FailureClass) -> bool {
        sidecar.synchronicity() == Synchronicity::Event
            || sidecar.policy().action(class) == Action::Forward
    }
}
