//! What a failed function call does to the API call: a table from failure class to action.

use std::fmt;

/// Why a function call failed.
///
/// Nothing that a client can bring about is a class here: that is a precondition
/// ([`Precondition`](crate::Precondition)), which blocks the call under every policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureClass {
    /// No connection to the function, or it broke.
    Connect,
    /// No credentials: none found, or Parameter Store or STS refused.
    Credentials,
    /// The far end refused for load (429).
    Throttled,
    /// The far end answered with an exception, or with an unexpected status.
    ServiceException,
    /// No answer within the sidecar's `timeout`.
    Timeout,
    /// The function ran and failed.
    FunctionError,
    /// The function answered something that is no verdict.
    WrongAnswer,
}

impl FailureClass {
    /// All classes, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::Connect,
        Self::Credentials,
        Self::Throttled,
        Self::ServiceException,
        Self::Timeout,
        Self::FunctionError,
        Self::WrongAnswer,
    ];

    /// The name used in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Credentials => "credentials",
            Self::Throttled => "throttled",
            Self::ServiceException => "service_exception",
            Self::Timeout => "timeout",
            Self::FunctionError => "function_error",
            Self::WrongAnswer => "wrong_answer",
        }
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What happens to the API call when the function call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The API call fails.
    Block,
    /// The API call goes on unmodified.
    Forward,
}

/// The error policy of a sidecar: an [`Action`] for every [`FailureClass`].
///
/// ```
/// use lambda_sidecar_core::{Action, ErrorPolicy, FailureClass};
///
/// // Sure-fire, but for an overloaded function the API stays up.
/// let policy = ErrorPolicy::SURE_FIRE.on(FailureClass::Throttled, Action::Forward);
/// assert_eq!(policy.action(FailureClass::Throttled), Action::Forward);
/// assert_eq!(policy.action(FailureClass::Timeout), Action::Block);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ErrorPolicy {
    actions: [Action; FailureClass::ALL.len()],
}

impl ErrorPolicy {
    /// If the function call fails, the API call fails. The default.
    pub const SURE_FIRE: Self = Self {
        actions: [Action::Block; FailureClass::ALL.len()],
    };

    /// If the function call fails, the API call goes on unmodified. That needs a `timeout` too: where the
    /// function hangs until the whole call's time is over, there is nothing left to go on with.
    pub const FAIL_SAFE: Self = Self {
        actions: [Action::Forward; FailureClass::ALL.len()],
    };

    /// The same policy with another action for one class.
    #[must_use]
    pub const fn on(mut self, class: FailureClass, action: Action) -> Self {
        self.actions[class as usize] = action;
        self
    }

    /// What happens to the API call after a failure of this class.
    #[must_use]
    pub const fn action(&self, class: FailureClass) -> Action {
        self.actions[class as usize]
    }
}

/// Sure-fire.
impl Default for ErrorPolicy {
    fn default() -> Self {
        Self::SURE_FIRE
    }
}

impl fmt::Debug for ErrorPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::SURE_FIRE => f.write_str("SureFire"),
            Self::FAIL_SAFE => f.write_str("FailSafe"),
            _ => f
                .debug_map()
                .entries(FailureClass::ALL.map(|class| (class, self.action(class))))
                .finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_stands_at_its_own_place_in_the_table() {
        for class in FailureClass::ALL {
            let policy = ErrorPolicy::SURE_FIRE.on(class, Action::Forward);
            for other in FailureClass::ALL {
                let forwarded = policy.action(other) == Action::Forward;
                assert_eq!(forwarded, other == class, "{class} and {other}");
            }
        }
    }
}
