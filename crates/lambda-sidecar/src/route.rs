//! The sidecars that a layer, its service and each of its calls share.

use std::{sync::Arc, time::Duration};

use lambda_sidecar_core::{Sidecar, session};

use crate::{
    guard::{EventQueues, Guards, VerdictCache},
    observe::Observer,
};

/// The sidecars of a route, who observes them, and what the application decides for the host of a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedRoute {
    pub(crate) halves: Arc<session::Route>,
    /// One for each sidecar, in the order of the halves.
    observers: Vec<Observer>,
    /// Of the sidecars that have some, so that a call of all others looks at nothing. Clones of a layer share them.
    guards: Vec<(Arc<Sidecar>, Guards)>,
    /// There is one if a sidecar's verdicts are kept.
    cache: Option<VerdictCache>,
    /// What knows the event queues of the sidecars, if somebody wants to know them.
    events: Option<EventQueues>,
    /// Whether a sidecar looks at the `host` of requests.
    pub(crate) looks_at_host: bool,
    /// None is not the default time: it must not shorten the time that somebody named.
    pub(crate) endpoint_timeout: Option<Duration>,
    /// Whether clients see the full text of AWS's exceptions.
    pub(crate) exception_text: bool,
}

impl SharedRoute {
    pub(crate) fn add(&mut self, sidecar: Arc<Sidecar>) {
        let observer = Observer::new(&sidecar);
        self.looks_at_host |= sidecar.looks_at_host();
        if let Some(guards) = Guards::new(&sidecar, &observer) {
            if let (Some(queues), Some(queue)) = (&self.events, guards.events()) {
                queues.add(queue);
            }
            self.guards.push((Arc::clone(&sidecar), guards));
        }
        if sidecar.cache_max().is_some() {
            self.cache.get_or_insert_default().serve(&sidecar);
        }
        let at = self.halves_mut().add(sidecar);
        self.observers.insert(at, observer);
    }

    pub(crate) fn halves_mut(&mut self) -> &mut session::Route {
        Arc::make_mut(&mut self.halves)
    }

    /// Has verdicts kept in this cache.
    pub(crate) fn set_cache(&mut self, cache: VerdictCache) {
        for sidecar in self.halves.sidecars() {
            cache.serve(sidecar);
        }
        self.cache = Some(cache);
    }

    /// Makes the event queues of the sidecars known to these.
    pub(crate) fn set_event_queues(&mut self, queues: EventQueues) {
        for queue in self.guards.iter().filter_map(|(_, it)| it.events()) {
            queues.add(queue);
        }
        self.events = Some(queues);
    }

    pub(crate) fn cache(&self) -> Option<&VerdictCache> {
        self.cache.as_ref()
    }

    /// The guards of a sidecar of this route, if it has some.
    pub(crate) fn guards(&self, sidecar: &Arc<Sidecar>) -> Option<&Guards> {
        let mut guards = self.guards.iter();
        let (_, guards) = guards.find(|(guarded, _)| Arc::ptr_eq(guarded, sidecar))?;
        Some(guards)
    }

    /// The observer of a sidecar of this route. They are few, so looking through them is cheap.
    pub(crate) fn observer(&self, sidecar: &Arc<Sidecar>) -> Option<&Observer> {
        let at = self
            .halves
            .sidecars()
            .iter()
            .position(|half| Arc::ptr_eq(half, sidecar))?;
        self.observers.get(at)
    }
}
