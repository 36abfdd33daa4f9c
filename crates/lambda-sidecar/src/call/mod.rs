//! One call: the host of its session. It reads bodies, invokes functions and calls the wrapped service as the
//! session says, and tells what came of it.

mod cached;
mod enqueued;
mod host;
mod waiting;

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use lambda_sidecar_core::session::{CallFacts, Event, Step};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower_service::Service;

use self::{host::Host, waiting::Waiting};
use crate::{
    BoxError, SidecarBody,
    function::{Answer, Invocation},
    guard::Asks,
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
    F: Service<Invocation, Response = Answer> + Clone + Send + 'static,
    F::Error: Into<BoxError>,
    F::Future: Send + 'static,
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
            let happened = this.waiting.as_mut().poll(cx, host, this.function);
            let event = match happened {
                Poll::Ready(event) => event?,
                Poll::Pending if this.waiting.is_without_limit() => return Poll::Pending,
                Poll::Pending => {
                    ready!(this.timer.as_mut().poll(cx));
                    let event = this.waiting.as_mut().timed_out(host);
                    // At once, for whoever has this response future and keeps it.
                    this.waiting.set(Waiting::Nothing);
                    event
                }
            };
            match host.advance(event) {
                Step::ReadBody(read) => {
                    this.timer.as_mut().reset(Instant::from_std(read.until));
                    this.waiting.set(Waiting::Body { read });
                }
                Step::Invoke { invocation, until } => {
                    let asks = Asks::WithOthers;
                    let waiting = Waiting::invoked(host, this.function, invocation, until, asks);
                    this.timer.as_mut().reset(Instant::from_std(until));
                    this.waiting.set(waiting);
                }
                Step::Enqueue { invocation } => {
                    let enqueued = host.enqueue(this.function, invocation);
                    this.waiting.set(Waiting::known(Event::Enqueued(enqueued)));
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
