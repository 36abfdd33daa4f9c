//! What the client of a terminate is answered.

use super::{POST, PRE, headers, verdict};
use bytes::Bytes;
use http::Response;
use lambda_sidecar_core::Verdict;
use serde_json::{Value, json};

fn ended(members: &Value) -> Response<Bytes> {
    let answers = [PRE, POST].map(
        |point| match verdict(point, &json!({ "terminate": members })) {
            Verdict::Terminate(terminate) => terminate.to_response(None),
            other => panic!("{other:?}"),
        },
    );
    let [pre, post] = answers;
    assert_eq!(pre.status(), post.status());
    assert_eq!(pre.headers(), post.headers());
    assert_eq!(pre.body(), post.body());
    pre
}

/// Status 403, this content type and this body, and no other header.
#[track_caller]
fn is_answered(members: &Value, content_type: &'static str, body: &[u8]) {
    let response = ended(members);
    assert_eq!(response.status(), 403);
    assert_eq!(
        response.headers(),
        &headers(&[("content-type", content_type)])
    );
    assert_eq!(response.body(), body, "{members}");
}

const TEXT: &str = "text/plain; charset=utf-8";

#[test]
fn terminate_answers_with_its_code() {
    for code in 200..=599 {
        assert_eq!(ended(&json!({ "code": code })).status(), code);
    }
}

#[test]
fn terminate_without_a_body_says_the_default_text() {
    is_answered(
        &json!({"code": 403}),
        TEXT,
        b"Service cannot be provided, code 0x000003BB",
    );
}

#[test]
fn terminate_answers_json_before_payload_before_message() {
    let (message, payload) = ("m", "p");
    is_answered(&json!({"code": 403, "message": message}), TEXT, b"m");
    is_answered(
        &json!({"code": 403, "message": message, "payload": payload}),
        TEXT,
        b"p",
    );
    is_answered(
        &json!({"code": 403, "message": message, "payload": payload, "json": {"a": null}}),
        "application/json",
        br#"{"a":null}"#,
    );
    is_answered(
        &json!({"code": 403, "message": message, "json": []}),
        "application/json",
        b"[]",
    );
}

#[test]
fn an_empty_message_or_payload_is_not_the_default_text() {
    is_answered(&json!({"code": 403, "message": ""}), TEXT, b"");
    is_answered(
        &json!({"code": 403, "message": "m", "payload": ""}),
        TEXT,
        b"",
    );
}

#[test]
fn a_message_is_text_in_utf8() {
    is_answered(
        &json!({"code": 403, "message": "<b>né"}),
        TEXT,
        "<b>né".as_bytes(),
    );
}

#[test]
fn a_base64_payload_of_terminate_is_an_octet_stream() {
    is_answered(
        &json!({"code": 403, "payload": "AP8=", "base64Encoded": true}),
        "application/octet-stream",
        b"\0\xff",
    );
}

#[test]
fn add_headers_of_terminate_can_say_another_content_type() {
    for members in [
        json!({"code": 403, "message": "m"}),
        json!({"code": 403}),
        json!({"code": 403, "payload": "p"}),
        json!({"code": 403, "payload": "AP8=", "base64Encoded": true}),
        json!({"code": 403, "json": 1}),
    ] {
        let mut members = members;
        members["addHeaders"] = json!({"Content-Type": "x/y", "x-a": ["1", 2], "host": "h"});
        let response = ended(&members);
        assert_eq!(
            response.headers(),
            &headers(&[("content-type", "x/y"), ("x-a", "1"), ("x-a", "2")]),
            "{members}"
        );
    }
}

#[test]
fn drop_headers_of_terminate_is_without_effect() {
    is_answered(
        &json!({"code": 403, "dropHeaders": ["content-type"]}),
        TEXT,
        b"Service cannot be provided, code 0x000003BB",
    );
    let response = ended(&json!({
        "code": 403, "addHeaders": {"x-a": "1"}, "dropHeaders": ["x-a", "content-type"],
    }));
    assert_eq!(
        response.headers(),
        &headers(&[("content-type", TEXT), ("x-a", "1")])
    );
}

#[test]
fn a_terminate_carries_no_x_sidecar_error() {
    for code in [200, 403, 500, 502, 504] {
        assert!(
            !ended(&json!({ "code": code }))
                .headers()
                .contains_key("x-sidecar-error")
        );
    }
}
