//! Section 10 of the connector: an envelope that AWS Lambda does not take is never sent.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Request, Response, request, response};
use lambda_sidecar_core::{
    Answer, CallContext, ErrorPolicy, Expand, Invocation, PayloadCondition, Point, Sidecar,
    SidecarBuilder, Synchronicity,
    session::{BodyRead, CallFacts, Event, Head, Route, Session, Step},
};

const EVENT: usize = 1_048_576;
const ONE_MB: usize = 1024 * 1024;

/// A call through these sidecars. Bodies are of control characters, which grow to base64 in an envelope.
struct Call {
    session: Session,
    request: request::Parts,
    response: Option<response::Parts>,
    /// Lengths of the bodies that the client and the backend send.
    bodies: [usize; 2],
    /// The envelopes that were sent.
    envelopes: Vec<serde_json::Value>,
}

/// How a call ends.
#[derive(Debug, PartialEq)]
enum End {
    /// A connector error before the backend was called, or after it.
    Refused {
        status: u16,
        name: String,
        after_backend: bool,
    },
    Passed,
}

fn refused(status: u16, name: &str, after_backend: bool) -> End {
    End::Refused {
        status,
        name: name.to_owned(),
        after_backend,
    }
}

impl Call {
    fn new(sidecars: Vec<SidecarBuilder>, request: request::Builder, bodies: [usize; 2]) -> Self {
        let mut route = Route::new();
        for sidecar in sidecars {
            route.add(Arc::new(sidecar.build().unwrap()));
        }
        let (request, ()) = request.body(()).unwrap().into_parts();
        let deadline = Instant::now() + Duration::from_secs(60);
        let facts = CallFacts::new(CallContext::new(), "id".into(), deadline);
        Self {
            session: Session::new(Arc::new(route), facts, &request),
            request,
            response: None,
            bodies,
            envelopes: Vec::new(),
        }
    }

    fn run(&mut self) -> End {
        let mut event = Event::Entered;
        loop {
            let after_backend = self.response.is_some();
            let head = match &mut self.response {
                Some(response) => Head::Response(response),
                None => Head::Request(&mut self.request),
            };
            let step = self.session.advance(head, event, Instant::now()).unwrap();
            event = match step {
                Step::ReadBody(_) => {
                    let length = self.bodies[usize::from(after_backend)];
                    Event::Body(BodyRead::Whole(vec![1; length].into()))
                }
                Step::Invoke { invocation, .. } => {
                    let limit = Invocation::max_payload(invocation.synchronicity());
                    assert!(invocation.payload.len() <= limit);
                    let envelope = serde_json::from_slice(&invocation.payload).unwrap();
                    self.envelopes.push(envelope);
                    Event::Answered(Ok(Answer::ok("{}")))
                }
                Step::Enqueue { .. } => panic!("no half has a queue"),
                Step::CallBackend { .. } => {
                    self.response = Some(Response::new(()).into_parts().0);
                    Event::Responded
                }
                Step::Respond { .. } => return End::Passed,
                Step::Answer(response) => {
                    let name = &response.headers()["x-sidecar-error"];
                    let name = name.to_str().unwrap();
                    return refused(response.status().as_u16(), name, after_backend);
                }
            };
        }
    }
}

/// Fail-safe: what a client brings about is no failure of the function.
fn event(point: Point, expanded: &[Expand], condition: PayloadCondition) -> SidecarBuilder {
    Sidecar::local(point, "f")
        .policy(ErrorPolicy::FAIL_SAFE)
        .synchronicity(Synchronicity::Event)
        .expand_input(expanded.iter().copied())
        .max_payload_size(1024)
        .max_payload_condition(condition)
}

const BIG: usize = 900_000;
const SMALL: usize = 700_000;
const NAME: &str = "MaxPayloadConditionFailure";

#[test]
fn a_request_that_makes_the_envelope_too_large_is_413_or_left_out() {
    use PayloadCondition::{Blocking, Filtering};
    let run = |condition, length| {
        let sidecar = event(Point::PreProcessor, &[Expand::RequestPayload], condition);
        let mut call = Call::new(vec![sidecar], Request::builder(), [length, 0]);
        (call.run(), call.envelopes)
    };
    assert_eq!(run(Blocking, SMALL).0, End::Passed);
    let (end, envelopes) = run(Blocking, BIG);
    assert_eq!(end, refused(413, NAME, false));
    assert!(envelopes.is_empty());
    let (end, envelopes) = run(Filtering, BIG);
    assert_eq!(end, End::Passed);
    assert_eq!(
        envelopes[0]["request"],
        serde_json::json!({ "payloadLength": BIG })
    );
}

#[test]
fn a_response_that_makes_the_envelope_too_large_is_502_or_left_out() {
    use PayloadCondition::{Blocking, Filtering};
    let run = |condition, length| {
        let sidecar = event(Point::PostProcessor, &[Expand::ResponsePayload], condition);
        let mut call = Call::new(vec![sidecar], Request::builder(), [0, length]);
        (call.run(), call.envelopes)
    };
    assert_eq!(run(Blocking, SMALL).0, End::Passed);
    let (end, envelopes) = run(Blocking, BIG);
    assert_eq!(end, refused(502, NAME, true));
    assert!(envelopes.is_empty());
    let (end, envelopes) = run(Filtering, BIG);
    assert_eq!(end, End::Passed);
    let response = serde_json::json!({ "code": 200, "payloadLength": BIG });
    assert_eq!(envelopes[0]["response"], response);
}

#[test]
fn a_request_that_makes_a_response_halfs_envelope_too_large_is_refused_before_the_backend() {
    use PayloadCondition::{Blocking, Filtering};
    let run = |condition, length| {
        let sidecar = event(Point::PostProcessor, &[Expand::RequestPayload], condition);
        let mut call = Call::new(vec![sidecar], Request::builder(), [length, 0]);
        (call.run(), call.envelopes)
    };
    assert_eq!(run(Blocking, SMALL).0, End::Passed);
    assert_eq!(run(Blocking, BIG).0, refused(413, NAME, false));
    let (end, envelopes) = run(Filtering, BIG);
    assert_eq!(end, End::Passed);
    assert_eq!(envelopes[0]["request"]["payloadLength"], BIG);
    assert!(envelopes[0]["request"].get("payload").is_none());
}

#[test]
fn of_two_payloads_that_are_too_large_together_the_responses_is_left_out_first() {
    let parts = [Expand::RequestPayload, Expand::ResponsePayload];
    let sidecar = event(Point::PostProcessor, &parts, PayloadCondition::Filtering);
    let bodies = [500_000, 500_000];
    let mut call = Call::new(vec![sidecar], Request::builder(), bodies);
    assert_eq!(call.run(), End::Passed);
    assert!(call.envelopes[0]["request"].get("payload").is_some());
    assert!(call.envelopes[0]["response"].get("payload").is_none());

    let sidecar = event(Point::PostProcessor, &parts, PayloadCondition::Blocking);
    let mut call = Call::new(vec![sidecar], Request::builder(), bodies);
    assert_eq!(call.run(), refused(502, NAME, true));
}

#[test]
fn what_is_too_large_without_any_payload_is_refused_whatever_the_condition() {
    for point in [Point::PreProcessor, Point::PostProcessor] {
        let part = match point {
            Point::PreProcessor => Expand::RequestPayload,
            Point::PostProcessor => Expand::ResponsePayload,
        };
        let sidecar = event(point, &[part], PayloadCondition::Filtering);
        let sidecar = sidecar.param("large", "p".repeat(EVENT));
        let mut call = Call::new(vec![sidecar], Request::builder(), [3, 3]);
        let expected = match point {
            Point::PreProcessor => refused(413, NAME, false),
            Point::PostProcessor => refused(502, NAME, true),
        };
        assert_eq!(call.run(), expected);
    }
}

#[test]
fn an_envelope_that_is_waited_for_may_be_six_times_as_long() {
    let parts = [Expand::RequestPayload, Expand::ResponsePayload];
    let sidecar = event(Point::PostProcessor, &parts, PayloadCondition::Blocking)
        .synchronicity(Synchronicity::RequestResponse);
    let mut call = Call::new(vec![sidecar], Request::builder(), [ONE_MB, ONE_MB]);
    assert_eq!(call.run(), End::Passed);
    let large = Invocation::max_payload(Synchronicity::RequestResponse);
    let sidecar = Sidecar::local(Point::PreProcessor, "f").param("large", "p".repeat(large));
    let mut call = Call::new(vec![sidecar], Request::builder(), [0, 0]);
    assert_eq!(call.run(), refused(413, NAME, false));
}

// Headers and query

const HEADERS: &str = "MaxHeaderConditionFailure";

fn sends(point: Point, selects: bool, expands: bool) -> SidecarBuilder {
    let mut sidecar = Sidecar::local(point, "f").policy(ErrorPolicy::FAIL_SAFE);
    if selects {
        sidecar = sidecar.include_request_headers(["x-big"]);
    }
    if expands {
        sidecar = sidecar.expand_input([Expand::Operation]);
    }
    sidecar
}

/// A request with this much in `x-big`, in `x-other` and in its query.
fn with(big: usize, other: usize, query: usize) -> request::Builder {
    Request::builder()
        .uri(format!("/my?{}", "q".repeat(query)))
        .header("x-big", "h".repeat(big))
        .header("x-other", "h".repeat(other))
}

#[test]
fn more_than_64_kb_of_headers_and_query_that_are_sent_is_431_for_every_half() {
    const LINE: usize = 65_536 - "x-big".len();
    for (selects, expands, request, is_too_much) in [
        (true, false, with(LINE, 9, 9), false),
        (true, false, with(LINE + 1, 9, 9), true),
        (true, true, with(LINE - 30_000, 9, 30_000), false),
        (true, true, with(LINE - 29_999, 9, 30_000), true),
        (false, true, with(60_000, 60_000, 60_000), false),
        (true, false, with(40_000, 60_000, 60_000), false),
        (false, false, with(60_000, 60_000, 60_000), false),
        (
            true,
            false,
            with(40_000, 9, 9).header("x-big", "h".repeat(40_000)),
            true,
        ),
    ] {
        let request = request.body(()).unwrap();
        for at in 0..3 {
            let mut sidecars = vec![
                sends(Point::PreProcessor, false, false),
                sends(Point::PreProcessor, false, false),
                sends(Point::PostProcessor, false, false),
            ];
            let point = [
                Point::PreProcessor,
                Point::PreProcessor,
                Point::PostProcessor,
            ][at];
            sidecars[at] = sends(point, selects, expands);
            let mut builder = Request::builder().uri(request.uri().clone());
            *builder.headers_mut().unwrap() = request.headers().clone();
            let mut call = Call::new(sidecars, builder, [0, 0]);
            let expected = match is_too_much {
                true => refused(431, HEADERS, false),
                false => End::Passed,
            };
            assert_eq!(call.run(), expected, "{at}");
            let invoked = if is_too_much { 0 } else { 3 };
            assert_eq!(call.envelopes.len(), invoked);
        }
    }
}

#[test]
fn headers_that_are_not_skipped_count() {
    let sidecar = || Sidecar::local(Point::PreProcessor, "f");
    let skipping = |name: &'static str| vec![sidecar().skip_request_headers([name])];
    let mut call = Call::new(skipping("x-other"), with(66_000, 9, 0), [0, 0]);
    assert_eq!(call.run(), refused(431, HEADERS, false));
    let mut call = Call::new(skipping("x-big"), with(66_000, 9, 0), [0, 0]);
    assert_eq!(call.run(), End::Passed);
}
