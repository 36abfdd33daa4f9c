//! The function calls under way, found by what they ask.

use std::{
    array,
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{flight::SharedFlight, key::Question};

/// In so many parts, each with a lock of its own.
const PARTS: usize = 16;

/// The function calls under way. A call ends when nobody waits for it any more, so they are not held here.
pub(super) struct Flights {
    parts: [Mutex<Part>; PARTS],
    next: AtomicU64,
}

type Part = HashMap<Question, Numbered>;

struct Numbered {
    number: u64,
    flight: Weak<SharedFlight>,
}

impl Default for Flights {
    fn default() -> Self {
        Self {
            parts: array::from_fn(|_| Mutex::default()),
            next: AtomicU64::new(0),
        }
    }
}

impl Flights {
    /// The calls that ask this. Nobody else begins or ends one meanwhile.
    pub(super) fn of(self: &Arc<Self>, question: &Question) -> Asking<'_> {
        Asking {
            flights: self,
            question: *question,
            part: self.part(question),
        }
    }

    fn part(&self, question: &Question) -> MutexGuard<'_, Part> {
        let part = &self.parts[question.first() % PARTS];
        part.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The calls that ask something, held fast.
pub(super) struct Asking<'f> {
    flights: &'f Arc<Flights>,
    question: Question,
    part: MutexGuard<'f, Part>,
}

impl Asking<'_> {
    /// The call under way, if somebody waits for it.
    pub(super) fn get(&self) -> Option<Arc<SharedFlight>> {
        self.part.get(&self.question)?.flight.upgrade()
    }

    /// Begins one, which is found until the departure that `fly` is given is dropped.
    pub(super) fn begin(
        &mut self,
        fly: impl FnOnce(Departure) -> Arc<SharedFlight>,
    ) -> Arc<SharedFlight> {
        let number = self.flights.next.fetch_add(1, Ordering::Relaxed);
        let flight = fly(Departure {
            flights: Arc::clone(self.flights),
            question: self.question,
            number,
        });
        let numbered = Numbered {
            number,
            flight: Arc::downgrade(&flight),
        };
        self.part.insert(self.question, numbered);
        flight
    }
}

/// When it is dropped, its call is found no more.
pub(super) struct Departure {
    flights: Arc<Flights>,
    question: Question,
    number: u64,
}

impl Drop for Departure {
    fn drop(&mut self) {
        let mut part = self.flights.part(&self.question);
        // Another one may have begun since: the last that waited has left, and somebody new has asked.
        let is_own = |numbered: &Numbered| numbered.number == self.number;
        if part.get(&self.question).is_some_and(is_own) {
            part.remove(&self.question);
        }
    }
}
