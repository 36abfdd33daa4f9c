//! Which header lines a verdict may hold, and what comes of others.

use super::{POINTS, ended, forbidden, is, is_wrong, name, parse, value};
use http::HeaderValue;
use lambda_sidecar_core::{MAX_HEADER_LINES, Modify, Point, Verdict, VerdictError};
use serde_json::{Value, json};

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
    let trimmed = Modify::new().header(name("x-a"), value("1")).unwrap();
    assert_eq!(
        Modify::new().header(name("x-a"), value(" 1\t")).unwrap(),
        trimmed
    );
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
            .unwrap()
            .header(name("x-a"), value("1"))
            .unwrap()
            .header(cookie.clone(), value("b=2"))
            .unwrap()
            .header(cookie.clone(), value("c=3"))
            .unwrap()
            .header(cookie, value("d=4"))
            .unwrap();
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
fn a_builder_takes_text_and_types_of_http_and_refuses_what_neither_can_be() {
    let typed = Modify::new().drop_header(name("x-b")).unwrap();
    let typed = typed.header(name("x-a"), value("1")).unwrap();
    let text = Modify::new().drop_header("X-B").unwrap();
    assert_eq!(text.header("X-A", " 1\t").unwrap(), typed);
    let euro = forbidden().header("x-a", "€").unwrap();
    assert_eq!(euro.headers().next().unwrap().1.as_bytes(), "€".as_bytes());

    let no_name = VerdictError::HeaderName("no name".into());
    assert_eq!(Modify::new().drop_header("No Name"), Err(no_name.clone()));
    assert_eq!(Modify::new().header("No Name", "1"), Err(no_name.clone()));
    assert_eq!(forbidden().header("No Name", "1"), Err(no_name));
    for illegal in ["a\nb", "a\n", "\r", "\0", "\u{7f}"] {
        let no_value = VerdictError::HeaderValue("x-a".into());
        let refused = Modify::new().header("X-A", illegal);
        assert_eq!(refused, Err(no_value.clone()), "{illegal:?}");
        assert_eq!(forbidden().header("X-A", illegal), Err(no_value));
    }
}

#[test]
fn a_builder_refuses_more_lines_than_a_verdict_may_set() {
    let full = (0..MAX_HEADER_LINES).fold(forbidden(), |full, _| full.header("x-a", "").unwrap());
    assert_eq!(full.header("x-b", ""), Err(VerdictError::TooManyHeaders));
}
