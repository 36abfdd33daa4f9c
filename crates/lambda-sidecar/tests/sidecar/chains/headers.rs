//! Headers that a function may not touch, and those that described a replaced body.

use crate::common::{Backend, Function, TestBody, layer_of, post, pre, request, send};
use http::{HeaderName, HeaderValue};
use lambda_sidecar::{Decision, ProtectedHeaders};
use serde_json::json;
use tower::Layer;

#[tokio::test]
async fn headers_that_are_not_the_functions_to_touch_are_skipped_and_the_rest_applies() {
    let verdict = r#"{"modify":{
        "dropHeaders":["Host","x-client","connection"],
        "addHeaders":{"Content-Length":"7","x-new":"1",":path":"/evil"}
    }}"#;
    let backend = Backend::new();
    let service = layer_of(pre("f"), Function::answers(verdict)).layer(backend.clone());
    let mut call = request(TestBody::of(["x"]));
    call.headers_mut()
        .insert("connection", HeaderValue::from_static("close"));
    let got = send(service, call).await;
    got.assert_from_backend();
    let seen = backend.only();
    assert_eq!(seen.header("host"), Some("api.acme.com"));
    assert_eq!(seen.header("connection"), Some("close"));
    assert_eq!(seen.header("content-length"), None);
    assert_eq!(
        (seen.header("x-client"), seen.header("x-new")),
        (None, Some("1"))
    );
    let mut refused = got.outcomes()[0].refused_headers().to_vec();
    refused.sort_unstable_by_key(|name| name.to_ascii_lowercase());
    assert_eq!(refused, [":path", "connection", "Content-Length", "Host"]);
    assert_eq!(got.outcomes()[0].decision(), Decision::Modify);
}

#[tokio::test]
async fn the_list_of_protected_headers_can_be_widened_and_narrowed() {
    let verdict = r#"{"modify":{"addHeaders":{"host":"evil","x-client":"two"}}}"#;
    let protected = ProtectedHeaders::default()
        .with(HeaderName::from_static("x-client"))
        .without(&http::header::HOST);
    let backend = Backend::new();
    let layer = layer_of(pre("f"), Function::answers(verdict)).protected_headers(protected);
    let got = send(layer.layer(backend.clone()), request(TestBody::empty())).await;
    let seen = backend.only();
    assert_eq!(
        (seen.header("host"), seen.header("x-client")),
        (Some("evil"), Some("one"))
    );
    assert_eq!(got.outcomes()[0].refused_headers(), ["x-client"]);
}

#[tokio::test]
async fn protected_headers_are_refused_in_a_terminate_too() {
    let verdict =
        r#"{"terminate":{"code":403,"addHeaders":{"connection":"close","x-a":["1","2"]}}}"#;
    let service = layer_of(post("f"), Function::answers(verdict)).layer(Backend::new());
    let got = send(service, request(TestBody::empty())).await;
    assert_eq!(got.header("connection"), None);
    let lines: Vec<_> = got.headers.get_all("x-a").iter().collect();
    assert_eq!(lines, ["1", "2"]);
    assert_eq!(got.outcomes()[0].refused_headers(), ["connection"]);
}

#[tokio::test]
async fn a_replaced_response_body_takes_what_described_the_old_one_with_it() {
    let function =
        Function::answers(r#"{"modify":{"json":{"a":1},"addHeaders":{"etag":"\"2\""}}}"#);
    let got = send(
        layer_of(post("f"), function).layer(Backend::new()),
        request(TestBody::empty()),
    )
    .await;
    assert_eq!(
        (got.json(), got.trailers.is_none()),
        (json!({ "a": 1 }), true)
    );
    assert_eq!(got.header("content-type"), Some("application/json"));
    assert_eq!(got.header("content-length"), Some("7"));
    assert_eq!(got.header("etag"), Some("\"2\""));
    assert_eq!(got.status, 201);
}
