//! Guards: a function protected from the calls, and the calls from a function that is out of order.
//!
//! From the outside in:
//!
//! 1. the cache of verdicts: what is answered from it needs no place, and no breaker counts it;
//! 2. the breaker, so that an open one takes no place;
//! 3. the places of calls under way at once;
//! 4. the function service with its retries: a call is one call, however often it is attempted.
//!
//! A route has one of each but the cache, which its sidecars share, for every sidecar that asks for it, so a layer that is made anew has new ones. Whoever is
//! admitted holds its place until the call ends or is dropped.
//!
//! An event queue stands outside the breaker and the places: it holds its events until they let one through.

mod breaker;
mod cache;
mod concurrency;
mod events;
mod gate;

use std::{sync::Arc, time::Duration};

use lambda_sidecar_core::{Invocation, Sidecar};
use tokio::time::Instant;

use self::{cache::FunctionIdentity, gate::Gate};
pub use self::{cache::VerdictCache, events::EventQueues};
pub(crate) use self::{
    cache::{Asked, Asks, Flight, Landed, Lead, Question},
    events::EventQueue,
    gate::{Admitted, Guarded},
};
use crate::observe::{CacheObserver, CacheResult, GuardObserver, Observer};

/// The guards of one sidecar. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Guards {
    gate: Gate,
    observer: GuardObserver,
    cached: Option<Cached>,
    events: Option<Arc<EventQueue>>,
}

/// How a sidecar asks a cache.
#[derive(Debug, Clone)]
struct Cached {
    function: FunctionIdentity,
    observer: CacheObserver,
}

impl Guards {
    /// None if the sidecar asks for none. `calls` observes its function calls.
    pub(crate) fn new(sidecar: &Arc<Sidecar>, calls: &Observer) -> Option<Self> {
        let is_cached = sidecar.cache_max().is_some();
        let is_gated = sidecar.breaker_failures().is_some() || sidecar.max_concurrency().is_some();
        if !is_gated && !is_cached && sidecar.event_queue().is_none() {
            return None;
        }
        let observer = GuardObserver::new(sidecar);
        let gate = Gate::new(sidecar, &observer);
        Some(Self {
            events: EventQueue::new(sidecar, &gate, calls).map(Arc::new),
            gate,
            observer,
            cached: is_cached.then(|| Cached {
                function: FunctionIdentity::new(sidecar),
                observer: CacheObserver::new(sidecar),
            }),
        })
    }

    /// What a function call of this sidecar asks, if its verdict may be kept.
    pub(crate) fn question(&self, invocation: &Invocation) -> Option<Question> {
        self.cached.as_ref()?.function.question(invocation)
    }

    /// A question of this sidecar ended in this way.
    pub(crate) fn count(&self, result: CacheResult) {
        if let Some(cached) = &self.cached {
            cached.observer.count(result);
        }
    }

    /// The events of this sidecar that are sent in the background, if they are.
    pub(crate) fn events(&self) -> Option<&Arc<EventQueue>> {
        self.events.as_ref()
    }

    /// Lets a call through, or says after what time its client may try again. `until` is the end of the sidecar's own
    /// timeout, if that is what ends the call.
    pub(crate) fn admit(&self, until: Option<Instant>) -> Result<Admitted, Duration> {
        self.gate.admit(until).map_err(|rejected| {
            self.observer.rejected(rejected.by);
            rejected.retry_after
        })
    }
}
