//! JSON of unusual form and size.

use super::{POINTS, ended, forbidden, is, is_wrong, name, parse, shown};
use http::HeaderValue;
use lambda_sidecar_core::{MAX_HEADER_LINES, Modify, Point, Verdict};
use serde_json::{Value, json};

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
        Modify::new().header(name("x-a"), replaced.clone()).unwrap(),
    );
    is(
        r#"{"terminate":{"code":403,"addHeaders":{"x-a":["a\ud800"]}}}"#,
        forbidden().header(name("x-a"), replaced).unwrap(),
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
