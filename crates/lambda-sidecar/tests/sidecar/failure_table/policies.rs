//! What decides after a failure, what it may tell, and what no policy lets through.

use super::NO_CONNECTION;
use crate::common::{Backend, Function, TestBody, layer_of, request, send};
use lambda_sidecar::{ErrorPolicy, FailureClass, InvocationError};
use tower::Layer;

#[tokio::test]
async fn an_error_policy_of_ones_own_decides_by_class() {
    let policy =
        ErrorPolicy::SURE_FIRE.on(FailureClass::Throttled, lambda_sidecar::Action::Forward);
    for (error, status) in [
        (
            InvocationError::throttled as fn(&'static str, &'static str) -> InvocationError,
            201,
        ),
        (|_, text| InvocationError::connect(text), 500),
    ] {
        let function = Function::fails(move || error("TooManyRequestsException", "x"));
        let sidecar = crate::common::pre("f").policy(policy);
        let service = layer_of(sidecar, function).layer(Backend::new());
        assert_eq!(
            send(service, request(TestBody::empty())).await.status,
            status
        );
    }
}

#[tokio::test]
async fn the_full_text_of_an_exception_is_told_only_where_the_application_opts_in() {
    for function in [
        Function::fails(|| InvocationError::throttled("C", "role arn:aws:iam::1:role/r")),
        Function::fails(|| {
            InvocationError::service(403, Some("C".into()), "role arn:aws:iam::1:role/r")
        }),
    ] {
        let layer = layer_of(crate::common::pre("f"), function);
        let service = layer.clone().layer(Backend::new());
        let told = send(service, request(TestBody::empty())).await;
        assert_eq!(told.detail(), "C");
        let service = layer.expose_exception_text().layer(Backend::new());
        let told = send(service, request(TestBody::empty())).await.detail();
        assert!(told.contains("role arn:aws:iam::1:role/r"), "{told}");
    }
    // What is no exception of AWS keeps its message.
    let connect = Function::fails(|| InvocationError::connect("10.0.0.1"));
    let layer = layer_of(crate::common::pre("f"), connect).expose_exception_text();
    let told = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_eq!(told.detail(), NO_CONNECTION);
}

/// A header map holds about 24,000 lines; a change that might not fit is not begun.
#[tokio::test]
async fn a_verdict_that_cannot_be_applied_blocks_the_call_under_either_policy() {
    let crowded = || {
        let mut response = Backend::response();
        for line in 0..20_000 {
            response.headers_mut().append("x-line", line.into());
        }
        response
    };
    let verdict = r#"{"modify":{"addHeaders":{"x-a":"1"},"payload":"new"}}"#;
    let sidecar = crate::common::post("f").policy(ErrorPolicy::FAIL_SAFE);
    let service = layer_of(sidecar, Function::answers(verdict)).layer(Backend::answers(crowded));
    let got = send(service, request(TestBody::empty())).await;
    assert_eq!(got.status, 500);
    assert_eq!(
        got.outcomes()[0].error(),
        Some("InvalidResponseFromAWSLambdaInPostProcess")
    );
    // The function was invoked, and it answered.
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::WrongAnswer));
    assert!(got.outcomes()[0].latency().is_some());
    assert!(!got.outcomes()[0].failed_open());
}

/// Section 4: what a client can bring about is no failure of the function. A client that sends very
/// many headers must not get past the changes of a fail-safe sidecar that way.
#[tokio::test]
async fn a_client_cannot_get_past_a_modify_with_very_many_headers() {
    let mut call = request(TestBody::empty());
    for line in 0..20_000 {
        call.headers_mut().append("x-line", line.into());
    }
    let backend = Backend::new();
    let verdict = r#"{"modify":{"dropHeaders":["x-client"]}}"#;
    let sidecar = crate::common::pre("f").policy(ErrorPolicy::FAIL_SAFE);
    let service = layer_of(sidecar, Function::answers(verdict)).layer(backend.clone());
    let got = send(service, call).await;
    let passed_on = backend
        .seen()
        .iter()
        .any(|seen| seen.header("x-client").is_some());
    assert!(
        !passed_on,
        "the call went on unchanged: {:?}",
        got.outcomes()
    );
}
