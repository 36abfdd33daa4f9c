//! From the answer of a function to a verdict.

use super::{forbidden, from_answer};
use lambda_sidecar_core::{Answer, AnswerResult, Failure, FailureClass, Synchronicity, Verdict};

#[test]
fn the_answer_of_a_function_that_ran_to_its_end_is_read() {
    let answer = Answer::ok(r#"{"terminate":{"code":403}}"#);
    let verdict = from_answer(Synchronicity::RequestResponse, &answer);
    assert_eq!(verdict, Ok(forbidden().into()));
    for empty in ["", "null"] {
        let verdict = from_answer(Synchronicity::RequestResponse, &Answer::ok(empty));
        assert_eq!(verdict, Err(Failure::EmptyAnswer));
    }
}

#[test]
fn a_verdict_that_is_waited_for_is_not_there_if_the_call_was_only_accepted() {
    for payload in ["", "{}", r#"{"terminate":{"code":403}}"#] {
        let mut answer = Answer::accepted();
        answer.payload = payload.into();
        let verdict = from_answer(Synchronicity::RequestResponse, &answer);
        assert_eq!(verdict, Err(Failure::EmptyAnswer), "{payload}");
    }
}

#[test]
fn a_function_error_is_a_failure_whatever_the_payload_says() {
    for payload in ["{}", "", "null", r#"{"terminate":{"code":403}}"#] {
        let answer = Answer::failed("Unhandled", payload);
        for synchronicity in [Synchronicity::RequestResponse, Synchronicity::Event] {
            let failure = from_answer(synchronicity, &answer).unwrap_err();
            assert_eq!(failure.class(), FailureClass::FunctionError, "{payload}");
        }
    }
}

#[test]
fn an_event_has_no_verdict() {
    for payload in [
        "",
        "null",
        "{}",
        "nonsense",
        r#"{"terminate":{"code":403}}"#,
    ] {
        for result in [AnswerResult::Ok, AnswerResult::Accepted] {
            let mut answer = Answer::ok(payload);
            answer.result = result;
            let verdict = from_answer(Synchronicity::Event, &answer);
            assert_eq!(verdict, Ok(Verdict::Allow), "{payload}");
        }
    }
}
