//! The response to come: a call walks through its request halves, the wrapped service and its response
//! halves.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep_until};
use tower_service::Service;

use crate::{
    BoxError, SidecarBody,
    ask::Ask,
    call::{Asked, Call, Next, Turn},
    function::{Answer, Invocation},
    route::Route,
};

pin_project! {
    /// The response of a [`LambdaSidecar`](crate::LambdaSidecar), to come.
    ///
    /// # Cancellation
    ///
    /// Dropping it drops whatever is under way: reading a body, the function call, the call of the wrapped
    /// service.
    pub struct ResponseFuture<S, F, B, R>
    where
        S: Service<Request<SidecarBody<B>>>,
        F: Service<Invocation>,
    {
        #[pin]
        kind: Kind<S, F, B, R>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<S, F, B, R>
    where
        S: Service<Request<SidecarBody<B>>>,
        F: Service<Invocation>,
    {
        /// There is nobody to ask.
        Direct { #[pin] future: S::Future },
        /// Boxed, so that where there is nobody to ask no room is moved about that is not needed.
        Asked { future: Pin<Box<AskedFuture<S, F, B, R>>> },
    }
}

impl<S, F, B, R> ResponseFuture<S, F, B, R>
where
    S: Service<Request<SidecarBody<B>>, Response = Response<R>>,
    F: Service<Invocation>,
{
    pub(crate) fn direct(future: S::Future) -> Self {
        Self {
            kind: Kind::Direct { future },
        }
    }

    /// The call of a service that was polled ready.
    pub(crate) fn asked(
        inner: S,
        function: F,
        route: Arc<Route>,
        request: Request<SidecarBody<B>>,
    ) -> Self {
        let call = Call::new(route, request);
        let future = Box::pin(AskedFuture {
            step: Step::Entering,
            timer: sleep_until(call.deadline()),
            inner,
            function,
            call,
        });
        Self {
            kind: Kind::Asked { future },
        }
    }
}

impl<S, F, B, R> Future for ResponseFuture<S, F, B, R>
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
        match self.project().kind.project() {
            KindProjection::Direct { future } => future
                .poll(cx)
                .map_ok(|response| response.map(SidecarBody::untouched)),
            KindProjection::Asked { future } => future.as_mut().poll(cx),
        }
    }
}

impl<S, F, B, R> fmt::Debug for ResponseFuture<S, F, B, R>
where
    S: Service<Request<SidecarBody<B>>>,
    F: Service<Invocation>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

pin_project! {
    struct AskedFuture<S, F, B, R>
    where
        S: Service<Request<SidecarBody<B>>>,
        F: Service<Invocation>,
    {
        #[pin]
        step: Step<S::Future, F, F::Future>,
        // Runs while a body is read or a function is asked.
        #[pin]
        timer: Sleep,
        inner: S,
        function: F,
        call: Call<B, R>,
    }
}

pin_project! {
    /// Where a call is.
    #[project = StepProjection]
    enum Step<I, F, A> {
        /// Checking what depends on the request as it came in.
        Entering,
        /// Checking a half's conditions and reading the body it asks for.
        Preparing { turn: Turn },
        /// Waiting for the function.
        Asking { turn: Turn, asked: Asked, #[pin] ask: Ask<F, A> },
        /// Waiting for the wrapped service.
        Inner { #[pin] future: I },
    }
}

impl<S, F, B, R> Future for AskedFuture<S, F, B, R>
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
        let call = this.call;
        loop {
            let next = match this.step.as_mut().project() {
                StepProjection::Entering => match call.poll_enter(cx) {
                    Poll::Ready(Ok(next)) => next,
                    Poll::Ready(Err(refused)) => call.not_asked(call.entering_or_first(), refused),
                    Poll::Pending => {
                        ready!(this.timer.as_mut().poll(cx));
                        call.too_late(call.entering_or_first(), None)
                    }
                },
                StepProjection::Preparing { turn } => match call.poll_prepare(cx, *turn) {
                    Poll::Ready(Ok(next)) => next,
                    Poll::Ready(Err(refused)) => call.not_asked(*turn, refused),
                    Poll::Pending => {
                        ready!(this.timer.as_mut().poll(cx));
                        call.too_late(*turn, None)
                    }
                },
                StepProjection::Asking { turn, asked, ask } => {
                    match call.in_span(|| ask.poll(cx)) {
                        Poll::Ready(result) => call.asked(*turn, *asked, result),
                        Poll::Pending => {
                            ready!(this.timer.as_mut().poll(cx));
                            call.out_of_time(*turn, *asked)
                        }
                    }
                }
                StepProjection::Inner { future } => {
                    let response = ready!(future.poll(cx))?;
                    call.answered(response)
                }
            };
            match next {
                Next::Prepare(turn) => {
                    this.timer.as_mut().reset(call.deadline());
                    this.step.set(Step::Preparing { turn });
                }
                Next::Ask(turn, invocation) => {
                    let asked = call.start_asking(turn, &invocation);
                    this.timer.as_mut().reset(asked.until);
                    let ask = Ask::new(this.function.clone(), invocation);
                    this.step.set(Step::Asking { turn, asked, ask });
                }
                Next::Inner => {
                    let future = this.inner.call(call.take_request());
                    this.step.set(Step::Inner { future });
                }
                Next::Done(response) => return Poll::Ready(Ok(response)),
            }
        }
    }
}
