//! The host of the call: it invokes the functions, and has a recorded answer in the place of a backend.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http::{Request, Response, request, response};
use lambda_sidecar::{
    CallContext, Enqueued, Failure, InvocationError, Receipt,
    session::{BodyRead, CallFacts, Event, Head, ReadBody, Route, Session, Side, Step},
};
use tokio::time::timeout_at;

use super::{
    case::Case,
    function::{RecordedFunctions, RecordedInvocation},
};
use crate::{config::Sidecars, proxy::recorded};

/// What became of the call.
#[derive(Default)]
pub(super) struct Tried {
    /// What the sidecars decided, in their order, each with the function call that led to it.
    pub(super) decisions: Vec<(Receipt, Option<RecordedInvocation>)>,
    /// What the backend would be sent; none if the call does not come that far.
    pub(super) request: Option<Request<Bytes>>,
    /// What the client would be answered; none if that is the backend's to say, and its answer is not
    /// recorded.
    pub(super) answer: Option<Response<Bytes>>,
}

/// Sends the request through the endpoint's sidecars.
pub(super) async fn run(case: Case, functions: &RecordedFunctions) -> Tried {
    let mut request = case.request;
    let entered = recorded::enter(&case.endpoint, &case.callers, &case.rest, &mut request);
    if let Err(answer) = entered.await {
        return Tried {
            answer: Some(answer),
            ..Tried::default()
        };
    }
    let mut route = route(case.sidecars);
    if case.endpoint.pass_encoding_and_range {
        route.pass_encoding_and_range();
    }
    let mut call = RecordedCall::new(Arc::new(route), request, case.response);
    let mut event = Event::Entered;
    while let Some(step) = call.advance(event) {
        event = match step {
            Step::ReadBody(read) => Event::Body(call.read(read)),
            Step::Invoke { invocation, until } => {
                let record = call.invoked.insert(RecordedInvocation::new(&invocation));
                match timeout_at(until.into(), functions.invoke(invocation, record)).await {
                    Ok(result) => Event::Answered(result.map_err(|error| failure(&error))),
                    Err(_) => Event::TimedOut,
                }
            }
            Step::Enqueue { invocation } => {
                let record = call.invoked.insert(RecordedInvocation::new(&invocation));
                functions.send(invocation, record).await;
                Event::Enqueued(Enqueued::Queued)
            }
            Step::CallBackend { body } => match call.call_backend(body) {
                Some(event) => event,
                None => break,
            },
            Step::Respond { body } => {
                call.respond(body);
                break;
            }
            Step::Answer(answer) => {
                call.tried.answer = Some(answer);
                break;
            }
        };
    }
    call.tried
}

fn route(sidecars: Sidecars) -> Route {
    let mut route = Route::new();
    for sidecar in sidecars.pre.into_iter().chain(sidecars.post) {
        route.add(Arc::new(sidecar));
    }
    route
}

fn failure(error: &InvocationError) -> Failure {
    error.to_failure()
}

struct RecordedCall {
    session: Session,
    request: request::Parts,
    request_body: Bytes,
    /// The backend's answer, if it is recorded.
    recorded: Option<Response<Bytes>>,
    response: Option<(response::Parts, Bytes)>,
    /// The function call that leads to the next decision.
    invoked: Option<RecordedInvocation>,
    tried: Tried,
}

impl RecordedCall {
    fn new(route: Arc<Route>, request: Request<Bytes>, recorded: Option<Response<Bytes>>) -> Self {
        let (request, request_body) = request.into_parts();
        let context = request.extensions.get::<CallContext>().cloned();
        let context = context.unwrap_or_default();
        let message_id = context.message_id.clone().unwrap_or_else(|| "".into());
        let deadline = context.deadline.unwrap_or_else(Instant::now);
        let facts = CallFacts::new(context, message_id, deadline);
        Self {
            session: Session::new(route, facts, &request),
            request,
            request_body,
            recorded,
            response: None,
            invoked: None,
            tried: Tried::default(),
        }
    }

    /// The next step; none, and an answer, if there is none.
    fn advance(&mut self, event: Event) -> Option<Step> {
        let head = match &mut self.response {
            Some((response, _)) => Head::Response(response),
            None => Head::Request(&mut self.request),
        };
        let decided = self.session.receipts().len();
        let step = self.session.advance(head, event, Instant::now());
        for receipt in self.session.receipts().iter().skip(decided) {
            let decision = (receipt.clone(), self.invoked.take());
            self.tried.decisions.push(decision);
        }
        step.map_err(|error| self.tried.answer = Some(error.to_response()))
            .ok()
    }

    /// A recorded body is there as a whole.
    fn read(&self, read: ReadBody) -> BodyRead {
        let body = match (read.side, &self.response) {
            (Side::Request, _) => &self.request_body,
            (Side::Response, Some((_, body))) => body,
            (Side::Response, None) => return BodyRead::BrokenOff,
        };
        if body.len() > read.limit {
            let length = body.len() as u64;
            return BodyRead::TooLarge {
                exact: Some(length),
                known: length,
            };
        }
        BodyRead::Whole(body.clone())
    }

    /// Keeps the request as the backend would get it. None if the backend's answer is not recorded.
    fn call_backend(&mut self, body: Option<Bytes>) -> Option<Event> {
        let body = body.unwrap_or_else(|| self.request_body.clone());
        let request = Request::from_parts(self.request.clone(), body);
        self.tried.request = Some(recorded::to_backend(request));
        let (mut head, body) = self.recorded.take()?.into_parts();
        recorded::to_client(&mut head.headers);
        self.response = Some((head, body));
        Some(Event::Responded)
    }

    fn respond(&mut self, replaced: Option<Bytes>) {
        let response = self.response.take();
        self.tried.answer =
            response.map(|(head, body)| Response::from_parts(head, replaced.unwrap_or(body)));
    }
}
