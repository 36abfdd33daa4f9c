//! What holds for the invocations of a call, whatever became of it.

use super::{Check, Wrong};
use crate::{action::Action, ledger::Call};

/// What is wrong with them.
pub(super) fn invocations(call: &Call) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for (at, invocation) in call.invocations.iter().enumerate() {
        let earlier = &call.invocations[..at];
        let function = &invocation.function;
        if let Some(text) = &invocation.wrong {
            wrong.push(Wrong::new(Check::Envelope, text));
        }
        if earlier
            .iter()
            .any(|earlier| earlier.message_id != invocation.message_id)
        {
            wrong.push(Wrong::new(
                Check::Envelope,
                format!("{function} got another message id"),
            ));
        }
        let mut attempts = earlier
            .iter()
            .filter(|earlier| earlier.function == *function);
        let may_run_twice = attempts.any(|earlier| {
            earlier.action != Action::Throttle || earlier.sdk_id != invocation.sdk_id
        });
        if may_run_twice {
            wrong.push(Wrong::new(
                Check::InvokedOnce,
                format!("{function} was invoked again"),
            ));
        }
    }
    if call.arrivals.len() > 1 {
        let times = call.arrivals.len();
        wrong.push(Wrong::new(
            Check::Answered,
            format!("the backend was called {times} times"),
        ));
    }
    wrong
}
