//! Section 5 of the connector: which answers of a function are which verdict, and which are none.

#![expect(clippy::panic, reason = "helpers of tests")]

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use lambda_sidecar_core::{
    Answer, AnswerResult, Failure, FailureClass, MAX_HEADER_LINES, Modify, Point, ProtectedHeaders,
    Synchronicity, Terminate, Verdict,
};
use serde_json::{Value, json};

const POINTS: [Point; 2] = [Point::PreProcessor, Point::PostProcessor];

fn parse(point: Point, answer: impl AsRef<[u8]>) -> Result<Verdict, Failure> {
    let answer = Bytes::copy_from_slice(answer.as_ref());
    Verdict::parse(point, &answer, &ProtectedHeaders::default())
}

fn shown(answer: &[u8]) -> String {
    answer
        .escape_ascii()
        .to_string()
        .chars()
        .take(200)
        .collect()
}

/// The answer is this verdict at both points.
#[track_caller]
fn is(answer: impl AsRef<[u8]>, verdict: impl Into<Verdict>) {
    let (answer, verdict) = (answer.as_ref(), verdict.into());
    for point in POINTS {
        assert_eq!(
            parse(point, answer),
            Ok(verdict.clone()),
            "{point}: {}",
            shown(answer)
        );
    }
}

/// The answer is a wrong one at both points, and is called what `docs/failures.md` calls it.
#[track_caller]
fn is_wrong(answer: impl AsRef<[u8]>) {
    for point in POINTS {
        is_wrong_at(point, answer.as_ref());
    }
}

#[track_caller]
fn is_wrong_at(point: Point, answer: impl AsRef<[u8]>) {
    let answer = answer.as_ref();
    match parse(point, answer) {
        Err(failure @ Failure::WrongAnswer(_)) => {
            assert_eq!(failure.message(), "Invalid output from AWS Lambda function");
            assert_eq!(failure.class(), FailureClass::WrongAnswer);
        }
        other => panic!("{point}: {} is {other:?}", shown(answer)),
    }
}

/// The answer ends the call at both points.
#[track_caller]
fn ended(answer: impl AsRef<[u8]>) -> Terminate {
    let answer = answer.as_ref();
    let [pre, post] = POINTS.map(|point| match parse(point, answer) {
        Ok(Verdict::Terminate(terminate)) => terminate,
        other => panic!("{point}: {} is {other:?}", shown(answer)),
    });
    assert_eq!(pre, post);
    pre
}

const DEFAULT_TEXT: &str = "Service cannot be provided, code 0x000003BB";

fn name(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

fn value(value: &'static str) -> HeaderValue {
    HeaderValue::from_static(value)
}

fn forbidden() -> Terminate {
    Terminate::new(StatusCode::FORBIDDEN)
}

// What is a verdict

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
            .text("p"),
    );
}

#[test]
fn every_member_of_modify_is_read() {
    let answer = r#"{"modify":{"dropHeaders":["X-B"],"addHeaders":{"X-A":"1"},"payload":"p","completeWithCode":201}}"#;
    let modify = Modify::new()
        .drop_header(name("x-b"))
        .header(name("x-a"), value("1"))
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
    let header = |value: HeaderValue| Modify::new().header(name("x-a"), value);
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
            .header(name("x-a"), value("true")),
    );
}

#[test]
fn header_values_hold_any_bytes_http_allows_and_text_is_written_as_utf8() {
    let text = "ü€ \t\u{80}~!";
    is(
        json!({"modify": {"addHeaders": {"x-a": text}}}).to_string(),
        Modify::new().header(
            name("x-a"),
            HeaderValue::from_bytes(text.as_bytes()).unwrap(),
        ),
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
    for member in [
        "dropHeaders",
        "addHeaders",
        "passHeaders",
        "headers",
        "payload",
        "base64Encoded",
        "json",
        "completeWithCode",
        "statusCode",
        "code",
    ] {
        is(
            format!(r#"{{"modify":{{"{member}":null}}}}"#),
            Modify::new(),
        );
    }
    for member in [
        "statusCode",
        "message",
        "addHeaders",
        "passHeaders",
        "headers",
        "payload",
        "base64Encoded",
        "json",
        "dropHeaders",
    ] {
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

// Aliases

#[test]
fn status_code_stands_for_code_and_for_complete_with_code() {
    is(r#"{"terminate":{"statusCode":403}}"#, forbidden());
    let created = Modify::new().complete_with_code(StatusCode::CREATED);
    for member in ["statusCode", "code", "completeWithCode"] {
        let answer = format!(r#"{{"modify":{{"{member}":201}}}}"#);
        assert_eq!(
            parse(Point::PostProcessor, answer),
            Ok(created.clone().into()),
            "{member}"
        );
    }
}

#[test]
fn pass_headers_and_headers_stand_for_add_headers() {
    for member in ["addHeaders", "passHeaders", "headers"] {
        is(
            format!(r#"{{"modify":{{"{member}":{{"x-a":"1"}}}}}}"#),
            Modify::new().header(name("x-a"), value("1")),
        );
        is(
            format!(r#"{{"terminate":{{"code":403,"{member}":{{"x-a":"1"}}}}}}"#),
            forbidden().header(name("x-a"), value("1")),
        );
    }
}

#[test]
fn of_a_name_and_its_alias_the_name_wins() {
    for alias in ["passHeaders", "headers"] {
        let both = format!(r#""{alias}":{{"x-b":"2"}},"addHeaders":{{"x-a":"1"}}"#);
        is(
            format!(r#"{{"modify":{{{both}}}}}"#),
            Modify::new().header(name("x-a"), value("1")),
        );
        is(
            format!(r#"{{"terminate":{{"code":403,{both}}}}}"#),
            forbidden().header(name("x-a"), value("1")),
        );
    }
    is(
        r#"{"terminate":{"statusCode":500,"code":403}}"#,
        forbidden(),
    );
    for alias in ["statusCode", "code"] {
        let answer = format!(r#"{{"modify":{{"{alias}":500,"completeWithCode":201}}}}"#);
        let created = Modify::new().complete_with_code(StatusCode::CREATED);
        assert_eq!(
            parse(Point::PostProcessor, answer),
            Ok(created.into()),
            "{alias}"
        );
    }
}

#[test]
fn an_alias_beside_its_name_cannot_take_effect_and_is_not_checked() {
    is(
        r#"{"terminate":{"code":403,"statusCode":"wrong"}}"#,
        forbidden(),
    );
    is(
        r#"{"modify":{"addHeaders":{"x-a":"1"},"headers":7,"passHeaders":{"\n":1}}}"#,
        Modify::new().header(name("x-a"), value("1")),
    );
    is_wrong(r#"{"terminate":{"code":"wrong","statusCode":403}}"#);
}

#[test]
fn an_alias_beside_a_name_that_is_null_counts() {
    is(
        r#"{"terminate":{"code":null,"statusCode":403}}"#,
        forbidden(),
    );
    is(
        r#"{"modify":{"addHeaders":null,"headers":{"x-a":"1"}}}"#,
        Modify::new().header(name("x-a"), value("1")),
    );
}

// Terminate wins

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

// What cannot take effect is not checked

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

// Wrong answers

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
fn bytes_that_are_not_utf8_are_not_json() {
    for answer in [
        &b"\xff"[..],
        b"{}\xff",
        b"{\"modify\":{\"payload\":\"\xff\"}}",
        b"{\"modify\":{\"json\":\"\xff\"}}",
        b"{\"modify\":{\"json\":1,\"payload\":\"\xff\"}}",
        b"{\"terminate\":{\"code\":403},\"modify\":\"\xff\"}",
        b"{\"modify\":{},\"\xff\":1}",
        b"{\"modify\":{\"addHeaders\":{\"x-a\":\"\xff\"}}}",
        // UTF-16 and UTF-8 cut short.
        b"\xff\xfe{\0}\0",
        b"{\"modify\":{\"payload\":\"\xc3\"}}",
    ] {
        is_wrong(answer);
    }
}

#[test]
fn bytes_that_are_not_utf8_are_not_json_in_an_unknown_member_either() {
    is_wrong(b"{\"modify\":{},\"x\":\"\xff\"}");
}

#[test]
fn an_answer_that_is_not_an_object_is_wrong() {
    for answer in [
        "[]", "[{}]", r#""{}""#, r#""""#, "true", "false", "0", "200", "1e400",
    ] {
        is_wrong(answer);
    }
}

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
fn an_illegal_header_name_is_wrong_and_cannot_undo_a_terminate() {
    for illegal in [
        "", " ", "x a", "x-a ", " x-a", "x:a", "x\n", "x\r\ny", "ü", "x\0", "(x)", "x,y",
    ] {
        for member in ["addHeaders", "passHeaders", "headers"] {
            is_wrong(json!({"modify": {member: {illegal: "1"}}}).to_string());
            let headers = json!({illegal: "1", "x-good": "1"});
            let ended = ended(json!({"terminate": {"code": 403, member: headers}}).to_string());
            // It can be any text, so it is not shown.
            assert_eq!(ended.refused(), ["(no header name)"], "{illegal:?}");
            assert_eq!(ended.headers().count(), 1, "{illegal:?}");
        }
        is_wrong(json!({"modify": {"dropHeaders": ["x-b", illegal]}}).to_string());
    }
}

/// What HTTP cannot carry in a header value (RFC 9110, section 5.5).
const ILLEGAL_VALUES: [&str; 8] = [
    "a\nb",
    "a\r\nb: c",
    "\0",
    "\u{1}",
    "\u{7f}",
    "a\u{1f}",
    "a\n",
    "\r",
];

#[test]
fn a_header_value_that_http_cannot_carry_is_refused_and_what_it_was_to_replace_does_not_pass() {
    for illegal in ILLEGAL_VALUES {
        let headers =
            json!({"X-A": illegal, "x-b": ["fine", illegal], "x-c": [illegal], "x-d": "1"});
        let answer = json!({"modify": {"addHeaders": headers, "payload": "p"}}).to_string();
        for point in POINTS {
            let Ok(Verdict::Modify(modify)) = parse(point, &answer) else {
                panic!("{point}: {answer}");
            };
            assert_eq!(modify.refused(), ["X-A", "x-b", "x-c"], "{illegal:?}");
            assert_eq!(modify.dropped_headers(), ["x-a", "x-c"], "{illegal:?}");
            let added = [(name("x-b"), value("fine")), (name("x-d"), value("1"))];
            let added = added.iter().map(|(name, value)| (name, value));
            assert!(modify.headers().eq(added), "{illegal:?}");
            assert!(modify.body().is_some());
        }
        let answer = json!({"terminate": {"code": 403, "message": "m", "addHeaders": headers}});
        let ended = ended(answer.to_string());
        assert_eq!(ended.refused(), ["X-A", "x-b", "x-c"], "{illegal:?}");
        assert_eq!(ended.headers().count(), 2, "{illegal:?}");
        assert_eq!(ended.to_response(None).body(), "m");
    }
}

#[test]
fn a_refused_content_type_leaves_the_one_that_the_body_has_of_itself() {
    let headers = json!({"content-type": "a\nb"});
    let answer = json!({"terminate": {"code": 403, "json": 1, "addHeaders": headers}});
    let response = ended(answer.to_string()).to_response(None);
    assert_eq!(response.headers()["content-type"], "application/json");

    let answer = json!({"modify": {"json": 1, "addHeaders": headers}}).to_string();
    let Ok(Verdict::Modify(modify)) = parse(Point::PreProcessor, answer) else {
        panic!("a Modify");
    };
    let (mut parts, ()) = http::Request::new(()).into_parts();
    parts.headers.insert("content-type", value("text/old"));
    modify.apply_to_request(&mut parts).unwrap();
    assert_eq!(parts.headers["content-type"], "application/json");
}

#[test]
fn white_space_around_a_header_value_is_no_part_of_it() {
    for (json, expected) in [
        (json!("  in \t"), &["in"][..]),
        (json!([" 1", "2 ", "\t"]), &["1", "2", ""]),
        (json!(" \u{e9} "), &["\u{e9}"]),
        (json!("\u{a0}a"), &["\u{a0}a"]),
    ] {
        let headers = json!({ "x-a": json });
        for answer in [
            json!({"modify": {"addHeaders": headers}}),
            json!({"terminate": {"code": 403, "addHeaders": headers}}),
        ] {
            let verdict = parse(Point::PreProcessor, answer.to_string());
            let values: Vec<_> = match verdict.as_ref().unwrap() {
                Verdict::Modify(modify) => modify.headers().map(|(_, value)| value).collect(),
                Verdict::Terminate(terminate) => {
                    terminate.headers().map(|(_, value)| value).collect()
                }
                other => panic!("{other:?}"),
            };
            let expected = expected.iter().map(|text| text.as_bytes());
            assert!(
                values.iter().map(|value| value.as_bytes()).eq(expected),
                "{answer}"
            );
        }
    }
    let trimmed = Modify::new().header(name("x-a"), value("1"));
    assert_eq!(Modify::new().header(name("x-a"), value(" 1\t")), trimmed);
}

#[test]
fn a_name_that_stands_twice_or_in_two_spellings_is_several_lines_in_order() {
    for headers in [
        r#"{"Set-Cookie":"a=1","x-a":"1","set-cookie":["b=2","c=3"],"SET-COOKIE":"d=4"}"#,
        r#"{"set-cookie":["a=1","b=2"],"x-a":"1","set-cookie":["c=3","d=4"]}"#,
    ] {
        let cookie = name("set-cookie");
        let modify = Modify::new()
            .header(cookie.clone(), value("a=1"))
            .header(name("x-a"), value("1"))
            .header(cookie.clone(), value("b=2"))
            .header(cookie.clone(), value("c=3"))
            .header(cookie, value("d=4"));
        is(
            format!(r#"{{"modify":{{"addHeaders":{headers}}}}}"#),
            modify,
        );
    }
}

#[test]
fn many_names_in_two_spellings_are_the_same_lines_as_few() {
    let lower = (0..1000).map(|at| (format!("x-{at}"), json!("1")));
    let upper = (0..1000).map(|at| (format!("X-{at}"), json!("2")));
    let headers: Value = lower.chain(upper).collect();
    let answer = json!({"modify": {"addHeaders": headers}}).to_string();
    let Ok(Verdict::Modify(modify)) = parse(Point::PreProcessor, answer) else {
        panic!("a Modify");
    };
    let (mut parts, ()) = http::Request::new(()).into_parts();
    modify.apply_to_request(&mut parts).unwrap();
    assert_eq!(parts.headers.len(), 2000);
    for at in 0..1000 {
        let lines = parts.headers.get_all(format!("x-{at}"));
        let lines: Vec<_> = lines.iter().map(HeaderValue::as_bytes).collect();
        assert!(lines == [b"1", b"2"] || lines == [b"2", b"1"], "{lines:?}");
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

// Unusual JSON

#[test]
fn deep_nesting_breaks_nothing() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let nested = deep(200_000);
    is_wrong(&nested);
    is_wrong("[".repeat(200_000));
    is_wrong(r#"{"modify":"#.repeat(200_000));
    is(format!(r#"{{"modify":{{}},"x":{nested}}}"#), Modify::new());
    is(
        format!(r#"{{"modify":{nested},"terminate":{{"code":403}}}}"#),
        forbidden(),
    );
    is_wrong(format!(r#"{{"terminate":{nested}}}"#));
    for member in ["payload", "addHeaders", "dropHeaders"] {
        is_wrong(format!(r#"{{"modify":{{"{member}":{nested}}}}}"#));
    }
    is_wrong(format!(
        r#"{{"modify":{{"addHeaders":{{"x-a":{nested}}}}}}}"#
    ));
    is_wrong(format!(r#"{{"terminate":{{"code":{nested}}}}}"#));
}

#[test]
fn a_json_body_is_taken_as_it_is_written() {
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    for body in [
        "1e400",
        "-0",
        "1.50",
        "123456789012345678901234567890",
        r#""\ud800""#,
        r#"{"a":1,"a":2}"#,
        r#"[ 1 , 2 ]"#,
        &deep,
    ] {
        for point in POINTS {
            let answer = format!(r#"{{"modify":{{"json": {body} }}}}"#);
            let Ok(Verdict::Modify(modify)) = parse(point, answer) else {
                panic!("{point}: {}", shown(body.as_bytes()));
            };
            let (mut parts, ()) = http::Request::new(()).into_parts();
            let new_body = modify.apply_to_request(&mut parts).unwrap();
            assert_eq!(new_body.as_deref(), Some(body.as_bytes()));
        }
    }
}

#[test]
fn a_lone_surrogate_is_read_as_a_replacement_character() {
    for (text, read) in [
        (r"\ud800", "\u{fffd}"),
        (r"\udc00", "\u{fffd}"),
        (r"a\ud83dz", "a\u{fffd}z"),
        (r"\ud800\ud800", "\u{fffd}\u{fffd}"),
        (r"\ud83d\n\ude00", "\u{fffd}\n\u{fffd}"),
        (r"\ud83d\ude00", "😀"),
        (r"\\ud83d\ud83d", "\\ud83d\u{fffd}"),
    ] {
        is(
            format!(r#"{{"modify":{{"payload":"{text}"}}}}"#),
            Modify::new().text(read),
        );
        is(
            format!(r#"{{"terminate":{{"code":403,"message":"{text}"}}}}"#),
            forbidden().message(read),
        );
        // No header name has it, and no member that is known.
        is_wrong(format!(r#"{{"modify":{{"addHeaders":{{"{text}":"1"}}}}}}"#));
        is_wrong(format!(r#"{{"modify":{{"dropHeaders":["{text}"]}}}}"#));
        is_wrong(format!(r#"{{"{text}":1}}"#));
        for beside in [
            format!(r#"{{"terminate":{{"code":403}},"{text}":"{text}"}}"#),
            format!(r#"{{"{text}":1,"terminate":{{"{text}":["{text}"],"code":403}}}}"#),
            format!(r#"{{"modify":{{"{text}":1}},"terminate":{{"code":403}}}}"#),
        ] {
            is(beside, forbidden());
        }
    }
    let replaced = HeaderValue::from_bytes("a\u{fffd}".as_bytes()).unwrap();
    is(
        r#"{"modify":{"addHeaders":{"x-a":"a\ud800"}}}"#,
        Modify::new().header(name("x-a"), replaced.clone()),
    );
    is(
        r#"{"terminate":{"code":403,"addHeaders":{"x-a":["a\ud800"]}}}"#,
        forbidden().header(name("x-a"), replaced),
    );
}

#[test]
fn a_known_member_that_stands_twice_is_wrong() {
    for answer in [
        r#"{"terminate":{"code":403},"terminate":{"code":403}}"#,
        r#"{"terminate":{"code":403},"terminate":null}"#,
        r#"{"terminate":null,"terminate":{"code":403}}"#,
        r#"{"modify":{"payload":"a"},"modify":{"payload":"b"}}"#,
        r#"{"modify":{"payload":"a","payload":"b"}}"#,
        r#"{"terminate":{"code":403,"code":200}}"#,
        r#"{"modify":{"json":1,"json":2}}"#,
    ] {
        is_wrong(answer);
    }
}

#[test]
fn an_unknown_member_may_stand_twice() {
    is(
        r#"{"x":1,"modify":{"y":1,"payload":"p","y":2},"x":2}"#,
        Modify::new().text("p"),
    );
}

#[test]
fn more_header_lines_than_a_message_has_room_for_are_wrong_and_a_terminate_sets_the_first() {
    let names = |count: usize| (0..count).map(|at| format!("x-{at}")).collect::<Vec<_>>();
    let map = |count| {
        names(count)
            .into_iter()
            .map(|name| (name, json!("1")))
            .collect::<Value>()
    };
    let verdicts = |count: usize| {
        [
            json!({"modify": {"addHeaders": map(count)}}),
            json!({"terminate": {"code": 403, "addHeaders": map(count)}}),
            json!({"modify": {"addHeaders": {"x-a": vec!["1"; count]}}}),
        ]
    };
    for verdict in verdicts(MAX_HEADER_LINES) {
        assert!(parse(Point::PreProcessor, verdict.to_string()).is_ok());
    }
    for [modify, terminate, lines] in [verdicts(MAX_HEADER_LINES + 1), verdicts(20_000)] {
        is_wrong(modify.to_string());
        is_wrong(lines.to_string());
        let ended = ended(terminate.to_string());
        assert_eq!(ended.headers().count(), MAX_HEADER_LINES);
        assert!(ended.unusable().is_some());
    }
    // Removing needs no room.
    let dropped = json!({"modify": {"dropHeaders": names(20_000)}});
    assert!(parse(Point::PreProcessor, dropped.to_string()).is_ok());
}

// Protected headers

const PROTECTED: [&str; 12] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "host",
    ":authority",
    ":Anything at all",
    ":",
];

#[test]
fn headers_that_frame_the_message_are_skipped_and_reported_and_the_rest_applies() {
    for protected in PROTECTED
        .into_iter()
        .flat_map(|name| [name.to_owned(), name.to_uppercase()])
    {
        let modify = json!({"modify": {
            "dropHeaders": [protected, "x-b"],
            "addHeaders": {"x-a": "1", protected.as_str(): "v"},
        }});
        let terminate = json!({"terminate": {
            "code": 403, "addHeaders": {protected.as_str(): "v", "x-a": "1"},
        }});
        for point in POINTS {
            let Ok(Verdict::Modify(modify)) = parse(point, modify.to_string()) else {
                panic!("{point}: {protected}");
            };
            assert_eq!(modify.refused(), [protected.clone(), protected.clone()]);
            let printed = serde_json::to_value(Verdict::from(modify)).unwrap();
            assert_eq!(
                printed,
                json!({"modify": {"dropHeaders": ["x-b"], "addHeaders": {"x-a": ["1"]}}})
            );
            let Ok(Verdict::Terminate(terminate)) = parse(point, terminate.to_string()) else {
                panic!("{point}: {protected}");
            };
            assert_eq!(terminate.refused(), [&*protected]);
            let printed = serde_json::to_value(Verdict::from(terminate)).unwrap();
            assert_eq!(
                printed,
                json!({"terminate": {"code": 403, "addHeaders": {"x-a": ["1"]}}})
            );
        }
    }
}

#[test]
fn other_headers_are_not_protected() {
    for free in [
        "content-type",
        "date",
        "connections",
        "x-host",
        "te-x",
        "set-cookie",
        "authorization",
    ] {
        let verdict = json!({"modify": {"dropHeaders": [free], "addHeaders": {free: "v"}}});
        let Ok(Verdict::Modify(modify)) = parse(Point::PreProcessor, verdict.to_string()) else {
            panic!("{free}");
        };
        assert!(modify.refused().is_empty(), "{free}");
    }
}

#[test]
fn the_list_of_protected_headers_can_be_widened() {
    let protected = ProtectedHeaders::default().with(name("x-request-id"));
    let answer =
        Bytes::from_static(br#"{"modify":{"addHeaders":{"X-Request-ID":"1","Host":"h"}}}"#);
    let Ok(Verdict::Modify(modify)) = Verdict::parse(Point::PreProcessor, &answer, &protected)
    else {
        panic!();
    };
    assert_eq!(modify.refused(), ["X-Request-ID", "Host"]);
}

#[test]
fn the_list_of_protected_headers_can_be_narrowed() {
    let protected = ProtectedHeaders::default().without(&name("host"));
    let answer = Bytes::from_static(br#"{"modify":{"addHeaders":{"Host":"h"}}}"#);
    let verdict = Verdict::parse(Point::PreProcessor, &answer, &protected);
    assert_eq!(
        verdict,
        Ok(Modify::new().header(name("host"), value("h")).into())
    );
}

#[test]
fn names_that_begin_with_a_colon_stay_protected_whatever_the_list() {
    let none = PROTECTED[..9]
        .iter()
        .fold(ProtectedHeaders::default(), |list, protected| {
            list.without(&name(protected))
        });
    assert!(none.contains(":authority"));
    assert!(!none.contains("host"));
}

#[test]
fn what_a_skipped_header_holds_is_not_checked() {
    for value in ["null", "{}", r#""\n""#, "[[]]"] {
        let answer = format!(r#"{{"modify":{{"addHeaders":{{"Host":{value},"x-a":"1"}}}}}}"#);
        let Ok(Verdict::Modify(modify)) = parse(Point::PreProcessor, &answer) else {
            panic!("{answer}");
        };
        assert_eq!(modify.refused(), ["Host"]);
    }
}

// From an answer to a verdict

fn from_answer(synchronicity: Synchronicity, answer: &Answer) -> Result<Verdict, Failure> {
    let verdict =
        |point| Verdict::from_answer(point, synchronicity, answer, &ProtectedHeaders::default());
    assert_eq!(verdict(Point::PreProcessor), verdict(Point::PostProcessor));
    verdict(Point::PreProcessor)
}

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

// Printing

#[test]
fn a_verdict_printed_and_read_is_the_same() {
    let verdicts: [Verdict; 7] = [
        Verdict::Allow,
        Modify::new().into(),
        Modify::new()
            .drop_header(name("x-b"))
            .header(
                name("x-a"),
                HeaderValue::from_bytes("ü".as_bytes()).unwrap(),
            )
            .header(name("x-a"), value("2"))
            .text("\u{0}\"\\\u{2028}")
            .into(),
        Modify::new().binary(&b"\xff\0"[..]).into(),
        Modify::new().json(&json!({"a": [1, null]})).into(),
        Verdict::terminate(StatusCode::IM_A_TEAPOT),
        forbidden()
            .message("m")
            .json(&json!("x"))
            .header(name("x-a"), value(""))
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
        Modify::new().header(name("x-a"), no_utf8),
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
        .header(name("x-a"), no_utf8);
    let verdict = from_answer(Synchronicity::RequestResponse, &Answer::from(terminate));
    let as_latin_1 = HeaderValue::from_bytes("a\u{ff}".as_bytes()).unwrap();
    let expected = forbidden().message("m").header(name("x-a"), as_latin_1);
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
