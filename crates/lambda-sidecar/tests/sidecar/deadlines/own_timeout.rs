//! The time of one sidecar's function, whose end follows the policy.

use std::time::Duration;

use super::{ENDPOINT, OWN, POLICIES, assert_gateway_timeout, send_within_endpoint_time};
use crate::common::{BOTH, Backend, Function, Step, TestBody, layer_of, post, pre, request, send};
use http::Response;
use lambda_sidecar::{
    Answer, Decision, ErrorPolicy, Expand, FailureClass, Invocation, LambdaSidecarLayer, Point,
    Sidecar, SidecarBuilder, Synchronicity,
};
use tokio::time::Instant;
use tower::Layer;
use tower_test::mock;

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
