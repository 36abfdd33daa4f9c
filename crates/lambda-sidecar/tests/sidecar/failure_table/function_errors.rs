//! The function ran and failed.

use super::{Expected, Row, answered, cells, check_cell};
use lambda_sidecar::{Answer, FailureClass, Synchronicity};
use serde_json::json;

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
