//! What happens to a call. This file alone decides it.

use crate::{
    Action, Failure, FailureClass, Modify, Precondition, Sidecar, SidecarError, Synchronicity,
    Terminate, Verdict,
};

/// How a sidecar's part in a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The function was not invoked: a precondition is not met.
    NotInvoked(Precondition),
    /// The function answered with a verdict. An event that was accepted is a [`Verdict::Allow`].
    Answered(Verdict),
    /// Nobody waits for the function: the event was put into a queue, or there was no room for it.
    Enqueued(Enqueued),
    /// The function call failed.
    Failed(Failure),
    /// The time of the whole API call is over. That is not a failure of the function: a client that sends its
    /// body slowly brings it about, so no policy lets the call continue.
    DeadlinePassed,
    /// The function answered with changes that the message has no room for: with them it would have more
    /// header lines than a header map holds. Whoever sent the message brings that about, so no policy lets
    /// the call continue without the changes.
    NoRoom,
    /// This process has run out of what the function call needs. Clients can bring that about, so no policy lets
    /// the call continue, and no event is lost unseen.
    NoResources,
}

/// What became of an event that is sent in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Enqueued {
    /// It waits in the queue, or is being sent.
    Queued,
    /// The queue is full, or sends no more. The event is lost.
    Dropped,
}

/// What happens to the call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Plan {
    /// It continues unchanged.
    Forward,
    /// It continues with these changes.
    Modify(Modify),
    /// The client is answered with what the function said.
    Terminate(Terminate),
    /// The client is answered with an error of the connector.
    Fail(SidecarError),
}

impl Plan {
    /// The business rules matrix: from outcome, synchronicity and policy to what happens.
    #[must_use]
    pub fn new(sidecar: &Sidecar, outcome: Outcome) -> Self {
        let point = sidecar.point();
        match outcome {
            Outcome::NotInvoked(precondition) => {
                Self::Fail(SidecarError::from_precondition(&precondition, point))
            }
            Outcome::DeadlinePassed => {
                Self::Fail(SidecarError::from_failure(&Failure::Timeout, point))
            }
            Outcome::NoRoom => Self::Fail(SidecarError::from_failure(&no_room(), point)),
            Outcome::NoResources | Outcome::Failed(Failure::NoResources) => {
                Self::Fail(SidecarError::from_failure(&Failure::NoResources, point))
            }
            Outcome::Failed(failure) if Self::forwards_after(sidecar, failure.class()) => {
                Self::Forward
            }
            Outcome::Failed(failure) => Self::Fail(SidecarError::from_failure(&failure, point)),
            Outcome::Enqueued(_) | Outcome::Answered(Verdict::Allow) => Self::Forward,
            Outcome::Answered(Verdict::Modify(modify)) => Self::Modify(modify),
            Outcome::Answered(Verdict::Terminate(terminate)) => Self::Terminate(terminate),
        }
    }

    /// Whether the call continues after a failure of this class: always for an event, else as the policy
    /// says.
    fn forwards_after(sidecar: &Sidecar, class: FailureClass) -> bool {
        sidecar.synchronicity() == Synchronicity::Event
            || sidecar.policy().action(class) == Action::Forward
    }
}

/// The failure that an answer without room for it is shown as.
fn no_room() -> Failure {
    Failure::WrongAnswer("the message has no room for so many header lines".into())
}
