//! How many function calls of a sidecar may be under way at once.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// The places of calls that are under way.
#[derive(Debug)]
pub(super) struct Concurrency {
    free: AtomicU32,
}

impl Concurrency {
    pub(super) fn new(calls: u32) -> Self {
        Self {
            free: AtomicU32::new(calls),
        }
    }

    /// A place, if one is free. Nobody waits for one.
    pub(super) fn take(self: &Arc<Self>) -> Option<TakenPlace> {
        let (set, fetch) = (Ordering::AcqRel, Ordering::Acquire);
        let taken = self
            .free
            .fetch_update(set, fetch, |free| free.checked_sub(1));
        taken.ok().map(|_| TakenPlace(Arc::clone(self)))
    }
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(super) struct TakenPlace(Arc<Concurrency>);

impl Drop for TakenPlace {
    fn drop(&mut self) {
        self.0.free.fetch_add(1, Ordering::AcqRel);
    }
}
