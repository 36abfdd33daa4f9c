//! A body that never ends is not waited for.

use std::time::Duration;

use super::{ENDPOINT, assert_not_whole, filtering};
use crate::common::{Backend, Function, Step, TestBody, layer_of, post, read, request, send};
use http::{HeaderValue, Method, Response};
use lambda_sidecar::{ErrorPolicy, Expand, LambdaSidecarLayer};
use serde_json::json;
use tokio::time::Instant;
use tower::{Layer, ServiceExt};

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
