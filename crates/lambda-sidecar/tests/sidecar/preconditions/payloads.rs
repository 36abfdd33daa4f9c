//! Payloads that break off or are too large, under blocking.

use super::{KB, TOO_LARGE, assert_refusal_receipt, assert_refused};
use crate::common::{BOTH, Backend, Function, Step, TestBody, layer_of, post, pre, request, send};
use http::Response;
use lambda_sidecar::{ErrorPolicy, Expand, PayloadCondition, Point, Sidecar};
use tower::Layer;

const OVER_1_MB: &str = "Payload length is more than 1MB.";

#[tokio::test(start_paused = true)]
async fn a_request_body_that_breaks_off_makes_no_envelope() {
    for (point, status, detail) in [
        (
            Point::PreProcessor,
            400,
            "Error while creating json input for AWS Lambda in pre-process",
        ),
        (
            Point::PostProcessor,
            500,
            "Error while creating json input for AWS Lambda in post-process",
        ),
    ] {
        for condition in [PayloadCondition::Blocking, PayloadCondition::Filtering] {
            let sidecar = Sidecar::local(point, "f")
                .expand_input([Expand::RequestPayload])
                .max_payload_condition(condition);
            let call = || request(TestBody::of(["half "]).then(Step::Yield).then(Step::Fail));
            let expected = ("InvalidJSONInputForAWSLambda", status, detail);
            assert_refused(&sidecar, call, expected).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_body_that_breaks_off_makes_no_envelope() {
    for policy in [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE] {
        let backend = Backend::answers(|| Response::new(TestBody::of(["a"]).then(Step::Fail)));
        let sidecar = post("f")
            .expand_input([Expand::ResponsePayload])
            .policy(policy);
        let function = Function::allows();
        let service = layer_of(sidecar, function.clone()).layer(backend.clone());
        let got = send(service, request(TestBody::empty())).await;
        let name = "InvalidJSONInputForAWSLambda";
        let detail = "Error while creating json input for AWS Lambda in post-process";
        got.assert_problem(name, 500, detail);
        assert_refusal_receipt(&got, Point::PostProcessor, name);
        assert!(function.asked().is_empty());
        assert_eq!(backend.calls(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_payload_over_the_limit_is_refused_under_blocking() {
    for point in BOTH {
        let sidecar = Sidecar::local(point, "f")
            .expand_input([Expand::RequestPayload])
            .max_payload_size(1);
        let expected = ("MaxPayloadConditionFailure", 413, TOO_LARGE);
        let frames = || [vec![b'x'; KB], vec![b'y']];
        assert_refused(&sidecar, || request(TestBody::of(frames())), expected).await;
        assert_refused(
            &sidecar,
            || request(TestBody::of(frames()).sized()),
            expected,
        )
        .await;
        let endless = || request(TestBody::of(frames()).then(Step::Hang));
        assert_refused(&sidecar, endless, expected).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_payload_over_the_limit_is_refused_under_blocking() {
    for announced in [false, true] {
        for policy in [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE] {
            let backend = Backend::answers(move || {
                let body = TestBody::of([vec![b'x'; KB], vec![b'y']]);
                Response::new(if announced { body.sized() } else { body })
            });
            let sidecar = post("f")
                .expand_input([Expand::ResponsePayload])
                .max_payload_size(1)
                .policy(policy);
            let function = Function::allows();
            let service = layer_of(sidecar, function.clone()).layer(backend);
            let got = send(service, request(TestBody::empty())).await;
            got.assert_problem("MaxPayloadConditionFailure", 413, TOO_LARGE);
            assert!(function.asked().is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_payload_known_to_be_over_1_mb_has_a_message_of_its_own() {
    const MB: usize = 1024 * KB;
    let sidecar = |kilobytes| {
        pre("f")
            .expand_input([Expand::RequestPayload])
            .max_payload_size(kilobytes)
    };
    let name = "MaxPayloadConditionFailure";
    // Announced, whatever the limit.
    for kilobytes in [1, 1024] {
        let announced = || request(TestBody::empty().announced(MB as u64 + 1));
        assert_refused(&sidecar(kilobytes), announced, (name, 413, OVER_1_MB)).await;
    }
    let exactly_1_mb = || request(TestBody::empty().announced(MB as u64));
    assert_refused(&sidecar(1), exactly_1_mb, (name, 413, TOO_LARGE)).await;
    // Read past it because the limit is 1 MB.
    let read_past = || request(TestBody::of([vec![0; MB], vec![0]]));
    assert_refused(&sidecar(1024), read_past, (name, 413, OVER_1_MB)).await;
    // More than 1 MB is there, and nobody knows.
    let unknown = || request(TestBody::of([vec![0; KB], vec![0], vec![0; MB]]));
    assert_refused(&sidecar(1), unknown, (name, 413, TOO_LARGE)).await;
}

#[tokio::test(start_paused = true)]
async fn a_payload_nobody_asks_for_has_no_limit() {
    for sidecar in [pre("f"), post("f")] {
        let sidecar = sidecar.max_payload_size(1);
        let backend = Backend::new();
        let service = layer_of(sidecar, Function::allows()).layer(backend.clone());
        let got = send(service, request(TestBody::of([vec![b'x'; 64 * KB]]))).await;
        got.assert_from_backend();
        assert_eq!(backend.only().body.len(), 64 * KB);
    }
}
