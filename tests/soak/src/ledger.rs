//! What client, far end and backend saw of every call, joined by its number.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::{action::Action, content::Content};

/// Everything seen of one call.
#[derive(Debug, Default)]
pub(crate) struct Call {
    pub(crate) started: Option<Instant>,
    pub(crate) ended: Option<(Instant, Observed)>,
    pub(crate) invocations: Vec<Invocation>,
    pub(crate) arrivals: Vec<Arrival>,
}

/// What became of a call, as its client saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Observed {
    Answered(Seen),
    /// The client went away, as planned.
    HungUp,
    /// No end of it within the bound.
    Hung,
    /// The gateway reset the stream before the head of an answer was read.
    CutOff,
    /// The connection broke without an answer.
    Lost(String),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) error: Option<String>,
    pub(crate) grpc: Option<u16>,
    pub(crate) message: Option<String>,
    /// The functions that left a header.
    pub(crate) marks: Vec<String>,
    pub(crate) content: Content,
    pub(crate) fields: Fields,
}

/// What there is to see of the fields of a message, beside marks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fields {
    /// The names of its trailers.
    pub(crate) trailers: Vec<String>,
    /// What is odd about its headers.
    pub(crate) odd: Vec<String>,
}

/// One attempt at a function call, at the far end.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    pub(crate) function: String,
    pub(crate) attempt: u32,
    pub(crate) action: Action,
    /// The same for all attempts of one function call.
    pub(crate) sdk_id: String,
    pub(crate) message_id: String,
    pub(crate) access_key: String,
    pub(crate) at: Instant,
    /// What is wrong with what was sent.
    pub(crate) wrong: Option<String>,
}

/// A request at the backend.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) marks: Vec<String>,
    pub(crate) content: Content,
    pub(crate) fields: Fields,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<BTreeMap<u64, Call>>);

impl Ledger {
    fn calls(&self) -> MutexGuard<'_, BTreeMap<u64, Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn started(&self, id: u64) {
        self.calls().entry(id).or_default().started = Some(Instant::now());
    }

    pub(crate) fn ended(&self, id: u64, observed: Observed) {
        self.calls().entry(id).or_default().ended = Some((Instant::now(), observed));
    }

    pub(crate) fn invoked(&self, id: u64, invocation: Invocation) {
        let mut calls = self.calls();
        calls.entry(id).or_default().invocations.push(invocation);
    }

    /// Notes a request at the backend, whose body is yet to be read. Gives back which of this call it is.
    pub(crate) fn arrived(&self, id: u64, marks: Vec<String>, fields: Fields) -> usize {
        let mut calls = self.calls();
        let arrivals = &mut calls.entry(id).or_default().arrivals;
        arrivals.push(Arrival {
            marks,
            content: Content::Broken,
            fields,
        });
        arrivals.len() - 1
    }

    /// Notes what the body of a request at the backend was.
    pub(crate) fn read(&self, id: u64, which: usize, content: Content, trailers: Vec<String>) {
        let mut calls = self.calls();
        let arrivals = &mut calls.entry(id).or_default().arrivals;
        if let Some(arrival) = arrivals.get_mut(which) {
            arrival.content = content;
            arrival.fields.trailers = trailers;
        }
    }

    /// Takes out the calls that ended that long ago, so that nothing more can come of them.
    pub(crate) fn take_settled(&self, age: Duration) -> Vec<(u64, Call)> {
        let settled = |call: &Call| {
            let ended = call.ended.as_ref();
            ended.is_some_and(|(at, _)| at.elapsed() > age)
        };
        let mut calls = self.calls();
        calls.extract_if(.., |_, call| settled(call)).collect()
    }

    /// Takes out all that is left.
    pub(crate) fn take_rest(&self) -> Vec<(u64, Call)> {
        std::mem::take(&mut *self.calls()).into_iter().collect()
    }
}
