//! Answers that have no body: to `HEAD`, 204 and 304.

use crate::common::{Backend, Function, TestBody, layer_of, post, pre, request, send};
use http::{Method, Request, Response, header::CONTENT_LENGTH};
use lambda_sidecar::InvocationError;
use serde_json::json;
use tower::Layer;

fn with_method(method: Method) -> Request<TestBody> {
    let mut call = request(TestBody::empty());
    *call.method_mut() = method;
    call
}

#[tokio::test]
async fn answers_to_head_keep_no_body_and_say_how_long_it_would_be() {
    let terminate = Function::answers(r#"{"terminate":{"code":403,"message":"not for you"}}"#);
    let failing = || Function::fails(|| InvocationError::connect("x"));
    for sidecar in [pre, post] {
        let call = with_method(Method::HEAD);
        let service = layer_of(sidecar("f"), terminate.clone()).layer(Backend::new());
        let got = send(service, call).await;
        assert_eq!((got.status.as_u16(), got.body.len()), (403, 0));
        assert_eq!(got.headers[CONTENT_LENGTH], "11");

        let service = layer_of(sidecar("f"), failing()).layer(Backend::new());
        let in_full = send(service, with_method(Method::GET)).await;
        let service = layer_of(sidecar("f"), failing()).layer(Backend::new());
        let got = send(service, with_method(Method::HEAD)).await;
        assert_eq!((got.status.as_u16(), got.body.len()), (500, 0));
        assert_eq!(got.headers[CONTENT_LENGTH], in_full.body.len().to_string());
        assert_eq!(got.error(), in_full.error());
    }
}

#[tokio::test]
async fn a_response_body_replaced_for_head_is_left_out() {
    let backend = Backend::answers(|| Response::new(TestBody::empty()));
    let function = Function::answers(r#"{"modify":{"payload":"four"}}"#);
    let service = layer_of(post("f"), function).layer(backend);
    let got = send(service, with_method(Method::HEAD)).await;
    assert_eq!(
        (got.body.len(), got.header("content-length")),
        (0, Some("4"))
    );
}

/// RFC 9110, section 8.6: a 204 must not have a `content-length`.
#[tokio::test]
async fn a_terminate_with_204_or_304_keeps_no_body_and_a_204_no_length() {
    for method in [Method::GET, Method::POST, Method::HEAD] {
        for code in [204, 304] {
            let terminate = json!({ "terminate": { "code": code, "message": "text" } });
            for sidecar in [pre, post] {
                let function = Function::answers(terminate.to_string());
                let service = layer_of(sidecar("f"), function).layer(Backend::new());
                let got = send(service, with_method(method.clone())).await;
                assert_eq!((got.status.as_u16(), got.body.len()), (code, 0));
                let length = got.header("content-length");
                assert!(code == 304 || length.is_none(), "{method} {length:?}");
            }
        }
    }
}

/// As above.
#[tokio::test]
async fn a_response_made_204_or_304_keeps_no_body_and_a_204_no_length() {
    for method in [Method::GET, Method::POST, Method::HEAD] {
        for code in [204, 304] {
            for verdict in [
                json!({ "modify": { "completeWithCode": code, "payload": "new" } }),
                json!({ "modify": { "completeWithCode": code } }),
            ] {
                let of_head = method == Method::HEAD;
                let backend = Backend::answers(move || {
                    let response = Response::builder().header("content-length", "4");
                    let body = TestBody::of(["four"]).with_trailers();
                    response
                        .body(if of_head { TestBody::empty() } else { body })
                        .unwrap()
                });
                let function = Function::answers(verdict.to_string());
                let service = layer_of(post("f"), function).layer(backend);
                let got = send(service, with_method(method.clone())).await;
                assert_eq!(
                    (got.status.as_u16(), got.body.len()),
                    (code, 0),
                    "{verdict}"
                );
                let length = got.header("content-length");
                assert!(
                    code == 304 || length.is_none(),
                    "{method} {verdict} {length:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_204_of_the_backend_gets_no_body_from_a_verdict() {
    let backend = Backend::answers(|| {
        let response = Response::builder().status(204);
        response.body(TestBody::empty()).unwrap()
    });
    let function = Function::answers(r#"{"modify":{"payload":"new"}}"#);
    let service = layer_of(post("f"), function.clone()).layer(backend.clone());
    let got = send(service, request(TestBody::empty())).await;
    assert_eq!((got.status.as_u16(), got.body.len()), (204, 0));
    assert_eq!(got.header("content-length"), None);
    // With another status it has one.
    let function = Function::answers(r#"{"modify":{"payload":"new","completeWithCode":200}}"#);
    let service = layer_of(post("f"), function).layer(backend);
    let got = send(service, request(TestBody::empty())).await;
    assert_eq!((got.status.as_u16(), &got.body[..]), (200, &b"new"[..]));
}
