//! What holds for every answer of a function, for every verdict and for every envelope.

use std::net::IpAddr;

use super::model::{
    apply,
    envelope::{self, Attributes, EAVS, Message, Parts, PublicEndpoint, Texts},
    verdict::{MODIFY, TERMINATE, check_bytes, check_value, parse, printed},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use lambda_sidecar_core::{
    Answer, AnswerResult, Failure, Modify, Payload, Point, ProtectedHeaders, Synchronicity,
    Terminate, Verdict,
};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::{Index, select},
};
use serde_json::{Value, json};

fn point() -> impl Strategy<Value = Point> {
    select(vec![Point::PreProcessor, Point::PostProcessor])
}

// Answers that come near to verdicts

fn header_names() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => select(vec!["x-a", "X-A", "x-b", "Content-Type", "etag", "x!#$%&'*+.^_`|~"]),
        2 => select(vec!["Host", "content-length", "TE", ":path", ":"]),
        1 => select(vec!["", "bad name", "x-a:", "ü", "x\n", "(x)"]),
    ]
    .prop_map(String::from)
}

/// Numbers that are the same after they were printed and read.
fn quarters() -> impl Strategy<Value = f64> {
    any::<i32>().prop_map(|number| f64::from(number) / 4.0)
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
    vec(member, 0..4).prop_map(|members| {
        members
            .into_iter()
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

// Verdicts

const FREE_NAMES: &[&str] = &[
    "x-a",
    "x-b",
    "x-c",
    "content-type",
    "etag",
    "digest",
    "set-cookie",
    "grpc-status",
    "grpc-message",
];

fn free_name() -> impl Strategy<Value = HeaderName> {
    select(FREE_NAMES).prop_map(HeaderName::from_static)
}

fn utf8_value() -> impl Strategy<Value = HeaderValue> {
    let text = prop_oneof![5 => "[ -~äÿ€😀\t]{0,8}", 1 => "[0-9]{1,2}", 1 => "[%a5ü]{0,6}"];
    text.prop_map(|text| HeaderValue::from_bytes(text.as_bytes()).unwrap())
}

fn any_status() -> impl Strategy<Value = StatusCode> {
    (200..600_u16).prop_map(|code| StatusCode::from_u16(code).unwrap())
}

/// A JSON body; not null, which as a member of a verdict counts as absent.
fn json_body() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        quarters().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[derive(Debug, Clone)]
enum Body {
    Text(String),
    Binary(Vec<u8>),
    Json(Value),
}

fn body() -> impl Strategy<Value = Option<Body>> {
    option::of(prop_oneof![
        any::<String>().prop_map(Body::Text),
        vec(any::<u8>(), 0..40).prop_map(Body::Binary),
        json_body().prop_map(Body::Json),
    ])
}

fn modify() -> impl Strategy<Value = Modify> {
    let headers = vec((free_name(), utf8_value()), 0..5);
    (vec(free_name(), 0..4), headers, body()).prop_map(|(dropped, headers, body)| {
        let modify = dropped.into_iter().fold(Modify::new(), Modify::drop_header);
        let modify = headers
            .into_iter()
            .fold(modify, |modify, (name, value)| modify.header(name, value));
        match body {
            None => modify,
            Some(Body::Text(text)) => modify.text(text),
            Some(Body::Binary(bytes)) => modify.binary(bytes),
            Some(Body::Json(json)) => modify.json(&json),
        }
    })
}

fn terminate() -> impl Strategy<Value = Terminate> {
    let headers = vec((free_name(), utf8_value()), 0..5);
    (any_status(), option::of(any::<String>()), headers, body()).prop_map(
        |(status, message, headers, body)| {
            let terminate = headers
                .into_iter()
                .fold(Terminate::new(status), |terminate, (name, value)| {
                    terminate.header(name, value)
                });
            let terminate = match message {
                Some(message) => terminate.message(message),
                None => terminate,
            };
            match body {
                None => terminate,
                Some(Body::Text(text)) => terminate.text(text),
                Some(Body::Binary(bytes)) => terminate.binary(bytes),
                Some(Body::Json(json)) => terminate.json(&json),
            }
        },
    )
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
        let short = parse(point, answer.to_string().as_bytes());
        let pretty = serde_json::to_string_pretty(&answer)?.replace("modify", "m\\u006fdify");
        let pretty = parse(point, pretty.as_bytes());
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
}

// Applying

fn any_value() -> impl Strategy<Value = HeaderValue> {
    let byte = any::<u8>().prop_map(|byte| {
        if byte < b' ' || byte == 0x7f {
            b'\t'
        } else {
            byte
        }
    });
    vec(byte, 0..12).prop_map(|bytes| HeaderValue::from_bytes(&bytes).unwrap())
}

fn header_map(names: &'static [&'static str]) -> impl Strategy<Value = HeaderMap> {
    let name = prop_oneof![
        3 => select(names).prop_map(HeaderName::from_static),
        1 => "[a-z0-9!#$%&'*+.^_`|~-]{1,10}".prop_map(|name| HeaderName::try_from(name).unwrap()),
    ];
    vec((name, any_value()), 0..12).prop_map(|lines| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, value);
        }
        headers
    })
}

const BEFORE: &[&str] = &[
    "x-a",
    "x-b",
    "x-untouched",
    "content-type",
    "content-length",
    "content-encoding",
    "transfer-encoding",
    "content-md5",
    "digest",
    "content-digest",
    "repr-digest",
    "etag",
    "last-modified",
    "accept-ranges",
    "content-range",
    "cookie",
    "set-cookie",
    "host",
    "connection",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn a_modify_changes_of_a_request_what_it_names_and_what_describes_a_replaced_body(
        modify in modify(),
        headers in header_map(BEFORE),
    ) {
        apply::check_request(&modify, &Method::PUT, &headers);
    }

    #[test]
    fn a_modify_changes_of_a_response_what_it_names_and_what_describes_a_replaced_body(
        modify in modify(),
        headers in header_map(BEFORE),
        method in select(vec![Method::GET, Method::GET, Method::HEAD]),
        before in status_of_an_answer(),
        code in option::of(status_of_an_answer()),
    ) {
        let modify = code.map_or(modify.clone(), |code| modify.complete_with_code(code));
        apply::check_response(&modify, &method, before, &headers);
    }

    #[test]
    fn a_terminate_answers_what_it_says_and_nothing_of_the_backends(terminate in terminate()) {
        apply::check_terminate(&terminate);
    }
}

/// Often one that keeps no body, or part of one.
fn status_of_an_answer() -> impl Strategy<Value = StatusCode> {
    let bare = vec![
        StatusCode::NO_CONTENT,
        StatusCode::RESET_CONTENT,
        StatusCode::PARTIAL_CONTENT,
        StatusCode::NOT_MODIFIED,
    ];
    prop_oneof![2 => any_status(), 1 => select(bare)]
}

// Envelopes

const NAMES: &[&str] = &["x-a", "cookie", "set-cookie", "x-skipped", "host", "x-b"];
fn message() -> impl Strategy<Value = Message> {
    let bytes = prop_oneof![
        2 => vec(any::<u8>(), 0..60),
        2 => any::<String>().prop_map(String::into_bytes),
        2 => "[ -~\\r\\n\\t\"\\\\äÿ€]{0,40}".prop_map(String::into_bytes),
        1 => "[a\u{80}\u{85}\u{9f}\u{a0}\u{7f}\u{0}]{1,4}".prop_map(String::into_bytes),
    ];
    let payload = prop_oneof![
        1 => Just(Payload::NotExpanded),
        1 => option::of(any::<u64>()).prop_map(|length| Payload::LeftOut { length }),
        4 => (bytes, any::<bool>()).prop_map(|(bytes, coded)| Payload::Whole {
            bytes: bytes.into(),
            coded,
        }),
    ];
    (header_map(NAMES), payload).prop_map(|(headers, payload)| Message { headers, payload })
}

fn uri() -> impl Strategy<Value = Uri> {
    let path = "(/my|/a)?(/[A-Za-z0-9%._~!$&'()*+,;=:@{}äÿ€-]{0,6}){1,3}";
    let query = prop_oneof!["[ab=&+%20FzÄ;\"]{0,16}", "[!-~äÿ€]{0,16}"];
    let origin = select(vec![
        "",
        "",
        "https://api.acme.com",
        "http://[2001:db8::7]:8080",
    ]);
    (origin, path, option::of(query)).prop_filter_map("a URI", |(origin, path, query)| {
        let query = query.map_or(String::new(), |query| format!("?{query}"));
        format!("{origin}{path}{query}").parse().ok()
    })
}

fn eavs() -> impl Strategy<Value = Attributes> {
    let name = prop_oneof![8 => select(EAVS), 1 => Just("not named")];
    btree_map(name.prop_map(String::from), any::<String>(), 0..4)
}

fn endpoint() -> impl Strategy<Value = PublicEndpoint> {
    let path = select(vec!["", "/a", "/my"]);
    let base = option::of(select(vec!["https://api.acme.com", "http://b/"]));
    let text = || option::of(any::<String>());
    (text(), text(), path, base).prop_map(|(service_id, endpoint_id, path, base)| PublicEndpoint {
        service_id,
        endpoint_id,
        path,
        base,
    })
}

fn texts() -> impl Strategy<Value = Texts> {
    let text = || option::of(any::<String>());
    (
        any::<String>(),
        option::of(endpoint()),
        option::of(eavs()),
        option::of((any::<String>(), eavs())),
        option::of([text(), text(), text(), text()]),
    )
        .prop_map(
            |(message_id, endpoint, application, package_key, token)| Texts {
                message_id,
                endpoint,
                application,
                package_key,
                token,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn an_envelope_of_arbitrary_parts_is_json_that_says_what_went_in(
        point in point(),
        (event, expands, has_params) in (any::<bool>(), prop::bool::weighted(0.8), any::<bool>()),
        (request, response) in (message(), message()),
        (uri, routing) in (uri(), option::of(uri())),
        method in "[A-Za-z!#$%&'*+.^_`|~0-9-]{1,8}",
        status in any_status(),
        texts in texts(),
        address in option::of(any::<IpAddr>()),
    ) {
        envelope::check(&Parts {
            point,
            event,
            expands,
            has_params,
            method: Method::from_bytes(method.as_bytes())?,
            uri,
            request,
            status,
            response,
            texts,
            routing,
            address,
        });
    }
}
