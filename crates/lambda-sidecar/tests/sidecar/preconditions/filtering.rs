//! Payloads that are too large, under filtering.

use super::KB;
use crate::common::{BOTH, Backend, Function, TestBody, layer_of, post, request, send, trailers};
use http::Response;
use lambda_sidecar::{Expand, PayloadCondition, Sidecar};
use tower::Layer;

#[tokio::test(start_paused = true)]
async fn filtering_leaves_the_payload_out_keeps_a_known_length_and_asks_the_function() {
    for point in BOTH {
        for announced in [false, true] {
            let sidecar = Sidecar::local(point, "f")
                .expand_input([Expand::RequestPayload])
                .max_payload_size(1)
                .max_payload_condition(PayloadCondition::Filtering);
            let function = Function::allows();
            let backend = Backend::new();
            let frames = [vec![b'x'; KB], vec![b'y'; KB], vec![b'z'; KB]];
            let body = TestBody::of(frames.clone()).with_trailers();
            let body = if announced { body.sized() } else { body };
            let service = layer_of(sidecar, function.clone()).layer(backend.clone());
            send(service, request(body)).await.assert_from_backend();
            let envelope = &function.envelopes()[0];
            if announced {
                let expected = serde_json::json!({ "payloadLength": 3 * KB });
                assert_eq!(envelope["request"], expected);
            } else {
                assert_eq!(envelope.get("request"), None);
            }
            let seen = backend.only();
            assert_eq!(seen.body, frames.concat());
            assert_eq!(seen.trailers, Some(trailers()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn filtering_at_the_response_gives_it_back_intact() {
    let backend = Backend::answers(|| {
        let body = TestBody::of([vec![b'x'; KB], vec![b'y'; KB]]);
        Response::new(body.with_trailers())
    });
    let sidecar = post("f")
        .expand_input([Expand::ResponsePayload])
        .max_payload_size(1)
        .max_payload_condition(PayloadCondition::Filtering);
    let function = Function::allows();
    let got = send(
        layer_of(sidecar, function.clone()).layer(backend),
        request(TestBody::empty()),
    )
    .await;
    assert_eq!(
        function.envelopes()[0]["response"],
        serde_json::json!({ "code": 200 })
    );
    assert_eq!(got.body, [vec![b'x'; KB], vec![b'y'; KB]].concat());
    assert_eq!(got.trailers, Some(trailers()));
}
