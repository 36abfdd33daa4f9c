//! What holds for every answer of a function, for every verdict and for every envelope.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use lambda_sidecar_core::{
    Answer, Application, CallContext, Endpoint, EnvelopeSource, Expand, Failure, Modify,
    PackageKey, Payload, Point, ProtectedHeaders, RequestView, ResponseView, Sidecar,
    Synchronicity, Terminate, Token, Verdict,
};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::{Index, select},
};
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

fn point() -> impl Strategy<Value = Point> {
    select(vec![Point::PreProcessor, Point::PostProcessor])
}

fn parse(point: Point, answer: &[u8]) -> Result<Verdict, Failure> {
    let answer = Bytes::copy_from_slice(answer);
    Verdict::parse(point, &answer, &ProtectedHeaders::default())
}

fn printed(verdict: &Verdict) -> Value {
    serde_json::to_value(verdict).unwrap()
}

// Section 5 said a second time: from an answer to the verdict in its canonical print

type Members<'a> = BTreeMap<&'a str, &'a Value>;

const TERMINATE: &[&str] = &[
    "code",
    "statusCode",
    "message",
    "addHeaders",
    "passHeaders",
    "headers",
    "payload",
    "base64Encoded",
    "json",
    "dropHeaders",
];

const MODIFY: &[&str] = &[
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
];

const PROTECTED: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "host",
];

/// None: a wrong answer.
fn expected(point: Point, answer: &Value) -> Option<Value> {
    let answer = known(answer, &["terminate", "modify"])?;
    if let Some(terminate) = answer.get("terminate") {
        return expected_terminate(&known(terminate, TERMINATE)?);
    }
    match answer.get("modify") {
        Some(modify) => expected_modify(point, &known(modify, MODIFY)?),
        None => Some(json!({})),
    }
}

fn expected_terminate(members: &Members<'_>) -> Option<Value> {
    let mut out = Map::new();
    let code = first(members, &["code", "statusCode"])?;
    out.insert("code".into(), status(code)?.into());
    add_headers_and_body(members, &mut out)?;
    let has_body = out.contains_key("json") || out.contains_key("payload");
    match members.get("message") {
        Some(message) if message.is_string() => {
            out.insert("message".into(), (*message).clone());
        }
        Some(_) if !has_body => return None,
        _ => {}
    }
    Some(json!({ "terminate": out }))
}

fn expected_modify(point: Point, members: &Members<'_>) -> Option<Value> {
    let mut out = Map::new();
    let mut dropped = Vec::new();
    if let Some(names) = members.get("dropHeaders") {
        for name in names.as_array()? {
            dropped.extend(header_name(name.as_str()?).ok()?.map(Value::from));
        }
    }
    if !dropped.is_empty() {
        out.insert("dropHeaders".into(), dropped.into());
    }
    add_headers_and_body(members, &mut out)?;
    let code = first(members, &["completeWithCode", "statusCode", "code"]);
    if let (Point::PostProcessor, Some(code)) = (point, code) {
        out.insert("completeWithCode".into(), status(code)?.into());
    }
    Some(json!({ "modify": out }))
}

/// The known members that are not null. None where there are only others, or no object.
fn known<'a>(value: &'a Value, names: &[&str]) -> Option<Members<'a>> {
    let all = value.as_object()?;
    let known: Members<'a> = all
        .iter()
        .filter(|(name, value)| names.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.as_str(), value))
        .collect();
    let others = all.keys().any(|name| !names.contains(&name.as_str()));
    (!known.is_empty() || !others).then_some(known)
}

fn first<'a>(members: &Members<'a>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| members.get(name).copied())
}

fn status(code: &Value) -> Option<u16> {
    let code = code.as_f64()?;
    (200..=599).find(|status| f64::from(*status) == code)
}

fn add_headers_and_body(members: &Members<'_>, out: &mut Map<String, Value>) -> Option<()> {
    let mut added = Map::new();
    if let Some(headers) = first(members, &["addHeaders", "passHeaders", "headers"]) {
        for (name, value) in headers.as_object()? {
            let Some(name) = header_name(name).ok()? else {
                continue;
            };
            let lines = match value {
                Value::Array(lines) => lines.iter().map(line).collect::<Option<Vec<_>>>()?,
                one => vec![line(one)?],
            };
            added.insert(name, lines.into());
        }
    }
    if !added.is_empty() {
        out.insert("addHeaders".into(), added.into());
    }
    if let Some(json) = members.get("json") {
        out.insert("json".into(), (*json).clone());
    } else if let Some(payload) = members.get("payload") {
        let text = payload.as_str()?;
        match members.get("base64Encoded") {
            None | Some(Value::Bool(false)) => {}
            Some(Value::Bool(true)) => {
                base64_simd::STANDARD.decode_to_vec(text).ok()?;
                out.insert("base64Encoded".into(), true.into());
            }
            Some(_) => return None,
        }
        out.insert("payload".into(), text.into());
    }
    Some(())
}

/// Err: illegal. None: not the function's to touch.
fn header_name(name: &str) -> Result<Option<String>, ()> {
    let lower = name.to_ascii_lowercase();
    if name.starts_with(':') || PROTECTED.contains(&lower.as_str()) {
        return Ok(None);
    }
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if lower.is_empty() || !lower.bytes().all(token) {
        return Err(());
    }
    Ok(Some(lower))
}

fn line(value: &Value) -> Option<Value> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return None,
    };
    let allowed = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
    text.bytes().all(allowed).then(|| text.into())
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
        1 => (select(vec!["Terminate", "modifies", "x", ""]), members(TERMINATE, Some("code"))),
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

/// Without the headers: a number among them stands as it was written, which a `Value` does not keep.
fn without_headers(mut verdict: Value) -> Value {
    for of in ["modify", "terminate"] {
        if let Some(members) = verdict.get_mut(of).and_then(Value::as_object_mut) {
            members.remove("addHeaders");
        }
    }
    verdict
}

/// What is read as a verdict is JSON, and is that verdict.
fn is_sound(point: Point, answer: &[u8]) -> Result<(), TestCaseError> {
    let Ok(verdict) = parse(point, answer) else {
        return Ok(());
    };
    let text = str::from_utf8(answer);
    prop_assert!(text.is_ok(), "not UTF-8, and {verdict:?}");
    prop_assert!(
        serde_json::from_str::<IgnoredAny>(text.unwrap_or_default()).is_ok(),
        "not JSON, and {verdict:?}"
    );
    if let Ok(value) = serde_json::from_slice::<Value>(answer) {
        let printed = without_headers(printed(&verdict));
        let mut expected = expected(point, &value).map(without_headers);
        // Beside a body a message that stands twice is void; a `Value` has the last one.
        if let Some(terminate) = expected
            .as_mut()
            .and_then(|verdict| verdict.get_mut("terminate"))
            && printed["terminate"].get("message").is_none()
            && (terminate.get("payload").is_some() || terminate.get("json").is_some())
        {
            terminate
                .as_object_mut()
                .map(|members| members.remove("message"));
        }
        prop_assert_eq!(Some(printed), expected);
    } else {
        // JSON that a `Value` cannot hold (1e400, a lone surrogate) is in what is ignored or passed on.
        prop_assert_ne!(verdict, Verdict::Allow);
    }
    Ok(())
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
];

fn free_name() -> impl Strategy<Value = HeaderName> {
    select(FREE_NAMES).prop_map(HeaderName::from_static)
}

fn utf8_value() -> impl Strategy<Value = HeaderValue> {
    "[ -~äÿ€😀\t]{0,8}".prop_map(|text| HeaderValue::from_bytes(text.as_bytes()).unwrap())
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
        is_sound(point, &answer)?;
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
        is_sound(point, pieces.concat().as_bytes())?;
    }

    #[test]
    fn an_answer_is_the_verdict_that_section_5_makes_of_it_or_a_wrong_one(
        point in point(),
        answer in near_verdict(),
    ) {
        let verdict = parse(point, answer.to_string().as_bytes());
        match expected(point, &answer) {
            Some(expected) => prop_assert_eq!(printed(&verdict?), expected),
            None => prop_assert!(
                matches!(verdict, Err(Failure::WrongAnswer(_))), "{} is {:?}", answer, verdict
            ),
        }
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
        is_sound(point, &edited(Answer::from(verdict).payload.to_vec(), edits))?;
    }

    #[test]
    fn a_mutated_answer_is_read_without_panic_and_is_what_it_says_or_a_wrong_answer(
        point in point(),
        answer in near_verdict(),
        edits in vec(edit(), 1..4),
    ) {
        is_sound(point, &edited(answer.to_string().into_bytes(), edits))?;
    }

    #[test]
    fn any_answer_at_all_is_taken_without_panic(
        point in point(),
        event in any::<bool>(),
        status in prop_oneof![Just(200), Just(202), any::<u16>()],
        function_error in option::of(any::<String>()),
        payload in prop_oneof![
            vec(any::<u8>(), 0..60),
            near_verdict().prop_map(|answer| answer.to_string().into_bytes()),
            junk().prop_map(|junk| json!({"errorMessage": junk, "stackTrace": "s"}).to_string().into_bytes()),
        ],
    ) {
        let synchronicity = if event { Synchronicity::Event } else { Synchronicity::RequestResponse };
        let answer = Answer { status, function_error, executed_version: None, payload: payload.into() };
        let verdict = Verdict::of_answer(point, synchronicity, &answer, &ProtectedHeaders::default());
        if !matches!(status, 200 | 202) {
            prop_assert_eq!(verdict, Err(Failure::UnexpectedStatus(status)));
        } else if answer.function_error.is_some() {
            let is_function_error = matches!(verdict, Err(Failure::FunctionError { .. }));
            prop_assert!(is_function_error);
        } else if event {
            prop_assert_eq!(verdict, Ok(Verdict::Allow));
        }
    }

    #[test]
    fn a_verdict_printed_and_read_is_the_same((point, verdict) in verdict()) {
        let answer = Answer::from(verdict.clone());
        prop_assert_eq!(parse(point, &answer.payload), Ok(verdict));
    }
}

// Applying

/// Header names in lower case, each with its lines.
type Lines = BTreeMap<String, Vec<Vec<u8>>>;

fn lines(headers: &HeaderMap) -> Lines {
    let mut lines = Lines::new();
    for (name, value) in headers {
        lines
            .entry(name.to_string())
            .or_default()
            .push(value.as_bytes().to_vec());
    }
    lines
}

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

const OF_ANY_BODY: &[&str] = &[
    "transfer-encoding",
    "content-encoding",
    "content-md5",
    "digest",
    "content-digest",
    "repr-digest",
];

const OF_A_RESPONSE_BODY: &[&str] = &["etag", "last-modified", "accept-ranges", "content-range"];

/// What headers become, from the print of a Modify.
fn changed(mut headers: Lines, modify: &Modify, body: Option<&Bytes>, response: bool) -> Lines {
    let members = printed(&modify.clone().into())["modify"].take();
    for name in members["dropHeaders"].as_array().into_iter().flatten() {
        headers.remove(name.as_str().unwrap());
    }
    if let Some(body) = body {
        let also: &[&str] = if response { OF_A_RESPONSE_BODY } else { &[] };
        for name in OF_ANY_BODY.iter().chain(also) {
            headers.remove(*name);
        }
        headers.insert("content-length".into(), vec![body.len().to_string().into()]);
        if members.get("json").is_some() {
            headers.insert("content-type".into(), vec!["application/json".into()]);
        }
    }
    for (name, values) in members["addHeaders"].as_object().into_iter().flatten() {
        let values = values.as_array().unwrap().iter();
        let values = values.map(|value| value.as_str().unwrap().as_bytes().to_vec());
        headers.insert(name.clone(), values.collect());
    }
    headers
}

/// The body in the print of a Modify.
fn body_of(modify: &Modify) -> Option<Bytes> {
    let members = printed(&modify.clone().into())["modify"].take();
    if let Some(json) = members.get("json") {
        return Some(json.to_string().into());
    }
    let payload = members.get("payload")?.as_str()?.to_owned();
    Some(match members.get("base64Encoded") {
        Some(_) => base64_simd::STANDARD.decode_to_vec(payload).unwrap().into(),
        None => payload.into(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn a_modify_changes_of_a_request_what_it_names_and_what_describes_a_replaced_body(
        modify in modify(),
        headers in header_map(BEFORE),
    ) {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.headers = headers.clone();
        let body = modify.apply_to_request(&mut parts)?;
        prop_assert_eq!(&body, &body_of(&modify));
        prop_assert_eq!(lines(&parts.headers), changed(lines(&headers), &modify, body.as_ref(), false));
        prop_assert_eq!((parts.method, parts.uri), (Method::GET, Uri::default()));
    }

    #[test]
    fn a_modify_changes_of_a_response_what_it_names_and_what_describes_a_replaced_body(
        modify in modify(),
        headers in header_map(BEFORE),
        before in any_status(),
        code in option::of(any_status()),
    ) {
        let after = code.unwrap_or(before);
        prop_assume!(!matches!(after.as_u16(), 204 | 304));
        let modify = code.map_or(modify.clone(), |code| modify.complete_with_code(code));
        let (mut parts, ()) = Response::new(()).into_parts();
        (parts.headers, parts.status) = (headers.clone(), before);
        let body = modify.apply_to_response(&Method::GET, &mut parts)?;
        prop_assert_eq!(parts.status, after);
        prop_assert_eq!(&body, &body_of(&modify));
        let mut expected = changed(lines(&headers), &modify, body.as_ref(), true);
        if matches!(before.as_u16(), 204 | 304) && body.is_none() {
            // What such an answer says of a length is not that of the body it has now.
            expected.remove("content-length");
            expected.remove("transfer-encoding");
        }
        prop_assert_eq!(lines(&parts.headers), expected);
    }

    #[test]
    fn a_modify_gives_no_body_to_an_answer_that_keeps_none(
        modify in modify(),
        headers in header_map(BEFORE),
        (method, status) in prop_oneof![
            (Just(Method::HEAD), any_status()),
            (Just(Method::GET), select(vec![StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED])),
        ],
    ) {
        let (mut parts, ()) = Response::new(()).into_parts();
        (parts.headers, parts.status) = (headers, StatusCode::OK);
        let modify = modify.complete_with_code(status);
        let body = modify.apply_to_response(&method, &mut parts)?;
        prop_assert_eq!(parts.status, status);
        match body {
            Some(body) => prop_assert!(body.is_empty()),
            // What was there is of an answer to HEAD, and empty.
            None => prop_assert!(method == Method::HEAD && body_of(&modify).is_none()),
        }
    }

    #[test]
    fn a_terminate_answers_what_it_says_and_nothing_of_the_backends(terminate in terminate()) {
        let members = printed(&terminate.clone().into())["terminate"].take();
        let response = terminate.to_response(None);
        let (kind, body): (_, Bytes) = if let Some(json) = members.get("json") {
            ("application/json", json.to_string().into())
        } else if let Some(payload) = members.get("payload") {
            let payload = payload.as_str().unwrap_or_default().to_owned();
            match members.get("base64Encoded") {
                Some(_) => ("application/octet-stream", base64_simd::STANDARD.decode_to_vec(payload)?.into()),
                None => ("text/plain; charset=utf-8", payload.into()),
            }
        } else {
            let text = members["message"].as_str().unwrap_or("Service cannot be provided, code 0x000003BB");
            ("text/plain; charset=utf-8", text.to_owned().into())
        };
        prop_assert_eq!(response.body(), &body);
        prop_assert_eq!(&members["code"], response.status().as_u16());
        let mut expected = Lines::from([("content-type".into(), vec![kind.into()])]);
        for (name, values) in members["addHeaders"].as_object().into_iter().flatten() {
            let values = values.as_array().into_iter().flatten().filter_map(Value::as_str);
            expected.insert(name.clone(), values.map(|value| value.as_bytes().to_vec()).collect());
        }
        prop_assert_eq!(lines(response.headers()), expected);
    }
}

// Envelopes

const NAMES: &[&str] = &["x-a", "cookie", "set-cookie", "x-skipped", "host", "x-b"];
const EAVS: &[&str] = &["a", "A", "ä b", "quote\"", "back\\", "brace{", "e"];

#[derive(Debug, Clone)]
struct Message {
    headers: HeaderMap,
    body: Option<(Vec<u8>, bool)>,
}

impl Message {
    fn payload(&self) -> Payload {
        match self.body.clone() {
            None => Payload::NotAsked,
            Some((bytes, coded)) => Payload::Whole {
                bytes: bytes.into(),
                coded,
            },
        }
    }
}

fn message() -> impl Strategy<Value = Message> {
    let bytes = prop_oneof![
        2 => vec(any::<u8>(), 0..60),
        2 => any::<String>().prop_map(String::into_bytes),
        2 => "[ -~\\r\\n\\t\"\\\\äÿ€]{0,40}".prop_map(String::into_bytes),
        1 => "[a\u{80}\u{85}\u{9f}\u{a0}\u{7f}\u{0}]{1,4}".prop_map(String::into_bytes),
    ];
    (header_map(NAMES), option::of((bytes, any::<bool>())))
        .prop_map(|(headers, body)| Message { headers, body })
}

fn uri() -> impl Strategy<Value = Uri> {
    let path = "(/[A-Za-z0-9%._~!$&'()*+,;=:@{}äÿ€-]{0,6}){1,3}";
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

#[derive(Debug, Clone)]
struct Texts {
    message_id: String,
    service_id: Option<String>,
    package_key: String,
    scope: Option<String>,
    user_context: Option<String>,
    eavs: BTreeMap<String, String>,
    package_key_eavs: BTreeMap<String, String>,
}

fn texts() -> impl Strategy<Value = Texts> {
    let eavs = || btree_map(select(EAVS).prop_map(String::from), any::<String>(), 0..4);
    let text = || option::of(any::<String>());
    (
        any::<String>(),
        text(),
        any::<String>(),
        text(),
        text(),
        eavs(),
        eavs(),
    )
        .prop_map(
            |(message_id, service_id, package_key, scope, user_context, eavs, package_key_eavs)| {
                Texts {
                    message_id,
                    service_id,
                    package_key,
                    scope,
                    user_context,
                    eavs,
                    package_key_eavs,
                }
            },
        )
}

impl Texts {
    fn context(&self, routing: Uri, address: IpAddr) -> CallContext {
        let endpoint = match &self.service_id {
            Some(id) => Endpoint::new().service_id(id),
            None => Endpoint::new(),
        };
        CallContext::new()
            .endpoint(Arc::new(endpoint))
            .application(Arc::new(Application::new(self.eavs.clone())))
            .package_key(Arc::new(PackageKey::new(
                &*self.package_key,
                self.package_key_eavs.clone(),
            )))
            .token(Token {
                scope: self.scope.clone(),
                user_context: self.user_context.clone(),
                ..Token::default()
            })
            .routing(routing)
            .remote_addr(address)
    }
}

fn sidecar(point: Point) -> Sidecar {
    let sidecar = Sidecar::local(point, "f")
        .skip_request_headers(["x-skipped"])
        .include_eavs(EAVS.iter().copied())
        .include_package_key_eavs(EAVS.iter().copied());
    let parts = Expand::ALL.into_iter();
    match point {
        Point::PreProcessor => {
            sidecar.expand_input(parts.filter(|part| *part != Expand::ResponsePayload))
        }
        Point::PostProcessor => sidecar
            .skip_response_headers(["x-skipped"])
            .expand_input(parts),
    }
    .build()
    .unwrap()
}

/// Puts a member in unless it has nothing to say.
fn put(object: &mut Value, name: &str, value: Value) {
    let nothing = value.is_null() || value.as_object().is_some_and(Map::is_empty);
    if !nothing {
        object[name] = value;
    }
}

fn headers_shown(headers: &HeaderMap) -> Value {
    let text = |value: &Vec<u8>| match String::from_utf8(value.clone()) {
        Ok(text) => text,
        Err(_) => value.iter().map(|byte| char::from(*byte)).collect(),
    };
    let mut shown = Map::new();
    for (name, values) in lines(headers) {
        let values: Vec<String> = values.iter().map(text).collect();
        let value = match name.as_str() {
            "x-skipped" => continue,
            "set-cookie" if values.len() > 1 => values.into(),
            "cookie" => values.join("; ").into(),
            _ => values.join(", ").into(),
        };
        shown.insert(name, value);
    }
    shown.into()
}

fn message_shown(message: &Message) -> Value {
    let mut shown = json!({});
    put(&mut shown, "headers", headers_shown(&message.headers));
    let Some((body, coded)) = &message.body else {
        return shown;
    };
    shown["payloadLength"] = body.len().into();
    if body.is_empty() {
        return shown;
    }
    let plain = |text: &&str| {
        !text
            .chars()
            .any(|c| c.is_control() && !"\t\r\n".contains(c))
    };
    let text = str::from_utf8(body).ok().filter(plain).filter(|_| !coded);
    shown["payload"] = match text {
        Some(text) => text.into(),
        None => base64_simd::STANDARD.encode_to_string(body).into(),
    };
    shown["payloadBase64Encoded"] = text.is_none().into();
    shown
}

/// A piece of a query, decoded as a form is.
fn decoded(piece: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = piece.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail
            .get(..2)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        match (first, hex) {
            (b'%', Some(digits)) => {
                let digits = str::from_utf8(digits).unwrap();
                bytes.push(u8::from_str_radix(digits, 16).unwrap());
                rest = &tail[2..];
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn query_shown(query: &str) -> Value {
    let mut pairs = BTreeMap::<String, Vec<String>>::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.entry(decoded(name)).or_default().push(decoded(value));
    }
    pairs
        .into_iter()
        .map(|(name, mut values)| match values.len() {
            1 => (name, Value::from(values.remove(0))),
            _ => (name, Value::from(values)),
        })
        .collect()
}

fn operation_shown(method: &Method, uri: &Uri, headers: &HeaderMap) -> Value {
    let path = uri.path();
    let mut shown = json!({
        "httpVerb": method.as_str().to_ascii_lowercase(),
        "path": path,
    });
    put(
        &mut shown,
        "query",
        uri.query().map_or(Value::Null, query_shown),
    );
    let query = uri
        .query()
        .map_or(String::new(), |query| format!("?{query}"));
    let host = headers.get("host").and_then(|host| host.to_str().ok());
    shown["uri"] = match (uri.authority(), host) {
        (Some(_), _) => uri.to_string().into(),
        (None, Some(host)) => format!("http://{host}{path}{query}").into(),
        (None, None) => format!("{path}{query}").into(),
    };
    shown
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn an_envelope_of_arbitrary_parts_is_json_that_says_what_went_in(
        point in point(),
        (request, response) in (message(), message()),
        (uri, routing) in (uri(), uri()),
        method in "[A-Za-z!#$%&'*+.^_`|~0-9-]{1,8}",
        status in any_status(),
        texts in texts(),
        address in any::<IpAddr>(),
    ) {
        let method = Method::from_bytes(method.as_bytes())?;
        let context = texts.context(routing.clone(), address);
        let (request_payload, response_payload) = (request.payload(), response.payload());
        let envelope = EnvelopeSource {
            sidecar: &sidecar(point),
            context: &context,
            message_id: &texts.message_id,
            request: RequestView {
                method: &method,
                uri: &uri,
                headers: &request.headers,
                payload: &request_payload,
            },
            response: (point == Point::PostProcessor).then_some(ResponseView {
                status,
                headers: &response.headers,
                payload: &response_payload,
            }),
        }
        .to_json();

        let mut expected = json!({
            "point": point.as_str(),
            "masheryMessageId": texts.message_id,
            "synchronicity": "RequestResponse",
            "packageKey": texts.package_key,
            "operation": operation_shown(&method, &uri, &request.headers),
            "routing": {
                "httpVerb": method.as_str().to_ascii_lowercase(), "uri": routing.to_string(),
            },
            "remoteAddr": address.to_canonical().to_string(),
        });
        put(&mut expected, "serviceId", texts.service_id.clone().into());
        put(&mut expected, "request", message_shown(&request));
        if point == Point::PostProcessor {
            expected["response"] = message_shown(&response);
            expected["response"]["code"] = status.as_u16().into();
        }
        put(&mut expected, "eavs", json!(texts.eavs));
        put(&mut expected, "packageKeyEAVs", json!(texts.package_key_eavs));
        let mut token = json!({});
        put(&mut token, "scope", texts.scope.clone().into());
        put(&mut token, "userContext", texts.user_context.into());
        put(&mut expected, "token", token);

        let parsed: Value = serde_json::from_slice(&envelope)?;
        prop_assert_eq!(&parsed, &expected);
        // No member stands twice, which a `Value` would not show: escapes aside, the lengths agree.
        prop_assert_eq!(quotes(&envelope), quotes(expected.to_string().as_bytes()));

        for (member, body) in [("request", &request.body), ("response", &response.body)] {
            let (Some(payload), Some((body, _))) = (parsed[member]["payload"].as_str(), body) else {
                continue;
            };
            let received = match &parsed[member]["payloadBase64Encoded"] {
                Value::Bool(true) => base64_simd::STANDARD.decode_to_vec(payload)?,
                _ => payload.as_bytes().to_vec(),
            };
            prop_assert_eq!(&received, body);
        }

        // It was measured before it was written: the buffer neither grew nor has room left.
        let length = envelope.len();
        prop_assert_eq!(Vec::from(envelope).capacity(), length);
    }
}

/// How many quotation marks a JSON text has, escaped ones too.
fn quotes(json: &[u8]) -> usize {
    json.iter().filter(|byte| **byte == b'"').count()
}
