//! What a body that was read says of itself.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use super::{KB, Says, echo, frames, given_back, reading, says, shape};
use crate::common::{
    Backend, Function, NotUnpin, Step, TestBody, layer_of, post, pre, read, request, send, trailers,
};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use lambda_sidecar::{Expand, PayloadCondition, SidecarBody};
use tower::{Layer, ServiceExt};

#[tokio::test]
async fn a_body_that_was_read_says_right_what_is_left_of_it_at_every_stage() {
    for sidecar in [
        reading(pre("f"), Expand::RequestPayload),
        reading(post("f"), Expand::RequestPayload),
    ] {
        for sized in [false, true] {
            let body = TestBody::of(["ab", "", "c"]);
            let body = if sized { body.sized() } else { body };
            let body = given_back(sidecar.clone(), body).await;
            let expected = [((Some(3), 3, false), "3"), ((Some(0), 0, true), "end")];
            let expected = expected.map(|(says, f)| (says, f.to_owned()));
            assert_eq!(shape(&frames(body)), expected, "sized: {sized}");
        }
    }
}

#[tokio::test]
async fn a_body_with_trailers_that_was_read_is_not_at_its_end_before_them() {
    let body = TestBody::of(["abc"]).with_trailers();
    let body = given_back(reading(pre("f"), Expand::RequestPayload), body).await;
    let frames = frames(body);
    let shape = shape(&frames);
    // No exact length: HTTP/1 would announce it, and a message with a length has no trailers.
    let expected = [
        ((None, 3, false), "3"),
        ((None, 0, false), "T"),
        ((Some(0), 0, true), "end"),
    ];
    assert_eq!(shape, expected.map(|(says, f)| (says, f.to_owned())));
    let (_, Some(last)) = &frames[1] else {
        panic!("no trailers")
    };
    assert_eq!(last.trailers_ref(), Some(&trailers()));
}

#[tokio::test]
async fn an_empty_body_that_was_read_is_at_its_end() {
    for body in [
        TestBody::empty(),
        TestBody::of([""]),
        TestBody::empty().sized(),
    ] {
        let sidecar = reading(pre("f"), Expand::RequestPayload);
        let function = Function::allows();
        let service = layer_of(sidecar, function.clone()).layer(echo());
        let response = service.oneshot(request(body)).await.unwrap();
        assert_eq!(says(response.body()), (Some(0), 0, true));
        let expected = serde_json::json!({ "payloadLength": 0 });
        assert_eq!(function.envelopes()[0]["request"], expected);
        assert!(read(response).await.body.is_empty());
    }
}

#[tokio::test]
async fn trailers_alone_are_kept() {
    let body = TestBody::empty().with_trailers();
    let body = given_back(reading(pre("f"), Expand::RequestPayload), body).await;
    assert!(!body.is_end_stream());
    let collected = body.collect().await.unwrap();
    assert_eq!(collected.trailers(), Some(&trailers()));
}

#[tokio::test]
async fn a_body_that_is_too_large_says_right_what_is_left_of_it_at_every_stage() {
    let sidecar = || {
        reading(pre("f"), Expand::RequestPayload).max_payload_condition(PayloadCondition::Filtering)
    };
    let body = || TestBody::of([vec![1; KB - 1], vec![2; 2], vec![3; 5]]).with_trailers();
    let unsized_body = given_back(sidecar(), body()).await;
    let expected = [
        ((None, 1025, false), "1023"),
        ((None, 2, false), "2"),
        ((None, 0, false), "5"),
        ((None, 0, false), "T"),
        ((None, 0, true), "end"),
    ];
    let found = shape(&frames(unsized_body));
    // Whether the hint is exact when nothing is left is the body's own matter.
    let without_last = |shape: &[(Says, String)]| shape[..4].to_vec();
    let expected = expected.map(|(says, f)| (says, f.to_owned()));
    assert_eq!(without_last(&found), without_last(&expected));

    let sized = given_back(sidecar(), body().sized()).await;
    let expected = [
        ((Some(1030), 1030, false), "1023"),
        ((Some(7), 7, false), "2"),
        ((Some(5), 5, false), "5"),
        ((Some(0), 0, false), "T"),
    ];
    let expected = expected.map(|(says, f)| (says, f.to_owned()));
    assert_eq!(without_last(&shape(&frames(sized))), expected);
}

#[tokio::test]
async fn a_body_that_must_not_be_moved_can_be_read_and_passed_through() {
    for expand in [vec![], vec![Expand::RequestPayload]] {
        for size in [3, 2 * KB] {
            let sidecar = pre("f")
                .expand_input(expand.clone())
                .max_payload_size(1)
                .max_payload_condition(PayloadCondition::Filtering);
            let sidecar = if expand.is_empty() { pre("f") } else { sidecar };
            let backend = Backend::new();
            let service = layer_of(sidecar, Function::allows()).layer(backend.clone());
            let body = TestBody::of([vec![1; size], vec![2; size]])
                .then(Step::Yield)
                .with_trailers();
            let got = send(service, request(NotUnpin::new(body))).await;
            got.assert_from_backend();
            let seen = backend.only();
            assert_eq!(seen.body, [vec![1; size], vec![2; size]].concat());
            assert_eq!(seen.trailers, Some(trailers()));
        }
    }
}

#[test]
fn a_sidecar_body_shows_no_payload() {
    let body = format!("{:?}", SidecarBody::<TestBody>::default());
    assert!(body.starts_with("SidecarBody"), "{body}");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let body = runtime.block_on(given_back(
        reading(pre("f"), Expand::RequestPayload),
        TestBody::of(["secret"]),
    ));
    let shown = format!("{body:?}");
    assert!(!shown.contains("secret"), "{shown}");
}

/// A body whose bounds leave room for anything.
#[derive(Debug)]
struct WideBounds(TestBody);

impl Body for WideBounds {
    type Data = Bytes;
    type Error = crate::common::BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::new();
        hint.set_upper(u64::MAX);
        hint
    }
}

#[tokio::test]
async fn a_body_that_might_be_of_any_length_is_read_and_given_back() {
    let sidecar = reading(pre("f"), Expand::RequestPayload)
        .max_payload_condition(PayloadCondition::Filtering);
    let backend = Backend::new();
    let service = layer_of(sidecar, Function::allows()).layer(backend.clone());
    let body = WideBounds(TestBody::of([vec![0; KB], vec![0; 1], vec![0; 1]]));
    send(service, request(body)).await.assert_from_backend();
    assert_eq!(backend.only().body.len(), KB + 2);
}
