//! Events that are sent in the background.

use lambda_sidecar_core::Enqueued;
use tower_service::Service;

use super::host::Host;
use crate::{
    BoxError,
    function::{Answer, Invocation},
    guard::Guards,
};

impl<B, R> Host<B, R> {
    /// Puts an event into the queue of its sidecar. The call may be cancelled from now on.
    pub(super) fn enqueue<F>(&self, function: &F, invocation: Invocation) -> Enqueued
    where
        F: Service<Invocation, Response = Answer> + Clone + Send + 'static,
        F::Error: Into<BoxError>,
        F::Future: Send + 'static,
    {
        let guards = self.route.guards(&invocation.sidecar);
        match guards.and_then(Guards::events) {
            Some(queue) => queue.enqueue(invocation, self.method(), function),
            None => Enqueued::Dropped,
        }
    }
}
