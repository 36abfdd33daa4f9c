//! Section 6: what a function error tells, and what it never tells.

use super::{POINTS, document, function_error, plain};
use bytes::Bytes;
use lambda_sidecar_core::{
    Answer, Failure, FailureClass, Point, ProtectedHeaders, SidecarError, Synchronicity, Verdict,
};
use serde_json::json;

/// What the client is told after a function error with this payload.
fn of_function(payload: impl Into<Bytes>) -> SidecarError {
    let answer = Answer::failed("Unhandled", payload);
    let [pre, post] = POINTS.map(|point| {
        let failure = Verdict::from_answer(
            point,
            Synchronicity::RequestResponse,
            &answer,
            &ProtectedHeaders::default(),
        )
        .unwrap_err();
        assert_eq!(failure.class(), FailureClass::FunctionError);
        SidecarError::from_failure(&failure, point)
    });
    assert_eq!(pre, post);
    pre
}

#[track_caller]
fn is_told(payload: impl Into<Bytes>, detail: &str, title: &str) {
    let error = of_function(payload);
    assert_eq!(
        (error.name(), error.status().as_u16()),
        ("FunctionError", 502)
    );
    let response = error.to_response(&plain());
    assert_eq!(response.status(), 502);
    assert_eq!(
        document(&response),
        json!({"code": 502, "message": {"detail": detail, "title": title}})
    );
}

#[test]
fn a_function_error_answers_exactly_this() {
    let error = of_function(
        r#"{"errorMessage":"An error occurred during JSON parsing","errorType":"java.lang.RuntimeException","stackTrace":["a"]}"#,
    );
    assert_eq!(error, function_error());
    let response = error.to_response(&plain());
    insta::assert_snapshot!(
        str::from_utf8(response.body()).unwrap(),
        @r#"{"code":502,"message":{"detail":"An error occurred during JSON parsing","title":"java.lang.RuntimeException"}}"#
    );
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["x-sidecar-error"], "FunctionError");
    assert_eq!(response.headers().len(), 2);
}

#[test]
fn half_a_character_in_a_function_errors_message_does_not_hide_it() {
    is_told(
        r#"{"errorMessage":"no such user \ud83d","errorType":"E"}"#,
        "no such user \u{fffd}",
        "E",
    );
}

#[test]
fn a_function_error_without_message_tells_the_payloads_text() {
    is_told(r#"{"errorType":"E"}"#, r#"{"errorType":"E"}"#, "E");
    is_told(
        r#"{"errorType":"E","errorMessage":null}"#,
        r#"{"errorType":"E","errorMessage":null}"#,
        "E",
    );
    is_told("", "", "Unhandled");
    is_told("{}", "{}", "Unhandled");
    is_told(
        r#"{"errorMessage":["x"],"errorType":"E"}"#,
        r#"{"errorMessage":["x"],"errorType":"E"}"#,
        "E",
    );
}

#[test]
fn a_function_error_that_is_no_json_object_tells_the_payloads_text() {
    for text in [
        "Task timed out after 3.00 seconds",
        r#""text""#,
        "[1]",
        "null",
        "{broken",
        "7",
    ] {
        is_told(text, text, "Unhandled");
    }
    is_told(&b"a\xffb"[..], "a\u{fffd}b", "Unhandled");
}

#[test]
fn a_function_error_without_type_has_its_kind_for_title() {
    is_told(r#"{"errorMessage":"m"}"#, "m", "Unhandled");
    is_told(r#"{"errorMessage":"m","errorType":null}"#, "m", "Unhandled");
    let answer = Answer::failed("Handled", "{}");
    let failure = Verdict::from_answer(
        Point::PreProcessor,
        Synchronicity::RequestResponse,
        &answer,
        &ProtectedHeaders::default(),
    );
    assert!(matches!(failure, Err(Failure::FunctionError { title, .. }) if title == "Handled"));
}

#[test]
fn the_payloads_text_is_cut_at_1024_characters_and_an_error_message_is_not() {
    let long = |count| "é".repeat(count);
    is_told(long(1023), &long(1023), "Unhandled");
    is_told(long(1024), &long(1024), "Unhandled");
    is_told(long(1025), &long(1024), "Unhandled");
    is_told(long(100_000), &long(1024), "Unhandled");
    is_told(
        json!({"errorMessage": long(5000)}).to_string(),
        &long(5000),
        "Unhandled",
    );
}

#[test]
fn a_function_errors_stack_trace_is_never_told() {
    let trace = ["com.acme.Secret.run(Secret.java:1)"];
    for payload in [
        json!({"errorMessage": "m", "stackTrace": trace}),
        json!({"errorType": "E", "stackTrace": trace}),
        json!({"errorType": "E", "trace": trace}),
        json!({"errorMessage": {}, "errorType": "E", "stackTrace": trace}),
    ] {
        let error = of_function(payload.to_string());
        assert!(
            !error.detail().contains("com.acme"),
            "{payload}: {}",
            error.detail()
        );
    }
}

#[test]
fn the_stack_trace_of_a_function_errors_cause_is_never_told() {
    // What Java answers for an exception without a message that has a cause.
    let payload = json!({
        "errorType": "java.lang.RuntimeException",
        "stackTrace": ["com.acme.A.run(A.java:1)"],
        "cause": {
            "errorMessage": "inner",
            "errorType": "java.lang.IllegalStateException",
            "stackTrace": ["com.acme.B.run(B.java:1)"],
        },
    });
    let error = of_function(payload.to_string());
    assert!(!error.detail().contains("com.acme"), "{}", error.detail());
}

#[test]
fn a_stack_trace_is_never_told_whatever_else_the_payload_holds() {
    for other in [
        "1e400".to_owned(),
        r#""\ud800""#.into(),
        format!("{}{}", "[".repeat(200), "]".repeat(200)),
    ] {
        let payload = format!(r#"{{"stackTrace":["com.acme"],"other":{other}}}"#);
        let error = of_function(payload);
        assert!(!error.detail().contains("com.acme"), "{}", error.detail());
    }
}

#[test]
fn deep_nesting_in_a_function_error_breaks_nothing() {
    let deep = format!(
        r#"{{"errorMessage":"m","x":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    is_told(deep, "m", "Unhandled");
    let _detail = of_function("[".repeat(100_000));
}
