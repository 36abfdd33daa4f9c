//! Answers that are JSON and no verdict.

use super::{ended, forbidden, is, is_wrong, is_wrong_at, parse};
use bytes::Bytes;
use http::StatusCode;
use lambda_sidecar_core::{Modify, Point, Terminate};
use serde_json::json;

const DEFAULT_TEXT: &str = "Service cannot be provided, code 0x000003BB";

#[test]
fn terminate_and_modify_are_objects() {
    for value in ["7", "true", "false", r#""x""#, r#""""#, "[]", "[{}]", "0"] {
        is_wrong(format!(r#"{{"terminate":{value}}}"#));
        is_wrong(format!(r#"{{"modify":{value}}}"#));
    }
}

#[test]
fn a_known_member_of_the_wrong_type_is_wrong_and_cannot_undo_a_terminate() {
    let no_map = [
        "7",
        "true",
        r#""x""#,
        "[]",
        r#"["x-a"]"#,
        r#"[["x-a","1"]]"#,
    ];
    let no_string = ["7", "true", "false", "[]", "{}", r#"["p"]"#];
    let no_boolean = ["1", "0", r#""true""#, r#""""#, "[]", "{}"];
    let no_list = ["7", "true", r#""x-a""#, "{}", r#"{"x-a":true}"#];
    for (member, values) in [
        ("addHeaders", &no_map[..]),
        ("passHeaders", &no_map),
        ("headers", &no_map),
        ("payload", &no_string),
        ("\"payload\":\"aGk=\",\"base64Encoded", &no_boolean),
    ] {
        let member = member.trim_start_matches('"');
        for value in values {
            is_wrong(format!(r#"{{"modify":{{"{member}":{value}}}}}"#));
            let ended = ended(format!(
                r#"{{"terminate":{{"code":403,"{member}":{value}}}}}"#
            ));
            assert_eq!(ended.to_response(None).body(), DEFAULT_TEXT, "{member}");
            assert!(ended.unusable().is_some(), "{member}: {value}");
        }
    }
    for value in no_string {
        let ended = ended(format!(
            r#"{{"terminate":{{"code":403,"message":{value}}}}}"#
        ));
        assert_eq!(ended.to_response(None).body(), DEFAULT_TEXT, "{value}");
        assert!(ended.unusable().is_some(), "{value}");
    }
    for value in no_list {
        is_wrong(format!(r#"{{"modify":{{"dropHeaders":{value}}}}}"#));
    }
    for item in ["7", "null", "true", "[]", r#"["x-a"]"#, "{}"] {
        is_wrong(format!(r#"{{"modify":{{"dropHeaders":["x-b",{item}]}}}}"#));
    }
}

#[test]
fn a_header_value_of_another_type_is_wrong_and_cannot_undo_a_terminate() {
    for (value, kept) in [
        ("null", 0),
        ("{}", 0),
        (r#"{"a":1}"#, 0),
        (r#"[null]"#, 0),
        (r#"["a",[]]"#, 1),
        (r#"[["a"]]"#, 0),
        ("[{}]", 0),
    ] {
        for member in ["addHeaders", "passHeaders", "headers"] {
            is_wrong(format!(r#"{{"modify":{{"{member}":{{"x-a":{value}}}}}}}"#));
            let ended = ended(format!(
                r#"{{"terminate":{{"code":403,"{member}":{{"x-a":{value},"x-b":"1"}}}}}}"#
            ));
            assert_eq!(ended.refused(), ["x-a"], "{value}");
            assert_eq!(ended.headers().count(), kept + 1, "{value}");
        }
    }
}

#[test]
fn terminate_without_code_is_wrong() {
    for terminate in [
        "{}",
        r#"{"message":"m"}"#,
        r#"{"dropHeaders":[]}"#,
        r#"{"payload":"p","headers":{}}"#,
        r#"{"completeWithCode":403,"message":"m"}"#,
        r#"{"Code":403,"message":"m"}"#,
    ] {
        is_wrong(format!(r#"{{"terminate":{terminate}}}"#));
    }
}

#[test]
fn a_status_outside_200_to_599_is_wrong() {
    for code in [
        "199",
        "600",
        "100",
        "101",
        "0",
        "-403",
        "999",
        "1000",
        "65939",
        "4294967699",
        "18446744073709551615",
        "99999999999999999999999999",
        "1e400",
        "-1e400",
        "403.5",
        "599.5",
        "199.9",
        r#""403""#,
        "true",
        "[403]",
        "{}",
    ] {
        is_wrong(format!(r#"{{"terminate":{{"code":{code}}}}}"#));
        is_wrong(format!(r#"{{"terminate":{{"statusCode":{code}}}}}"#));
        for member in ["completeWithCode", "statusCode", "code"] {
            let answer = format!(r#"{{"modify":{{"{member}":{code}}}}}"#);
            is_wrong_at(Point::PostProcessor, answer);
        }
    }
}

#[test]
fn every_status_from_200_to_599_is_allowed() {
    for code in 200..=599 {
        let status = StatusCode::from_u16(code).unwrap();
        is(
            format!(r#"{{"terminate":{{"code":{code}}}}}"#),
            Terminate::new(status),
        );
        let answer = format!(r#"{{"modify":{{"completeWithCode":{code}}}}}"#);
        let modify = Modify::new().complete_with_code(status);
        assert_eq!(
            parse(Point::PostProcessor, answer),
            Ok(modify.into()),
            "{code}"
        );
    }
}

#[test]
fn a_status_that_json_writes_another_way_is_the_same_number() {
    for code in ["403.0", "4.03e2", "40300e-2"] {
        is(format!(r#"{{"terminate":{{"code":{code}}}}}"#), forbidden());
    }
}

#[test]
fn broken_base64_is_wrong_and_cannot_undo_a_terminate() {
    for broken in [
        "!", "a", "aGk", "aGk==", "=", "aGk=aGk=", "aGk_", "aGk-", " aGk=", "aG\nk=", "ü",
    ] {
        is_wrong(json!({"modify": {"payload": broken, "base64Encoded": true}}).to_string());
        let terminate = json!({"code": 451, "payload": broken, "base64Encoded": true});
        let ended = ended(json!({ "terminate": terminate }).to_string());
        let response = ended.to_response(None);
        assert_eq!(response.status(), 451);
        assert_eq!(
            response.headers()["content-type"],
            "text/plain; charset=utf-8"
        );
        assert_eq!(response.body(), DEFAULT_TEXT, "{broken}");
        assert_eq!(ended.unusable(), Some("`terminate.payload` is no base64"));
    }
}

#[test]
fn a_member_that_stands_twice_cannot_undo_a_terminate() {
    for (member, body) in [
        (r#""message":"a","message":"b""#, DEFAULT_TEXT),
        (r#""payload":"a","payload":"b","message":"m""#, DEFAULT_TEXT),
        (r#""json":1,"json":2"#, DEFAULT_TEXT),
        (r#""headers":{},"headers":{},"message":"m""#, "m"),
    ] {
        let ended = ended(format!(r#"{{"terminate":{{"code":403,{member}}}}}"#));
        assert_eq!(ended.to_response(None).body(), body, "{member}");
        assert!(ended.unusable().is_some(), "{member}");
    }
}

#[test]
fn an_empty_payload_is_valid_base64() {
    is(
        r#"{"modify":{"payload":"","base64Encoded":true}}"#,
        Modify::new().binary(Bytes::new()),
    );
}

#[test]
fn a_misspelt_terminate_is_a_wrong_answer_also_beside_known_members() {
    for misspelt in [
        "Terminate",
        "TERMINATE",
        "terminat",
        "terminate ",
        "terminates",
        "term\u{131}nate",
        "termiante",
        "ternimate",
        "TERMIANTE",
        "erminat",
        "terminate12",
        "xterminatex",
        "terrmminate",
        "terminate\u{d7ff}",
    ] {
        for value in [json!({"code": 403}), json!(7), json!(null)] {
            is_wrong(json!({misspelt: value}).to_string());
            is_wrong(json!({misspelt: value, "modify": {"payload": "p"}}).to_string());
            is_wrong(json!({misspelt: value, "terminate": null}).to_string());
            is(
                json!({misspelt: value, "terminate": {"code": 403}}).to_string(),
                forbidden(),
            );
        }
    }
    is_wrong(r#"{"modify":{},"\u0054erminate":{"code":403}}"#);
    is_wrong(r#"{"modify":{},"terminate\ud800":{"code":403}}"#);
}

#[test]
fn what_is_three_letters_from_terminate_is_no_misspelt_one() {
    for other in [
        "termin",
        "minate",
        "terminating",
        "termination",
        "terminate123",
        "determine",
        "estimate",
        "",
        "t",
    ] {
        is(
            json!({other: {"code": 403}, "modify": {}}).to_string(),
            Modify::new(),
        );
    }
    let long = "terminate".repeat(100_000);
    is(json!({long: 1, "modify": {}}).to_string(), Modify::new());
}

#[test]
fn an_object_with_members_but_none_that_is_known_is_wrong() {
    for unknown in [
        r#"{"x":1}"#,
        r#"{"":{}}"#,
        r#"{"Modify":{}}"#,
        r#"{"code":403}"#,
        r#"{"statusCode":403,"body":""}"#,
        r#"{"x":null}"#,
    ] {
        is_wrong(unknown);
    }
    for unknown in [
        r#"{"x":1}"#,
        r#"{"dropheaders":["x-a"]}"#,
        r#"{"message":"m"}"#,
        r#"{"":null}"#,
    ] {
        is_wrong(format!(r#"{{"modify":{unknown}}}"#));
    }
    for unknown in [
        r#"{"x":1}"#,
        r#"{"completeWithCode":403}"#,
        r#"{"Code":403}"#,
    ] {
        is_wrong(format!(r#"{{"terminate":{unknown}}}"#));
    }
}

#[test]
fn an_escaped_name_is_the_same_name() {
    is(r#"{"term\u0069nate":{"c\u006fde":403}}"#, forbidden());
}

#[test]
fn a_wrong_answer_is_not_quoted_in_its_reason() {
    for answer in [
        r#"{"s3cret":1}"#,
        r#""s3cret""#,
        r#"{"terminate":{"code":"s3cret"}}"#,
        r#"{"modify":{"payload":{"s3cret":1}}}"#,
        r#"{"modify":{"payload":"s3cret!","base64Encoded":true}}"#,
        r#"{"modify":{"dropHeaders":["s3cret\n"]}}"#,
        r#"{"modify":"s3cret"}"#,
    ] {
        let failure = parse(Point::PreProcessor, answer).unwrap_err();
        assert!(!format!("{failure:?}").contains("s3cret"), "{failure:?}");
    }
    for members in [
        r#""message":["s3cret"]"#,
        r#""payload":"s3cret!","base64Encoded":true"#,
        r#""addHeaders":{"x-a":"s3cret\n","s3cret\n":"1"}"#,
        r#""addHeaders":["s3cret"]"#,
    ] {
        let ended = ended(format!(r#"{{"terminate":{{"code":403,{members}}}}}"#));
        assert!(!format!("{ended:?}").contains("s3cret"), "{ended:?}");
    }
}
