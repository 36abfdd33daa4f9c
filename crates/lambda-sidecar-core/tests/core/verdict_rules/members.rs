//! Which answers are a verdict, and what their members say.

use super::{forbidden, is, is_wrong, name, parse, value};
use crate::model::verdict::{MODIFY, TERMINATE};
use http::{HeaderValue, StatusCode};
use lambda_sidecar_core::{Modify, Point, Terminate, Verdict};
use serde_json::json;

#[test]
fn an_empty_object_is_allow() {
    for answer in ["{}", " {}", "{}\n", "{ }", "\r\n{\t}\r\n", "{\n\n}"] {
        is(answer, Verdict::Allow);
    }
}

#[test]
fn modify_without_members_changes_nothing() {
    is(r#"{"modify":{}}"#, Modify::new());
}

#[test]
fn terminate_with_a_code_is_a_terminate() {
    is(r#"{"terminate":{"code":403}}"#, forbidden());
}

#[test]
fn every_member_of_terminate_is_read() {
    is(
        r#"{"terminate":{"code":429,"message":"m","addHeaders":{"X-A":"1"},"payload":"p","dropHeaders":["x-b"]}}"#,
        Terminate::new(StatusCode::TOO_MANY_REQUESTS)
            .message("m")
            .header(name("x-a"), value("1"))
            .unwrap()
            .text("p"),
    );
}

#[test]
fn every_member_of_modify_is_read() {
    let answer = r#"{"modify":{"dropHeaders":["X-B"],"addHeaders":{"X-A":"1"},"payload":"p","completeWithCode":201}}"#;
    let modify = Modify::new()
        .drop_header(name("x-b"))
        .unwrap()
        .header(name("x-a"), value("1"))
        .unwrap()
        .text("p");
    assert_eq!(
        parse(Point::PreProcessor, answer),
        Ok(modify.clone().into())
    );
    assert_eq!(
        parse(Point::PostProcessor, answer),
        Ok(modify.complete_with_code(StatusCode::CREATED).into())
    );
}

#[test]
fn base64_true_decodes_the_payload() {
    is(
        r#"{"modify":{"payload":"AP+A","base64Encoded":true}}"#,
        Modify::new().binary(&b"\0\xff\x80"[..]),
    );
    is(
        r#"{"terminate":{"code":403,"payload":"AP+A","base64Encoded":true}}"#,
        forbidden().binary(&b"\0\xff\x80"[..]),
    );
}

#[test]
fn base64_false_leaves_the_payload_as_text() {
    is(
        r#"{"modify":{"payload":"AP+A","base64Encoded":false}}"#,
        Modify::new().text("AP+A"),
    );
}

#[test]
fn json_wins_over_payload() {
    is(
        r#"{"modify":{"json":{"a":1},"payload":"p"}}"#,
        Modify::new().json(&json!({"a": 1})),
    );
    is(
        r#"{"terminate":{"code":403,"json":[1],"payload":"p"}}"#,
        forbidden().json(&json!([1])),
    );
}

#[test]
fn json_may_be_any_value() {
    for body in [json!({}), json!([]), json!("text"), json!(7), json!(false)] {
        is(
            json!({"modify": {"json": body}}).to_string(),
            Modify::new().json(&body),
        );
    }
}

#[test]
fn a_header_value_is_a_string_a_number_or_a_boolean_or_an_array_of_them() {
    let header = |value: HeaderValue| Modify::new().header(name("x-a"), value).unwrap();
    for (json, text) in [
        (r#""text""#, "text"),
        (r#""""#, ""),
        ("1234", "1234"),
        ("-1.50", "-1.50"),
        ("1e400", "1e400"),
        ("true", "true"),
        ("false", "false"),
        (r#"["one"]"#, "one"),
    ] {
        is(
            format!(r#"{{"modify":{{"addHeaders":{{"x-a":{json}}}}}}}"#),
            header(value(text)),
        );
    }
    is(
        r#"{"modify":{"addHeaders":{"x-a":["one",2,true]}}}"#,
        header(value("one"))
            .header(name("x-a"), value("2"))
            .unwrap()
            .header(name("x-a"), value("true"))
            .unwrap(),
    );
}

#[test]
fn header_values_hold_any_bytes_http_allows_and_text_is_written_as_utf8() {
    let text = "ü€ \t\u{80}~!";
    is(
        json!({"modify": {"addHeaders": {"x-a": text}}}).to_string(),
        Modify::new()
            .header(
                name("x-a"),
                HeaderValue::from_bytes(text.as_bytes()).unwrap(),
            )
            .unwrap(),
    );
}

#[test]
fn unknown_members_beside_known_ones_are_ignored() {
    is(
        r#"{"modify":{"payload":"p","x":[1e400]},"y":{"z":null}}"#,
        Modify::new().text("p"),
    );
    is(
        r#"{"terminate":{"x":0,"code":403},"Modify":7}"#,
        forbidden(),
    );
    is(
        r#"{"modify":{"payload":"p"},"Modify":7,"ter":1,"reason":"Terminate","determined":true}"#,
        Modify::new().text("p"),
    );
}

#[test]
fn a_known_member_that_is_null_counts_as_absent() {
    is(r#"{"terminate":null}"#, Verdict::Allow);
    is(r#"{"modify":null}"#, Verdict::Allow);
    is(
        r#"{"terminate":null,"modify":{"payload":"p"}}"#,
        Modify::new().text("p"),
    );
    is(r#"{"terminate":{"code":403},"modify":null}"#, forbidden());
    for member in MODIFY {
        is(
            format!(r#"{{"modify":{{"{member}":null}}}}"#),
            Modify::new(),
        );
    }
    for member in TERMINATE.iter().filter(|&&member| member != "code") {
        is(
            format!(r#"{{"terminate":{{"code":403,"{member}":null}}}}"#),
            forbidden(),
        );
    }
    is_wrong(r#"{"terminate":{"code":null}}"#);
    is(
        r#"{"modify":{"payload":"aGk=","base64Encoded":null}}"#,
        Modify::new().text("aGk="),
    );
    is(
        r#"{"modify":{"json":null,"payload":"p"}}"#,
        Modify::new().text("p"),
    );
}

#[test]
fn null_members_beside_unknown_ones_are_no_known_ones() {
    is_wrong(r#"{"terminate":null,"Terminate":{"code":403}}"#);
    is_wrong(r#"{"modify":{"payload":null,"Payload":"p"}}"#);
}
