//! Bodies of any framing, byte for byte.

use crate::common::{Backend, Function, Step, TestBody, post, pre, request, send, trailers};
use bytes::Bytes;
use http::Response;
use lambda_sidecar::{Expand, LambdaSidecarLayer, PayloadCondition};
use proptest::prelude::*;
use tower::Layer;

fn framing() -> impl Strategy<Value = (Vec<Vec<u8>>, bool, bool, bool)> {
    let frame = prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 0..8),
        1 => prop::collection::vec(any::<u8>(), 0..1500),
    ];
    (
        prop::collection::vec(frame, 0..6),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_body_of_any_framing_goes_on_byte_for_byte(
        (frames, with_trailers, sized, yields) in framing(),
        halves in 1_usize..4,
        nested in any::<bool>(),
    ) {
        let whole = frames.concat();
        let mut body = TestBody::of(Vec::<Bytes>::new());
        for frame in frames {
            if yields {
                body = body.then(Step::Yield);
            }
            body = body.then(Step::Data(frame.into()));
        }
        if with_trailers {
            body = body.with_trailers();
        }
        if sized {
            body = body.sized();
        }
        let function = Function::allows();
        let half = |kilobytes| {
            pre("f")
                .expand_input([Expand::RequestPayload])
                .max_payload_size(kilobytes)
                .max_payload_condition(PayloadCondition::Filtering)
                .build()
                .unwrap()
        };
        let layer = (1..=halves).fold(LambdaSidecarLayer::new(function.clone()), |layer, at| {
            layer.request(half(at as u32))
        });
        let backend = Backend::new();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let got = runtime.block_on(async {
            let inner = layer.layer(backend.clone());
            if nested {
                send(LambdaSidecarLayer::new(function.clone()).request(half(2)).layer(inner), request(body)).await
            } else {
                send(inner, request(body)).await
            }
        });
        got.assert_from_backend();
        let seen = backend.only();
        prop_assert_eq!(&seen.body, &whole);
        prop_assert_eq!(seen.trailers, with_trailers.then(trailers));
        if let Some(exact) = seen.hint.exact() {
            prop_assert_eq!(exact, whole.len() as u64);
        }
        prop_assert!(seen.hint.lower() <= whole.len() as u64);
        prop_assert!(!seen.ended || (whole.is_empty() && !with_trailers));
    }

    #[test]
    fn a_response_body_of_any_framing_comes_back_byte_for_byte(
        (frames, with_trailers, sized, yields) in framing(),
        halves in 1_usize..4,
    ) {
        let whole = frames.concat();
        let backend = Backend::answers(move || {
            let mut body = TestBody::of(Vec::<Bytes>::new());
            for frame in &frames {
                if yields {
                    body = body.then(Step::Yield);
                }
                body = body.then(Step::Data(frame.clone().into()));
            }
            let body = if with_trailers { body.with_trailers() } else { body };
            Response::new(if sized { body.sized() } else { body })
        });
        let layer = (1..=halves).fold(LambdaSidecarLayer::new(Function::allows()), |layer, at| {
            let half = post("f")
                .expand_input([Expand::ResponsePayload])
                .max_payload_size(at as u32)
                .max_payload_condition(PayloadCondition::Filtering);
            layer.response(half.build().unwrap())
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let got = runtime.block_on(send(layer.layer(backend), request(TestBody::empty())));
        prop_assert_eq!(&got.body, &whole);
        prop_assert_eq!(got.trailers, with_trailers.then(trailers));
    }
}
