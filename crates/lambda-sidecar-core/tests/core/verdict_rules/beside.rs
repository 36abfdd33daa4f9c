//! What stands beside `modify` and `terminate`, or without them.

use bytes::Bytes;
use lambda_sidecar_core::{
    Failure, Modify, Point, ProtectedHeaders, Relay, Ruling, Unchanged, Verdict, VerdictMember,
};
use serde_json::json;
use std::time::{Duration, SystemTime};

use super::{POINTS, forbidden, is, is_wrong, is_wrong_at};

const PRE: Point = Point::PreProcessor;
const POST: Point = Point::PostProcessor;

fn ruling(point: Point, answer: impl AsRef<[u8]>) -> Result<Ruling, Failure> {
    let answer = Bytes::copy_from_slice(answer.as_ref());
    Ruling::parse(point, &answer, &ProtectedHeaders::default())
}

/// `{"k": "aaa…"}`, of this length.
fn relay_of_length(length: usize) -> String {
    let relay = format!(r#"{{"k": "{}"}}"#, "a".repeat(length - 9));
    assert_eq!(relay.len(), length);
    relay
}

#[test]
fn an_answer_of_one_of_them_alone_is_an_allow() {
    let members = VerdictMember::ALL.iter();
    let beside = members.filter(|member| member.is_beside());
    let names: Vec<&str> = beside.flat_map(VerdictMember::names).collect();
    assert_eq!(
        names,
        ["unchangedFor", "unchangedUntil", "relay", "relayParams"]
    );
    for answer in [
        r#"{"unchangedFor":60}"#,
        r#"{"unchangedFor":0}"#,
        r#"{"unchangedFor":0.5}"#,
        r#"{"unchangedFor":1e300}"#,
        r#"{"unchangedUntil":"2026-11-29T20:20:00Z"}"#,
        r#"{"relay":{"a":1}}"#,
        r#"{"relayParams":{}}"#,
    ] {
        is(answer, Verdict::Allow);
    }
    for name in names {
        is(format!(r#"{{"{name}":null}}"#), Verdict::Allow);
        is(format!(r#"{{"{name}":null,"modify":{{}}}}"#), Modify::new());
    }
}

#[test]
fn a_lifetime_of_the_wrong_type_is_a_wrong_answer_at_both_points() {
    for member in [
        r#""unchangedFor":"60""#,
        r#""unchangedFor":-1"#,
        r#""unchangedFor":-0.1"#,
        r#""unchangedFor":1e400"#,
        r#""unchangedFor":true"#,
        r#""unchangedFor":[60]"#,
        r#""unchangedFor":{}"#,
        r#""unchangedFor":1,"unchangedFor":1"#,
        r#""unchangedUntil":60"#,
        r#""unchangedUntil":"tomorrow""#,
        r#""unchangedUntil":"2099-13-01T00:00:00Z""#,
        r#""unchangedUntil":"2099-01-01""#,
    ] {
        is_wrong(format!("{{{member}}}"));
        is_wrong(format!(r#"{{"modify":{{}},{member}}}"#));
        is(
            format!(r#"{{{member},"terminate":{{"code":403}}}}"#),
            forbidden(),
        );
    }
}

#[test]
fn what_the_function_says_of_its_lifetime_is_read_and_seconds_win() {
    let minute = Unchanged::For(Duration::from_secs(60));
    let past = Unchanged::Until(SystemTime::UNIX_EPOCH);
    let not_kept = Unchanged::For(Duration::ZERO);
    for (members, expected) in [
        ("", None),
        (r#""unchangedFor":60,"#, Some(minute)),
        (r#""unchangedUntil":"1970-01-01T00:00:00Z","#, Some(past)),
        (r#""unchangedFor":60,"unchangedUntil":7,"#, Some(minute)),
        (
            r#""unchangedFor":null,"unchangedUntil":"1970-01-01T00:00:00Z","#,
            Some(past),
        ),
    ] {
        for point in POINTS {
            for verdict in [r#""modify":{}"#, r#""terminate":{"code":403}"#] {
                let ruling = ruling(point, format!("{{{members}{verdict}}}")).unwrap();
                assert_eq!(ruling.unchanged(), expected, "{members}{verdict}");
            }
        }
    }
    // Beside a no, what cannot be read only means: not kept.
    for members in [
        r#""unchangedFor":"x""#,
        r#""unchangedUntil":5"#,
        r#""unchangedFor":1,"unchangedFor":1"#,
    ] {
        let answer = format!(r#"{{"terminate":{{"code":403}},{members}}}"#);
        assert_eq!(ruling(PRE, answer).unwrap().unchanged(), Some(not_kept));
    }
}

#[test]
fn a_relay_is_read_of_a_request_half_and_its_name_wins_over_the_alias() {
    let expected = Verdict::Allow.relay("b", &json!({ "c": [1] }));
    for answer in [
        r#"{"relay":{"b":{"c":[1]}}}"#,
        r#"{"relayParams":{"b":{"c":[1]}}}"#,
        r#"{"relayParams":{"a":1},"relay":{"b":{"c":[1]}}}"#,
        r#"{"relayParams":7,"relay":{"b":{"c":[1]}}}"#,
        r#"{"relay":null,"relayParams":{"b":{"c":[1]}}}"#,
        r#"{"relay":{"b":0,"\u0062":{"c":[1]}}}"#,
    ] {
        assert_eq!(ruling(PRE, answer).as_ref(), Ok(&expected), "{answer}");
        assert_eq!(ruling(POST, answer), Ok(Verdict::Allow.into()), "{answer}");
    }
}

#[test]
fn a_relay_that_is_no_object_is_a_wrong_answer_of_a_request_half() {
    for relay in [
        r#""relay":"text""#,
        r#""relay":5"#,
        r#""relay":[1]"#,
        r#""relay":true"#,
        r#""relayParams":[{}]"#,
        r#""relay":{},"relay":{}"#,
    ] {
        for beside in ["", r#","modify":{}"#] {
            let answer = format!("{{{relay}{beside}}}");
            is_wrong_at(PRE, &answer);
            assert!(ruling(POST, &answer).unwrap().relay.is_empty(), "{answer}");
        }
        // It is not looked at beside a no.
        let answer = format!(r#"{{{relay},"terminate":{{"code":403}}}}"#);
        is(&answer, forbidden());
    }
}

#[test]
fn a_relay_is_at_most_8192_bytes_long_as_it_stands_in_the_answer() {
    assert_eq!(Relay::MAX_LENGTH, 8192);
    let blanks = |length: usize| format!(r#"{{{}"k": 1}}"#, " ".repeat(length - 8));
    let escaped = |length: usize| {
        let letters = (length - 8) / 6;
        let rest = "a".repeat((length - 8) % 6);
        format!(r#"{{"k":"{}{rest}"}}"#, r"\u0061".repeat(letters))
    };
    for relay in [relay_of_length, blanks, escaped] {
        let answer = |length: usize| {
            let relay = relay(length);
            assert_eq!(relay.len(), length);
            format!(" {{ \"relay\" : {relay} }} ")
        };
        let longest = ruling(PRE, answer(8192)).unwrap();
        assert_eq!(longest.relay.names().collect::<Vec<_>>(), ["k"]);
        is_wrong_at(PRE, answer(8193));
        assert!(ruling(POST, answer(8193)).is_ok());
    }
}

#[test]
fn no_fault_and_no_debug_quotes_what_is_relayed() {
    for answer in [
        r#"{"relay":{"k":"s3cr3t"},"modify":7}"#.to_owned(),
        r#"{"relay":["s3cr3t"]}"#.to_owned(),
        r#"{"relay":{"k":"s3cr3t","k2":}}"#.to_owned(),
        format!(r#"{{"relay":{{"k":"s3cr3t{}"}}}}"#, "a".repeat(9000)),
    ] {
        let fault = ruling(PRE, answer).unwrap_err();
        let fault = format!("{fault:?} {fault}");
        assert!(!fault.contains("s3cr3t"), "{fault}");
    }
    let ruling = ruling(PRE, r#"{"relay":{"k":"s3cr3t"}}"#).unwrap();
    let shown = format!("{ruling:?}");
    assert!(
        shown.contains("\"k\"") && !shown.contains("s3cr3t"),
        "{shown}"
    );
}
