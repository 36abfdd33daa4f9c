//! Section 6 of the connector, every cell: what happened x point x policy x synchronicity.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::time::Duration;

use crate::common::{BOTH, Backend, Function, Got, TestBody, layer_of, request, send, trailers};
use http::{HeaderValue, header::CONTENT_TYPE};
use lambda_sidecar::{
    Answer, AnswerResult, BoxError, Decision, ErrorPolicy, Expand, FailureClass, InvocationError,
    Point, Receipt, Sidecar, Synchronicity,
};
use serde_json::json;
use tower::Layer;

const TIMEOUT: Duration = Duration::from_millis(250);

const NOT_RETURNED: &str = "AWS Lambda Response is not returned";
const INVALID: &str = "Invalid output from AWS Lambda function";
const NO_SUCCESS: &str = "Success Response not returned from AWS Lambda";
const NO_CONNECTION: &str = "Error while connecting to AWS lambda.";

/// One row of the table.
struct Row {
    what: String,
    function: Function,
    class: FailureClass,
    expected: Expected,
    /// Whether it is a failure of an event too; what an event's function answers is not looked at.
    of_event: bool,
    version: Option<&'static str>,
}

enum Expected {
    /// `InvalidResponseFromAWSLambdaIn…Process`, 500.
    Invalid(&'static str),
    Timeout,
    /// `FunctionError`, 502, with this detail and title.
    FunctionError(String, &'static str),
}

fn row(
    what: impl Into<String>,
    function: Function,
    class: FailureClass,
    expected: Expected,
) -> Row {
    Row {
        what: what.into(),
        function,
        class,
        expected,
        of_event: true,
        version: None,
    }
}

/// A row of an answer that came, with the function's version.
fn answered(what: &str, answer: Answer, class: FailureClass, expected: Expected) -> Row {
    let answer = answer.version("42".to_owned());
    Row {
        of_event: false,
        version: Some("42"),
        ..row(what, Function::answer(answer), class, expected)
    }
}

#[derive(Clone, Copy)]
struct Cell {
    point: Point,
    fail_safe: bool,
    synchronicity: Synchronicity,
}

fn cells() -> impl Iterator<Item = Cell> {
    let synchronicities = [Synchronicity::RequestResponse, Synchronicity::Event];
    BOTH.into_iter().flat_map(move |point| {
        [false, true].into_iter().flat_map(move |fail_safe| {
            synchronicities.map(|synchronicity| Cell {
                point,
                fail_safe,
                synchronicity,
            })
        })
    })
}

async fn check(row: &Row) {
    for cell in cells() {
        let Cell {
            point,
            fail_safe,
            synchronicity,
        } = cell;
        println!(
            "{}: {point}, fail-safe {fail_safe}, {synchronicity}",
            row.what
        );
        check_cell(row, cell).await;
    }
}

async fn check_cell(row: &Row, cell: Cell) {
    let sidecar = Sidecar::local(cell.point, "authz")
        .synchronicity(cell.synchronicity)
        .policy(if cell.fail_safe {
            ErrorPolicy::FAIL_SAFE
        } else {
            ErrorPolicy::SURE_FIRE
        })
        .timeout(TIMEOUT)
        // Both bodies are read, so that it shows whether they go on as they came.
        .expand_input(match cell.point {
            Point::PreProcessor => vec![Expand::RequestPayload],
            Point::PostProcessor => vec![Expand::RequestPayload, Expand::ResponsePayload],
        });
    let backend = Backend::new();
    let asked_before = row.function.asked().len();
    let call = request(TestBody::of(["an ", "order"]).with_trailers());
    let mut sent_headers = call.headers().clone();
    if cell.point == Point::PostProcessor {
        // Its function reads the response.
        sent_headers.insert("accept-encoding", HeaderValue::from_static("identity"));
    }
    let service = layer_of(sidecar, row.function.clone()).layer(backend.clone());
    let got = send(service, call).await;

    assert_eq!(row.function.asked().len(), asked_before + 1, "asked once");
    let is_event = cell.synchronicity == Synchronicity::Event;
    let goes_on = cell.fail_safe || is_event;
    let [receipt] = &got.outcomes()[..] else {
        panic!("one receipt, not {:?}", got.outcomes())
    };
    check_receipt(row, cell, goes_on, receipt);

    if cell.point == Point::PostProcessor || goes_on {
        let seen = backend.only();
        assert_eq!(seen.parts.headers, sent_headers);
        assert_eq!(seen.parts.uri, "/orders?a=b");
        assert_eq!((&seen.body[..], seen.broken), (&b"an order"[..], false));
        assert_eq!(seen.trailers, Some(trailers()));
        match (cell.point, seen.outcomes()) {
            (Point::PreProcessor, Some(outcomes)) => {
                check_receipt(row, cell, goes_on, &outcomes[0]);
            }
            (Point::PostProcessor, None) => {}
            (_, other) => panic!("receipts in the request: {other:?}"),
        }
    } else {
        assert_eq!(backend.calls(), 0);
    }
    if goes_on {
        got.assert_from_backend();
    } else {
        check_error(&row.expected, cell.point, &got);
    }
}

fn check_receipt(row: &Row, cell: Cell, goes_on: bool, receipt: &Receipt) {
    let is_event = cell.synchronicity == Synchronicity::Event;
    let failure = (!is_event || row.of_event).then_some(row.class);
    assert_eq!((receipt.point(), receipt.function()), (cell.point, "authz"));
    assert_eq!(receipt.failure(), failure);
    assert_eq!(receipt.failed_open(), goes_on && failure.is_some());
    let decision = match (goes_on, is_event) {
        (false, _) => Decision::Error,
        (true, true) => Decision::Event,
        (true, false) => Decision::Allow,
    };
    assert_eq!(receipt.decision(), decision);
    let error = (!goes_on).then(|| error_name(&row.expected, cell.point));
    assert_eq!(receipt.error(), error);
    assert!(receipt.latency().is_some());
    assert_eq!(receipt.executed_version(), row.version);
    assert!(receipt.refused_headers().is_empty());
    assert!(receipt.envelope_length() > 100);
}

fn error_name(expected: &Expected, point: Point) -> &'static str {
    match (expected, point) {
        (Expected::Invalid(_), Point::PreProcessor) => "InvalidResponseFromAWSLambdaInPreProcess",
        (Expected::Invalid(_), Point::PostProcessor) => "InvalidResponseFromAWSLambdaInPostProcess",
        (Expected::Timeout, _) => "GatewayTimeout",
        (Expected::FunctionError(..), _) => "FunctionError",
    }
}

fn check_error(expected: &Expected, point: Point, got: &Got) {
    let name = error_name(expected, point);
    match expected {
        Expected::Invalid(detail) => got.assert_problem(name, 500, detail),
        Expected::Timeout => {
            got.assert_problem(
                name,
                504,
                "Timeout occurred while connecting to AWS Service",
            );
        }
        Expected::FunctionError(detail, title) => {
            assert_eq!((got.error(), got.status.as_u16()), (Some(name), 502));
            assert_eq!(got.headers[CONTENT_TYPE], "application/json");
            let body = json!({ "code": 502, "message": { "detail": detail, "title": title } });
            assert_eq!(got.json(), body);
        }
    }
    assert_eq!(
        got.header("x-backend"),
        None,
        "nothing of the backend's answer"
    );
    assert_eq!(got.trailers, None);
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_is_no_verdict() {
    for result in [AnswerResult::Ok, AnswerResult::Accepted] {
        for payload in ["", " \n", "null", " null\n"] {
            let what = format!("{result:?} {payload:?}");
            let mut answer = Answer::ok(payload);
            answer.result = result.clone();
            let expected = Expected::Invalid(NOT_RETURNED);
            check(&answered(
                &what,
                answer,
                FailureClass::WrongAnswer,
                expected,
            ))
            .await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_answer_is_no_verdict() {
    for payload in [
        "nothing",
        "{",
        "{} {}",
        "[]",
        "\"{}\"",
        "true",
        "7",
        r#"{"Terminate":{"code":403}}"#,
        r#"{"terminated":{"code":403},"x":1}"#,
        r#"{"terminate":{"code":403},"terminate":{"code":200}}"#,
        r#"{"terminate":[]}"#,
        r#"{"terminate":{}}"#,
        r#"{"terminate":{"message":"no"}}"#,
        r#"{"terminate":{"kode":403}}"#,
        r#"{"terminate":{"code":199}}"#,
        r#"{"terminate":{"code":600}}"#,
        r#"{"terminate":{"code":"403"}}"#,
        r#"{"terminate":{"code":403.5}}"#,
        r#"{"terminate":{"code":403,"message":7}}"#,
        r#"{"terminate":{"code":403,"addHeaders":{"x y":"a"}}}"#,
        r#"{"modify":{"unknown":1}}"#,
        r#"{"modify":"x"}"#,
        r#"{"modify":{"dropHeaders":"x-client"}}"#,
        r#"{"modify":{"dropHeaders":["x client"]}}"#,
        r#"{"modify":{"addHeaders":["x"]}}"#,
        r#"{"modify":{"addHeaders":{"x":"a\nb"}}}"#,
        r#"{"modify":{"addHeaders":{"x":{}}}}"#,
        r#"{"modify":{"addHeaders":{"x":null}}}"#,
        r#"{"modify":{"addHeaders":{"x-good":"a","":"b"}}}"#,
        r#"{"modify":{"payload":{"a":1}}}"#,
        r#"{"modify":{"payload":"?","base64Encoded":true}}"#,
        r#"{"modify":{"payload":"x","base64Encoded":"yes"}}"#,
    ] {
        let expected = Expected::Invalid(INVALID);
        let answer = Answer::ok(payload);
        check(&answered(
            payload,
            answer,
            FailureClass::WrongAnswer,
            expected,
        ))
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_could_not_be_taken_is_a_wrong_answer() {
    let function = Function::fails(|| InvocationError::wrong_answer("larger than 6 MB"));
    let expected = Expected::Invalid(INVALID);
    check(&row(
        "too large",
        function,
        FailureClass::WrongAnswer,
        expected,
    ))
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_status_other_than_200_and_202_without_an_exception_code_is_no_success() {
    for status in [100, 201, 203, 204, 301, 404, 429, 500, 503] {
        let function =
            Function::fails(move || InvocationError::service(status, None, "account 123456789012"));
        check(&row(
            status.to_string(),
            function,
            FailureClass::ServiceException,
            Expected::Invalid(NO_SUCCESS),
        ))
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_connection_and_no_credentials_are_told_alike() {
    for (function, class) in [
        (
            Function::fails(|| InvocationError::connect("dns: 10.0.0.1")),
            FailureClass::Connect,
        ),
        (
            Function::fails(|| InvocationError::credentials("role arn:aws:iam::1:role/r")),
            FailureClass::Credentials,
        ),
        (
            Function::fails(|| BoxError::from("of an unknown kind")),
            FailureClass::Connect,
        ),
    ] {
        check(&row(
            class.as_str(),
            function,
            class,
            Expected::Invalid(NO_CONNECTION),
        ))
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_exception_is_told_by_its_code_alone() {
    let throttled =
        Function::fails(|| InvocationError::throttled("TooManyRequestsException", "arn:secret"));
    let expected = Expected::Invalid("TooManyRequestsException");
    check(&row(
        "throttled",
        throttled,
        FailureClass::Throttled,
        expected,
    ))
    .await;
    let refused = Function::fails(|| {
        InvocationError::service(403, Some("AccessDeniedException".into()), "arn:secret")
    });
    let expected = Expected::Invalid("AccessDeniedException");
    check(&row(
        "refused",
        refused,
        FailureClass::ServiceException,
        expected,
    ))
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_504() {
    let reported = Function::fails(InvocationError::timeout);
    check(&row(
        "reported",
        reported,
        FailureClass::Timeout,
        Expected::Timeout,
    ))
    .await;
    let never = Function::never();
    check(&row(
        "never",
        never,
        FailureClass::Timeout,
        Expected::Timeout,
    ))
    .await;
    let late = Function::allows_after(TIMEOUT + Duration::from_millis(1));
    check(&row("late", late, FailureClass::Timeout, Expected::Timeout)).await;
}

fn function_error(payload: &str, detail: &str, title: &'static str) -> Row {
    let answer = Answer::failed("Unhandled", payload.to_owned());
    let expected = Expected::FunctionError(detail.into(), title);
    answered(payload, answer, FailureClass::FunctionError, expected)
}

/// Only with `RequestResponse`, see [`a_function_error_of_an_event_is_recorded`].
async fn check_function_error(row: &Row) {
    for cell in cells().filter(|cell| cell.synchronicity == Synchronicity::RequestResponse) {
        check_cell(row, cell).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_error_is_502_with_the_functions_own_message_and_type() {
    let message = "An error occurred during JSON parsing";
    let payload = json!({
        "errorMessage": message,
        "errorType": "java.lang.RuntimeException",
        "stackTrace": ["com.acme.Secret.handle(Secret.java:7)"],
    });
    let row = function_error(&payload.to_string(), message, "java.lang.RuntimeException");
    check_function_error(&row).await;
}

#[tokio::test(start_paused = true)]
async fn a_function_error_without_message_or_type_tells_payload_and_header() {
    let text = "Task timed out after 3.00 seconds";
    check_function_error(&function_error(text, text, "Unhandled")).await;
    let only_type = r#"{"errorType":"E"}"#;
    check_function_error(&function_error(only_type, only_type, "E")).await;
    let only_message = r#"{"errorMessage":"m"}"#;
    check_function_error(&function_error(only_message, "m", "Unhandled")).await;
    let long = "é".repeat(2000);
    check_function_error(&function_error(&long, &"é".repeat(1024), "Unhandled")).await;
}

#[tokio::test(start_paused = true)]
async fn the_functions_verdict_does_not_count_beside_a_function_error() {
    let payload = r#"{"modify":{"payload":"mine"}}"#;
    check_function_error(&function_error(payload, payload, "Unhandled")).await;
}

/// Section 6: event mode records the failures of the table, the function error among them.
#[tokio::test(start_paused = true)]
async fn a_function_error_of_an_event_is_recorded() {
    let row = Row {
        of_event: true,
        ..function_error("broken", "broken", "Unhandled")
    };
    for cell in cells().filter(|cell| cell.synchronicity == Synchronicity::Event) {
        check_cell(&row, cell).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_has_no_verdict() {
    for payload in [
        r#"{"terminate":{"code":403}}"#,
        r#"{"modify":{"payload":"mine","addHeaders":{"x-client":"two"}}}"#,
    ] {
        for result in [AnswerResult::Ok, AnswerResult::Accepted] {
            for cell in cells().filter(|cell| cell.synchronicity == Synchronicity::Event) {
                let mut answer = Answer::ok(payload);
                answer.result = result.clone();
                // Not looked at, so no failure either: class and expectation do not matter.
                let row = answered(
                    payload,
                    answer,
                    FailureClass::WrongAnswer,
                    Expected::Timeout,
                );
                check_cell(&row, cell).await;
            }
        }
    }
}

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
