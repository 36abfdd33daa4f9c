//! The breaker: a function that fails again and again is left alone for a while.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lambda_sidecar_core::FailureClass;
use tokio::time::Instant;

use crate::observe::GuardObserver;

/// The breaker of one sidecar.
#[derive(Debug)]
pub(super) struct Breaker {
    /// After how many failures in a row it opens.
    failures: u32,
    open_for: Duration,
    history: Mutex<History>,
    observer: GuardObserver,
}

/// What the breaker does now, and for how long it has held calls back.
#[derive(Debug)]
struct History {
    state: State,
    /// Until it was closed last.
    held: Duration,
    /// Since when it is not closed.
    held_since: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Calls are made; so many of them have failed in a row.
    Closed { row: u32 },
    /// None is made before this time; the first one after it tries.
    Open { until: Instant },
    /// One call tries.
    Trying,
}

/// How a call ended, for the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallEnd {
    /// It failed as it does where the function, the way to it or its service is out of order.
    Failure,
    /// In any other way.
    Other,
    /// Nothing is known of the function: the call was not made.
    NotMade,
}

impl From<FailureClass> for CallEnd {
    fn from(class: FailureClass) -> Self {
        match class {
            FailureClass::Connect
            | FailureClass::Credentials
            | FailureClass::Throttled
            | FailureClass::ServiceException
            | FailureClass::Timeout => Self::Failure,
            FailureClass::Rejected | FailureClass::NoResources => Self::NotMade,
            _ => Self::Other,
        }
    }
}

impl Breaker {
    pub(super) fn new(failures: u32, open_for: Duration, observer: GuardObserver) -> Self {
        Self {
            failures,
            open_for,
            history: Mutex::new(History {
                state: State::Closed { row: 0 },
                held: Duration::ZERO,
                held_since: None,
            }),
            observer,
        }
    }

    /// Lets a call through, or says how long the breaker is still open: no time, while another call tries.
    pub(super) fn admit(self: &Arc<Self>) -> Result<Pass, Duration> {
        let mut history = self.history();
        let tries = match history.state {
            State::Closed { .. } => false,
            State::Trying => return Err(Duration::ZERO),
            State::Open { until } => {
                let left = until.saturating_duration_since(Instant::now());
                if !left.is_zero() {
                    return Err(left);
                }
                history.state = State::Trying;
                true
            }
        };
        drop(history);
        Ok(Pass {
            breaker: Arc::clone(self),
            tries,
            end: CallEnd::NotMade,
        })
    }

    /// A call has ended that began while the breaker was closed. It may have opened since: then the one that tries
    /// decides, and nothing else.
    fn ended(&self, end: CallEnd) {
        let mut history = self.history();
        let State::Closed { row } = &mut history.state else {
            return;
        };
        *row = match end {
            CallEnd::Failure => *row + 1,
            CallEnd::Other => 0,
            CallEnd::NotMade => *row,
        };
        if *row >= self.failures {
            history.state = self.open();
            history.held_since = Some(Instant::now());
            drop(history);
            self.observer.opened(self.open_for);
        }
    }

    /// The call that tried has ended.
    fn tried(&self, end: CallEnd) {
        let next = match end {
            CallEnd::Failure => self.open(),
            CallEnd::Other => State::Closed { row: 0 },
            // The turn is the next caller's.
            CallEnd::NotMade => State::Open {
                until: Instant::now(),
            },
        };
        let mut history = self.history();
        history.state = next;
        if end == CallEnd::Other {
            history.closed();
        }
        drop(history);
        if end == CallEnd::Other {
            self.observer.closed();
        }
    }

    /// For how long in all it has not been closed.
    pub(super) fn held(&self) -> Duration {
        let history = self.history();
        history.held + history.held_now()
    }

    fn open(&self) -> State {
        State::Open {
            until: Instant::now() + self.open_for,
        }
    }

    fn history(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl History {
    fn held_now(&self) -> Duration {
        self.held_since
            .map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn closed(&mut self) {
        self.held += self.held_now();
        self.held_since = None;
    }
}

impl Drop for Breaker {
    fn drop(&mut self) {
        if !matches!(self.history().state, State::Closed { .. }) {
            self.observer.gone();
        }
    }
}

/// A call that was let through. If it is dropped before it has ended, its caller has left.
#[derive(Debug)]
pub(super) struct Pass {
    breaker: Arc<Breaker>,
    tries: bool,
    end: CallEnd,
}

impl Pass {
    pub(super) fn ended(mut self, end: CallEnd) {
        self.end = end;
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        match self.tries {
            true => self.breaker.tried(self.end),
            false => self.breaker.ended(self.end),
        }
    }
}

#[cfg(test)]
mod tests;
