//! A call as a value: it is told events and says the next step.
//!
//! A [`Session`] is one API call on its way through the sidecars of a [`Route`]. It does no I/O, reads no clock
//! and makes no task: a **host** does what a [`Step`] says and reports what came of it as an [`Event`]. The
//! Tower middleware is one host, the command `ask` of the gateway is another.
//!
//! ```
//! # use lambda_sidecar_core as lambda_sidecar;
//! use std::{sync::Arc, time::{Duration, Instant}};
//! use lambda_sidecar::{
//!     Answer, CallContext, Point, Sidecar,
//!     session::{Event, CallFacts, Head, Route, Session, Step},
//! };
//!
//! let mut route = Route::new();
//! route.add(Arc::new(Sidecar::local(Point::PreProcessor, "authorize").build()?));
//!
//! let now = Instant::now();
//! let (mut head, _body) = http::Request::new(()).into_parts();
//! let facts = CallFacts::new(CallContext::new(), "7632924a".into(), now + Duration::from_secs(60));
//! let mut session = Session::new(Arc::new(route), facts, &head);
//!
//! let step = session.advance(Head::Request(&mut head), Event::Entered, now)?;
//! let Step::Invoke { invocation, .. } = step else { panic!("nothing to read first") };
//! assert_eq!(invocation.sidecar.name(), "authorize");
//!
//! let answered = Event::Answered(Ok(Answer::ok(r#"{"terminate":{"code":403}}"#)));
//! let step = session.advance(Head::Request(&mut head), answered, now)?;
//! let Step::Answer(response) = step else { panic!("the function said no") };
//! assert_eq!(response.status(), 403);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Order
//!
//! First the headers that only functions set are removed from the message that comes in. Then, on entry, no half may
//! send more than 64 KB of headers and query. Then the conditions of the first request half are checked, then those of every response half that depend
//! on the request alone, then the first function is invoked: a backend is never called for a call that is bound
//! to be blocked. Each later half checks its conditions at its turn, on the message as changed so far.
//!
//! A half that the call does not concern is skipped: nothing of the above is done for it. The scope of the first request
//! half, and what a response half's scope says of the request, is looked at on entry; the rest of a scope at the half's
//! turn. If it is not certain on entry whether the call concerns a half, its conditions are remembered for its turn.

mod decide;
mod enter;
mod invoke;
mod receipt;
mod relay;
mod response_body;
mod route;
mod scope;
mod step;
mod traceparent;
mod trailers;
mod whole_response;

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http::{HeaderValue, Method, request};
use smallvec::SmallVec;

use self::{invoke::Invoked, response_body::ResponseBody, traceparent::traceparent};
pub use self::{
    receipt::{Decision, Receipt},
    route::Route,
    step::{BodyRead, Event, Head, OutOfOrder, ReadBody, Side, Step},
    trailers::TrailerRules,
};
use crate::{
    CallContext, MessageId, Outcome, Payload, Precondition, RequestSnapshot, Sidecar, TenantId,
    is_grpc,
};

/// What the host knows of a call beside its messages.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CallFacts {
    /// What the application knows.
    pub context: CallContext,
    /// The id of the call.
    pub message_id: MessageId,
    /// When the whole call has to be over.
    pub deadline: Instant,
}

impl CallFacts {
    /// The facts of a call.
    #[must_use]
    pub fn new(context: CallContext, message_id: MessageId, deadline: Instant) -> Self {
        Self {
            context,
            message_id,
            deadline,
        }
    }
}

/// One API call on its way through its sidecars.
///
/// It allocates only what the call needs: the envelopes, a kept request for each response half, receipts.
#[derive(Debug)]
pub struct Session {
    route: Arc<Route>,
    facts: CallFacts,
    method: Method,
    /// The content type of a gRPC request, as it came in.
    grpc: Option<HeaderValue>,
    traceparent: Option<HeaderValue>,
    /// Of each half, from the request as it came in; empty if no half sends one.
    tenants: Vec<Option<TenantId>>,
    awaited: Awaited,
    /// One for each sidecar of the route.
    halves: SmallVec<[Half; 2]>,
    /// Of the message that is under way.
    trailers: TrailerRules,
    /// The body of the backend's response, once there is one.
    response_body: ResponseBody,
    /// A body that a verdict put in the place of the message's that is under way.
    replaced: Option<Bytes>,
    /// Shared with whoever looks at them. They are few, so each that is added makes a new slice.
    receipts: Arc<[Receipt]>,
}

/// How far one half is.
#[derive(Debug)]
enum Half {
    /// Nothing has been done for it yet.
    Waiting,
    /// The call does not concern it.
    Skipped,
    /// A condition on the request as it came in is not met. That counts at its turn, if the call concerns it.
    Unmet(Box<Precondition>),
    /// The first request half's conditions are met; the body for its envelope.
    Checked(Payload),
    /// A response half's conditions on the request are met; what it will send of the request.
    /// Boxed: a route of request halves alone, the most frequent, keeps no room for it.
    Kept(Box<RequestSnapshot>),
    /// Its turn is over.
    Decided,
}

/// What the session waits for. Halves are named by their place in the route.
#[derive(Debug)]
enum Awaited {
    /// [`Event::Entered`].
    New,
    /// The request's body, for a half that checks its conditions on entry.
    Entering(usize),
    /// The body for the envelope of a half whose turn it is.
    Preparing(usize, EndsBy),
    /// The answer of a half's function.
    Invoking(usize, Invoked),
    /// That the event of a half, of this length, is in its queue.
    Enqueuing(usize, usize),
    /// The backend's response.
    Backend,
    /// Nothing more.
    Over,
}

/// Whose time ends what the session waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EndsBy {
    /// The sidecar's own `timeout`.
    Sidecar,
    /// That of the whole call.
    Call,
}

impl Awaited {
    fn expected(&self) -> &'static str {
        match self {
            Self::New => "Entered",
            Self::Entering(_) | Self::Preparing(..) => "Body or TimedOut",
            Self::Invoking(..) => "Answered or TimedOut",
            Self::Enqueuing(..) => "Enqueued",
            Self::Backend => "Responded",
            Self::Over => "nothing more",
        }
    }
}

impl Session {
    /// A call whose request has this head. The next event is [`Event::Entered`].
    #[must_use]
    pub fn new(route: Arc<Route>, facts: CallFacts, request: &request::Parts) -> Self {
        let mut halves = SmallVec::new();
        halves.resize_with(route.sidecars().len(), || Half::Waiting);
        Self {
            tenants: route.tenants(&facts.context, &request.headers),
            facts,
            method: request.method.clone(),
            grpc: is_grpc(&request.headers).cloned(),
            traceparent: traceparent(&request.headers),
            awaited: Awaited::New,
            halves,
            trailers: TrailerRules::new(&route, Side::Request),
            response_body: ResponseBody::default(),
            replaced: None,
            receipts: Arc::default(),
            route,
        }
    }

    /// Takes in what happened and says what the host does next. `now` is when it happened.
    ///
    /// # Errors
    ///
    /// [`OutOfOrder`] if the event is none that the last step asks for, or the head is not that of the message
    /// under way. The call is over then, and the client has to be answered with
    /// [`OutOfOrder::to_response`].
    pub fn advance(
        &mut self,
        mut head: Head<'_>,
        event: Event,
        now: Instant,
    ) -> Result<Step, OutOfOrder> {
        // Over, unless the event says otherwise: nothing that goes wrong below leaves a call that continues.
        let awaited = std::mem::replace(&mut self.awaited, Awaited::Over);
        if !self.is_under_way(&awaited, &head) {
            return Err(OutOfOrder::new(&event, awaited.expected()));
        }
        Ok(match (awaited, event) {
            (Awaited::New, Event::Entered) => {
                self.remove_owned(&mut head);
                self.begin(head, now)
            }
            (Awaited::Entering(at), Event::Body(body)) => self.entered(at, body, head, now),
            (Awaited::Preparing(at, _), Event::Body(body)) => self.prepared(at, body, head, now),
            (Awaited::Preparing(at, EndsBy::Sidecar), Event::TimedOut) => {
                self.prepared_without(at, head, now)
            }
            (Awaited::Entering(at) | Awaited::Preparing(at, EndsBy::Call), Event::TimedOut) => {
                let receipt = Receipt::new(self.sidecar(at));
                self.follow(receipt, at, Outcome::DeadlinePassed, head, now)
            }
            (Awaited::Invoking(at, invoked), Event::Answered(result)) => {
                self.answered(at, invoked, result, head, now)
            }
            (Awaited::Invoking(at, invoked), Event::TimedOut) => {
                self.timed_out(at, invoked, head, now)
            }
            (Awaited::Enqueuing(at, length), Event::Enqueued(enqueued)) => {
                self.enqueued(at, length, enqueued, head, now)
            }
            (Awaited::Backend, Event::Responded) => {
                self.remove_owned(&mut head);
                self.responded(head, now)
            }
            (awaited, event) => return Err(OutOfOrder::new(&event, awaited.expected())),
        })
    }

    /// Whether this is the head of the message that this is about.
    fn is_under_way(&self, awaited: &Awaited, head: &Head<'_>) -> bool {
        let at_request = match awaited {
            Awaited::New | Awaited::Entering(_) => true,
            Awaited::Preparing(at, _) | Awaited::Invoking(at, _) | Awaited::Enqueuing(at, _) => {
                *at < self.route.requests()
            }
            Awaited::Backend => false,
            Awaited::Over => return false,
        };
        at_request == matches!(head, Head::Request(_))
    }

    /// Removes what only functions set, before anything looks at the message.
    fn remove_owned(&self, head: &mut Head<'_>) {
        let owned = self.route.owned_headers(head.side());
        owned.remove_from(head.headers_mut());
    }

    /// The decisions so far, in their order.
    #[must_use]
    pub fn receipts(&self) -> &Arc<[Receipt]> {
        &self.receipts
    }

    /// When the whole call has to be over.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.facts.deadline
    }

    /// The method of the request, as it came in.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The tenant of a half's calls; none if it sends none.
    fn tenant(&self, at: usize) -> Option<&TenantId> {
        self.tenants.get(at)?.as_ref()
    }

    fn sidecar(&self, at: usize) -> &Arc<Sidecar> {
        &self.route.sidecars()[at]
    }
}
