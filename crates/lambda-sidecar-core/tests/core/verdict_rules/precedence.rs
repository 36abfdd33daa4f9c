//! Terminate wins, and what cannot take effect is not checked.

use super::{POINTS, forbidden, is, is_wrong, parse};
use lambda_sidecar_core::{Modify, Point};
use serde_json::json;

#[test]
fn terminate_wins_where_both_are_given() {
    is(
        r#"{"terminate":{"code":403},"modify":{"payload":"p"}}"#,
        forbidden(),
    );
    is(
        r#"{"modify":{"payload":"p"},"terminate":{"code":403}}"#,
        forbidden(),
    );
}

#[test]
fn a_fault_in_modify_cannot_undo_a_terminate() {
    for modify in [
        "7",
        "[]",
        r#""x""#,
        r#"{"x":1}"#,
        r#"{"payload":7}"#,
        r#"{"addHeaders":{"\n":1}}"#,
        r#"{"payload":"!","base64Encoded":true}"#,
        r#"{"completeWithCode":1e400}"#,
        r#"{"payload":"\ud800"}"#,
        r#"{"payload":"a","payload":"b"}"#,
    ] {
        is(
            format!(r#"{{"modify":{modify},"terminate":{{"code":403}}}}"#),
            forbidden(),
        );
        is(
            format!(r#"{{"terminate":{{"code":403}},"modify":{modify}}}"#),
            forbidden(),
        );
    }
}

#[test]
fn a_modify_that_stands_twice_cannot_undo_a_terminate() {
    is(
        r#"{"terminate":{"code":403},"modify":{},"modify":{}}"#,
        forbidden(),
    );
}

#[test]
fn a_fault_in_terminate_is_a_wrong_answer_whatever_modify_says() {
    is_wrong(r#"{"terminate":{"code":"403"},"modify":{"payload":"p"}}"#);
    is_wrong(r#"{"terminate":{},"modify":{}}"#);
    is_wrong(r#"{"terminate":false,"modify":{}}"#);
}

#[test]
fn payload_beside_json_is_not_checked() {
    for of in [r#"{"modify":{"#, r#"{"terminate":{"code":403,"#] {
        for fault in [
            r#""payload":7"#,
            r#""payload":"!","base64Encoded":true"#,
            r#""payload":"aGk=","base64Encoded":"true""#,
        ] {
            let answer = format!(r#"{of}"json":[1],{fault}}}}}"#);
            for point in POINTS {
                assert!(parse(point, &answer).is_ok(), "{point}: {answer}");
            }
        }
    }
}

#[test]
fn complete_with_code_is_not_checked_at_pre_processor_and_has_no_effect() {
    for code in ["201", r#""x""#, "99", "1e400", "{}"] {
        let answer = format!(r#"{{"modify":{{"completeWithCode":{code}}}}}"#);
        assert_eq!(
            parse(Point::PreProcessor, &answer),
            Ok(Modify::new().into()),
            "{code}"
        );
    }
}

#[test]
fn base64_encoded_without_a_payload_is_not_checked() {
    is(r#"{"modify":{"base64Encoded":"x"}}"#, Modify::new());
}

#[test]
fn a_message_beside_a_body_is_not_checked() {
    is(
        r#"{"terminate":{"code":403,"message":7,"payload":"p"}}"#,
        forbidden().text("p"),
    );
    is(
        r#"{"terminate":{"code":403,"message":7,"json":1}}"#,
        forbidden().json(&json!(1)),
    );
    is(
        r#"{"terminate":{"code":403,"message":"a","message":"b","payload":"p"}}"#,
        forbidden().text("p"),
    );
}

#[test]
fn drop_headers_of_terminate_is_accepted_and_not_checked() {
    for drop in [
        r#"["x-a"]"#,
        "[]",
        "7",
        r#"["\n"]"#,
        r#"["content-length"]"#,
    ] {
        is(
            format!(r#"{{"terminate":{{"code":403,"dropHeaders":{drop}}}}}"#),
            forbidden(),
        );
    }
}
