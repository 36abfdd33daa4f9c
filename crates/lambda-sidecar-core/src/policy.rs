//! What a failed function call does to the API call: a table from failure class to action.

use std::fmt;

use crate::FailureClass;

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
/// # use lambda_sidecar_core as lambda_sidecar;
/// use lambda_sidecar::{Action, ErrorPolicy, FailureClass};
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

    /// The same policy with another action for one class. [`FailureClass::NoResources`] blocks the call whatever is
    /// said here.
    #[must_use]
    pub const fn on(mut self, class: FailureClass, action: Action) -> Self {
        self.actions[class as usize] = action;
        self
    }

    /// What happens to the API call after a failure of this class.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use lambda_sidecar::{Action, ErrorPolicy, FailureClass};
    ///
    /// // Clients can bring it about, so it opens nothing.
    /// let action = ErrorPolicy::FAIL_SAFE.action(FailureClass::NoResources);
    /// assert_eq!(action, Action::Block);
    /// ```
    #[must_use]
    pub const fn action(&self, class: FailureClass) -> Action {
        match class {
            FailureClass::NoResources => Action::Block,
            class => self.actions[class as usize],
        }
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
                .entries(
                    FailureClass::ALL
                        .iter()
                        .map(|class| (class, self.action(*class))),
                )
                .finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_stands_at_its_own_place_in_the_table() {
        for class in FailureClass::ALL.iter().copied() {
            let policy = ErrorPolicy::SURE_FIRE.on(class, Action::Forward);
            for other in FailureClass::ALL.iter().copied() {
                let forwarded = policy.action(other) == Action::Forward;
                let forwards = other == class && class != FailureClass::NoResources;
                assert_eq!(forwarded, forwards, "{class} and {other}");
            }
        }
    }
}
