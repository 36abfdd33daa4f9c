//! A sidecar with an event queue: its call never waits for the function.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Request, Response};
use lambda_sidecar_core::{
    Answer, CallContext, Decision, Enqueued, Invocation, Point, Sidecar, Synchronicity,
    session::{CallFacts, Event, Head, Route, Session, Side, Step},
};

const POINTS: [Point; 2] = [Point::PreProcessor, Point::PostProcessor];

fn queueing(point: Point) -> Sidecar {
    let builder = Sidecar::local(point, "audit").synchronicity(Synchronicity::Event);
    builder.event_queue(1).build().unwrap()
}

/// How far a call of this sidecar alone came, and its event.
fn enqueue(point: Point, deadline: Duration) -> (Session, Side, Invocation) {
    let mut route = Route::new();
    route.add(Arc::new(queueing(point)));
    let (mut request, ()) = Request::new(()).into_parts();
    let (mut response, ()) = Response::new(()).into_parts();
    let now = Instant::now();
    let facts = CallFacts::new(CallContext::new(), "id".into(), now + deadline);
    let mut session = Session::new(Arc::new(route), facts, &request);
    let mut step = session.advance(Head::Request(&mut request), Event::Entered, now);
    let mut side = Side::Request;
    if let Ok(Step::CallBackend { .. }) = step {
        side = Side::Response;
        step = session.advance(Head::Response(&mut response), Event::Responded, now);
    }
    match step {
        Ok(Step::Enqueue { invocation }) => (session, side, invocation),
        other => panic!("{other:?}"),
    }
}

fn advance(session: &mut Session, side: Side, event: Event) -> Step {
    let (mut request, ()) = Request::new(()).into_parts();
    let (mut response, ()) = Response::new(()).into_parts();
    let head = match side {
        Side::Request => Head::Request(&mut request),
        Side::Response => Head::Response(&mut response),
    };
    let step = session.advance(head, event, Instant::now());
    step.unwrap_or_else(|error| Step::Answer(error.to_response()))
}

#[test]
fn the_call_continues_whether_its_event_is_queued_or_dropped_and_the_receipt_says_which() {
    for point in POINTS {
        for (enqueued, decision) in [
            (Enqueued::Queued, Decision::Queued),
            (Enqueued::Dropped, Decision::Dropped),
        ] {
            let (mut session, side, invocation) = enqueue(point, Duration::from_secs(9));
            let step = advance(&mut session, side, Event::Enqueued(enqueued));
            assert!(matches!(
                step,
                Step::CallBackend { .. } | Step::Respond { .. }
            ));
            let [receipt] = &**session.receipts() else {
                panic!("one decision")
            };
            assert_eq!(receipt.decision(), decision);
            assert_eq!((receipt.failure(), receipt.error()), (None, None));
            assert_eq!(receipt.latency(), None);
            assert_eq!(receipt.source(), None);
            assert!(!receipt.failed_open());
            let sent = match enqueued {
                Enqueued::Queued => invocation.payload.len(),
                _ => 0,
            };
            assert_eq!(receipt.envelope_length(), sent);
        }
    }
}

#[test]
fn a_call_whose_time_is_over_has_its_event_queued_all_the_same() {
    let (mut session, side, _) = enqueue(Point::PreProcessor, Duration::ZERO);
    let step = advance(&mut session, side, Event::Enqueued(Enqueued::Queued));
    assert!(matches!(step, Step::CallBackend { .. }));
}

#[test]
fn nothing_but_the_queue_can_say_what_became_of_the_event() {
    for point in POINTS {
        for event in [
            Event::Answered(Ok(Answer::ok("{}"))),
            Event::Answered(Ok(Answer::accepted())),
            Event::TimedOut,
            Event::Responded,
        ] {
            let (mut session, side, _) = enqueue(point, Duration::from_secs(9));
            let step = advance(&mut session, side, event);
            let Step::Answer(response) = step else {
                panic!("{step:?}")
            };
            assert_eq!(response.status(), 500);
        }
    }
}
