//! One call on its way through its sidecars: what it is made of, and what is done with it at each turn.

mod conclude;
mod prepare;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header::CONTENT_LENGTH, request, response};
use lambda_sidecar_core::{Payload, RequestSnapshot, Sidecar, is_grpc, keeps_no_body};
use tokio::time::Instant;

pub(crate) use self::conclude::Asked;
use crate::{
    Receipts, SidecarBody,
    context::{KnownContext, traceparent},
    function::Invocation,
    route::{Half, Route},
    watch::Watch,
};

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The n-th request half.
    Request(usize),
    /// The n-th response half.
    Response(usize),
}

/// What comes next for a call.
pub(crate) enum Next<R> {
    /// This half gets ready to ask its function.
    Prepare(Turn),
    /// This half asks its function.
    Ask(Turn, Invocation),
    /// The wrapped service is called.
    Inner,
    /// The client is answered.
    Done(Response<SidecarBody<R>>),
}

pub(crate) struct Call<B, R> {
    route: Arc<Route>,
    known: KnownContext,
    /// The content type of a gRPC request, as it came in.
    grpc: Option<HeaderValue>,
    traceparent: Option<HeaderValue>,
    method: Method,
    request: (request::Parts, SidecarBody<B>),
    response: (response::Parts, SidecarBody<R>),
    /// How many halves have checked what they can check on entry.
    entered: usize,
    /// The body of the first request half's envelope, read on entry.
    first_payload: Payload,
    /// The request as it came in, for each response half.
    snapshots: Vec<RequestSnapshot>,
    /// The function call under way.
    watch: Option<Watch>,
    outcomes: Receipts,
    /// How many of the outcomes were made before the wrapped service was called.
    outcomes_before: usize,
}

impl<B, R> Call<B, R> {
    pub(crate) fn new(route: Arc<Route>, request: Request<SidecarBody<B>>) -> Self {
        let (mut parts, body) = request.into_parts();
        let known = KnownContext::from_request(&mut parts.extensions, &route);
        let (response, _) = Response::new(()).into_parts();
        Self {
            known,
            grpc: is_grpc(&parts.headers).cloned(),
            traceparent: traceparent(&parts.headers),
            method: parts.method.clone(),
            request: (parts, body),
            response: (response, SidecarBody::replaced(Bytes::new())),
            entered: 0,
            first_payload: Payload::NotAsked,
            snapshots: Vec::with_capacity(route.response.len()),
            watch: None,
            outcomes: Receipts::default(),
            outcomes_before: 0,
            route,
        }
    }

    /// When the whole call has to be over.
    pub(crate) fn deadline(&self) -> Instant {
        self.known.deadline
    }

    fn sidecar(&self, turn: Turn) -> &Arc<Sidecar> {
        &self.half(turn).sidecar
    }

    fn half(&self, turn: Turn) -> &Half {
        match turn {
            Turn::Request(at) => &self.route.request[at],
            Turn::Response(at) => &self.route.response[at],
        }
    }

    /// The halves with conditions on the request as it came in: the first request half, then every
    /// response half.
    fn entering(&self) -> Option<Turn> {
        let of_request = usize::from(!self.route.request.is_empty());
        match self.entered.checked_sub(of_request) {
            None => Some(Turn::Request(0)),
            Some(at) if at < self.route.response.len() => Some(Turn::Response(at)),
            Some(_) => None,
        }
    }

    /// Whose turn it is while the call enters, for a refusal then.
    pub(crate) fn entering_or_first(&self) -> Turn {
        self.entering().unwrap_or(Turn::Request(0))
    }

    fn after(&mut self, turn: Turn) -> Next<R> {
        match turn {
            Turn::Request(at) if at + 1 < self.route.request.len() => {
                Next::Prepare(Turn::Request(at + 1))
            }
            Turn::Request(_) => Next::Inner,
            Turn::Response(at) if at + 1 < self.route.response.len() => {
                Next::Prepare(Turn::Response(at + 1))
            }
            Turn::Response(_) => self.pass_response(),
        }
    }

    /// The request for the wrapped service.
    pub(crate) fn take_request(&mut self) -> Request<SidecarBody<B>> {
        let (empty, _) = Request::new(()).into_parts();
        let emptied = (empty, SidecarBody::replaced(Bytes::new()));
        let (mut parts, body) = std::mem::replace(&mut self.request, emptied);
        self.outcomes_before = self.outcomes.len();
        if !self.outcomes.is_empty() {
            self.outcomes.leave_in_request(&mut parts.extensions);
        }
        Request::from_parts(parts, body)
    }

    /// What the wrapped service answered.
    pub(crate) fn answered(&mut self, response: Response<R>) -> Next<R> {
        let (parts, body) = response.into_parts();
        let is_final = !parts.status.is_informational();
        self.response = (parts, SidecarBody::untouched(body));
        if is_final && !self.route.response.is_empty() {
            Next::Prepare(Turn::Response(0))
        } else {
            self.pass_response()
        }
    }

    /// The response as it is now, with the receipts.
    fn pass_response(&mut self) -> Next<R> {
        let (empty, _) = Response::new(()).into_parts();
        let emptied = (empty, SidecarBody::replaced(Bytes::new()));
        let (mut parts, body) = std::mem::replace(&mut self.response, emptied);
        self.leave_outcomes(&mut parts.extensions);
        Next::Done(Response::from_parts(parts, body))
    }

    fn leave_outcomes(&mut self, extensions: &mut http::Extensions) {
        std::mem::take(&mut self.outcomes).leave_in_response(self.outcomes_before, extensions);
    }

    /// An answer of the connector's or the function's own, instead of the call.
    fn answer(&mut self, response: Response<Bytes>) -> Next<R> {
        let (mut parts, mut body) = response.into_parts();
        if keeps_no_body(&self.method, parts.status) {
            if !keeps_no_body(&Method::GET, parts.status) {
                let length = HeaderValue::from(body.len());
                parts.headers.insert(CONTENT_LENGTH, length);
            }
            body = Bytes::new();
        }
        // Of the response it stands for, the receipts of the sidecars further in are kept.
        if let Some(inner) = self.response.0.extensions.remove::<Receipts>() {
            parts.extensions.insert(inner);
        }
        self.leave_outcomes(&mut parts.extensions);
        Next::Done(Response::from_parts(parts, SidecarBody::replaced(body)))
    }
}
