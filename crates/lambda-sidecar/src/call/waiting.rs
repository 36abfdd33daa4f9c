//! What a call waits for.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use bytes::Bytes;
use http::Response;
use http_body::Body;
use lambda_sidecar_core::{
    Failure,
    session::{Event, ReadBody},
};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::host::Host;
use crate::{
    BoxError,
    function::{Answer, Invocation},
    guard::{Asked, Asks, Flight, Guarded},
    invoke::Invoke,
};

pin_project! {
    /// What a call waits for.
    #[project = WaitingProjection]
    pub(super) enum Waiting<I, F, A> {
        Nothing,
        Body { read: ReadBody },
        Function { #[pin] invoke: Guarded<Invoke<F, A>> },
        /// For a function call whose verdict may be kept, of this call or of another one.
        Flight { flight: Box<Flight> },
        /// For nothing: the verdict is there, a guard has not let the function call through, or nobody waits for it.
        Known { event: Option<Event> },
        Backend { #[pin] future: I },
    }
}

impl<I, F, A> Waiting<I, F, A>
where
    F: Service<Invocation, Response = Answer, Future = A> + Clone + Send + 'static,
    F::Error: Into<BoxError>,
    A: Future<Output = Result<Answer, F::Error>> + Send + 'static,
{
    /// The function call begins, if its verdict is not kept and the guards of its sidecar let it through.
    pub(super) fn invoked<B, R>(
        host: &mut Host<B, R>,
        function: &F,
        invocation: Invocation,
        until: Instant,
        asks: Asks,
    ) -> Self {
        match host.ask(function, &invocation, until, asks) {
            Some(Ok(Asked::Hit(answer))) => return Self::answered(Ok(answer)),
            Some(Ok(Asked::UnderWay(flight))) => {
                let flight = Box::new(flight);
                return Self::Flight { flight };
            }
            Some(Err(failure)) => return Self::answered(Err(failure)),
            None => {}
        }
        let admitted = match host.admit(&invocation, until) {
            Ok(admitted) => admitted,
            Err(retry_after) => return Self::answered(Err(Failure::Rejected { retry_after })),
        };
        host.watch(&invocation);
        let invoke = Invoke::new(function.clone(), invocation);
        Self::Function {
            invoke: Guarded::new(invoke, admitted),
        }
    }

    /// What happened, if something did. The call asks again by itself if it is to.
    pub(super) fn poll<B, R, E>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        host: &mut Host<B, R>,
        function: &F,
    ) -> Poll<Result<Event, E>>
    where
        I: Future<Output = Result<Response<R>, E>>,
        B: Body<Data = Bytes>,
        B::Error: Into<BoxError>,
        R: Body<Data = Bytes>,
        R::Error: Into<BoxError>,
    {
        loop {
            let (invocation, until, asks) = match self.as_mut().project() {
                WaitingProjection::Nothing => return Poll::Ready(Ok(Event::Entered)),
                WaitingProjection::Body { read } => {
                    return host.poll_body(cx, *read).map(|read| Ok(Event::Body(read)));
                }
                WaitingProjection::Function { invoke } => {
                    let answered = host.poll_function(cx, invoke);
                    return answered.map(|result| Ok(Event::Answered(result)));
                }
                WaitingProjection::Known { event } => {
                    let event = event.take().map(Ok);
                    return event.map_or(Poll::Pending, Poll::Ready);
                }
                WaitingProjection::Backend { future } => {
                    host.responded(ready!(future.poll(cx))?);
                    return Poll::Ready(Ok(Event::Responded));
                }
                WaitingProjection::Flight { flight } => {
                    let landed = ready!(flight.poll(cx));
                    match host.landed(flight, landed) {
                        Ok(event) => return Poll::Ready(Ok(event)),
                        Err(asks) => (flight.invocation.clone(), flight.until, asks),
                    }
                }
            };
            let waiting = Self::invoked(host, function, invocation, until, asks);
            self.set(waiting);
        }
    }

    fn answered(result: Result<Answer, Failure>) -> Self {
        Self::known(Event::Answered(result))
    }
}

impl<I, F, A> Waiting<I, F, A> {
    pub(super) fn known(event: Event) -> Self {
        let event = Some(event);
        Self::Known { event }
    }

    /// Whether no time ends it: that of the wrapped service is its own.
    pub(super) fn is_without_limit(&self) -> bool {
        matches!(self, Self::Backend { .. })
    }

    /// The time of what is waited for is over.
    pub(super) fn timed_out<B, R>(self: Pin<&mut Self>, host: &mut Host<B, R>) -> Event {
        match self.project() {
            WaitingProjection::Flight { flight } => host.timed_out(flight),
            _ => Event::TimedOut,
        }
    }
}
