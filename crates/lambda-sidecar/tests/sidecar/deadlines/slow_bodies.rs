//! Reading a body counts toward the time of the whole call.

use super::{ENDPOINT, OWN, POLICIES, assert_deadline_passed, send_within_endpoint_time};
use crate::common::{BOTH, Backend, Function, Step, TestBody, layer_of, post, pre, request, send};
use http::Response;
use lambda_sidecar::{Expand, LambdaSidecarLayer, Sidecar, Synchronicity};
use tokio::time::Instant;
use tower::Layer;

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
