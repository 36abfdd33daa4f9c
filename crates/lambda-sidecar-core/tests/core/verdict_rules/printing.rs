//! A verdict printed and read.

use super::{forbidden, from_answer, is, is_wrong, is_wrong_at, name, value};
use http::{HeaderValue, StatusCode};
use lambda_sidecar_core::{Answer, FailureClass, Modify, Point, Synchronicity, Verdict};
use serde_json::{Value, json};

#[test]
fn a_verdict_printed_and_read_is_the_same() {
    let verdicts: [Verdict; 7] = [
        Verdict::Allow,
        Modify::new().into(),
        Modify::new()
            .drop_header(name("x-b"))
            .unwrap()
            .header(
                name("x-a"),
                HeaderValue::from_bytes("ü".as_bytes()).unwrap(),
            )
            .unwrap()
            .header(name("x-a"), value("2"))
            .unwrap()
            .text("\u{0}\"\\\u{2028}")
            .into(),
        Modify::new().binary(&b"\xff\0"[..]).into(),
        Modify::new().json(&json!({"a": [1, null]})).into(),
        Verdict::terminate(StatusCode::IM_A_TEAPOT),
        forbidden()
            .message("m")
            .json(&json!("x"))
            .header(name("x-a"), value(""))
            .unwrap()
            .into(),
    ];
    for verdict in verdicts {
        is(Answer::from(verdict.clone()).payload, verdict);
    }
}

#[test]
fn a_modify_that_json_cannot_say_is_a_function_error_and_never_an_allow() {
    let no_utf8 = HeaderValue::from_bytes(b"\xff").unwrap();
    for modify in [
        Modify::new().json(&Value::Null),
        Modify::new().header(name("x-a"), no_utf8).unwrap(),
    ] {
        let failure = from_answer(Synchronicity::RequestResponse, &Answer::from(modify));
        assert_eq!(failure.unwrap_err().class(), FailureClass::FunctionError);
    }
}

#[test]
fn a_terminate_that_json_cannot_say_whole_still_ends_the_call() {
    let no_utf8 = HeaderValue::from_bytes(b"a\xff").unwrap();
    let terminate = forbidden()
        .message("m")
        .json(&Value::Null)
        .header(name("x-a"), no_utf8)
        .unwrap();
    let verdict = from_answer(Synchronicity::RequestResponse, &Answer::from(terminate));
    let as_latin_1 = HeaderValue::from_bytes("a\u{ff}".as_bytes()).unwrap();
    let expected = forbidden()
        .message("m")
        .header(name("x-a"), as_latin_1)
        .unwrap();
    assert_eq!(verdict, Ok(expected.into()));
}

#[test]
fn a_status_outside_200_to_599_does_not_come_back_as_an_allow() {
    for status in [100, 199, 600, 999] {
        let status = StatusCode::from_u16(status).unwrap();
        is_wrong(Answer::from(Verdict::terminate(status)).payload);
        let modify = Modify::new().complete_with_code(status);
        is_wrong_at(
            Point::PostProcessor,
            Answer::from(Verdict::from(modify)).payload,
        );
    }
}
