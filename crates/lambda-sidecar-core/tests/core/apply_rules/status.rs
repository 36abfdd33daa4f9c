//! Statuses, and answers that keep no body.

use super::{OLD, POST, changed_request, headers, modify, response};
use http::{Method, StatusCode};
use lambda_sidecar_core::keeps_no_body;
use serde_json::json;

#[test]
fn complete_with_code_sets_the_status_of_a_response() {
    for (old, new) in [(200, 599), (500, 200), (404, 302)] {
        let mut parts = response(old, OLD);
        let body = modify(POST, &json!({"completeWithCode": new}))
            .apply_to_response(&Method::GET, &mut parts)
            .unwrap();
        assert_eq!((parts.status.as_u16(), body), (new, None));
        assert_eq!(parts.headers, headers(OLD));
    }
}

#[test]
fn without_complete_with_code_the_status_stays() {
    for status in [200, 201, 404, 500] {
        let mut parts = response(status, OLD);
        modify(POST, &json!({"payload": "p", "addHeaders": {"x-a": "2"}}))
            .apply_to_response(&Method::GET, &mut parts)
            .unwrap();
        assert_eq!(parts.status, status);
    }
}

#[test]
fn complete_with_code_is_ignored_at_pre_processor() {
    let (headers, body) = changed_request(&json!({"completeWithCode": 201, "payload": "p"}), &[]);
    assert_eq!(headers, self::headers(&[("content-length", "1")]));
    assert_eq!(body.as_deref(), Some(&b"p"[..]));
}

#[test]
fn answers_to_head_and_204_205_and_304_keep_no_body() {
    for method in [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::OPTIONS,
        Method::CONNECT,
    ] {
        for status in 200..=599 {
            let status = StatusCode::from_u16(status).unwrap();
            let expected = matches!(status.as_u16(), 204 | 205 | 304);
            assert_eq!(
                keeps_no_body(&method, status),
                expected,
                "{method} {status}"
            );
            assert!(keeps_no_body(&Method::HEAD, status), "{status}");
        }
    }
}

#[test]
fn a_replacement_body_is_left_out_of_an_answer_to_head() {
    for body in [
        json!({"payload": "text"}),
        json!({"json": true}),
        json!({"payload": "dGV4dA==", "base64Encoded": true}),
    ] {
        let mut parts = response(200, &[("content-length", "10")]);
        let new = modify(POST, &body)
            .apply_to_response(&Method::HEAD, &mut parts)
            .unwrap();
        assert_eq!(new.as_deref(), Some(&b""[..]), "{body}");
        // Of what a GET would be answered.
        assert_eq!(parts.headers["content-length"], "4");
    }
}

#[test]
fn a_replacement_body_is_left_out_of_a_204_a_205_and_a_304() {
    for status in [204, 205, 304] {
        let body = json!({"payload": "text"});
        let mut parts = response(status, &[]);
        let new = modify(POST, &body)
            .apply_to_response(&Method::GET, &mut parts)
            .unwrap();
        assert_eq!(new.as_deref(), Some(&b""[..]), "{status}");
        assert!(!parts.headers.contains_key("content-length"), "{status}");
    }
}

#[test]
fn a_response_that_becomes_a_204_a_205_or_a_304_loses_its_body() {
    for status in [204, 205, 304] {
        for body in [json!({}), json!({"payload": "text"})] {
            let mut members = body.clone();
            members["completeWithCode"] = status.into();
            let mut parts = response(200, &[("content-length", "5"), ("x-a", "1")]);
            let new = modify(POST, &members)
                .apply_to_response(&Method::GET, &mut parts)
                .unwrap();
            assert_eq!(parts.status, status);
            assert_eq!(new.as_deref(), Some(&b""[..]), "{members}");
            assert_eq!(parts.headers, headers(&[("x-a", "1")]), "{members}");
        }
    }
}

#[test]
fn a_204_whose_status_becomes_another_takes_a_body() {
    let mut parts = response(204, &[]);
    let new = modify(POST, &json!({"completeWithCode": 200, "payload": "text"}))
        .apply_to_response(&Method::GET, &mut parts)
        .unwrap();
    assert_eq!(new.as_deref(), Some(&b"text"[..]));
    assert_eq!(parts.headers, headers(&[("content-length", "4")]));
}

#[test]
fn a_body_that_replaces_one_of_status_206_makes_it_200() {
    for (members, status, has_range) in [
        (json!({"payload": "whole"}), 200, false),
        (json!({"json": 1}), 200, false),
        (json!({"payload": ""}), 200, false),
        (json!({"addHeaders": {"x-a": "1"}}), 206, true),
        (json!({"payload": "p", "completeWithCode": 201}), 201, false),
        // What the function says itself stands.
        (json!({"payload": "p", "completeWithCode": 206}), 206, false),
    ] {
        let mut parts = response(206, &[("content-range", "bytes 0-3/9")]);
        modify(POST, &members)
            .apply_to_response(&Method::GET, &mut parts)
            .unwrap();
        assert_eq!(parts.status, status, "{members}");
        let range = parts.headers.contains_key("content-range");
        assert_eq!(range, has_range, "{members}");
    }
}
