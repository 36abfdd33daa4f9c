//! One call: the host of its session. It reads bodies, invokes functions and calls the wrapped service as the
//! session says, and tells what came of it.

mod host;

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use lambda_sidecar_core::{
    Failure,
    session::{CallFacts, Event, ReadBody, Step},
};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower_service::Service;

use self::host::Host;
use crate::{
    BoxError, SidecarBody,
    function::{Answer, Invocation},
    guard::Guarded,
    invoke::Invoke,
    route::SharedRoute,
};

pin_project! {
    /// A call with sidecars.
    pub(crate) struct Call<S, F, B, R>
    where
        S: Service<Request<SidecarBody<B>>>,
        F: Service<Invocation>,
    {
        #[pin]
        waiting: Waiting<S::Future, F, F::Future>,
        // Ends what is waited for: reading a body and a function call, each in its own time.
        #[pin]
        timer: Sleep,
        inner: S,
        function: F,
        host: Host<B, R>,
    }
}

pin_project! {
    /// What a call waits for.
    #[project = WaitingProjection]
    enum Waiting<I, F, A> {
        Nothing,
        Body { read: ReadBody },
        Function { #[pin] invoke: Guarded<Invoke<F, A>> },
        /// For nothing: a guard has not let the function call through.
        Rejected { retry_after: Duration },
        Backend { #[pin] future: I },
    }
}

impl<I, F, A> Waiting<I, F, A> {
    /// The function call begins, if the guards of its sidecar let it through.
    fn invoked<B, R>(
        host: &mut Host<B, R>,
        function: &F,
        invocation: Invocation,
        until: std::time::Instant,
    ) -> Self
    where
        F: Clone,
    {
        let admitted = match host.admit(&invocation, until) {
            Ok(admitted) => admitted,
            Err(retry_after) => return Self::Rejected { retry_after },
        };
        host.watch(&invocation);
        let invoke = Invoke::new(function.clone(), invocation);
        Self::Function {
            invoke: Guarded::new(invoke, admitted),
        }
    }
}

impl<S, F, B, R> Call<S, F, B, R>
where
    S: Service<Request<SidecarBody<B>>>,
    F: Service<Invocation>,
{
    /// The call of a service that was polled ready.
    pub(crate) fn new(
        inner: S,
        function: F,
        route: Arc<SharedRoute>,
        facts: CallFacts,
        request: Request<SidecarBody<B>>,
    ) -> Self {
        let host = Host::new(route, facts, request);
        Self {
            waiting: Waiting::Nothing,
            timer: sleep_until(host.deadline()),
            inner,
            function,
            host,
        }
    }
}

impl<S, F, B, R> Future for Call<S, F, B, R>
where
    S: Service<Request<SidecarBody<B>>, Response = Response<R>>,
    F: Service<Invocation, Response = Answer> + Clone,
    F::Error: Into<BoxError>,
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
    R: Body<Data = Bytes>,
    R::Error: Into<BoxError>,
{
    type Output = Result<Response<SidecarBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let host = this.host;
        loop {
            let happened = match this.waiting.as_mut().project() {
                WaitingProjection::Nothing => Poll::Ready(Event::Entered),
                WaitingProjection::Body { read } => host.poll_body(cx, *read).map(Event::Body),
                WaitingProjection::Function { invoke } => {
                    host.poll_function(cx, invoke).map(Event::Answered)
                }
                WaitingProjection::Rejected { retry_after } => {
                    let retry_after = *retry_after;
                    Poll::Ready(Event::Answered(Err(Failure::Rejected { retry_after })))
                }
                WaitingProjection::Backend { future } => {
                    host.responded(ready!(future.poll(cx))?);
                    Poll::Ready(Event::Responded)
                }
            };
            let event = match happened {
                Poll::Ready(event) => event,
                Poll::Pending => {
                    ready!(this.timer.as_mut().poll(cx));
                    // At once, for whoever has this response future and keeps it.
                    this.waiting.set(Waiting::Nothing);
                    Event::TimedOut
                }
            };
            match host.advance(event) {
                Step::ReadBody(read) => {
                    this.timer.as_mut().reset(Instant::from_std(read.until));
                    this.waiting.set(Waiting::Body { read });
                }
                Step::Invoke { invocation, until } => {
                    let waiting = Waiting::invoked(host, this.function, invocation, until);
                    this.timer.as_mut().reset(Instant::from_std(until));
                    this.waiting.set(waiting);
                }
                Step::CallBackend { body } => {
                    let future = this.inner.call(host.take_request(body));
                    this.waiting.set(Waiting::Backend { future });
                }
                Step::Respond { body } => return Poll::Ready(Ok(host.take_response(body))),
                Step::Answer(response) => return Poll::Ready(Ok(host.answer(response))),
            }
        }
    }
}
