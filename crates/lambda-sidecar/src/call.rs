//! One call: the host of its session. It reads bodies, invokes functions and calls the wrapped service as the
//! session says, and tells what came of it.

use std::{
    error::Error,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Request, Response, request, response};
use http_body::Body;
use lambda_sidecar_core::{
    ErrorChain, Failure,
    session::{BodyRead, CallFacts, Event, Head, ReadBody, Session, Side, Step},
};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep_until};
use tower_service::Service;

use crate::{
    BoxError, CallProgress, Receipts, SidecarBody,
    function::{self, Answer, Invocation},
    invoke::Invoke,
    observe::Watch,
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
        Function { #[pin] invoke: Invoke<F, A> },
        Backend { #[pin] future: I },
    }
}

/// The session and what it is about.
struct Host<B, R> {
    route: Arc<SharedRoute>,
    session: Session,
    request: request::Parts,
    request_body: SidecarBody<B>,
    /// None until the wrapped service has answered.
    response: Option<(response::Parts, SidecarBody<R>)>,
    /// How many receipts there were when the wrapped service was called.
    receipts_before: usize,
    /// The function call under way.
    watch: Option<Watch>,
    /// For whoever outlives the call.
    progress: Option<CallProgress>,
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
        let (request, request_body) = request.into_parts();
        let session = Session::new(Arc::clone(&route.halves), facts, &request);
        let progress = request.extensions.get().cloned();
        Self {
            waiting: Waiting::Nothing,
            timer: sleep_until(Instant::from_std(session.deadline())),
            inner,
            function,
            host: Host {
                route,
                session,
                request,
                request_body,
                response: None,
                receipts_before: 0,
                watch: None,
                progress,
            },
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
                WaitingProjection::Backend { future } => {
                    host.responded(ready!(future.poll(cx))?);
                    Poll::Ready(Event::Responded)
                }
            };
            let event = match happened {
                Poll::Ready(event) => event,
                Poll::Pending => {
                    ready!(this.timer.as_mut().poll(cx));
                    Event::TimedOut
                }
            };
            match host.advance(event) {
                Step::ReadBody(read) => {
                    this.timer.as_mut().reset(Instant::from_std(read.until));
                    this.waiting.set(Waiting::Body { read });
                }
                Step::Invoke { invocation, until } => {
                    host.watch(&invocation);
                    this.timer.as_mut().reset(Instant::from_std(until));
                    let invoke = Invoke::new(this.function.clone(), invocation);
                    this.waiting.set(Waiting::Function { invoke });
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

impl<B, R> Host<B, R> {
    /// Tells the session what happened, and observes what it decides.
    fn advance(&mut self, event: Event) -> Step {
        let head = match &mut self.response {
            Some((response, _)) => Head::Response(response),
            None => Head::Request(&mut self.request),
        };
        let decided = self.session.receipts().len();
        let now = match event {
            // No half's time begins, so the clock, which costs more than all else here, is left alone.
            Event::Responded if !self.route.halves.has_response_halves() => self.session.deadline(),
            // The runtime's clock, which a test can pause.
            _ => Instant::now().into_std(),
        };
        let step = self
            .session
            .advance(head, event, now)
            .unwrap_or_else(|error| {
                tracing::error!(%error, "the call is answered 500");
                Step::Answer(error.to_response())
            });
        let answered = match &step {
            Step::Answer(response) => Some(response.status()),
            _ => None,
        };
        // The function call under way, if there is one, led to the first of them.
        for receipt in self.session.receipts().iter().skip(decided) {
            let watch = self.watch.take();
            if let Some(progress) = &self.progress {
                progress.decided(receipt);
            }
            if let Some(observer) = self.route.observer(receipt.sidecar()) {
                observer.decided(receipt, watch, answered);
            }
        }
        step
    }

    /// The wrapped service has answered.
    fn responded(&mut self, response: Response<R>) {
        let (head, body) = response.into_parts();
        self.response = Some((head, SidecarBody::untouched(body)));
    }

    /// A function call begins.
    fn watch(&mut self, invocation: &Invocation) {
        let observer = self.route.observer(&invocation.sidecar);
        self.watch = observer.map(|observer| observer.invoked(invocation, self.session.method()));
        if let Some(progress) = &self.progress {
            progress.invoked(&invocation.sidecar);
        }
    }

    fn poll_function<F>(
        &self,
        cx: &mut Context<'_>,
        invoke: Pin<&mut Invoke<F, F::Future>>,
    ) -> Poll<Result<Answer, Failure>>
    where
        F: Service<Invocation, Response = Answer>,
        F::Error: Into<BoxError>,
    {
        let poll = || {
            let result = ready!(invoke.poll(cx));
            Poll::Ready(result.map_err(|error| self.failure(&*error)))
        };
        match &self.watch {
            Some(watch) => watch.span().in_scope(poll),
            None => poll(),
        }
    }

    /// The failure that an error of a function service stands for.
    fn failure(&self, error: &(dyn Error + 'static)) -> Failure {
        let failure = function::failure(error);
        let cause = ErrorChain::new(error);
        if let Some(watch) = &self.watch {
            watch.failed(failure.class(), &cause);
        }
        match failure {
            Failure::Throttled(_) if self.route.exception_text => {
                Failure::Throttled(cause.to_string())
            }
            Failure::ServiceException(_) if self.route.exception_text => {
                Failure::ServiceException(cause.to_string())
            }
            failure => failure,
        }
    }

    /// The request for the wrapped service.
    fn take_request(&mut self, body: Option<Bytes>) -> Request<SidecarBody<B>> {
        let (empty, ()) = Request::new(()).into_parts();
        let mut head = mem::replace(&mut self.request, empty);
        let read = mem::replace(&mut self.request_body, SidecarBody::replaced(Bytes::new()));
        let receipts = self.session.receipts();
        self.receipts_before = receipts.len();
        if !receipts.is_empty() {
            Receipts::new(receipts).leave_in_request(&mut head.extensions);
        }
        let rules = self.session.take_trailer_rules();
        let body = body.map_or_else(|| read.with_trailer_rules(rules), SidecarBody::replaced);
        Request::from_parts(head, body)
    }

    /// The response of the wrapped service for the client. There is one, or the session would not say so.
    fn take_response(&mut self, body: Option<Bytes>) -> Response<SidecarBody<R>> {
        let (head, read) = self.response.take().unwrap_or_else(|| {
            let (head, ()) = Response::new(()).into_parts();
            (head, SidecarBody::replaced(Bytes::new()))
        });
        let rules = self.session.take_trailer_rules();
        let body = body.map_or_else(|| read.with_trailer_rules(rules), SidecarBody::replaced);
        self.with_receipts(head, body)
    }

    /// An answer in place of the call.
    fn answer(&mut self, response: Response<Bytes>) -> Response<SidecarBody<R>> {
        let (mut head, body) = response.into_parts();
        // The sidecars further in have left their receipts in the response that this one stands for.
        if let Some((replaced, _)) = &mut self.response
            && let Some(inner) = replaced.extensions.remove::<Receipts>()
        {
            head.extensions.insert(inner);
        }
        self.with_receipts(head, SidecarBody::replaced(body))
    }

    fn with_receipts(
        &self,
        mut head: response::Parts,
        body: SidecarBody<R>,
    ) -> Response<SidecarBody<R>> {
        let receipts = Receipts::new(self.session.receipts());
        receipts.leave_in_response(self.receipts_before, &mut head.extensions);
        Response::from_parts(head, body)
    }
}

impl<B, R> Host<B, R>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
    R: Body<Data = Bytes>,
    R::Error: Into<BoxError>,
{
    fn poll_body(&mut self, cx: &mut Context<'_>, read: ReadBody) -> Poll<BodyRead> {
        match (read.side, &mut self.response) {
            (Side::Request, _) => poll_read(cx, &mut self.request_body, read),
            (Side::Response, Some((_, body))) => poll_read(cx, body, read),
            (Side::Response, None) => Poll::Ready(BodyRead::BrokenOff),
        }
    }
}

fn poll_read<B>(cx: &mut Context<'_>, body: &mut SidecarBody<B>, read: ReadBody) -> Poll<BodyRead>
where
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
{
    let result = ready!(body.poll_read_ahead(cx, read.limit, read.announced));
    Poll::Ready(result.unwrap_or_else(|error| {
        let error: BoxError = error.into();
        tracing::debug!(%error, "the body broke off");
        BodyRead::BrokenOff
    }))
}
