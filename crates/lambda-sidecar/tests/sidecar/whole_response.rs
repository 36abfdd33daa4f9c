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
        "x-ms-range",
        "a-im",
        "grpc-accept-encoding",
        "Grpc_Accept_Encoding",
        "connect-accept-encoding",
        "te",
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

/// It codes each message by itself, and a server of it may code as its client does if nothing is said.
#[tokio::test]
async fn a_grpc_backend_is_asked_for_messages_that_are_not_coded() {
    for asked in [&["gzip, identity"][..], &["gzip", "deflate"], &[]] {
        let mut request = request(TestBody::empty());
        let headers = request.headers_mut();
        headers.insert("content-type", "application/grpc+proto".parse().unwrap());
        headers.insert("te", "trailers".parse().unwrap());
        for codings in asked {
            headers.append("grpc-accept-encoding", codings.parse().unwrap());
        }
        let backend = Backend::new();
        let layer = LambdaSidecarLayer::new(Function::allows()).response(reading());
        send(layer.layer(backend.clone()), request).await;
        let headers = &backend.only().parts.headers;
        assert_asks_for_whole_text(headers);
        let codings: Vec<_> = headers.get_all("grpc-accept-encoding").iter().collect();
        assert_eq!(codings, ["identity"]);
        assert_eq!(headers["te"], "trailers");
    }
}

#[tokio::test]
async fn a_response_that_may_be_coded_is_no_text_for_its_function() {
    for (name, coding, is_text) in [
        ("content-encoding", "gzip", false),
        ("grpc-encoding", "gzip", false),
        ("grpc-encoding", "identity", true),
        ("connect-content-encoding", "br", false),
    ] {
        let backend = Backend::answers(move || {
            let mut response = Backend::response();
            response.headers_mut().insert(name, coding.parse().unwrap());
            response
        });
        let function = Function::allows();
        let layer = LambdaSidecarLayer::new(function.clone()).response(reading());
        send(layer.layer(backend), request(TestBody::empty())).await;
        let response = &function.envelopes()[0]["response"];
        assert_eq!(
            response["payloadBase64Encoded"], !is_text,
            "{name}: {coding}"
        );
        assert_eq!(response["payload"] == Backend::TEXT, is_text);
    }
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
