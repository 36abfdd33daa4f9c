//! Errors as a gRPC client understands them.

use super::{body, errors, plain, shown, soap, status, timeout};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use lambda_sidecar_core::{ErrorSet, Failure, Point, SidecarError, is_grpc};

fn content_type(value: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(http::header::CONTENT_TYPE, HeaderValue::from_static(value))])
}

#[test]
fn a_grpc_call_is_known_by_its_content_type() {
    for value in [
        "application/grpc",
        "application/grpc+proto",
        "application/grpc+json",
        "application/grpc;charset=utf-8",
        "Application/gRPC+proto",
    ] {
        assert_eq!(is_grpc(&content_type(value)).unwrap(), value);
    }
    for value in [
        "application/json",
        "",
        "application",
        "text/plain; application/grpc",
    ] {
        assert_eq!(is_grpc(&content_type(value)), None, "{value}");
    }
    assert_eq!(is_grpc(&HeaderMap::new()), None);
}

fn to_grpc(error: &SidecarError, set: Option<&ErrorSet>) -> Response<Bytes> {
    let grpc = HeaderValue::from_static("application/grpc+proto");
    error.to_response(&plain().grpc(&grpc).error_set(set))
}

#[test]
fn an_error_of_a_grpc_call_is_trailers_only_and_keeps_its_name() {
    for error in errors() {
        let response = to_grpc(&error, None);
        assert_eq!(response.status(), 200);
        assert!(response.body().is_empty());
        let status = match error.status().as_u16() {
            400 => 13,
            502..=504 => 14,
            500 => 2,
            other => panic!("{other}"),
        };
        assert_eq!(
            shown(response.headers()),
            format!(
                "content-type: application/grpc+proto\ngrpc-message: {}\ngrpc-status: {status}\nx-sidecar-error: {}\n",
                error.detail(),
                error.name()
            )
        );
    }
}

#[test]
fn grpc_message_is_percent_encoded() {
    for (detail, encoded) in [
        (
            "plain text ~!\"#$&'()*+,-./:;<=>?@[]^_`{|}",
            "plain text ~!\"#$&'()*+,-./:;<=>?@[]^_`{|}",
        ),
        ("100 %", "100 %25"),
        ("%41", "%2541"),
        ("süß", "s%C3%BC%C3%9F"),
        ("a\r\nb\t\0\u{7f}", "a%0D%0Ab%09%00%7F"),
    ] {
        let failure = Failure::ServiceException(detail.into());
        let error = SidecarError::from_failure(&failure, Point::PreProcessor);
        assert_eq!(
            to_grpc(&error, None).headers()["grpc-message"],
            encoded,
            "{detail:?}"
        );
    }
}

#[test]
fn grpc_status_is_mapped_from_the_http_status_of_the_error_set() {
    for (http, grpc) in [
        (401, "16"),
        (403, "7"),
        (404, "12"),
        (429, "14"),
        (503, "14"),
        (413, "2"),
    ] {
        let set = ErrorSet::new().error("GatewayTimeout", status(http));
        let response = to_grpc(&timeout(), Some(&set));
        assert_eq!(
            (
                response.status().as_u16(),
                &response.headers()["grpc-status"]
            ),
            (200, &HeaderValue::from_static(grpc))
        );
    }
}

#[test]
fn a_grpc_client_gets_no_body_of_an_error_set() {
    let set = ErrorSet::new()
        .content_type(soap())
        .error("504", body("<no/>"));
    let response = to_grpc(&timeout(), Some(&set));
    assert!(response.body().is_empty());
    assert_eq!(response.headers()["content-type"], "application/grpc+proto");
    assert_eq!(response.headers()["x-sidecar-error"], "GatewayTimeout");
}
