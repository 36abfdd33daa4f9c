//! Section 7: what an error set replaces.

use super::{body, document, entry, errors, function_error, plain, shown, soap, status, timeout};
use bytes::Bytes;
use http::{HeaderValue, Response};
use lambda_sidecar_core::{ErrorSet, ErrorSetEntry, SidecarError, X_ERROR_DETAIL_HEADER};

fn with_set(error: &SidecarError, set: &ErrorSet) -> Response<Bytes> {
    error.to_response(&plain().error_set(set))
}

fn header(value: &'static str) -> ErrorSetEntry {
    entry().header(HeaderValue::from_static(value))
}

#[test]
fn an_error_set_gives_status_content_type_body_and_detail_header() {
    for error in errors() {
        let set = ErrorSet::new().content_type(soap()).error(
            error.name(),
            status(418)
                .body("<no/>")
                .header(HeaderValue::from_static("E-17")),
        );
        let response = with_set(&error, &set);
        assert_eq!(response.status(), 418);
        assert_eq!(response.body(), "<no/>");
        assert_eq!(
            shown(response.headers()),
            format!(
                "content-type: application/soap+xml\nx-error-detail-header: E-17\nx-sidecar-error: {}\n",
                error.name()
            )
        );
    }
    assert_eq!(X_ERROR_DETAIL_HEADER, "x-error-detail-header");
}

#[test]
fn an_error_set_is_looked_up_by_error_name_then_by_status() {
    let set = ErrorSet::new()
        .error("504", body("by status"))
        .error("GatewayTimeout", body("by name"))
        .error("502", body("502"))
        .error("RequiredHeaderConditionFailure", body("another"));
    assert_eq!(with_set(&timeout(), &set).body(), "by name");
    assert_eq!(with_set(&function_error(), &set).body(), "502");
    let by_status = ErrorSet::new().error("504", body("by status"));
    assert_eq!(with_set(&timeout(), &by_status).body(), "by status");
}

#[test]
fn the_status_that_is_looked_up_is_the_errors_own() {
    let set = ErrorSet::new()
        .error("GatewayTimeout", status(503))
        .error("503", body("not this"));
    assert_eq!(
        document(&with_set(&timeout(), &set))["title"],
        "GatewayTimeout"
    );
}

#[test]
fn what_an_error_set_leaves_out_stays() {
    for error in errors() {
        let without = error.to_response(&plain());
        for set in [
            ErrorSet::new(),
            ErrorSet::new().content_type(soap()),
            ErrorSet::new()
                .error("OtherError", body("x"))
                .error("599", body("x")),
            ErrorSet::new()
                .content_type(soap())
                .error(error.name(), entry()),
        ] {
            let with = with_set(&error, &set);
            assert_eq!(with.status(), without.status());
            assert_eq!(with.headers(), without.headers());
            assert_eq!(with.body(), without.body());
        }
    }
}

#[test]
fn a_status_of_an_error_set_alone_changes_the_status_and_the_documents_status() {
    let set = ErrorSet::new()
        .content_type(soap())
        .error("GatewayTimeout", status(503));
    let response = with_set(&timeout(), &set);
    assert_eq!(response.status(), 503);
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let mut expected = document(&timeout().to_response(&plain()));
    expected["status"] = 503.into();
    assert_eq!(document(&response), expected);
}

#[test]
fn a_detail_header_of_an_error_set_alone_is_added() {
    let set = ErrorSet::new().error("504", header("E-17"));
    let response = with_set(&timeout(), &set);
    assert_eq!(response.headers()["X-Error-Detail-Header"], "E-17");
    assert_eq!(response.body(), timeout().to_response(&plain()).body());
}

#[test]
fn a_content_type_of_an_error_set_counts_only_together_with_a_body_from_it() {
    let set = ErrorSet::new()
        .content_type(soap())
        .error("GatewayTimeout", header("E-17"))
        .error("FunctionError", body("<no/>"));
    assert_eq!(
        with_set(&timeout(), &set).headers()["content-type"],
        "application/problem+json"
    );
    assert_eq!(
        with_set(&function_error(), &set).headers()["content-type"],
        "application/soap+xml"
    );
}

#[test]
fn a_body_of_an_error_set_without_a_content_type_keeps_the_content_type() {
    let set = ErrorSet::new()
        .error("504", body("b"))
        .error("502", body("b"));
    assert_eq!(
        with_set(&timeout(), &set).headers()["content-type"],
        "application/problem+json"
    );
    assert_eq!(
        with_set(&function_error(), &set).headers()["content-type"],
        "application/json"
    );
}
