//! A terminate of a gRPC call.

use super::{PRE, headers, verdict};
use http::{HeaderValue, StatusCode};
use lambda_sidecar_core::{Terminate, Verdict};
use serde_json::json;

#[test]
fn a_terminate_of_a_grpc_call_is_trailers_only() {
    let grpc = HeaderValue::from_static("application/grpc+proto");
    for (code, grpc_status) in [
        (400, "13"),
        (401, "16"),
        (403, "7"),
        (404, "12"),
        (429, "14"),
        (502, "14"),
        (503, "14"),
        (504, "14"),
        (200, "2"),
        (302, "2"),
        (409, "2"),
        (500, "2"),
        (501, "2"),
        (599, "2"),
    ] {
        let status = StatusCode::from_u16(code).unwrap();
        let response = Terminate::new(status)
            .message("no: 100 % süß\n")
            .to_response(Some(&grpc));
        assert_eq!(response.status(), 200, "{code}");
        assert_eq!(
            response.headers(),
            &headers(&[
                ("content-type", "application/grpc+proto"),
                ("grpc-status", grpc_status),
                ("grpc-message", "no: 100 %25 s%C3%BC%C3%9F%0A"),
            ]),
            "{code}"
        );
        assert!(response.body().is_empty());
    }
}

#[test]
fn a_terminate_of_a_grpc_call_keeps_its_own_headers_but_not_its_content_type() {
    let grpc = HeaderValue::from_static("application/grpc");
    let Verdict::Terminate(terminate) = verdict(
        PRE,
        &json!({"terminate": {
            "code": 403,
            "message": "m",
            "json": {"a": 1},
            "addHeaders": {"x-a": "1", "content-type": "text/html", "grpc-status": "0"},
        }}),
    ) else {
        panic!();
    };
    let response = terminate.to_response(Some(&grpc));
    assert_eq!(
        response.headers(),
        &headers(&[
            ("x-a", "1"),
            ("content-type", "application/grpc"),
            ("grpc-status", "7"),
            ("grpc-message", "m"),
        ])
    );
    assert!(response.body().is_empty());
}

#[test]
fn a_terminate_of_a_grpc_call_without_a_message_says_the_default_text() {
    let grpc = HeaderValue::from_static("application/grpc");
    let response = Terminate::new(StatusCode::FORBIDDEN).to_response(Some(&grpc));
    assert_eq!(
        response.headers()["grpc-message"],
        "Service cannot be provided, code 0x000003BB"
    );
}
