//! Answers that are no JSON object.

use super::{POINTS, ended, is, is_wrong, parse};
use lambda_sidecar_core::{Failure, FailureClass, Modify};
use serde_json::json;

#[test]
fn an_empty_body_or_null_is_no_answer() {
    for answer in ["", "null", " null", "null\r\n\t"] {
        for point in POINTS {
            let failure = parse(point, answer).unwrap_err();
            assert_eq!(failure, Failure::EmptyAnswer, "{answer:?}");
            assert_eq!(failure.message(), "AWS Lambda Response is not returned");
            assert_eq!(failure.class(), FailureClass::WrongAnswer);
        }
    }
}

#[test]
fn white_space_alone_is_never_an_allow() {
    for answer in [" ", "\n", "\t\r\n ", "\u{c}", "\u{a0}", "\0"] {
        for point in POINTS {
            assert!(parse(point, answer).is_err(), "{answer:?}");
        }
    }
}

#[test]
fn an_answer_that_is_not_json_is_wrong() {
    for answer in [
        "{",
        "}",
        "{}}",
        "{{}}",
        "{}{}",
        "{} null",
        "nul",
        "NULL",
        "null null",
        "allow",
        "{'modify':{}}",
        "{modify:{}}",
        r#"{"modify":{},}"#,
        r#"{"modify":{}"#,
        r#"{"modify"}"#,
        r#"{"modify":}"#,
        r#"{"terminate":{"code":403}}x"#,
        r#"{"terminate":{"code":0403}}"#,
        r#"{"terminate":{"code":403.}}"#,
        r#"{"terminate":{"code":+403}}"#,
        r#"{"modify":{"payload":"line
break"}}"#,
        r#"{"modify":{},"x":01}"#,
        r#"{"modify":{},"x":"\q"}"#,
        r#"{"modify":{},"x":NaN}"#,
        "\u{feff}{}",
        "{}\0",
        "\0{}",
        "{\u{a0}}",
        "{}//",
        "\u{b}{}",
    ] {
        is_wrong(answer);
    }
}

#[test]
fn a_form_feed_is_not_json_and_makes_no_allow() {
    for answer in ["\u{c}{}", "{}\u{c}", "{\u{c}}"] {
        is_wrong(answer);
    }
}

#[test]
fn bytes_that_are_not_utf8_are_not_json_outside_strings() {
    for answer in [
        &b"\xff"[..],
        b"{}\xff",
        // UTF-16.
        b"\xff\xfe{\0}\0",
        b"{\"modify\":\xff}",
        // A key, which then is an unknown one.
        b"{\"modify\xff\":{}}",
    ] {
        is_wrong(answer);
    }
}

#[test]
fn bytes_that_are_not_utf8_are_read_as_the_replacement_character_in_strings() {
    for payload in [&b"a\xff"[..], b"a\xc3", b"a\xed\xa0\x80", b"a\xf0\x9f\x98"] {
        let answer = [
            b"{\"modify\":{\"payload\":\"",
            payload,
            b"\"},\"x\":\"\xff\"}",
        ]
        .concat();
        let read = String::from_utf8_lossy(payload).into_owned();
        assert!(read.starts_with("a\u{fffd}"), "{read}");
        is(answer, Modify::new().text(read));
    }
    is(
        b"{\"modify\":{\"json\":\"\xff\"}}",
        Modify::new().json(&json!("\u{fffd}")),
    );
}

#[test]
fn bytes_that_are_not_utf8_cannot_undo_a_terminate() {
    for answer in [
        &b"{\"terminate\":{\"code\":403,\"message\":\"no \xff\"}}"[..],
        b"{\"terminate\":{\"code\":403},\"modify\":\"\xff\"}",
        b"{\"\xff\":1,\"terminate\":{\"\xfe\":\"\xff\",\"code\":403,\"headers\":{\"x-a\":\"\xff\"}}}",
    ] {
        assert_eq!(ended(answer).status(), 403);
    }
}

#[test]
fn an_answer_that_is_not_an_object_is_wrong() {
    for answer in [
        "[]", "[{}]", r#""{}""#, r#""""#, "true", "false", "0", "200", "1e400",
    ] {
        is_wrong(answer);
    }
}
