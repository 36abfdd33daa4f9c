//! A function that reads responses sees whole texts: no part of one, and none that is compressed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use crate::common::{Backend, Function, TestBody, post, pre, request, send};
use http::{HeaderMap, Request};
use lambda_sidecar::{Expand, LambdaSidecarLayer, ResponseSidecarLayer, Sidecar};
use serde_json::json;
use tower::Layer;

const ASKING: [(&str, &str); 3] = [
    ("range", "bytes=0-3"),
    ("if-range", "\"e\""),
    ("accept-encoding", "gzip, br"),
];

fn asking() -> Request<TestBody> {
    let mut request = request(TestBody::empty());
    for (name, value) in ASKING {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    request
}

fn reading() -> Sidecar {
    let sidecar = post("reads").expand_input([Expand::ResponsePayload]);
    sidecar
        .include_request_headers(ASKING.map(|(name, _)| name))
        .build()
        .unwrap()
}

#[track_caller]
fn assert_asks_for_whole_text(headers: &HeaderMap) {
    assert!(!headers.contains_key("range") && !headers.contains_key("if-range"));
    let codings: Vec<_> = headers.get_all("accept-encoding").iter().collect();
    assert_eq!(codings, ["identity"]);
}

#[tokio::test]
async fn a_backend_is_asked_for_whole_texts_if_a_response_half_reads_them() {
    for request in [asking(), request(TestBody::empty())] {
        let backend = Backend::new();
        let layer = LambdaSidecarLayer::new(Function::allows()).response(reading());
        send(layer.layer(backend.clone()), request).await;
        assert_asks_for_whole_text(&backend.only().parts.headers);
    }
}

#[tokio::test]
async fn no_spelling_and_no_other_name_asks_for_less() {
    let mut request = request(TestBody::empty());
    for name in [
        "if_range",
        "accept_encoding",
        "Accept.Encoding",
        "request-range",
        "a-im",
    ] {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, "x".parse().unwrap());
    }
    let backend = Backend::new();
    let layer = LambdaSidecarLayer::new(Function::allows()).response(reading());
    send(layer.layer(backend.clone()), request).await;
    let headers = &backend.only().parts.headers;
    assert_asks_for_whole_text(headers);
    assert_eq!(headers.len(), 3, "{headers:?}");
}

#[tokio::test]
async fn the_envelopes_show_the_request_as_it_came_in() {
    let function = Function::allows();
    let before = pre("before").include_request_headers(ASKING.map(|(name, _)| name));
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(before.build().unwrap())
        .response(reading());
    send(layer.layer(Backend::new()), asking()).await;
    for envelope in function.envelopes() {
        let expected =
            json!({ "range": "bytes=0-3", "if-range": "\"e\"", "accept-encoding": "gzip, br" });
        assert_eq!(envelope["request"]["headers"], expected);
    }
}

#[tokio::test]
async fn no_function_can_have_the_backend_answer_with_less() {
    let function = Function::by(|name, _| match name {
        "before" => {
            r#"{"modify":{"addHeaders":{"range":"bytes=0-3","accept-encoding":"gzip"}}}"#.into()
        }
        _ => "{}".into(),
    });
    let backend = Backend::new();
    let layer = LambdaSidecarLayer::new(function)
        .request(pre("before").build().unwrap())
        .response(reading());
    send(layer.layer(backend.clone()), request(TestBody::empty())).await;
    assert_asks_for_whole_text(&backend.only().parts.headers);
}

#[tokio::test]
async fn encoding_and_range_pass_if_no_response_half_reads_the_response_or_the_layer_says_so() {
    let function = Function::allows;
    let unread = post("f")
        .expand_input([Expand::RequestPayload])
        .build()
        .unwrap();
    let backends = [(); 3].map(|()| Backend::new());
    let layer = LambdaSidecarLayer::new(function()).response(unread);
    send(layer.layer(backends[0].clone()), asking()).await;
    let layer = LambdaSidecarLayer::new(function()).response(reading());
    let layer = layer.pass_encoding_and_range();
    send(layer.layer(backends[1].clone()), asking()).await;
    let layer = ResponseSidecarLayer::new(reading(), function()).pass_encoding_and_range();
    send(layer.layer(backends[2].clone()), asking()).await;
    for backend in backends {
        for (name, value) in ASKING {
            assert_eq!(backend.only().header(name), Some(value));
        }
    }
}
