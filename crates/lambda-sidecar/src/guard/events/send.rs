//! Sends events, each in a task of its own, again if it did not arrive.

use std::{error::Error, panic::AssertUnwindSafe, pin::pin, sync::Arc};

use futures_util::future::{Either, FutureExt as _, select};
use lambda_sidecar_core::{
    Enqueued, ErrorChain, FailureClass, Invocation, ProtectedHeaders, Ruling, Synchronicity,
};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tower_service::Service;
use tracing::Instrument as _;

use super::{
    pauses::Pauses,
    queue::{EventQueue, EventUnderWay, NextEvent},
};
use crate::{
    BoxError,
    function::{self, Answer},
    guard::gate::{Admitted, Guarded},
    invoke::Invoke,
    observe::{EventLoss, Watch},
};

impl EventQueue {
    /// Takes an event in, if there is room, and begins to send it if nothing is before it.
    pub(crate) fn enqueue<F>(
        self: &Arc<Self>,
        invocation: Invocation,
        method: &'static str,
        function: &F,
    ) -> Enqueued
    where
        F: Service<Invocation, Response = Answer> + Clone + Send + 'static,
        F::Error: Into<BoxError>,
        F::Future: Send + 'static,
    {
        let (enqueued, next) = self.put(invocation, method);
        begin(self, next, function);
        go_on(self, function);
        enqueued
    }
}

/// Begins to send what can be sent by now.
fn go_on<F>(queue: &Arc<EventQueue>, function: &F)
where
    F: Service<Invocation, Response = Answer> + Clone + Send + 'static,
    F::Error: Into<BoxError>,
    F::Future: Send + 'static,
{
    begin(queue, queue.next(), function);
}

/// Begins with this, and with what can be sent after it.
fn begin<F>(queue: &Arc<EventQueue>, mut next: NextEvent, function: &F)
where
    F: Service<Invocation, Response = Answer> + Clone + Send + 'static,
    F::Error: Into<BoxError>,
    F::Future: Send + 'static,
{
    loop {
        match next {
            NextEvent::Ready(event, admitted) => {
                tokio::spawn(send(event, admitted, function.clone()));
            }
            NextEvent::Held(until) => {
                tokio::spawn(look_again(Arc::clone(queue), until, function.clone()));
            }
            NextEvent::None => return,
        }
        next = queue.next();
    }
}

/// Goes on at this time, until which the breaker holds the events.
async fn look_again<F>(queue: Arc<EventQueue>, until: Instant, function: F)
where
    F: Service<Invocation, Response = Answer> + Clone + Send + 'static,
    F::Error: Into<BoxError>,
    F::Future: Send + 'static,
{
    select(pin!(sleep_until(until)), pin!(queue.closed())).await;
    queue.unwatch();
    go_on(&queue, &function);
}

/// Sends an event that its guards have let through, until it is over or its queue is closed.
async fn send<F>(event: EventUnderWay, admitted: Admitted, function: F)
where
    F: Service<Invocation, Response = Answer> + Clone + Send + 'static,
    F::Error: Into<BoxError>,
    F::Future: Send + 'static,
{
    let queue = Arc::clone(&event.queue);
    let lost = {
        let attempts = pin!(attempts(&event, admitted, function.clone()));
        let closed = pin!(queue.closed());
        match select(attempts, closed).await {
            Either::Left((lost, _)) => lost,
            Either::Right(_) => Some(EventLoss::Shutdown),
        }
    };
    event.over(lost);
    go_on(&queue, &function);
}

/// Why the event is lost, if it is.
async fn attempts<F>(
    under_way: &EventUnderWay,
    mut admitted: Admitted,
    function: F,
) -> Option<EventLoss>
where
    F: Service<Invocation, Response = Answer> + Clone + Send + 'static,
    F::Error: Into<BoxError>,
    F::Future: Send + 'static,
{
    let EventUnderWay { event, queue, .. } = under_way;
    let mut pauses = Pauses::new();
    loop {
        match attempt(under_way, admitted, function.clone()).await {
            Ok(()) => return None,
            Err(AttemptFailure::Final(_)) => return Some(EventLoss::Failed),
            Err(AttemptFailure::Again(_)) => {}
        }
        let Some(pause) = pauses.next(queue.age(event)) else {
            return Some(EventLoss::Expired);
        };
        // The attempt may have changed what the breaker says to others.
        go_on(queue, &function);
        sleep(pause).await;
        admitted = loop {
            match queue.admit() {
                Ok(admitted) => break admitted,
                Err(wait) => sleep(wait).await,
            }
        };
    }
}

/// How an attempt failed, by its class.
#[derive(Debug, Clone, Copy)]
enum AttemptFailure {
    /// The event cannot have reached the function, and is not AWS's to refuse: it is throttled, or there was no way to
    /// send it.
    Again(FailureClass),
    Final(FailureClass),
}

impl AttemptFailure {
    fn new(error: &(dyn Error + 'static)) -> Self {
        match function::failure(error).class() {
            class @ FailureClass::Connect if function::may_have_run(error) => Self::Final(class),
            class @ (FailureClass::Throttled
            | FailureClass::Connect
            | FailureClass::Rejected
            | FailureClass::NoResources) => Self::Again(class),
            class => Self::Final(class),
        }
    }

    fn class(self) -> FailureClass {
        match self {
            Self::Again(class) | Self::Final(class) => class,
        }
    }
}

/// One function call.
async fn attempt<F>(
    under_way: &EventUnderWay,
    admitted: Admitted,
    function: F,
) -> Result<(), AttemptFailure>
where
    F: Service<Invocation, Response = Answer> + Clone,
    F::Error: Into<BoxError>,
{
    let EventUnderWay { event, queue, .. } = under_way;
    let watch = queue.calls.invoked(&event.invocation, event.method);
    let until = Instant::now() + queue.send_timeout;
    let mut invocation = event.invocation.clone();
    invocation.until = Some(until.into_std());
    let invoke = Invoke::new(function, invocation);
    // Its state is dropped with it, so nobody sees what a panic left of it.
    let call = AssertUnwindSafe(Guarded::new(invoke, Some(admitted))).catch_unwind();
    let call = call.instrument(watch.span().clone());
    let result = match timeout_at(until, call).await {
        Ok(Ok(Ok(answer))) => accepted(&event.invocation, &answer, &watch),
        Ok(Ok(Err(error))) => Err(failed(&*error, &watch)),
        Ok(Err(_)) => {
            watch.failed(FailureClass::FunctionError, &"the function panicked");
            Err(AttemptFailure::Final(FailureClass::FunctionError))
        }
        Err(_) => {
            watch.failed(FailureClass::Timeout, &"no answer came in time");
            Err(AttemptFailure::Final(FailureClass::Timeout))
        }
    };
    let failure = result.as_ref().err();
    queue
        .calls
        .sent(watch, failure.map(|failure| failure.class()));
    result
}

fn accepted(invocation: &Invocation, answer: &Answer, watch: &Watch) -> Result<(), AttemptFailure> {
    let (point, protected) = (invocation.sidecar.point(), ProtectedHeaders::default());
    match Ruling::from_answer(point, Synchronicity::Event, answer, &protected) {
        Ok(_) => Ok(()),
        Err(failure) => {
            watch.failed(failure.class(), &failure);
            Err(AttemptFailure::Final(failure.class()))
        }
    }
}

fn failed(error: &(dyn Error + 'static), watch: &Watch) -> AttemptFailure {
    let failure = AttemptFailure::new(error);
    watch.failed(failure.class(), &ErrorChain::new(error));
    failure
}
