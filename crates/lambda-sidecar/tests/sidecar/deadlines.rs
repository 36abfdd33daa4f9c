//! A sidecar's own timeout follows its policy; the end of the whole call's time is 504 under any.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::{convert::Infallible, time::Duration};

use crate::common::{
    BOTH, Backend, Function, Got, Step, TestBody, layer_of, post, pre, read, request, send,
};
use http::{HeaderValue, Method, Request, Response};
use lambda_sidecar::{
    Answer, CallContext, Decision, ErrorPolicy, Expand, FailureClass, Invocation,
    LambdaSidecarLayer, PayloadCondition, Point, RequestSidecarLayer, ResponseSidecarLayer,
    Sidecar, SidecarBody, SidecarBuilder, Synchronicity,
};
use serde_json::json;
use tokio::time::{Instant, sleep};
use tower::{Layer, ServiceExt, service_fn, util::MapRequestLayer};
use tower_test::mock;

const OWN: Duration = Duration::from_millis(50);
const ENDPOINT: Duration = Duration::from_millis(200);
const POLICIES: [ErrorPolicy; 2] = [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE];

fn assert_gateway_timeout(got: &Got) {
    let detail = "Timeout occurred while connecting to AWS Service";
    got.assert_problem("GatewayTimeout", 504, detail);
}

/// The end of the whole call is no failure of the function.
fn assert_deadline_passed(got: &Got) {
    assert_gateway_timeout(got);
    let receipt = got.outcomes().last().unwrap();
    assert_eq!((receipt.failure(), receipt.failed_open()), (None, false));
    assert_eq!(receipt.error(), Some("GatewayTimeout"));
    assert_eq!(receipt.decision(), Decision::Error);
}

#[tokio::test(start_paused = true)]
async fn an_own_timeout_follows_the_policy() {
    for point in BOTH {
        for policy in POLICIES {
            let start = Instant::now();
            let backend = Backend::new();
            let sidecar = Sidecar::local(point, "f").timeout(OWN).policy(policy);
            let layer = layer_of(sidecar, Function::never()).endpoint_timeout(ENDPOINT);
            let got = send(layer.layer(backend.clone()), request(TestBody::empty())).await;
            assert_eq!(start.elapsed(), OWN);
            if policy == ErrorPolicy::FAIL_SAFE {
                got.assert_from_backend();
            } else {
                assert_gateway_timeout(&got);
                let of_response = usize::from(point == Point::PostProcessor);
                assert_eq!(backend.calls(), of_response);
            }
            assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::Timeout));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_just_in_time_is_heard_and_one_just_too_late_is_not() {
    let tick = Duration::from_millis(1);
    for (after, in_time) in [(OWN - tick, true), (OWN + tick, false)] {
        let service = layer_of(pre("f").timeout(OWN), Function::allows_after(after));
        let got = send(service.layer(Backend::new()), request(TestBody::empty())).await;
        assert_eq!(got.error().is_none(), in_time, "{after:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_own_timeout_counts_the_wait_for_the_functions_readiness() {
    let (function, mut functions) = mock::pair::<Invocation, Answer>();
    functions.allow(0);
    let start = Instant::now();
    let layer = layer_of(pre("f").timeout(OWN), function);
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_gateway_timeout(&got);
    assert_eq!(start.elapsed(), OWN);
}

#[tokio::test(start_paused = true)]
async fn every_sidecar_has_a_timeout_of_its_own() {
    let function = Function::allows_after(OWN - Duration::from_millis(1));
    let with_timeout = |sidecar: SidecarBuilder| sidecar.timeout(OWN).build().unwrap();
    let layer = LambdaSidecarLayer::new(function)
        .request(with_timeout(pre("a")))
        .request(with_timeout(pre("b")))
        .response(with_timeout(post("c")));
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    got.assert_from_backend();
}

#[tokio::test(start_paused = true)]
async fn an_own_timeout_does_not_count_the_reading_of_the_body() {
    let sidecar = pre("f").timeout(OWN).expand_input([Expand::RequestPayload]);
    let body = TestBody::of(["a"]).then(Step::Sleep(2 * OWN));
    let layer = layer_of(sidecar, Function::allows());
    send(layer.layer(Backend::new()), request(body))
        .await
        .assert_from_backend();
}

#[tokio::test(start_paused = true)]
async fn the_own_timeout_of_one_sidecar_does_not_limit_the_bodies_of_the_next() {
    let body = || TestBody::of(["a"]).then(Step::Sleep(2 * OWN));
    let layer =
        LambdaSidecarLayer::new(Function::allows()).request(pre("a").timeout(OWN).build().unwrap());
    let reads_request = pre("b").expand_input([Expand::RequestPayload]);
    let at_request = layer.clone().request(reads_request.build().unwrap());
    let got = send(at_request.layer(Backend::new()), request(body())).await;
    got.assert_from_backend();
    let reads_response = post("b").expand_input([Expand::ResponsePayload]);
    let at_response = layer.response(reads_response.build().unwrap());
    let backend = Backend::answers(move || Response::new(body()));
    let got = send(at_response.layer(backend), request(TestBody::empty())).await;
    assert_eq!(got.error(), None);
}

/// Layers whose endpoint's time is [`ENDPOINT`]: of the layer, and of the call.
async fn send_within_endpoint_time(
    sidecar: &SidecarBuilder,
    function: &Function,
    call: impl Fn() -> Request<TestBody>,
    check: impl Fn(&Got, &Backend),
) {
    for of_call in [false, true] {
        for policy in POLICIES {
            let start = Instant::now();
            let backend = Backend::new();
            let layer = layer_of(sidecar.clone().policy(policy), function.clone());
            let mut call = call();
            let layer = if of_call {
                let context = CallContext::new().message_id(crate::common::MESSAGE_ID);
                let deadline = (start + ENDPOINT).into_std();
                call.extensions_mut().insert(context.deadline(deadline));
                layer.endpoint_timeout(10 * ENDPOINT)
            } else {
                layer.endpoint_timeout(ENDPOINT)
            };
            let got = send(layer.layer(backend.clone()), call).await;
            assert_eq!(start.elapsed(), ENDPOINT, "{policy:?}");
            assert_deadline_passed(&got);
            check(&got, &backend);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_function_without_a_timeout_is_504_under_either_policy_and_synchronicity() {
    for point in BOTH {
        for synchronicity in [Synchronicity::RequestResponse, Synchronicity::Event] {
            let sidecar = Sidecar::local(point, "f").synchronicity(synchronicity);
            let call = || request(TestBody::empty());
            send_within_endpoint_time(&sidecar, &Function::never(), call, |got, backend| {
                let of_response = usize::from(point == Point::PostProcessor);
                assert_eq!(backend.calls(), of_response);
                assert_eq!(got.outcomes()[0].latency(), Some(ENDPOINT));
            })
            .await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_own_timeout_beyond_the_endpoints_deadline_does_not_count() {
    for timeout in [ENDPOINT, 2 * ENDPOINT] {
        let sidecar = pre("f").timeout(timeout);
        let call = || request(TestBody::empty());
        send_within_endpoint_time(&sidecar, &Function::never(), call, |_, backend| {
            assert_eq!(backend.calls(), 0);
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_client_body_is_504_under_either_policy_and_synchronicity() {
    for point in BOTH {
        for synchronicity in [Synchronicity::RequestResponse, Synchronicity::Event] {
            let sidecar = Sidecar::local(point, "f")
                .timeout(OWN)
                .synchronicity(synchronicity)
                .expand_input([Expand::RequestPayload]);
            let function = Function::allows();
            let call = || request(TestBody::of(["a"]).then(Step::Hang));
            send_within_endpoint_time(&sidecar, &function, call, |got, backend| {
                assert_eq!(backend.calls(), 0);
                assert_eq!(got.outcomes()[0].latency(), None);
                assert_eq!(got.outcomes()[0].point(), point);
            })
            .await;
            let trickling = || {
                let body = (0..100).fold(TestBody::empty(), |body, _| {
                    let body = body.then(Step::Sleep(ENDPOINT / 8));
                    body.then(Step::Data("a".into()))
                });
                request(body)
            };
            send_within_endpoint_time(&sidecar, &function, trickling, |_, backend| {
                assert_eq!(backend.calls(), 0);
            })
            .await;
            assert!(function.asked().is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_comes_in_time_is_waited_for() {
    let pause = ENDPOINT / 4;
    let body = move || {
        TestBody::of(["a"])
            .then(Step::Sleep(pause))
            .then(Step::Data("b".into()))
    };
    let backend = Backend::answers(move || Response::new(body()));
    let expand = [Expand::RequestPayload];
    let function = Function::allows();
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(pre("a").expand_input(expand).build().unwrap())
        .response(
            post("b")
                .expand_input([Expand::ResponsePayload])
                .build()
                .unwrap(),
        )
        .endpoint_timeout(ENDPOINT);
    let start = Instant::now();
    let got = send(layer.layer(backend), request(body())).await;
    assert_eq!(start.elapsed(), 2 * pause);
    assert_eq!((got.status.as_u16(), &got.body[..]), (200, &b"ab"[..]));
    assert_eq!(function.envelopes()[0]["request"]["payload"], "ab");
    assert_eq!(function.envelopes()[1]["response"]["payload"], "ab");
}

#[tokio::test(start_paused = true)]
async fn a_slow_response_body_is_504_under_either_policy() {
    for policy in POLICIES {
        let backend = Backend::answers(|| Response::new(TestBody::of(["a"]).then(Step::Hang)));
        let sidecar = post("f")
            .policy(policy)
            .expand_input([Expand::ResponsePayload]);
        let function = Function::allows();
        let layer = layer_of(sidecar, function.clone()).endpoint_timeout(ENDPOINT);
        let start = Instant::now();
        let got = send(layer.layer(backend), request(TestBody::empty())).await;
        assert_deadline_passed(&got);
        assert_eq!(start.elapsed(), ENDPOINT);
        assert!(function.asked().is_empty());
    }
}

/// A response whose body takes so long after its first piece.
fn slow_response(takes: Duration) -> Backend {
    Backend::answers(move || {
        let body = TestBody::of(["a"]).then(Step::Sleep(takes));
        Response::new(body.then(Step::Data("b".into())))
    })
}

fn assert_not_whole(got: &Got) {
    let detail = "Payload length is more than max allowed payload";
    got.assert_problem("MaxPayloadConditionFailure", 502, detail);
}

fn filtering(name: &str) -> SidecarBuilder {
    let sidecar = post(name).expand_input([Expand::ResponsePayload]);
    sidecar.max_payload_condition(PayloadCondition::Filtering)
}

#[tokio::test(start_paused = true)]
async fn a_response_body_that_is_not_whole_in_the_own_time_counts_as_too_large() {
    for policy in POLICIES {
        let sidecar = post("f").policy(policy).timeout(OWN);
        let sidecar = sidecar.expand_input([Expand::ResponsePayload]);
        let function = Function::allows();
        let layer = layer_of(sidecar, function.clone()).endpoint_timeout(ENDPOINT);
        let start = Instant::now();
        let service = layer.layer(slow_response(2 * OWN));
        let got = send(service, request(TestBody::empty())).await;
        assert_not_whole(&got);
        assert_eq!(start.elapsed(), OWN);
        assert!(function.asked().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn under_filtering_it_is_left_out_and_streams_on_beyond_the_calls_time() {
    let function = Function::answers(r#"{"modify":{"addHeaders":{"x-seen":"1"}}}"#);
    let layer = layer_of(filtering("f").timeout(OWN), function.clone());
    let service = layer
        .endpoint_timeout(ENDPOINT)
        .layer(slow_response(2 * ENDPOINT));
    let start = Instant::now();
    let response = service.oneshot(request(TestBody::empty())).await.unwrap();
    assert_eq!(start.elapsed(), OWN);
    let got = read(response).await;
    assert_eq!(start.elapsed(), 2 * ENDPOINT);
    assert_eq!(
        (got.header("x-seen"), &got.body[..]),
        (Some("1"), &b"ab"[..])
    );
    assert_eq!(function.envelopes()[0]["response"], json!({ "code": 200 }));
}

#[tokio::test(start_paused = true)]
async fn the_announced_length_of_a_response_body_that_is_left_out_is_told() {
    let backend = Backend::answers(|| {
        let body = TestBody::of(["a"]).then(Step::Sleep(2 * OWN));
        let body = body.then(Step::Data("b".into())).announced(2);
        let mut response = Response::new(body);
        response.headers_mut().insert("content-length", 2.into());
        response
    });
    let function = Function::allows();
    let service = layer_of(filtering("f").timeout(OWN), function.clone()).layer(backend);
    assert_eq!(send(service, request(TestBody::empty())).await.body, "ab");
    let expected = json!({ "code": 200, "payloadLength": 2 });
    assert_eq!(function.envelopes()[0]["response"], expected);
}

#[tokio::test(start_paused = true)]
async fn a_response_body_that_is_whole_just_in_time_is_sent() {
    let tick = Duration::from_millis(1);
    for (takes, expected) in [(OWN - tick, Some("ab")), (OWN + tick, None)] {
        let function = Function::allows();
        let layer = layer_of(filtering("f").timeout(OWN), function.clone());
        send(
            layer.layer(slow_response(takes)),
            request(TestBody::empty()),
        )
        .await;
        let payload = &function.envelopes()[0]["response"]["payload"];
        assert_eq!(payload.as_str(), expected, "{takes:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_for_a_response_body_begins_with_the_responses_head() {
    let function = Function::allows();
    let inner = service_fn(|_: Request<SidecarBody<TestBody>>| async {
        sleep(2 * OWN).await;
        let body = TestBody::of(["a"]).then(Step::Sleep(OWN / 2));
        Ok::<_, Infallible>(Response::new(body))
    });
    let layer = layer_of(filtering("f").timeout(OWN), function.clone());
    send(layer.layer(inner), request(TestBody::empty())).await;
    assert_eq!(function.envelopes()[0]["response"]["payload"], "a");
}

#[tokio::test(start_paused = true)]
async fn after_the_wait_for_a_response_body_a_function_has_its_full_time() {
    let tick = Duration::from_millis(1);
    for (takes, in_time) in [(OWN - tick, true), (OWN + tick, false)] {
        let sidecar = filtering("f").timeout(OWN);
        let layer = layer_of(sidecar, Function::allows_after(takes)).endpoint_timeout(ENDPOINT);
        let service = layer.layer(slow_response(2 * OWN));
        let got = send(service, request(TestBody::empty())).await;
        assert_eq!(got.error(), (!in_time).then_some("GatewayTimeout"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_in_which_another_function_runs_does_not_count_for_a_response_body() {
    let function = Function::new(|invocation| {
        let takes = if invocation.sidecar.name() == "slow" {
            2 * OWN
        } else {
            Duration::ZERO
        };
        Box::pin(async move {
            sleep(takes).await;
            Ok(Answer::ok("{}"))
        })
    });
    let layer = LambdaSidecarLayer::new(function.clone())
        .response(post("slow").build().unwrap())
        .response(filtering("f").timeout(OWN).build().unwrap());
    let service = layer.layer(slow_response(OWN / 2));
    send(service, request(TestBody::empty())).await;
    assert_eq!(function.envelopes()[1]["response"]["payload"], "ab");
}

#[tokio::test(start_paused = true)]
async fn a_response_body_that_one_sidecar_waited_for_is_not_waited_for_by_the_next_as_long_again() {
    let function = Function::allows();
    let halves = ["a", "b"].map(|name| filtering(name).timeout(OWN).build().unwrap());
    let layer = halves.into_iter().fold(
        LambdaSidecarLayer::new(function.clone()),
        LambdaSidecarLayer::response,
    );
    let start = Instant::now();
    let service = layer.layer(slow_response(ENDPOINT));
    service.oneshot(request(TestBody::empty())).await.unwrap();
    assert_eq!(start.elapsed(), OWN);
    assert_eq!(function.names(), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_stream_counts_as_too_large_at_once() {
    for kind in ["text/event-stream", "Text/Event-Stream ; charset=utf-8"] {
        let backend = Backend::answers(move || {
            let body = TestBody::of(["data: 1\n\n"]).then(Step::Sleep(ENDPOINT));
            let response = Response::builder().header("content-type", kind);
            response.body(body).unwrap()
        });
        let blocking = post("f").expand_input([Expand::ResponsePayload]);
        for (sidecar, calls) in [
            (blocking.policy(ErrorPolicy::FAIL_SAFE), 0),
            (filtering("f"), 1),
        ] {
            let function = Function::allows();
            let start = Instant::now();
            let service = layer_of(sidecar, function.clone()).layer(backend.clone());
            let response = service.oneshot(request(TestBody::empty())).await.unwrap();
            assert_eq!(start.elapsed(), Duration::ZERO);
            assert_eq!(function.asked().len(), calls);
            let got = read(response).await;
            if calls == 0 {
                assert_not_whole(&got);
            } else {
                assert_eq!(got.body, "data: 1\n\n");
                assert_eq!(function.envelopes()[0]["response"], json!({ "code": 200 }));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_stream_that_has_no_body_or_was_replaced_is_whole() {
    let events = |length: Option<&'static str>| {
        Backend::answers(move || {
            let mut response = Response::new(TestBody::empty());
            let headers = response.headers_mut();
            headers.insert(
                "content-type",
                HeaderValue::from_static("text/event-stream"),
            );
            if let Some(length) = length {
                headers.insert("content-length", HeaderValue::from_static(length));
            }
            response
        })
    };
    for (method, length) in [
        (Method::HEAD, None),
        (Method::HEAD, Some("9")),
        (Method::GET, Some("0")),
    ] {
        let function = Function::allows();
        let service = layer_of(filtering("f"), function.clone()).layer(events(length));
        let mut request = request(TestBody::empty());
        *request.method_mut() = method;
        send(service, request).await;
        assert_eq!(function.envelopes()[0]["response"]["payloadLength"], 0);
    }
    let function = Function::by(|name, _| match name {
        "a" => r#"{"modify":{"payload":"new"}}"#.into(),
        _ => "{}".into(),
    });
    let layer = LambdaSidecarLayer::new(function.clone())
        .response(post("a").build().unwrap())
        .response(filtering("b").build().unwrap());
    send(layer.layer(events(None)), request(TestBody::empty())).await;
    assert_eq!(function.envelopes()[1]["response"]["payload"], "new");
}

#[tokio::test(start_paused = true)]
async fn no_sidecar_before_can_make_an_event_stream_something_to_wait_for() {
    let backend = Backend::answers(|| {
        let body = TestBody::of(["data: 1\n\n"]).then(Step::Sleep(ENDPOINT));
        let response = Response::builder().header("content-type", "text/event-stream");
        response.body(body).unwrap()
    });
    let function = Function::answers(r#"{"modify":{"addHeaders":{"content-type":"text/plain"}}}"#);
    let layer = LambdaSidecarLayer::new(function.clone())
        .response(post("a").build().unwrap())
        .response(filtering("b").build().unwrap());
    let start = Instant::now();
    let service = layer.layer(backend);
    service.oneshot(request(TestBody::empty())).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(function.names(), ["a", "b"]);
}

/// A wrapped service that takes its time.
fn slow_inner(
    takes: Duration,
) -> impl tower::Service<
    Request<SidecarBody<TestBody>>,
    Response = Response<TestBody>,
    Error = Infallible,
> + Clone {
    service_fn(move |_: Request<SidecarBody<TestBody>>| async move {
        sleep(takes).await;
        Ok::<_, Infallible>(Backend::response())
    })
}

#[tokio::test(start_paused = true)]
async fn the_time_that_the_wrapped_service_takes_is_not_limited() {
    let layer = layer_of(pre("f"), Function::allows()).endpoint_timeout(ENDPOINT);
    let start = Instant::now();
    let got = send(
        layer.layer(slow_inner(2 * ENDPOINT)),
        request(TestBody::empty()),
    )
    .await;
    got.assert_from_backend();
    assert_eq!(start.elapsed(), 2 * ENDPOINT);
}

#[tokio::test(start_paused = true)]
async fn what_the_wrapped_service_took_is_gone_for_the_response_half() {
    for (takes, until) in [(ENDPOINT / 2, ENDPOINT), (2 * ENDPOINT, 2 * ENDPOINT)] {
        for policy in POLICIES {
            let sidecar = post("f").policy(policy);
            let layer = layer_of(sidecar, Function::never()).endpoint_timeout(ENDPOINT);
            let start = Instant::now();
            let got = send(layer.layer(slow_inner(takes)), request(TestBody::empty())).await;
            assert_deadline_passed(&got);
            assert_eq!(start.elapsed(), until);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_one_sidecar_took_is_gone_for_the_next() {
    let function = Function::allows_after(ENDPOINT / 4 * 3);
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(pre("a").build().unwrap())
        .request(pre("b").build().unwrap())
        .endpoint_timeout(ENDPOINT);
    let backend = Backend::new();
    let start = Instant::now();
    let got = send(layer.layer(backend.clone()), request(TestBody::empty())).await;
    assert_deadline_passed(&got);
    assert_eq!(start.elapsed(), ENDPOINT);
    assert_eq!(function.names(), ["a", "b"]);
    assert_eq!(backend.calls(), 0);
}

/// How long a call may take: the endpoint timeout of the layer outside, which allows at once, that of the
/// layer inside, whose function never answers, and the time of the call's context.
async fn time_of_call(
    outer: Option<Duration>,
    inner: Option<Duration>,
    context: Option<Duration>,
) -> Duration {
    let layer = |function: Function, timeout: Option<Duration>| {
        let layer = layer_of(pre("f"), function);
        match timeout {
            Some(timeout) => layer.endpoint_timeout(timeout),
            None => layer,
        }
    };
    let layers = (
        layer(Function::allows(), outer),
        layer(Function::never(), inner),
    );
    let start = Instant::now();
    let mut call = request(TestBody::empty());
    if let Some(context) = context {
        let deadline = (start + context).into_std();
        let context = CallContext::new().message_id(crate::common::MESSAGE_ID);
        call.extensions_mut().insert(context.deadline(deadline));
    }
    assert_deadline_passed(&send(layers.layer(Backend::new()), call).await);
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn the_earliest_deadline_of_layers_and_context_holds() {
    let (short, long, longer) = (ENDPOINT, 2 * ENDPOINT, 3 * ENDPOINT);
    for (outer, inner, context) in [
        (Some(short), Some(long), None),
        (Some(long), Some(short), None),
        (Some(short), None, None),
        (None, Some(short), None),
        (Some(short), Some(long), Some(longer)),
        (Some(long), Some(short), Some(longer)),
        (Some(longer), Some(short), Some(long)),
        (Some(longer), Some(long), Some(short)),
        (None, Some(long), Some(short)),
        (Some(long), None, Some(short)),
        (None, None, Some(short)),
    ] {
        let time = time_of_call(outer, inner, context).await;
        assert_eq!(time, short, "{outer:?} {inner:?} {context:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_default_time_shortens_no_time_that_is_named() {
    let long = Duration::from_secs(300);
    for (outer, context) in [(Some(long), None), (None, Some(long))] {
        assert_eq!(time_of_call(outer, None, context).await, long);
    }
}

#[tokio::test(start_paused = true)]
async fn an_inner_timeout_counts_from_the_inner_layer_and_within_the_outer() {
    for (inner, until) in [(ENDPOINT / 4, ENDPOINT / 4 * 3), (ENDPOINT, ENDPOINT)] {
        let layers = (
            layer_of(pre("a"), Function::allows_after(ENDPOINT / 2)).endpoint_timeout(ENDPOINT),
            layer_of(pre("b"), Function::never()).endpoint_timeout(inner),
        );
        let start = Instant::now();
        let got = send(layers.layer(Backend::new()), request(TestBody::empty())).await;
        assert_deadline_passed(&got);
        assert_eq!(start.elapsed(), until);
    }
}

#[tokio::test(start_paused = true)]
async fn a_context_between_two_layers_can_shorten_the_time_and_not_lengthen_it() {
    for (context, until) in [
        (None, ENDPOINT),
        (Some(ENDPOINT / 2), ENDPOINT / 2),
        (Some(2 * ENDPOINT), ENDPOINT),
    ] {
        let start = Instant::now();
        let between = MapRequestLayer::new(move |mut request: Request<SidecarBody<TestBody>>| {
            let mut anew = CallContext::new();
            anew.deadline = context.map(|context| (start + context).into_std());
            request.extensions_mut().insert(anew);
            request
        });
        let layers = (
            layer_of(pre("a"), Function::allows()).endpoint_timeout(ENDPOINT),
            between,
            layer_of(pre("b"), Function::never()).endpoint_timeout(3 * ENDPOINT),
        );
        let got = send(layers.layer(Backend::new()), request(TestBody::empty())).await;
        assert_deadline_passed(&got);
        assert_eq!(start.elapsed(), until, "{context:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_half_layers_have_an_endpoint_timeout() {
    let built = |sidecar: SidecarBuilder| sidecar.build().unwrap();
    let layer = RequestSidecarLayer::new(built(pre("f")), Function::never());
    let layer = layer.endpoint_timeout(ENDPOINT);
    let start = Instant::now();
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_deadline_passed(&got);
    assert_eq!(start.elapsed(), ENDPOINT);
    let layer = ResponseSidecarLayer::new(built(post("f")), Function::never());
    let layer = layer.endpoint_timeout(ENDPOINT);
    let start = Instant::now();
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_deadline_passed(&got);
    assert_eq!(start.elapsed(), ENDPOINT);
}

#[tokio::test(start_paused = true)]
async fn the_endpoints_time_is_60_seconds_if_nobody_names_one() {
    let start = Instant::now();
    let layer = layer_of(pre("f"), Function::never());
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_deadline_passed(&got);
    assert_eq!(start.elapsed(), Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_time_is_over_when_it_comes_in_is_504() {
    for policy in POLICIES {
        let function = Function::never();
        let context = CallContext::new().message_id(crate::common::MESSAGE_ID);
        let past = Instant::now().into_std();
        sleep(OWN).await;
        let mut call = request(TestBody::empty());
        call.extensions_mut().insert(context.deadline(past));
        let backend = Backend::new();
        let layer = layer_of(pre("f").policy(policy).timeout(OWN), function);
        let start = Instant::now();
        let got = send(layer.layer(backend.clone()), call).await;
        assert_deadline_passed(&got);
        assert_eq!((start.elapsed(), backend.calls()), (Duration::ZERO, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_may_have_all_the_time_there_is() {
    let layer = layer_of(pre("f").timeout(OWN), Function::never()).endpoint_timeout(Duration::MAX);
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_gateway_timeout(&got);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_not_accepted_in_time_goes_on() {
    for point in BOTH {
        let sidecar = Sidecar::local(point, "f")
            .timeout(OWN)
            .synchronicity(Synchronicity::Event);
        let layer = layer_of(sidecar, Function::never()).endpoint_timeout(ENDPOINT);
        let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
        got.assert_from_backend();
        let receipt = &got.outcomes()[0];
        assert_eq!(receipt.decision(), Decision::Event);
        assert_eq!(receipt.failure(), Some(FailureClass::Timeout));
        assert!(receipt.failed_open());
    }
}
