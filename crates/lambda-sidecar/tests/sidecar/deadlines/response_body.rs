//! The time in which a response body that a function asks for has to be whole.

use std::convert::Infallible;
use std::time::Duration;

use super::{ENDPOINT, OWN, POLICIES, assert_not_whole, filtering};
use crate::common::{Backend, Function, Step, TestBody, layer_of, post, read, request, send};
use http::{Request, Response};
use lambda_sidecar::{Answer, Expand, LambdaSidecarLayer, SidecarBody};
use serde_json::json;
use tokio::time::{Instant, sleep};
use tower::{Layer, ServiceExt, service_fn};

/// A response whose body takes so long after its first piece.
fn slow_response(takes: Duration) -> Backend {
    Backend::answers(move || {
        let body = TestBody::of(["a"]).then(Step::Sleep(takes));
        Response::new(body.then(Step::Data("b".into())))
    })
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
