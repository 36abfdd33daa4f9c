//! A session driven by any events, legal and illegal, and its model beside it.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use arbitrary::{Arbitrary, Result, Unstructured};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, request, response};
use lambda_sidecar_core::{
    Answer, CallContext, Enqueued, ErrorPolicy, Expand, Failure, PayloadCondition, Point, Sidecar,
    Synchronicity,
    session::{BodyRead, CallFacts, Event, Head, Route, Session, Side, Step},
};

use serde_json::Value;

use crate::model::session::{DEADLINE, HalfSpec, LIMIT, Model, Said, TIMEOUT, Told};

pub(super) fn drive(data: &mut Unstructured<'_>) -> Result<()> {
    let start = Instant::now();
    let mut elapsed = 0;
    let mut specs = Vec::new();
    for is_request in [true, false] {
        for _ in 0..data.int_in_range(0..=3)? {
            specs.push(spec(data, is_request)?);
        }
    }
    let mut route = Route::new();
    for (at, spec) in specs.iter().enumerate() {
        route.add(Arc::new(sidecar(at, *spec)));
    }
    let has_need = bool::arbitrary(data)?;
    let is_big = data.ratio(1, 6)?;
    let mut request = request(has_need, is_big);
    let forged = forge(data, &mut request.headers)?;
    let mut response = None;
    let deadline = start + Duration::from_millis(DEADLINE);
    let facts = CallFacts::new(CallContext::new(), "an-id".into(), deadline);
    let mut session = Session::new(Arc::new(route), facts, &request);
    let mut model = Model::new(specs.clone(), has_need, is_big);

    for _ in 0..40 {
        let (told, with_request) = choose(data, &model)?;
        elapsed += data.int_in_range(0..=900)?;
        match told {
            Told::Responded(status) => response = Some(response_of(status, "text/plain")),
            Told::RespondedEvents(status) => {
                response = Some(response_of(status, "Text/Event-Stream;charset=utf-8"));
            }
            _ => {}
        }
        if let (Told::Responded(_) | Told::RespondedEvents(_), Some(response)) =
            (told, &mut response)
        {
            response.headers.extend(forged.clone());
        }
        let head = match (&mut response, with_request) {
            (_, true) => Head::Request(&mut request),
            (Some(response), false) => Head::Response(response),
            (none, false) => Head::Response(none.insert(response_of(200, "text/plain"))),
        };
        let expected = model.advance(told, with_request, elapsed);
        let now = start + Duration::from_millis(elapsed);
        let step = session.advance(head, event(told), now);
        assert_eq!(said(step, start), expected, "{told:?} of {specs:?}");
        let headers = match (&response, with_request) {
            (Some(response), false) => &response.headers,
            _ => &request.headers,
        };
        if expected != Said::OutOfOrder && model.owns(with_request) {
            let lines = headers.iter().filter(|(name, _)| is_own(name.as_str()));
            for (name, value) in lines {
                assert_eq!(value, "function", "{name}, {specs:?}");
            }
        }
        if matches!(expected, Said::CallBackend { .. } | Said::Respond { .. }) {
            let rules = session.take_trailer_rules();
            for (name, expected) in [
                ("x-need", model.has_dropped_need),
                (OWN, model.owns(with_request) || model.has_set_own),
                ("cookie", true),
                ("content-length", true),
                ("x-forwarded-for", true),
                ("x-owned", false),
                ("x-checksum", false),
            ] {
                let name = spelling(data, name)?;
                assert_eq!(rules.forbid(&name), expected, "{name}, {specs:?}");
            }
        }
        let decisions = session.receipts().iter();
        let decisions: Vec<_> = decisions.map(|it| it.decision().as_str()).collect();
        let expected: Vec<_> = model
            .decisions
            .iter()
            .map(|(_, decision)| *decision)
            .collect();
        assert_eq!(decisions, expected);
    }
    Ok(())
}

/// The header that some halves own.
const OWN: &str = "x-own";

fn is_own(name: &str) -> bool {
    name.to_ascii_lowercase().replace(['_', '.'], "-") == OWN
}

/// A way to write this name that a lenient reader takes for it.
fn spelling(data: &mut Unstructured<'_>, name: &str) -> Result<String> {
    let mut spelled = String::new();
    for letter in name.chars() {
        spelled.push(match letter {
            '-' => *data.choose(&['-', '_', '.'])?,
            letter if data.ratio(1, 4)? => letter.to_ascii_uppercase(),
            letter => letter,
        });
    }
    Ok(spelled)
}

/// Adds lines that only functions set, in any spelling, and others that are nearly such.
fn forge(data: &mut Unstructured<'_>, headers: &mut HeaderMap) -> Result<HeaderMap> {
    let mut forged = HeaderMap::new();
    for _ in 0..data.int_in_range(0..=3)? {
        let name = *data.choose(&[OWN, OWN, "x-owned", "xown"])?;
        let name = spelling(data, name)?;
        let name: HeaderName = name.parse().expect("a name");
        forged.append(name, HeaderValue::from_static("client"));
    }
    headers.extend(forged.clone());
    Ok(forged)
}

fn spec(data: &mut Unstructured<'_>, is_request: bool) -> Result<HalfSpec> {
    let mut spec = HalfSpec {
        is_request,
        expands: [
            bool::arbitrary(data)?,
            bool::arbitrary(data)? && !is_request,
        ],
        requires: data.ratio(1, 4)?,
        owns: data.ratio(1, 4)?,
        sends_big: data.ratio(1, 4)?,
        hears: !is_request && bool::arbitrary(data)?,
        is_event: data.ratio(1, 4)?,
        queues: false,
        is_fail_safe: bool::arbitrary(data)?,
        filters: bool::arbitrary(data)?,
        has_timeout: bool::arbitrary(data)?,
        only_need: data.ratio(1, 4)?,
        only_errors: !is_request && data.ratio(1, 3)?,
    };
    spec.queues = spec.is_event && bool::arbitrary(data)?;
    Ok(spec)
}

/// Named by its place.
fn sidecar(at: usize, spec: HalfSpec) -> Sidecar {
    let (point, parts) = match spec.is_request {
        true => (Point::PreProcessor, &[Expand::RequestPayload][..]),
        false => (
            Point::PostProcessor,
            &[Expand::RequestPayload, Expand::ResponsePayload][..],
        ),
    };
    let expanded = parts
        .iter()
        .zip(spec.expands)
        .filter(|(_, expands)| *expands);
    let expanded = expanded.map(|(part, _)| *part);
    let expanded: Vec<Expand> = expanded
        .chain(spec.hears.then_some(Expand::Relay))
        .collect();
    let mut builder = Sidecar::local(point, at.to_string()).max_payload_size(1);
    if !expanded.is_empty() {
        builder = builder.expand_input(expanded);
    }
    if spec.requires {
        builder = builder.require_request_headers(["x-need"]);
    }
    if spec.owns {
        builder = match spec.is_request {
            true => builder.own_request_headers([OWN]),
            false => builder.own_response_headers([OWN]),
        };
    }
    if spec.sends_big {
        builder = builder.include_request_headers(["x-big"]);
    }
    if spec.is_event {
        builder = builder.synchronicity(Synchronicity::Event);
    }
    if spec.queues {
        builder = builder.event_queue(1);
    }
    if spec.is_fail_safe {
        builder = builder.policy(ErrorPolicy::FAIL_SAFE);
    }
    if spec.only_need {
        builder = builder.when_request_headers(["x-need"]);
    }
    if spec.only_errors {
        builder = builder.when_response_codes(["5xx"]);
    }
    if spec.filters {
        builder = builder.max_payload_condition(PayloadCondition::Filtering);
    }
    if spec.has_timeout {
        builder = builder.timeout(Duration::from_millis(TIMEOUT));
    }
    builder.build().expect("a sidecar")
}

fn request(has_need: bool, is_big: bool) -> request::Parts {
    let mut builder = Request::builder().method("POST").uri("/orders?p1=a");
    if has_need {
        builder = builder.header("x-need", "1");
    }
    builder = builder.header("x-big", "b".repeat(if is_big { 66_000 } else { 60_000 }));
    builder.body(()).expect("a request").into_parts().0
}

fn response_of(status: u16, content_type: &str) -> response::Parts {
    let builder = Response::builder().status(status);
    let builder = builder.header("content-type", content_type);
    builder.body(()).expect("a response").into_parts().0
}

/// Mostly what the last step asks for, at times anything.
fn choose(data: &mut Unstructured<'_>, model: &Model) -> Result<(Told, bool)> {
    const BODIES: &[Told] = &[
        Told::Whole(3),
        Told::Whole(0),
        Told::TooLarge,
        Told::BrokenOff,
        Told::TimedOut,
    ];
    const ANSWERS: &[Told] = &[
        Told::Allowed,
        Told::Allowed,
        Told::Allowed,
        Told::DroppedNeed,
        Told::SetOwn,
        Told::Relayed(1),
        Told::Relayed(2),
        Told::ReplacedBody(3),
        Told::ReplacedBody(LIMIT + 1),
        Told::Terminated(403),
        Told::WrongAnswer,
        Told::NotReached,
        Told::TimedOut,
        Told::Rejected,
    ];
    const ENQUEUED: &[Told] = &[Told::Enqueued(true), Told::Enqueued(false)];
    const OTHERS: &[Told] = &[
        Told::Entered,
        Told::Responded(200),
        Told::Responded(204),
        Told::Responded(500),
        Told::Responded(101),
        Told::RespondedEvents(200),
        Told::RespondedEvents(204),
    ];
    let any = data.ratio(1, 12)?;
    let at_request = if any {
        bool::arbitrary(data)?
    } else {
        model.is_at_request()
    };
    let told = match any {
        true => *data.choose(&[BODIES, ANSWERS, ENQUEUED, OTHERS].concat())?,
        false if model.expects_body() => *data.choose(BODIES)?,
        false if model.expects_answer() => *data.choose(ANSWERS)?,
        false if model.expects_enqueued() => *data.choose(ENQUEUED)?,
        false if model.is_over() => *data.choose(OTHERS)?,
        false if model.is_at_request() => Told::Entered,
        false => *data.choose(&OTHERS[1..])?,
    };
    Ok((told, at_request))
}

fn event(told: Told) -> Event {
    let answer = |json: &str| Event::Answered(Ok(Answer::ok(json.to_owned())));
    match told {
        Told::Entered => Event::Entered,
        Told::Whole(length) => Event::Body(BodyRead::Whole(Bytes::from(vec![b'b'; length]))),
        Told::TooLarge => Event::Body(BodyRead::TooLarge {
            exact: None,
            known: LIMIT as u64 + 1,
        }),
        Told::BrokenOff => Event::Body(BodyRead::BrokenOff),
        Told::Allowed => answer("{}"),
        Told::DroppedNeed => answer(r#"{"modify":{"dropHeaders":["x-need"]}}"#),
        Told::SetOwn => answer(r#"{"modify":{"addHeaders":{"x-own":"function"}}}"#),
        Told::Relayed(number) => answer(&format!(
            r#"{{"relay":{{"n":{number},"{number}":{number}}}}}"#
        )),
        Told::ReplacedBody(length) => {
            let payload = "p".repeat(length);
            answer(&format!(r#"{{"modify":{{"payload":"{payload}"}}}}"#))
        }
        Told::Terminated(code) => answer(&format!(r#"{{"terminate":{{"code":{code}}}}}"#)),
        Told::WrongAnswer => answer("[]"),
        Told::NotReached => Event::Answered(Err(Failure::Connect)),
        Told::Rejected => {
            let retry_after = Duration::from_secs(1);
            Event::Answered(Err(Failure::Rejected { retry_after }))
        }
        Told::Enqueued(true) => Event::Enqueued(Enqueued::Queued),
        Told::Enqueued(false) => Event::Enqueued(Enqueued::Dropped),
        Told::TimedOut => Event::TimedOut,
        Told::Responded(_) | Told::RespondedEvents(_) => Event::Responded,
    }
}

/// That of an envelope.
fn relay(envelope: &[u8]) -> BTreeMap<String, usize> {
    let mut envelope: Value = serde_json::from_slice(envelope).expect("an envelope");
    let relay = envelope.get_mut("relay").map(Value::take);
    let relay = relay.map(|relay| serde_json::from_value(relay).expect("numbers"));
    relay.unwrap_or_default()
}

fn said<E>(step: std::result::Result<Step, E>, start: Instant) -> Said {
    let elapsed = |until: Instant| {
        let elapsed = until.saturating_duration_since(start).as_millis();
        u64::try_from(elapsed).expect("a short time")
    };
    let replaced = |body: Option<Bytes>| body.map(|body| body.len());
    match step {
        Ok(Step::ReadBody(read)) => {
            assert_eq!(read.limit, LIMIT);
            match read.side {
                Side::Request => Said::ReadRequest {
                    until: elapsed(read.until),
                },
                Side::Response => Said::ReadResponse {
                    until: elapsed(read.until),
                },
            }
        }
        Ok(Step::Invoke { invocation, until }) => Said::Invoke {
            half: invocation.sidecar.name().parse().expect("a place"),
            until: elapsed(until),
            relay: relay(&invocation.payload),
        },
        Ok(Step::Enqueue { invocation }) => Said::Enqueue {
            half: invocation.sidecar.name().parse().expect("a place"),
            relay: relay(&invocation.payload),
        },
        Ok(Step::CallBackend { body }) => Said::CallBackend {
            replaced: replaced(body),
        },
        Ok(Step::Respond { body }) => Said::Respond {
            replaced: replaced(body),
        },
        Ok(Step::Answer(response)) => {
            assert_ne!(response.status(), StatusCode::OK);
            Said::Answer(response.status().as_u16())
        }
        Err(_) => Said::OutOfOrder,
    }
}
