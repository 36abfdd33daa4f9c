//! Answers that are no verdict.

use super::{Expected, answered, cells, check, check_cell, row};
use crate::common::Function;
use lambda_sidecar::{Answer, AnswerResult, FailureClass, InvocationError, Synchronicity};

const NOT_RETURNED: &str = "AWS Lambda Response is not returned";

const INVALID: &str = "Invalid output from AWS Lambda function";

const NO_SUCCESS: &str = "Success Response not returned from AWS Lambda";

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
        r#"{"terminate":{"code":"403"},"terminate":{"code":1}}"#,
        r#"{"terminate":[]}"#,
        r#"{"terminate":{}}"#,
        r#"{"terminate":{"message":"no"}}"#,
        r#"{"terminate":{"kode":403}}"#,
        r#"{"terminate":{"code":199}}"#,
        r#"{"terminate":{"code":600}}"#,
        r#"{"terminate":{"code":"403"}}"#,
        r#"{"terminate":{"code":403.5}}"#,
        r#"{"Terminate":{"code":403},"modify":{"payload":"p"}}"#,
        r#"{"termiante":{"code":403},"modify":{"payload":"p"}}"#,
        r#"{"modify":{"unknown":1}}"#,
        r#"{"modify":"x"}"#,
        r#"{"modify":{"dropHeaders":"x-client"}}"#,
        r#"{"modify":{"dropHeaders":["x client"]}}"#,
        r#"{"modify":{"addHeaders":["x"]}}"#,
        r#"{"modify":{"addHeaders":{"x y":"a"}}}"#,
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
