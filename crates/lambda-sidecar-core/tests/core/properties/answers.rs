//! Any answer at all is read, and is what it says or a wrong one.

use super::{
    super::model::verdict::{
        BESIDE, MODIFY, TERMINATE, check_bytes, check_value, parse, parse_all, printed,
    },
    any_status, modify, point, quarters, terminate,
};
use lambda_sidecar_core::{
    Answer, AnswerResult, Failure, Point, ProtectedHeaders, Ruling, Synchronicity, Verdict,
};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Value, json};

fn header_names() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(vec!["x-a", "X-A", "x-b", "Content-Type", "etag", "x!#$%&'*+.^_`|~"]),
        2 => select(vec!["Host", "content-length", "TE", ":path", ":"]),
        1 => select(vec!["", "bad name", "x-a:", "ü", "x\n", "(x)"]),
    ]
    .prop_map(String::from)
}

fn junk() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        quarters().prop_map(Value::from),
        ".{0,4}".prop_map(Value::from),
        Just(json!([])),
        Just(json!([null])),
        Just(json!({})),
        Just(json!({"x": 1})),
    ]
}

fn header_values() -> impl Strategy<Value = Value> {
    let one = prop_oneof![
        12 => "[ -~äÿ€\t]{0,6}".prop_map(Value::from),
        3 => (-2000..2000_i64).prop_map(Value::from),
        2 => any::<bool>().prop_map(Value::from),
        1 => select(vec![json!("a\nb"), json!("\u{7f}"), json!("\u{0}"), json!(null), json!({})]),
    ]
    .boxed();
    prop_oneof![4 => one.clone(), 1 => vec(one, 0..3).prop_map(Value::from)]
}

fn header_maps() -> impl Strategy<Value = Value> {
    btree_map(header_names(), header_values(), 0..3)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

fn codes() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => (200..600).prop_map(Value::from),
        1 => (0..1000).prop_map(Value::from),
        1 => select(vec![json!(403.0), json!(403.5), json!("403"), json!(66_000), json!(-403)]),
    ]
}

fn relays() -> impl Strategy<Value = Value> {
    let name = select(vec!["a", "b", "", "ä\"", "relay"]);
    btree_map(name.prop_map(String::from), junk(), 0..3)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

/// A value for a member, the right type most of the time.
fn value_of(member: &'static str) -> BoxedStrategy<Value> {
    let right = match member {
        "code" | "statusCode" | "completeWithCode" => codes().boxed(),
        "addHeaders" | "passHeaders" | "headers" => header_maps().boxed(),
        "dropHeaders" => vec(header_names(), 0..4).prop_map(Value::from).boxed(),
        "payload" => prop_oneof![
            3 => select(vec!["", "aGk=", "aGlv", "AP8=", "+/+/"]).prop_map(Value::from),
            1 => ".{0,6}".prop_map(Value::from),
        ]
        .boxed(),
        "base64Encoded" => any::<bool>().prop_map(Value::from).boxed(),
        "message" => ".{0,6}".prop_map(Value::from).boxed(),
        "relay" | "relayParams" => relays().boxed(),
        "unchangedFor" => prop_oneof![
            (0..100).prop_map(Value::from),
            select(vec![
                json!(0.5),
                json!(1e300),
                json!(-0.0),
                json!(-1),
                json!("60")
            ]),
        ]
        .boxed(),
        "unchangedUntil" => select(vec![
            json!("2026-11-29T20:20:00Z"),
            json!("2024-02-29t23:59:60.25+23:59"),
            json!("2026-02-29T00:00:00Z"),
            json!("2026-11-29"),
        ])
        .boxed(),
        _ => junk().boxed(),
    };
    prop_oneof![10 => right, 1 => junk(), 1 => Just(Value::Null)].boxed()
}

fn members(
    names: &'static [&'static str],
    always: Option<&'static str>,
) -> impl Strategy<Value = Value> {
    let member =
        |name: &'static str| value_of(name).prop_map(move |value| (name.to_owned(), value));
    let known = select(names).prop_flat_map(member);
    let unknown = select(vec!["Code", "dropheaders", "Payload", "", "x"]).prop_flat_map(member);
    let members = vec(prop_oneof![8 => known, 1 => unknown], 0..5);
    let always = always.map_or(Just(Vec::new()).boxed(), |name| {
        vec(member(name), 0..2).boxed()
    });
    (members, always).prop_map(|(members, always)| members.into_iter().chain(always).collect())
}

fn near_verdict() -> impl Strategy<Value = Value> {
    let member = prop_oneof![
        4 => (Just("terminate"), members(TERMINATE, Some("code"))),
        6 => (Just("modify"), members(MODIFY, None)),
        1 => (select(vec!["terminate", "modify"]), junk()),
        1 => (select(vec!["Terminate", "termiante", "termin", "modifies", "x", ""]), members(TERMINATE, Some("code"))),
    ];
    let beside = |name: &'static str| value_of(name).prop_map(move |value| (name, value));
    let beside = select(BESIDE).prop_flat_map(beside);
    (vec(member, 0..4), vec(beside, 0..2)).prop_map(|(members, beside)| {
        let members = members.into_iter().chain(beside);
        members
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    })
}

/// One change to a text.
#[derive(Debug, Clone)]
enum Edit {
    Replace(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    CutOff(Index),
    Repeat(Index, Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let byte = || {
        prop_oneof![
            3 => select(b"{}[]\",:\\ \n\t\x0c\x0b\x00u0n1-+.eE\xff\xc3\x80".to_vec()),
            1 => any::<u8>(),
        ]
    };
    prop_oneof![
        3 => (any::<Index>(), byte()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        3 => (any::<Index>(), byte()).prop_map(|(at, byte)| Edit::Insert(at, byte)),
        2 => any::<Index>().prop_map(Edit::Remove),
        1 => any::<Index>().prop_map(Edit::CutOff),
        2 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Edit::Repeat(from, to)),
    ]
}

fn edited(mut text: Vec<u8>, edits: Vec<Edit>) -> Vec<u8> {
    for edit in edits {
        let len = text.len();
        match edit {
            Edit::Insert(at, byte) => text.insert(at.index(len + 1), byte),
            _ if len == 0 => {}
            Edit::Replace(at, byte) => text[at.index(len)] = byte,
            Edit::Remove(at) => {
                text.remove(at.index(len));
            }
            Edit::CutOff(at) => text.truncate(at.index(len)),
            Edit::Repeat(from, to) => {
                let (from, to) = (from.index(len), to.index(len));
                let range = from.min(to)..from.max(to);
                let part = text[range.clone()].to_vec();
                text.splice(range.end..range.end, part);
            }
        }
    }
    text
}

/// A point, and a verdict that can be given there.
fn verdict() -> impl Strategy<Value = (Point, Verdict)> {
    let modify =
        (point(), modify(), option::of(any_status())).prop_map(|(point, modify, status)| {
            let modify = match status {
                Some(status) if point == Point::PostProcessor => modify.complete_with_code(status),
                _ => modify,
            };
            (point, modify.into())
        });
    prop_oneof![
        1 => (point(), Just(Verdict::Allow)),
        5 => modify,
        5 => (point(), terminate().prop_map(Verdict::from)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn any_bytes_are_read_without_panic_and_are_no_allow_unless_they_say_so(
        point in point(),
        answer in vec(any::<u8>(), 0..60),
    ) {
        check_bytes(point, &answer);
    }

    #[test]
    fn json_of_any_kind_is_read_without_panic_and_is_no_allow_unless_it_says_so(
        point in point(),
        pieces in vec(
            select(vec![
                "{", "}", "[", "]", ",", ":", "\"", "null", "{}", "true", "403", "1e400", " ",
                "\n", "\u{c}", "\"terminate\"", "\"modify\"", "\"code\"", "\"x\"", "\\ud800",
                "\"relay\":", "\"unchangedFor\":", "\"unchangedUntil\":", "{\"a\":",
                "\"terminate\":", "{\"code\":403}", "\"modify\":{}", "\u{feff}",
            ]),
            0..12,
        ),
    ) {
        check_bytes(point, pieces.concat().as_bytes());
    }

    #[test]
    fn an_answer_is_the_verdict_that_section_5_makes_of_it_or_a_wrong_one(
        point in point(),
        answer in near_verdict(),
    ) {
        check_value(point, &answer);
    }

    #[test]
    fn white_space_and_escapes_between_do_not_change_a_verdict(
        point in point(),
        answer in near_verdict(),
    ) {
        let short = parse_all(point, answer.to_string().as_bytes());
        let pretty = serde_json::to_string_pretty(&answer)?.replace("modify", "m\\u006fdify");
        let pretty = parse_all(point, pretty.as_bytes());
        // A JSON body is passed on as it was written, so what is compared is what it says.
        prop_assert_eq!(short.ok().as_ref().map(printed), pretty.ok().as_ref().map(printed));
    }

    #[test]
    fn a_mutated_verdict_is_read_without_panic_and_is_what_it_says_or_a_wrong_answer(
        (point, verdict) in verdict(),
        edits in vec(edit(), 1..4),
    ) {
        check_bytes(point, &edited(Answer::from(verdict).payload.to_vec(), edits));
    }

    #[test]
    fn a_mutated_answer_is_read_without_panic_and_is_what_it_says_or_a_wrong_answer(
        point in point(),
        answer in near_verdict(),
        edits in vec(edit(), 1..4),
    ) {
        check_bytes(point, &edited(answer.to_string().into_bytes(), edits));
    }

    #[test]
    fn any_answer_at_all_is_taken_without_panic(
        point in point(),
        event in any::<bool>(),
        result in prop_oneof![
            Just(AnswerResult::Ok),
            Just(AnswerResult::Accepted),
            any::<String>().prop_map(AnswerResult::Failed),
        ],
        payload in prop_oneof![
            vec(any::<u8>(), 0..60),
            near_verdict().prop_map(|answer| answer.to_string().into_bytes()),
            junk().prop_map(|junk| json!({"errorMessage": junk, "stackTrace": "s"}).to_string().into_bytes()),
        ],
    ) {
        let synchronicity = if event { Synchronicity::Event } else { Synchronicity::RequestResponse };
        let mut answer = Answer::ok(payload);
        answer.result = result;
        let verdict = Verdict::from_answer(point, synchronicity, &answer, &ProtectedHeaders::default());
        if matches!(answer.result, AnswerResult::Failed(_)) {
            let is_function_error = matches!(verdict, Err(Failure::FunctionError { .. }));
            prop_assert!(is_function_error);
        } else if event {
            prop_assert_eq!(verdict, Ok(Verdict::Allow));
        } else if answer.result == AnswerResult::Accepted {
            prop_assert_eq!(verdict, Err(Failure::EmptyAnswer));
        }
    }

    #[test]
    fn a_verdict_printed_and_read_is_the_same((point, verdict) in verdict()) {
        let answer = Answer::from(verdict.clone());
        prop_assert_eq!(parse(point, &answer.payload), Ok(verdict));
    }

    #[test]
    fn what_is_relayed_is_printed_and_read_as_the_same(
        (_, verdict) in verdict(),
        relay in relays(),
    ) {
        let mut ruling = Ruling::from(verdict);
        for (name, value) in relay.as_object().into_iter().flatten() {
            ruling = ruling.relay(name, value);
        }
        let payload = Answer::from(ruling.clone()).payload;
        let read = parse_all(Point::PreProcessor, &payload)?;
        if matches!(ruling.verdict, Verdict::Terminate(_)) {
            prop_assert!(read.relay.is_empty());
        } else {
            prop_assert_eq!(&read.relay, &ruling.relay);
            prop_assert!(parse_all(Point::PostProcessor, &payload)?.relay.is_empty());
        }
    }
}
