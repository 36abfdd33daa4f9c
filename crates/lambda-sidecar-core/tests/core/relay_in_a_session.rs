//! What request halves leave for response halves of the same call.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Request, Response};
use lambda_sidecar_core::{
    Answer, CallContext, Decision, ErrorPolicy, Expand, Failure, Point, Sidecar, SidecarBuilder,
    Synchronicity,
    session::{CallFacts, Event, Head, Route, Session, Step},
};
use serde_json::{Value, json};

fn pre() -> SidecarBuilder {
    Sidecar::local(Point::PreProcessor, "pre")
}

fn hears() -> SidecarBuilder {
    Sidecar::local(Point::PostProcessor, "post").expand_input([Expand::Relay])
}

type Answered = Result<Answer, Failure>;

fn answers(json: &str) -> Answered {
    Ok(Answer::ok(json.to_owned()))
}

/// The envelopes of a call through these halves, whose functions answer this, and the session at its end.
fn call(halves: Vec<(SidecarBuilder, Answered)>) -> (Vec<Value>, Session) {
    let mut route = Route::new();
    let mut replies = Vec::new();
    for (sidecar, reply) in halves {
        route.add(Arc::new(sidecar.build().unwrap()));
        replies.push(reply);
    }
    let mut replies = replies.into_iter();
    let (mut request, ()) = Request::new(()).into_parts();
    let (mut response, ()) = Response::new(()).into_parts();
    let now = Instant::now();
    let until = now + Duration::from_secs(9);
    let facts = CallFacts::new(CallContext::new(), "id".into(), until);
    let mut session = Session::new(Arc::new(route), facts, &request);
    let (mut event, mut at_response) = (Event::Entered, false);
    let mut envelopes = Vec::new();
    loop {
        let head = match at_response {
            true => Head::Response(&mut response),
            false => Head::Request(&mut request),
        };
        event = match session.advance(head, event, now).unwrap() {
            Step::Invoke { invocation, .. } => {
                envelopes.push(serde_json::from_slice(&invocation.payload).unwrap());
                Event::Answered(replies.next().unwrap())
            }
            Step::CallBackend { .. } => {
                at_response = true;
                Event::Responded
            }
            Step::Respond { .. } | Step::Answer(_) => return (envelopes, session),
            step @ (Step::ReadBody(_) | Step::Enqueue { .. }) => panic!("{step:?}"),
        };
    }
}

/// What the last of the envelopes relays.
fn heard(halves: Vec<(SidecarBuilder, Answered)>) -> Value {
    let (mut envelopes, _) = call(halves);
    envelopes.pop().unwrap()["relay"].take()
}

#[test]
fn a_later_member_replaces_an_earlier_one_of_the_same_name() {
    let heard = heard(vec![
        (pre(), answers(r#"{"relay":{"a":1,"b":{"x":1}}}"#)),
        (
            pre(),
            answers(r#"{"relay":{"\u0062":{"y":2},"c":3},"modify":{}}"#),
        ),
        (pre(), answers("{}")),
        (hears(), answers("{}")),
    ]);
    assert_eq!(heard, json!({ "a": 1, "b": { "y": 2 }, "c": 3 }));
}

#[test]
fn an_envelope_has_it_after_params_and_values_stay_as_they_were_written() {
    let relay = r#"{"n":1.50,"big":123456789012345678901234567890,"z":null,"s":"\u00e9"}"#;
    let mut route = Route::new();
    route.add(Arc::new(pre().build().unwrap()));
    let sidecar = hears().param("p", 1).build().unwrap();
    let answer = Answer::ok(format!(r#"{{"relay":{relay}}}"#));
    let ruling = lambda_sidecar_core::Ruling::from_answer(
        Point::PreProcessor,
        Synchronicity::RequestResponse,
        &answer,
        &lambda_sidecar_core::ProtectedHeaders::default(),
    );
    let mut context = CallContext::new();
    context.set_relay(Some(Arc::new(ruling.unwrap().relay)));
    let (request, ()) = Request::new(()).into_parts();
    let payload = lambda_sidecar_core::Payload::NotExpanded;
    let source = lambda_sidecar_core::EnvelopeSource {
        sidecar: &sidecar,
        context: &context,
        message_id: "id",
        request: lambda_sidecar_core::RequestView {
            method: &request.method,
            uri: &request.uri,
            headers: &request.headers,
            payload: &payload,
        },
        response: None,
    };
    let json = String::from_utf8(source.to_json().to_vec()).unwrap();
    let expected = r#""params":{"p":1},"relay":{"big":123456789012345678901234567890,"n":1.50,"s":"\u00e9","z":null}}"#;
    assert!(json.ends_with(expected), "{json}");
}

#[test]
fn half_an_emoji_in_it_does_not_make_the_envelope_unreadable() {
    let relay = r#"{"relay":{"\ud83d":["\ud83d x",{"\ude00":"\ud83d\ude00 \\ud83d"}]}}"#;
    let heard = heard(vec![(pre(), answers(relay)), (hears(), answers("{}"))]);
    let expected = json!({ "\u{fffd}": ["\u{fffd} x", { "\u{fffd}": "\u{1f600} \\ud83d" }] });
    assert_eq!(heard, expected);
}

#[test]
fn what_relays_nothing_leaves_the_member_out() {
    let failed = Answer::failed("Unhandled", r#"{"relay":{"a":1}}"#);
    for (sidecar, reply) in [
        (pre(), answers("{}")),
        (pre(), answers(r#"{"relay":{}}"#)),
        (pre(), answers(r#"{"relay":null}"#)),
        (
            pre().synchronicity(Synchronicity::Event),
            answers(r#"{"relay":{"a":1}}"#),
        ),
        (pre().policy(ErrorPolicy::FAIL_SAFE), Ok(failed)),
        (
            pre().policy(ErrorPolicy::FAIL_SAFE),
            answers(r#"{"relay":[1],"modify":{}}"#),
        ),
        // A response half relays nothing, and nothing is wrong about it.
        (hears(), answers(r#"{"relay":{"a":1}}"#)),
        (hears(), answers(r#"{"relay":5}"#)),
    ] {
        let shown = format!("{sidecar:?}, {reply:?}");
        let (envelopes, session) = call(vec![(sidecar, reply), (hears(), answers("{}"))]);
        assert_eq!(envelopes[1].get("relay"), None, "{shown}");
        assert!(session.relay().is_none(), "{shown}");
    }
}

#[test]
fn only_a_half_that_expands_it_is_sent_it() {
    let other = Sidecar::local(Point::PostProcessor, "f").expand_input([Expand::RemoteAddress]);
    let (envelopes, _) = call(vec![
        (pre(), answers(r#"{"relay":{"k":"v"}}"#)),
        (pre(), answers("{}")),
        (other, answers("{}")),
        (hears(), answers("{}")),
        (hears(), answers("{}")),
    ]);
    let heard: Vec<_> = envelopes.iter().map(|it| it.get("relay")).collect();
    let relay = json!({ "k": "v" });
    assert_eq!(heard, [None, None, None, Some(&relay), Some(&relay)]);
}

#[test]
fn a_relay_alone_is_an_allow_and_no_receipt_and_no_debug_has_its_values() {
    let (_, session) = call(vec![
        (pre(), answers(r#"{"relay":{"k":"s3cr3t"}}"#)),
        (hears(), answers("{}")),
    ]);
    assert_eq!(session.receipts()[0].decision(), Decision::Allow);
    let shown = format!("{session:?} {:?}", session.receipts());
    assert!(!shown.contains("s3cr3t"), "{shown}");
    assert!(session.relay().is_some());
}

#[test]
fn expand_input_relay_is_for_response_halves_alone() {
    let error = pre().expand_input([Expand::Relay]).build().unwrap_err();
    let shown = error.to_string();
    assert!(
        shown.contains("expand-input") && shown.contains("`relay`"),
        "{shown}"
    );
    let sidecar = hears().build().unwrap();
    assert!(sidecar.to_string().contains("expand-input: relay"));
}
