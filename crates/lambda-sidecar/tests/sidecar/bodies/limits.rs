//! Bodies up to the limit of a payload, and over it.

use super::{KB, echo, reading};
use crate::common::{
    Backend, Function, Step, TestBody, layer_of, post, pre, read, request, send, trailers,
};
use bytes::Bytes;
use http::{Response, header::CONTENT_LENGTH};
use lambda_sidecar::{Expand, LambdaSidecarLayer, PayloadCondition};
use tower::{Layer, ServiceExt};

#[tokio::test]
async fn payload_of_no_bytes_of_the_limit_and_over_it() {
    for condition in [PayloadCondition::Blocking, PayloadCondition::Filtering] {
        for sized in [false, true] {
            for (length, pieces) in [
                (0, 1),
                (1, 1),
                (KB - 1, 3),
                (KB, 1),
                (KB, 2),
                (KB + 1, 1),
                (KB + 1, 2),
                (KB + 1, KB + 1),
                (64 * KB, 7),
            ] {
                let whole: Vec<u8> = (0..length).map(|at| b'a' + (at % 26) as u8).collect();
                let chunks = whole
                    .chunks(length.div_ceil(pieces).max(1))
                    .map(<[u8]>::to_vec);
                let body = TestBody::of(chunks).with_trailers();
                let body = if sized { body.sized() } else { body };
                let sidecar =
                    reading(pre("f"), Expand::RequestPayload).max_payload_condition(condition);
                let function = Function::allows();
                let backend = Backend::new();
                let service = layer_of(sidecar, function.clone()).layer(backend.clone());
                let got = send(service, request(body)).await;

                println!("{condition:?}, sized {sized}, {length} bytes in {pieces}");
                if length > KB && condition == PayloadCondition::Blocking {
                    assert_eq!(got.error(), Some("MaxPayloadConditionFailure"));
                    assert_eq!(backend.calls(), 0);
                    continue;
                }
                got.assert_from_backend();
                let seen = backend.only();
                assert_eq!(seen.body, whole);
                assert_eq!(seen.trailers, Some(trailers()));
                let envelope = &function.envelopes()[0]["request"];
                let known = length <= KB || sized;
                assert_eq!(
                    envelope["payloadLength"].as_u64(),
                    known.then_some(length as u64)
                );
                let sent = (1..=KB).contains(&length);
                let text = String::from_utf8(whole).unwrap();
                assert_eq!(envelope["payload"].as_str(), sent.then_some(&*text));
                assert_eq!(envelope.get("payloadBase64Encoded").is_some(), sent);
            }
        }
    }
}

#[tokio::test]
async fn a_response_payload_of_the_limit_and_over_it() {
    for (length, allowed) in [(0, true), (KB, true), (KB + 1, false)] {
        for sized in [false, true] {
            let backend = Backend::answers(move || {
                let body = TestBody::of([vec![b'x'; length]]).with_trailers();
                Response::new(if sized { body.sized() } else { body })
            });
            let function = Function::allows();
            let sidecar = reading(post("f"), Expand::ResponsePayload);
            let service = layer_of(sidecar, function.clone()).layer(backend);
            let got = send(service, request(TestBody::empty())).await;
            if allowed {
                assert_eq!(got.body, vec![b'x'; length]);
                assert_eq!(got.trailers, Some(trailers()));
                let envelope = &function.envelopes()[0]["response"];
                assert_eq!(envelope["payloadLength"], length);
            } else {
                assert_eq!(got.error(), Some("MaxPayloadConditionFailure"));
            }
        }
    }
}

#[tokio::test]
async fn a_body_announced_too_large_is_not_read_to_find_that_out() {
    let body = || TestBody::of([vec![0; 2 * KB]]).sized();
    for sidecar in [
        reading(pre("f"), Expand::RequestPayload),
        reading(post("f"), Expand::RequestPayload),
    ] {
        let body = body();
        let watch = body.watch();
        let service = layer_of(sidecar.clone(), Function::allows()).layer(Backend::new());
        let got = send(service, request(body)).await;
        assert_eq!(
            (got.error(), watch.polls()),
            (Some("MaxPayloadConditionFailure"), 0)
        );
    }
    let body = body();
    let watch = body.watch();
    let sidecar = reading(pre("f"), Expand::RequestPayload)
        .max_payload_condition(PayloadCondition::Filtering);
    let service = layer_of(sidecar, Function::allows()).layer(echo());
    let response = service.oneshot(request(body)).await.unwrap();
    assert_eq!(watch.polls(), 0);
    assert_eq!(read(response).await.body.len(), 2 * KB);
}

/// Layers in between can hide a body's length (tower-http's `RequestBodyTimeout` does); the header
/// still announces it.
#[tokio::test]
async fn a_body_whose_content_length_exceeds_the_limit_is_not_read_to_find_that_out() {
    for (length, detail) in [
        ("1025", "Payload length is more than max allowed payload"),
        ("1048577", "Payload length is more than 1MB."),
    ] {
        let body = TestBody::of([vec![0; 600], vec![0; 600]]);
        let watch = body.watch();
        let mut call = request(body);
        call.headers_mut()
            .insert(CONTENT_LENGTH, length.parse().unwrap());
        let sidecar = reading(pre("f"), Expand::RequestPayload);
        let got = send(
            layer_of(sidecar, Function::allows()).layer(Backend::new()),
            call,
        )
        .await;
        got.assert_problem("MaxPayloadConditionFailure", 413, detail);
        assert_eq!(watch.polls(), 0);
    }
}

/// The `content-length` of an answer to `HEAD` is that of another body.
#[tokio::test]
async fn the_content_length_of_an_answer_to_head_is_no_payload_length() {
    let backend = Backend::answers(|| {
        let response = Response::builder().header(CONTENT_LENGTH, 4 * KB);
        response.body(TestBody::empty()).unwrap()
    });
    let mut call = request(TestBody::empty());
    *call.method_mut() = http::Method::HEAD;
    let function = Function::allows();
    let sidecar = reading(post("f"), Expand::ResponsePayload);
    let got = send(layer_of(sidecar, function.clone()).layer(backend), call).await;
    assert_eq!(
        (got.status.as_u16(), got.header("content-length")),
        (200, Some("4096"))
    );
    assert_eq!(function.envelopes()[0]["response"]["payloadLength"], 0);
}

#[tokio::test]
async fn a_body_without_a_length_is_read_no_further_than_the_frame_over_the_limit() {
    let body = TestBody::of([vec![0; KB], vec![0; 1], vec![0; 1], vec![0; 1]]);
    let watch = body.watch();
    let sidecar = reading(pre("f"), Expand::RequestPayload)
        .max_payload_condition(PayloadCondition::Filtering);
    let service = layer_of(sidecar, Function::allows()).layer(echo());
    let response = service.oneshot(request(body)).await.unwrap();
    assert_eq!(watch.polls(), 2);
    assert_eq!(read(response).await.body.len(), KB + 3);
}

#[tokio::test]
async fn sidecars_with_different_limits_read_on_where_the_one_before_stopped() {
    let half = |name, kilobytes| {
        pre(name)
            .expand_input([Expand::RequestPayload])
            .max_payload_size(kilobytes)
            .max_payload_condition(PayloadCondition::Filtering)
            .build()
            .unwrap()
    };
    let function = Function::allows();
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(half("a", 1))
        .request(half("b", 2))
        .request(half("c", 10))
        .request(half("d", 1));
    let backend = Backend::new();
    let body = TestBody::of([vec![b'x'; 700], vec![b'y'; 700], vec![b'z'; 700]])
        .then(Step::Yield)
        .then(Step::Data(Bytes::from_static(b"end")))
        .with_trailers();
    send(layer.layer(backend.clone()), request(body))
        .await
        .assert_from_backend();
    let envelopes = function.envelopes();
    assert_eq!(envelopes[0].get("request"), None);
    assert_eq!(envelopes[1].get("request"), None);
    assert_eq!(envelopes[2]["request"]["payloadLength"], 2103);
    // Read to its end by now, so its length is known; a body with trailers announces none.
    assert_eq!(envelopes[3]["request"].get("payload"), None);
    let seen = backend.only();
    assert_eq!(seen.body.len(), 2103);
    assert!(seen.body.ends_with(b"zend"));
    assert_eq!(seen.trailers, Some(trailers()));
}

#[tokio::test]
async fn the_length_of_a_payload_left_out_is_told_where_it_was_read_before() {
    for with_trailers in [false, true] {
        let half = |name, kilobytes| {
            pre(name)
                .expand_input([Expand::RequestPayload])
                .max_payload_size(kilobytes)
                .max_payload_condition(PayloadCondition::Filtering)
                .build()
                .unwrap()
        };
        let function = Function::allows();
        let layer = LambdaSidecarLayer::new(function.clone())
            .request(half("a", 10))
            .request(half("b", 1));
        let body = TestBody::of([vec![b'x'; 2 * KB]]);
        let body = if with_trailers {
            body.with_trailers()
        } else {
            body
        };
        send(layer.layer(Backend::new()), request(body)).await;
        let expected = serde_json::json!({ "payloadLength": 2 * KB });
        let envelopes = function.envelopes();
        assert_eq!(
            envelopes[1]["request"], expected,
            "trailers: {with_trailers}"
        );
    }
}
