//! The sidecars that a layer, its service and each of its calls share.

use std::{sync::Arc, time::Duration};

use lambda_sidecar_core::{Sidecar, session};

use crate::observe::Observer;

/// The time that a call may take if nobody says otherwise: 60 seconds.
const DEFAULT_ENDPOINT_TIMEOUT: Duration = Duration::from_secs(60);

/// The sidecars of a route, who observes them, and what the application decides for the host of a call.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) halves: Arc<session::Route>,
    /// One for each sidecar, in the order of the halves.
    observers: Vec<Observer>,
    pub(crate) endpoint_timeout: Duration,
    /// Whether clients see the full text of AWS's exceptions.
    pub(crate) exception_text: bool,
}

impl Route {
    pub(crate) fn add(&mut self, sidecar: Arc<Sidecar>) {
        let observer = Observer::new(&sidecar);
        let at = self.halves_mut().add(sidecar);
        self.observers.insert(at, observer);
    }

    pub(crate) fn halves_mut(&mut self) -> &mut session::Route {
        Arc::make_mut(&mut self.halves)
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

impl Default for Route {
    fn default() -> Self {
        Self {
            halves: Arc::default(),
            observers: Vec::new(),
            endpoint_timeout: DEFAULT_ENDPOINT_TIMEOUT,
            exception_text: false,
        }
    }
}
