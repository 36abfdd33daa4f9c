//! The scripted function: what it does with an event depends on the seed, the event and the attempt.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lambda_sidecar_test_support::scripted::{Answer, Received, Reply, converse};
use serde_json::Value;

use super::client::NUMBER;
use crate::{dice::Dice, door::Door};

/// It takes so long if it is slow.
const SLOW: Duration = Duration::from_secs(2);
/// A throttled event is throttled so often: in all attempts of its first function call.
const THROTTLED: u32 = 3;

#[derive(Debug, Clone)]
pub(super) struct EventFunction {
    seed: u64,
    is_slow: bool,
    seen: Arc<Mutex<BTreeMap<u64, SeenEvent>>>,
}

/// What it saw of one event.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct SeenEvent {
    attempts: u32,
    /// Whether it said that it takes it.
    pub(super) is_accepted: bool,
}

impl EventFunction {
    pub(super) fn new(seed: u64, is_slow: bool) -> Self {
        Self {
            seed,
            is_slow,
            seen: Arc::default(),
        }
    }

    pub(super) fn start(self) -> io::Result<Door> {
        Door::open_to(move |stream| {
            let function = self.clone();
            async move { drop(converse(stream, move |request| function.invoked(request)).await) }
        })
    }

    pub(super) fn seen(&self) -> BTreeMap<u64, SeenEvent> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }

    fn invoked(&self, request: &Received) -> Reply {
        let envelope: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let number = &envelope["request"]["headers"][NUMBER];
        let number = number.as_str().and_then(|number| number.parse().ok());
        // One that belongs to no call is counted to a call that nobody made.
        let number = number.unwrap_or(u64::MAX);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let event = seen.entry(number).or_default();
        event.attempts += 1;
        let (reply, accepts) = self.reply(number, event.attempts);
        event.is_accepted |= accepts;
        reply
    }

    /// And whether it accepts the event.
    fn reply(&self, number: u64, attempt: u32) -> (Reply, bool) {
        let mut dice = Dice::of(self.seed, &format!("event {number}"));
        let accepted = Answer::new(202, "");
        if self.is_slow {
            return (Reply::answer(&accepted).after(SLOW), true);
        }
        match dice.between(0, 100) {
            0..10 if attempt <= THROTTLED => {
                let throttled = Reply::exception(429, "TooManyRequestsException");
                (throttled, false)
            }
            10..18 => (Reply::exception(500, "ServiceException"), false),
            // It may have arrived, as far as the gateway knows.
            18..22 => (Reply::reset_before(), false),
            _ => {
                let time = Duration::from_millis(dice.between(0, 40));
                (Reply::answer(&accepted).after(time), true)
            }
        }
    }
}
