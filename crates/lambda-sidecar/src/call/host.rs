//! What the host of a session has in its hands: the message on its way, and who observes it.

use std::{
    error::Error,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, request, response};
use http_body::Body;
use lambda_sidecar_core::{
    ErrorChain, Failure,
    session::{BodyRead, CallFacts, Event, Head, ReadBody, Session, Step},
};
use tokio::time::Instant;
use tower_service::Service;

use crate::{
    BoxError, CallProgress, Receipts, SidecarBody,
    function::{self, Answer, Invocation},
    guard::{Admitted, Guarded},
    invoke::Invoke,
    observe::{Watch, method_name},
    route::SharedRoute,
};

/// The session and what it is about.
pub(super) struct Host<B, R> {
    pub(super) route: Arc<SharedRoute>,
    session: Session,
    message: OnItsWay<B, R>,
    /// How many receipts there were when the wrapped service was called.
    receipts_before: usize,
    /// The function call under way.
    pub(super) watch: Option<Watch>,
    /// For whoever outlives the call.
    progress: Option<CallProgress>,
}

/// The message on its way. Of a request that has gone to the wrapped service an empty one is left.
enum OnItsWay<B, R> {
    Request(request::Parts, SidecarBody<B>),
    Response(response::Parts, SidecarBody<R>),
}

impl<B, R> Host<B, R> {
    pub(super) fn new(
        route: Arc<SharedRoute>,
        facts: CallFacts,
        request: Request<SidecarBody<B>>,
    ) -> Self {
        let (head, body) = request.into_parts();
        Self {
            session: Session::new(Arc::clone(&route.halves), facts, &head),
            progress: head.extensions.get().cloned(),
            route,
            message: OnItsWay::Request(head, body),
            receipts_before: 0,
            watch: None,
        }
    }

    /// When the whole call has to be over.
    pub(super) fn deadline(&self) -> Instant {
        Instant::from_std(self.session.deadline())
    }

    /// Tells the session what happened, and observes what it decides.
    pub(super) fn advance(&mut self, event: Event) -> Step {
        let head = match &mut self.message {
            OnItsWay::Request(head, _) => Head::Request(head),
            OnItsWay::Response(head, _) => Head::Response(head),
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
    pub(super) fn responded(&mut self, response: Response<R>) {
        let (head, body) = response.into_parts();
        if self.session.relay().is_some() || self.route.halves.expands_relay() {
            let inner = head.extensions.get::<Receipts>();
            if let Some(relay) = inner.and_then(|inner| inner.relay_of(&self.session)) {
                self.session.take_in_relay(relay);
            }
        }
        self.message = OnItsWay::Response(head, SidecarBody::untouched(body));
    }

    /// Whether the guards of its sidecar, if there are some, let a function call through; else after what time the
    /// client may try again.
    pub(super) fn admit(
        &self,
        invocation: &Invocation,
        until: std::time::Instant,
    ) -> Result<Option<Admitted>, Duration> {
        let Some(guards) = self.route.guards(&invocation.sidecar) else {
            return Ok(None);
        };
        guards.admit(self.own(until)).map(Some)
    }

    /// The end of a sidecar's own time, if this is it. What ends with the whole call is no failure of the function.
    pub(super) fn own(&self, until: std::time::Instant) -> Option<Instant> {
        (until < self.session.deadline()).then(|| Instant::from_std(until))
    }

    /// A function call of this call begins.
    pub(super) fn watch(&mut self, invocation: &Invocation) {
        self.watch = self.new_watch(invocation);
        self.waits(invocation);
    }

    /// The method of the API call, as it is told.
    pub(super) fn method(&self) -> &'static str {
        method_name(self.session.method())
    }

    pub(super) fn new_watch(&self, invocation: &Invocation) -> Option<Watch> {
        let observer = self.route.observer(&invocation.sidecar);
        observer.map(|observer| observer.invoked(invocation, self.method()))
    }

    /// The call waits for a function.
    pub(super) fn waits(&self, invocation: &Invocation) {
        if let Some(progress) = &self.progress {
            progress.invoked(&invocation.sidecar);
        }
    }

    pub(super) fn poll_function<F>(
        &self,
        cx: &mut Context<'_>,
        invoke: Pin<&mut Guarded<Invoke<F, F::Future>>>,
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
    pub(super) fn failure(&self, error: &(dyn Error + 'static)) -> Failure {
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

    fn take_message(&mut self) -> OnItsWay<B, R> {
        let (head, body) = nothing_asked();
        mem::replace(&mut self.message, OnItsWay::Request(head, body))
    }

    /// The request for the wrapped service.
    pub(super) fn take_request(&mut self, body: Option<Bytes>) -> Request<SidecarBody<B>> {
        let (mut head, read) = match self.take_message() {
            OnItsWay::Request(head, body) => (head, body),
            OnItsWay::Response(..) => nothing_asked(),
        };
        let receipts = self.session.receipts();
        self.receipts_before = receipts.len();
        if !receipts.is_empty() {
            Receipts::new(&self.session).leave_in_request(&mut head.extensions);
            if let Some(relay) = self.session.relay() {
                Receipts::keep_relay(&mut head.extensions, relay);
            }
        }
        let rules = self.session.take_trailer_rules();
        let body = body.map_or_else(|| read.with_trailer_rules(rules), SidecarBody::replaced);
        Request::from_parts(head, body)
    }

    /// The response of the wrapped service for the client. There is one, or the session would not say so.
    pub(super) fn take_response(&mut self, body: Option<Bytes>) -> Response<SidecarBody<R>> {
        let (head, read) = match self.take_message() {
            OnItsWay::Response(head, body) => (head, body),
            OnItsWay::Request(..) => nothing_answered(),
        };
        let rules = self.session.take_trailer_rules();
        let body = body.map_or_else(|| read.with_trailer_rules(rules), SidecarBody::replaced);
        self.with_receipts(head, body)
    }

    /// An answer in place of the call.
    pub(super) fn answer(&mut self, response: Response<Bytes>) -> Response<SidecarBody<R>> {
        let (mut head, body) = response.into_parts();
        // The sidecars further in have left their receipts in the response that this one stands for.
        if let OnItsWay::Response(replaced, _) = &mut self.message
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
        let receipts = Receipts::with_relay(&self.session);
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
    pub(super) fn poll_body(&mut self, cx: &mut Context<'_>, read: ReadBody) -> Poll<BodyRead> {
        match &mut self.message {
            OnItsWay::Request(_, body) => poll_read(cx, body, read),
            OnItsWay::Response(_, body) => poll_read(cx, body, read),
        }
    }
}

fn nothing_asked<B>() -> (request::Parts, SidecarBody<B>) {
    let (head, ()) = Request::new(()).into_parts();
    (head, SidecarBody::replaced(Bytes::new()))
}

fn nothing_answered<R>() -> (response::Parts, SidecarBody<R>) {
    let (head, ()) = Response::new(()).into_parts();
    (head, SidecarBody::replaced(Bytes::new()))
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
