//! Sections 6 and 7 of the connector: what a failed function call is called, and how an error looks to
//! the client.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use lambda_sidecar_core::{
    Answer, ErrorContext, ErrorSet, ErrorSetEntry, Failure, FailureClass, Point, Precondition,
    ProtectedHeaders, SidecarError, Synchronicity, Verdict, X_ERROR_DETAIL_HEADER, X_SIDECAR_ERROR,
    is_grpc,
};
use serde_json::{Value, json};

const POINTS: [Point; 2] = [Point::PreProcessor, Point::PostProcessor];
const MESSAGE_ID: &str = "7632924a-8d8d-4d35-8a77-b57c4bb450af";

fn plain() -> ErrorContext<'static> {
    ErrorContext::new(MESSAGE_ID)
}

fn timeout() -> SidecarError {
    SidecarError::from_failure(&Failure::Timeout, Point::PreProcessor)
}

fn function_error() -> SidecarError {
    let failure = Failure::FunctionError {
        detail: "An error occurred during JSON parsing".into(),
        title: "java.lang.RuntimeException".into(),
    };
    SidecarError::from_failure(&failure, Point::PreProcessor)
}

/// Errors of every kind.
fn errors() -> Vec<SidecarError> {
    let of_failure = |failure| SidecarError::from_failure(&failure, Point::PostProcessor);
    vec![
        timeout(),
        function_error(),
        of_failure(Failure::Connect),
        of_failure(Failure::NoResources),
        of_failure(Failure::EmptyAnswer),
        SidecarError::from_precondition(&Precondition::NoApplicationData, Point::PreProcessor),
        SidecarError::invalid_inputs("AWS Region Not Specified"),
    ]
}

fn document(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

/// A header map as text, in the order of the names.
fn shown(headers: &HeaderMap) -> String {
    let mut lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()))
        .collect();
    lines.sort();
    lines.concat()
}

// Section 6

/// A failure, and at the two points: its name, status and message.
#[track_caller]
fn is_called(failure: &Failure, names: [&str; 2], status: u16, message: &str) {
    for (point, name) in POINTS.into_iter().zip(names) {
        let error = SidecarError::from_failure(failure, point);
        assert_eq!(error.name(), name, "{failure:?}");
        assert_eq!(error.status().as_u16(), status, "{failure:?}");
        assert_eq!(error.detail(), message, "{failure:?}");
        assert_eq!(failure.name(point), name);
        assert_eq!(failure.status().as_u16(), status);
        assert_eq!(failure.message(), message);
    }
}

const INVALID_RESPONSE: [&str; 2] = [
    "InvalidResponseFromAWSLambdaInPreProcess",
    "InvalidResponseFromAWSLambdaInPostProcess",
];

#[test]
fn an_empty_answer_is_not_returned() {
    is_called(
        &Failure::EmptyAnswer,
        INVALID_RESPONSE,
        500,
        "AWS Lambda Response is not returned",
    );
}

#[test]
fn a_wrong_answer_is_an_invalid_output() {
    let failure = Failure::WrongAnswer("for the log".into());
    is_called(
        &failure,
        INVALID_RESPONSE,
        500,
        "Invalid output from AWS Lambda function",
    );
    let failure = Failure::from_class(FailureClass::WrongAnswer, Some(200), Some("X".into()));
    is_called(
        &failure,
        INVALID_RESPONSE,
        500,
        "Invalid output from AWS Lambda function",
    );
}

#[test]
fn another_status_without_an_exception_code_is_no_success() {
    let message = "Success Response not returned from AWS Lambda";
    for status in [201, 302, 403, 500, 503] {
        is_called(
            &Failure::UnexpectedStatus(status),
            INVALID_RESPONSE,
            500,
            message,
        );
        let failure = Failure::from_class(FailureClass::ServiceException, Some(status), None);
        assert_eq!(failure, Failure::UnexpectedStatus(status));
    }
}

#[test]
fn no_connection_and_no_credentials_are_an_error_while_connecting() {
    let message = "Error while connecting to AWS lambda.";
    is_called(&Failure::Connect, INVALID_RESPONSE, 500, message);
    is_called(&Failure::Credentials, INVALID_RESPONSE, 500, message);
    for class in [FailureClass::Connect, FailureClass::Credentials] {
        // The code of what Parameter Store or STS refused is not the client's to know.
        let failure = Failure::from_class(class, Some(400), Some("AccessDenied".into()));
        is_called(&failure, INVALID_RESPONSE, 500, message);
    }
}

#[test]
fn a_service_exception_tells_its_code() {
    for class in [FailureClass::ServiceException, FailureClass::Throttled] {
        for code in ["TooManyRequestsException", "ResourceNotFoundException"] {
            let failure = Failure::from_class(class, Some(429), Some(code.into()));
            is_called(&failure, INVALID_RESPONSE, 500, code);
        }
    }
}

#[test]
fn a_timeout_is_a_gateway_timeout() {
    let message = "Timeout occurred while connecting to AWS Service";
    is_called(&Failure::Timeout, ["GatewayTimeout"; 2], 504, message);
    let failure = Failure::from_class(FailureClass::Timeout, None, None);
    is_called(&failure, ["GatewayTimeout"; 2], 504, message);
}

#[test]
fn a_rejected_call_is_told_when_to_try_again() {
    let message = "AWS Lambda function is not called";
    for (retry_after, seconds) in [
        (Duration::ZERO, "1"),
        (Duration::from_millis(1), "1"),
        (Duration::from_secs(1), "1"),
        (Duration::from_millis(4001), "5"),
    ] {
        let failure = Failure::Rejected { retry_after };
        is_called(&failure, INVALID_RESPONSE, 503, message);
        let error = SidecarError::from_failure(&failure, Point::PreProcessor);
        let grpc = HeaderValue::from_static("application/grpc");
        let entry = ErrorSetEntry::new().status(StatusCode::IM_A_TEAPOT);
        let set = ErrorSet::new().error("503", entry);
        for context in [plain(), plain().grpc(&grpc), plain().error_set(&set)] {
            let response = error.to_response(&context);
            assert_eq!(response.headers()["retry-after"], seconds, "{context:?}");
        }
    }
    let failure = Failure::from_class(FailureClass::Rejected, None, None);
    let error = SidecarError::from_failure(&failure, Point::PostProcessor);
    assert_eq!(error.to_response(&plain()).headers()["retry-after"], "1");
}

#[test]
fn only_a_rejected_call_is_told_when_to_try_again() {
    for class in FailureClass::ALL.iter().copied() {
        let failure = Failure::from_class(class, None, None);
        let error = SidecarError::from_failure(&failure, Point::PreProcessor);
        let told = error
            .to_response(&plain())
            .headers()
            .contains_key("retry-after");
        assert_eq!(told, class == FailureClass::Rejected, "{class}");
    }
}

#[test]
fn every_failure_has_the_class_its_call_had() {
    for class in FailureClass::ALL.iter().copied() {
        for status in [None, Some(429), Some(500)] {
            for code in [None, Some("E".to_owned())] {
                assert_eq!(Failure::from_class(class, status, code).class(), class);
            }
        }
    }
}

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

// Section 7: problem documents

#[test]
fn an_error_is_a_problem_document() {
    let response = timeout().to_response(&plain());
    assert_eq!(response.status(), 504);
    insta::assert_snapshot!(str::from_utf8(response.body()).unwrap(), @r#"{"type":"urn:lambda-sidecar:error:GatewayTimeout","title":"GatewayTimeout","status":504,"detail":"Timeout occurred while connecting to AWS Service","instance":"urn:uuid:7632924a-8d8d-4d35-8a77-b57c4bb450af"}"#);
    insta::assert_snapshot!(shown(response.headers()), @r"
    content-type: application/problem+json
    x-sidecar-error: GatewayTimeout
    ");
}

#[test]
fn every_error_but_the_502_is_a_problem_document_of_its_own_name_status_and_message() {
    for error in errors() {
        if error.name() == "FunctionError" {
            continue;
        }
        let response = error.to_response(&plain());
        assert_eq!(response.status(), error.status());
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
        assert_eq!(
            document(&response),
            json!({
                "type": format!("urn:lambda-sidecar:error:{}", error.name()),
                "title": error.name(),
                "status": error.status().as_u16(),
                "detail": error.detail(),
                "instance": format!("urn:uuid:{MESSAGE_ID}"),
            })
        );
    }
}

#[test]
fn an_error_of_the_inputs_has_its_name_at_both_points() {
    let error = SidecarError::invalid_inputs("AWS Region Not Specified; Role ARN Not Specified");
    assert_eq!(error.name(), "InvalidPreInputConfiguration");
    assert_eq!(
        error.detail(),
        "AWS Region Not Specified; Role ARN Not Specified"
    );
}

#[test]
fn every_error_carries_its_name_in_a_header() {
    for error in errors() {
        let response = error.to_response(&plain());
        let names: Vec<_> = response.headers().get_all(X_SIDECAR_ERROR).iter().collect();
        assert_eq!(names, [error.name()]);
    }
    assert_eq!(X_SIDECAR_ERROR, "x-sidecar-error");
}

#[test]
fn type_follows_the_base_uri_of_the_application() {
    let context = plain().type_base("https://acme.com/errors/");
    let document = document(&timeout().to_response(&context));
    assert_eq!(document["type"], "https://acme.com/errors/GatewayTimeout");
    assert_eq!(document["title"], "GatewayTimeout");
}

#[test]
fn instance_is_a_urn_of_the_message_id_or_the_id_as_it_is_when_it_is_no_uuid() {
    for (id, instance) in [
        (MESSAGE_ID, "urn:uuid:7632924a-8d8d-4d35-8a77-b57c4bb450af"),
        (
            "7632924A-8D8D-4D35-8A77-B57C4BB450AF",
            "urn:uuid:7632924A-8D8D-4D35-8A77-B57C4BB450AF",
        ),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        (
            "7632924a8d8d4d358a77b57c4bb450af",
            "7632924a8d8d4d358a77b57c4bb450af",
        ),
        (
            "7632924g-8d8d-4d35-8a77-b57c4bb450af",
            "7632924g-8d8d-4d35-8a77-b57c4bb450af",
        ),
        (
            "7632924a-8d8d-4d35-8a77-b57c4bb450a",
            "7632924a-8d8d-4d35-8a77-b57c4bb450a",
        ),
        (
            "7632924a-8d8d-4d35-8a77-b57c4bb450aff",
            "7632924a-8d8d-4d35-8a77-b57c4bb450aff",
        ),
        (
            "7632924a8-d8d-4d35-8a77-b57c4bb450af",
            "7632924a8-d8d-4d35-8a77-b57c4bb450af",
        ),
        ("request \"7\"", "request \"7\""),
    ] {
        let context = ErrorContext::new(id);
        assert_eq!(
            document(&timeout().to_response(&context))["instance"],
            instance
        );
    }
}

#[test]
fn a_message_of_any_text_makes_a_valid_document() {
    let failure = Failure::ServiceException("\"\\\n\u{0}\u{2028}é".into());
    let error = SidecarError::from_failure(&failure, Point::PreProcessor);
    let response = error.to_response(&plain());
    assert_eq!(document(&response)["detail"], "\"\\\n\u{0}\u{2028}é");
}

// Error sets

fn with_set(error: &SidecarError, set: &ErrorSet) -> Response<Bytes> {
    error.to_response(&plain().error_set(set))
}

fn entry() -> ErrorSetEntry {
    ErrorSetEntry::new()
}

fn body(text: &'static str) -> ErrorSetEntry {
    entry().body(text)
}

fn status(status: u16) -> ErrorSetEntry {
    entry().status(StatusCode::from_u16(status).unwrap())
}

fn header(value: &'static str) -> ErrorSetEntry {
    entry().header(HeaderValue::from_static(value))
}

fn soap() -> HeaderValue {
    HeaderValue::from_static("application/soap+xml")
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

// gRPC

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
