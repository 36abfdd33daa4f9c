//! The one body type: untouched, read ahead and given back, or replaced.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use crate::common::{
    Backend, Function, NotUnpin, Step, TestBody, layer_of, post, pre, read, request, send, trailers,
};
use bytes::Bytes;
use http::{Request, Response, header::CONTENT_LENGTH};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use lambda_sidecar::{Expand, LambdaSidecarLayer, PayloadCondition, SidecarBody, SidecarBuilder};
use proptest::prelude::*;
use tower::{Layer, Service, ServiceExt, service_fn};

const KB: usize = 1024;

fn reading(sidecar: SidecarBuilder, expand: Expand) -> SidecarBuilder {
    sidecar.expand_input([expand]).max_payload_size(1)
}

/// Answers with the request's own body, so that a test can look at it.
fn echo<B>() -> impl Service<
    Request<SidecarBody<B>>,
    Response = Response<SidecarBody<B>>,
    Error = Infallible,
    Future: Send,
> + Clone
where
    B: Send,
{
    service_fn(|request: Request<SidecarBody<B>>| async move {
        Ok::<_, Infallible>(Response::new(request.into_body()))
    })
}

/// What a body says of itself: exact length, lower bound, whether it is at its end.
type Says = (Option<u64>, u64, bool);

fn says(body: &impl Body) -> Says {
    let hint = body.size_hint();
    (hint.exact(), hint.lower(), body.is_end_stream())
}

/// The frames of a body that is never pending, with what it says before each of them and at its end.
fn frames<B>(body: B) -> Vec<(Says, Option<Frame<Bytes>>)>
where
    B: Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let mut body = Box::pin(body);
    let mut cx = Context::from_waker(Waker::noop());
    let mut frames = Vec::new();
    loop {
        let before = says(&body);
        let Poll::Ready(frame) = body.as_mut().poll_frame(&mut cx) else {
            panic!("the body is pending")
        };
        let frame = frame.transpose().unwrap();
        let last = frame.is_none();
        frames.push((before, frame));
        if last {
            return frames;
        }
    }
}

/// Frames as text: data as its length, trailers as `T`.
fn shape(frames: &[(Says, Option<Frame<Bytes>>)]) -> Vec<(Says, String)> {
    let text = |frame: &Option<Frame<Bytes>>| match frame {
        None => "end".to_owned(),
        Some(frame) => frame
            .data_ref()
            .map_or("T".to_owned(), |data| data.len().to_string()),
    };
    frames
        .iter()
        .map(|(says, frame)| (*says, text(frame)))
        .collect()
}

/// The body of a request as the wrapped service gets it.
async fn given_back(sidecar: SidecarBuilder, body: TestBody) -> SidecarBody<SidecarBody<TestBody>> {
    let service = layer_of(sidecar, Function::allows()).layer(echo());
    let response = service.oneshot(request(body)).await.unwrap();
    assert_eq!(response.status(), 200);
    response.into_body()
}

#[tokio::test]
async fn a_verdict_applies_before_a_body_nobody_asked_for_has_ended() {
    let endless = || TestBody::of(["start"]).then(Step::Hang);
    let service = |function| {
        let inner = service_fn(|request: Request<SidecarBody<TestBody>>| async move {
            let (parts, mut body) = request.into_parts();
            let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(parts.headers["x-added"], "1");
            Ok::<_, Infallible>(Response::new(Full::new(first)))
        });
        layer_of(pre("f"), function).layer(inner)
    };
    let modify = Function::answers(r#"{"modify":{"addHeaders":{"x-added":1}}}"#);
    let got = send(service(modify), request(endless())).await;
    assert_eq!(got.body, "start");
    let terminate = Function::answers(r#"{"terminate":{"code":403}}"#);
    let got = send(service(terminate), request(endless())).await;
    assert_eq!(got.status, 403);
}

#[tokio::test]
async fn a_response_body_nobody_asked_for_is_passed_on_before_its_end() {
    let backend = Backend::answers(|| Response::new(TestBody::of(["start"]).then(Step::Hang)));
    let function = Function::answers(r#"{"modify":{"addHeaders":{"x-added":1}}}"#);
    let service = layer_of(post("f"), function).layer(backend);
    let response = service.oneshot(request(TestBody::empty())).await.unwrap();
    assert_eq!(response.headers()["x-added"], "1");
    let first = response.into_body().frame().await.unwrap().unwrap();
    assert_eq!(first.into_data().unwrap(), "start");
}

#[tokio::test]
async fn a_replaced_body_is_not_waited_for() {
    let backend = Backend::new();
    let function = Function::answers(r#"{"modify":{"payload":"new"}}"#);
    let service = layer_of(pre("f"), function).layer(backend.clone());
    let body = TestBody::of(["start"]).then(Step::Hang).with_trailers();
    let watch = body.watch();
    send(service, request(body)).await;
    let seen = backend.only();
    assert_eq!((&seen.body[..], seen.trailers), (&b"new"[..], None));
    assert_eq!((seen.hint.exact(), seen.ended), (Some(3), false));
    assert_eq!(seen.parts.headers[CONTENT_LENGTH], "3");
    assert_eq!(watch.polls(), 0);
}

#[tokio::test]
async fn a_body_replaced_by_nothing_is_at_its_end() {
    let backend = Backend::new();
    let function = Function::answers(r#"{"modify":{"payload":""}}"#);
    let service = layer_of(pre("f"), function).layer(backend.clone());
    send(service, request(TestBody::of(["old"]))).await;
    let seen = backend.only();
    assert_eq!((seen.hint.exact(), seen.ended), (Some(0), true));
    assert_eq!(seen.parts.headers[CONTENT_LENGTH], "0");
}

#[tokio::test]
async fn a_body_nobody_asked_for_says_of_itself_what_it_said() {
    let body = given_back(pre("f"), TestBody::of(["ab", "c"]).with_trailers().sized()).await;
    let expected = [
        ((Some(3), 3, false), "2"),
        ((Some(1), 1, false), "1"),
        ((Some(0), 0, false), "T"),
        ((Some(0), 0, true), "end"),
    ];
    assert_eq!(
        shape(&frames(body)),
        expected.map(|(says, f)| (says, f.to_owned()))
    );
}

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
async fn a_body_that_breaks_off_beyond_the_limit_breaks_off_at_the_backend() {
    let body = TestBody::of([vec![0; KB], vec![0; 1]]).then(Step::Fail);
    let backend = Backend::new();
    let function = Function::allows();
    let sidecar = reading(pre("f"), Expand::RequestPayload)
        .max_payload_condition(PayloadCondition::Filtering);
    let service = layer_of(sidecar, function.clone()).layer(backend.clone());
    send(service, request(body)).await.assert_from_backend();
    assert!(backend.only().broken);
    assert_eq!(function.asked().len(), 1);
}

#[tokio::test]
async fn a_body_nobody_asked_for_that_breaks_off_breaks_off_at_the_backend() {
    let backend = Backend::new();
    let service = layer_of(pre("f"), Function::allows()).layer(backend.clone());
    let body = TestBody::of(["a"]).then(Step::Fail);
    send(service, request(body)).await.assert_from_backend();
    assert!(backend.only().broken);
}

#[tokio::test]
async fn the_text_of_a_bodys_error_is_not_told() {
    let sidecar = reading(pre("f"), Expand::RequestPayload);
    let service = layer_of(sidecar, Function::allows()).layer(Backend::new());
    let got = send(service, request(TestBody::empty().then(Step::Fail))).await;
    assert_eq!(got.error(), Some("InvalidJSONInputForAWSLambda"));
    assert!(!String::from_utf8_lossy(&got.body).contains("secret-of-the-body"));
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

/// The data frames that the wrapped service got, by address.
async fn addresses<S, B>(service: S, body: TestBody) -> Vec<(usize, usize)>
where
    S: Service<Request<TestBody>, Response = Response<B>, Error = Infallible>,
    B: Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let response = service.oneshot(request(body)).await.unwrap();
    assert_eq!(response.status(), 200);
    frames(response.into_body())
        .into_iter()
        .filter_map(|(_, frame)| frame?.into_data().ok())
        .map(|data| (data.as_ptr() as usize, data.len()))
        .collect()
}

#[tokio::test]
async fn a_body_of_one_frame_is_not_copied_at_all() {
    let data = Bytes::from(vec![b'x'; 100]);
    let expected = vec![(data.as_ptr() as usize, 100)];
    let half = || reading(pre("f"), Expand::RequestPayload).build().unwrap();
    let body = || TestBody::of([data.clone()]);
    let layer = LambdaSidecarLayer::new(Function::allows());
    let one = layer.clone().request(half());
    assert_eq!(addresses(one.layer(echo()), body()).await, expected);
    let two = layer.clone().request(half()).request(half());
    assert_eq!(addresses(two.layer(echo()), body()).await, expected);
    let nested = (layer.clone().request(half()), layer.request(half()));
    assert_eq!(addresses(nested.layer(echo()), body()).await, expected);
}

/// Keeps the address of what came through between two layers.
#[tokio::test]
async fn a_body_that_one_sidecar_buffered_is_not_copied_by_the_next() {
    let between = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&between);
    let half = || {
        LambdaSidecarLayer::new(Function::allows())
            .request(reading(pre("f"), Expand::RequestPayload).build().unwrap())
            .response(reading(post("g"), Expand::RequestPayload).build().unwrap())
    };
    let watch =
        tower::util::MapRequestLayer::new(move |request: Request<SidecarBody<TestBody>>| {
            let kept = Arc::clone(&kept);
            request.map(move |body| {
                body.map_frame(move |frame| {
                    let data = frame.data_ref().unwrap();
                    kept.lock()
                        .unwrap()
                        .push((data.as_ptr() as usize, data.len()));
                    frame
                })
            })
        });
    // Read by four sidecars in two layers; the first has to join three frames.
    let layers = (half(), watch, half());
    let found = addresses(layers.layer(echo()), TestBody::of(["ab", "c", "de"])).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1, 5);
    assert_eq!(*between.lock().unwrap(), found);
}

#[tokio::test]
async fn a_replacement_is_handed_on_by_reference() {
    let function = Function::by(|name, envelope| {
        if name == "first" {
            return r#"{"modify":{"payload":"new"}}"#.into();
        }
        assert_eq!(envelope["request"]["payload"], "new");
        "{}".into()
    });
    let half = |name| reading(pre(name), Expand::RequestPayload).build().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let watch =
        tower::util::MapRequestLayer::new(move |request: Request<SidecarBody<TestBody>>| {
            let kept = Arc::clone(&kept);
            request.map(move |body| {
                body.map_frame(move |frame| {
                    kept.lock()
                        .unwrap()
                        .push(frame.data_ref().unwrap().as_ptr() as usize);
                    frame
                })
            })
        });
    let layers = (
        LambdaSidecarLayer::new(function.clone()).request(half("first")),
        watch,
        LambdaSidecarLayer::new(function)
            .request(half("second"))
            .request(half("third")),
    );
    let found = addresses(layers.layer(echo()), TestBody::of(["old"])).await;
    assert_eq!(*seen.lock().unwrap(), [found[0].0]);
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
