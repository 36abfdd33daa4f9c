//! Section 5: from an answer to the verdict in its canonical print.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use bytes::Bytes;
use lambda_sidecar_core::{Failure, MAX_HEADER_LINES, Point, ProtectedHeaders, Ruling, Verdict};
use serde::{
    Serialize,
    de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value, json, value::RawValue};

pub(crate) fn parse(point: Point, answer: &[u8]) -> Result<Verdict, Failure> {
    let answer = Bytes::copy_from_slice(answer);
    Verdict::parse(point, &answer, &ProtectedHeaders::default())
}

/// With what stands beside the verdict.
pub(crate) fn parse_all(point: Point, answer: &[u8]) -> Result<Ruling, Failure> {
    let answer = Bytes::copy_from_slice(answer);
    Ruling::parse(point, &answer, &ProtectedHeaders::default())
}

pub(crate) fn printed(verdict: &impl Serialize) -> Value {
    serde_json::to_value(verdict).expect("a verdict is JSON")
}

/// What stands beside `modify` and `terminate`.
pub(crate) const BESIDE: &[&str] = &["unchangedFor", "unchangedUntil", "relay", "relayParams"];

type Members<'a> = BTreeMap<&'a str, &'a Value>;

pub(crate) const TERMINATE: &[&str] = &[
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

pub(crate) const MODIFY: &[&str] = &[
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
pub(crate) fn expected(point: Point, answer: &Value) -> Option<Value> {
    let members = known(answer, &[&["terminate", "modify"], BESIDE].concat())?;
    if let Some(terminate) = members.get("terminate") {
        return expected_terminate(&terminate.as_object()?.iter().collect());
    }
    let mut names = answer.as_object()?.keys();
    if names.any(|name| name != "terminate" && is_nearly_terminate(name)) {
        return None;
    }
    let mut out = match members.get("modify") {
        Some(modify) => expected_modify(point, &known(modify, MODIFY)?)?,
        None => json!({}),
    };
    match (members.get("unchangedFor"), members.get("unchangedUntil")) {
        (Some(seconds), _) if seconds.as_f64()? < 0.0 => return None,
        (None, Some(time)) if !is_date_time(time.as_str()?) => return None,
        _ => {}
    }
    let relay = first(&members, &["relay", "relayParams"]);
    if let (Point::PreProcessor, Some(relay)) = (point, relay) {
        let is_empty = relay.as_object()?.is_empty();
        if relay.to_string().len() > 8192 {
            return None;
        }
        if !is_empty {
            out["relay"] = relay.clone();
        }
    }
    Some(out)
}

/// `2026-11-29T20:20:00.5+01:00`
fn is_date_time(text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    let Some((date, time)) = text.split_once('T') else {
        return false;
    };
    let (time, offset) = match time.find(['Z', '+', '-']) {
        Some(at) => time.split_at(at),
        None => return false,
    };
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let numbers = |text: &str, sign: char, lengths: &[usize]| {
        let parts: Vec<&str> = text.split(sign).collect();
        let lengths_of: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        let is_right = lengths_of == lengths && parts.iter().all(|part| is_number(part));
        is_right.then(|| {
            parts
                .iter()
                .map(|part| part.parse().unwrap_or(u32::MAX))
                .collect::<Vec<u32>>()
        })
    };
    let Some([year, month, day]) = numbers(date, '-', &[4, 2, 2]).as_deref().map(three) else {
        return false;
    };
    let Some([hour, minute, second]) = numbers(time, ':', &[2, 2, 2]).as_deref().map(three) else {
        return false;
    };
    let is_offset = offset == "Z"
        || numbers(&offset[1..], ':', &[2, 2]).is_some_and(|of| of[0] < 24 && of[1] < 60);
    let leap = u32::from(year % 4 == 0 && year % 100 != 0 || year % 400 == 0);
    let days = [31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let length = (month as usize)
        .checked_sub(1)
        .and_then(|month| days.get(month));
    is_offset
        && is_number(fraction)
        && length.is_some_and(|length| (1..=*length).contains(&day))
        && hour < 24
        && minute < 60
        && second <= 60
}

fn three(numbers: &[u32]) -> [u32; 3] {
    [numbers[0], numbers[1], numbers[2]]
}

/// Within two letters, one letter changed, put in or left out at a time; said by what can be reached, not by
/// a table of distances.
fn is_nearly_terminate(name: &str) -> bool {
    let name: Vec<char> = name.to_ascii_lowercase().chars().collect();
    let wanted: Vec<char> = "terminate".chars().collect();
    reaches(&name, &wanted, 2)
}

fn reaches(from: &[char], to: &[char], edits: usize) -> bool {
    match (from, to) {
        ([a, from @ ..], [b, to @ ..]) if a == b => reaches(from, to, edits),
        ([], []) => true,
        _ if edits == 0 => false,
        ([], [_, to @ ..]) => reaches(from, to, edits - 1),
        ([_, shorter @ ..], []) => reaches(shorter, to, edits - 1),
        ([_, shorter @ ..], [_, rest @ ..]) => {
            reaches(shorter, rest, edits - 1)
                || reaches(shorter, to, edits - 1)
                || reaches(from, rest, edits - 1)
        }
    }
}

/// A readable code terminates; what else cannot be used is left out.
fn expected_terminate(all: &BTreeMap<&String, &Value>) -> Option<Value> {
    let there = all.iter().filter(|(_, value)| !value.is_null());
    let members: Members<'_> = there.map(|(name, value)| (name.as_str(), *value)).collect();
    let mut out = Map::new();
    let code = first(&members, &["code", "statusCode"])?;
    out.insert("code".into(), status(code)?.into());
    let headers = first(&members, &["addHeaders", "passHeaders", "headers"]);
    let mut added = Map::new();
    for (name, value) in headers.and_then(Value::as_object).into_iter().flatten() {
        let Ok(Some(name)) = header_name(name) else {
            continue;
        };
        let all = lines_of(value);
        let usable: Vec<_> = all
            .iter()
            .filter_map(|line| self::line(line).ok()?)
            .collect();
        if all.is_empty() || !usable.is_empty() {
            add(&mut added, name, usable);
        }
    }
    if !added.is_empty() {
        out.insert("addHeaders".into(), added.into());
    }
    if body(&members, &mut out).is_none() {
        out.insert("payload".into(), DEFAULT_TEXT.into());
    }
    if let Some(message) = members.get("message").filter(|message| message.is_string()) {
        out.insert("message".into(), (*message).clone());
    }
    Some(json!({ "terminate": out }))
}

const DEFAULT_TEXT: &str = "Service cannot be provided, code 0x000003BB";

fn expected_modify(point: Point, members: &Members<'_>) -> Option<Value> {
    let mut out = Map::new();
    let mut dropped = Vec::new();
    if let Some(names) = members.get("dropHeaders") {
        for name in names.as_array()? {
            dropped.extend(header_name(name.as_str()?).ok()?.map(Value::from));
        }
    }
    let mut added = Map::new();
    if let Some(headers) = first(members, &["addHeaders", "passHeaders", "headers"]) {
        let headers = headers.as_object()?;
        if headers.len() > MAX_HEADER_LINES {
            return None;
        }
        for (name, value) in headers {
            let Some(name) = header_name(name).ok()? else {
                continue;
            };
            let all = lines_of(value);
            let lines: Option<Vec<_>> = all.iter().map(|line| self::line(line).ok()).collect();
            let usable: Vec<_> = lines?.into_iter().flatten().collect();
            if usable.is_empty() && !all.is_empty() {
                dropped.push(name.into());
            } else {
                add(&mut added, name, usable);
            }
        }
    }
    let lines = added.values().filter_map(Value::as_array).map(Vec::len);
    if lines.sum::<usize>() > MAX_HEADER_LINES {
        return None;
    }
    let mut seen = BTreeSet::new();
    dropped.retain(|name: &Value| seen.insert(name.to_string()));
    if !dropped.is_empty() {
        out.insert("dropHeaders".into(), dropped.into());
    }
    if !added.is_empty() {
        out.insert("addHeaders".into(), added.into());
    }
    body(members, &mut out)?;
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

fn lines_of(value: &Value) -> &[Value] {
    match value {
        Value::Array(lines) => lines,
        one => std::slice::from_ref(one),
    }
}

/// Two spellings of one name are lines of one header.
fn add(added: &mut Map<String, Value>, name: String, lines: Vec<Value>) {
    let there = added.entry(name).or_insert_with(|| json!([]));
    if let Value::Array(there) = there {
        there.extend(lines);
    }
}

/// None: the one that counts cannot be used.
fn body(members: &Members<'_>, out: &mut Map<String, Value>) -> Option<()> {
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

/// Err: the wrong type. None: HTTP cannot carry it.
fn line(value: &Value) -> Result<Option<Value>, ()> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        _ => return Err(()),
    };
    let allowed = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
    let is_allowed = text.bytes().all(allowed);
    Ok(is_allowed.then(|| text.trim_matches([' ', '\t']).into()))
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

/// What is read as a verdict is JSON, and is that verdict; what holds a readable code terminates.
pub(crate) fn check_bytes(point: Point, answer: &[u8]) {
    let text = String::from_utf8_lossy(answer);
    let codes = readable_codes(&text);
    let ruling = match parse_all(point, answer) {
        Ok(ruling) => ruling,
        Err(failure) => {
            assert!(codes.is_empty(), "{codes:?}, and {failure:?}");
            return;
        }
    };
    let verdict = &ruling.verdict;
    assert!(
        serde_json::from_str::<IgnoredAny>(&text).is_ok(),
        "not JSON, and {verdict:?}"
    );
    // Of a member that stands twice a `Value` has the last one. In a Terminate it is void.
    if let Verdict::Terminate(terminate) = verdict
        && has_twice(&text)
    {
        assert!(codes.contains(&terminate.status().as_u16()), "{codes:?}");
        return;
    }
    if let Ok(value) = serde_json::from_str::<Value>(&text) {
        let printed = without_headers(printed(&ruling));
        let expected = expected(point, &value).map(without_headers);
        assert_eq!(Some(printed), expected);
    } else {
        // JSON that a `Value` cannot hold (1e400, a lone surrogate) is in what is ignored or passed on.
        let has_beside = BESIDE.iter().any(|name| !named(&text, name).is_empty());
        assert!(has_beside || *verdict != Verdict::Allow);
    }
}

/// Whether `terminate`, or a member of it, stands twice.
fn has_twice(text: &str) -> bool {
    let terminates = named(text, "terminate");
    let is_twice = |terminate: &RawValue| {
        let names: Vec<String> = members(terminate.get()).map(|(name, _)| name).collect();
        let once: BTreeSet<&String> = names.iter().collect();
        once.len() < names.len()
    };
    terminates.len() > 1 || terminates.iter().any(|terminate| is_twice(terminate))
}

/// The codes of every `terminate` that can be read: those under the name, or else under the alias.
fn readable_codes(text: &str) -> Vec<u16> {
    let of = |terminate: Box<RawValue>| {
        let [by_name, by_alias] = ["code", "statusCode"].map(|name| named(terminate.get(), name));
        if by_name.is_empty() {
            by_alias
        } else {
            by_name
        }
    };
    let codes = named(text, "terminate").into_iter().flat_map(of);
    codes
        .filter_map(|code| status(&serde_json::from_str(code.get()).ok()?))
        .collect()
}

/// The members of this name that are not null.
fn named(text: &str, name: &str) -> Vec<Box<RawValue>> {
    let named = members(text).filter(|(of, value)| of == name && value.get() != "null");
    named.map(|(_, value)| value).collect()
}

/// The members of an object, each as often as it is there. None of what is no object.
fn members(text: &str) -> impl Iterator<Item = (String, Box<RawValue>)> + use<> {
    let members = serde_json::from_str::<EveryMember>(text);
    members.unwrap_or_default().0.into_iter()
}

#[derive(Default)]
struct EveryMember(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for EveryMember {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self::default())
    }
}

impl<'de> Visitor<'de> for EveryMember {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(member) = map.next_entry()? {
            self.0.push(member);
        }
        Ok(self)
    }
}

/// An answer in which no member stands twice is the verdict that section 5 makes of it, or a wrong one.
pub(crate) fn check_value(point: Point, answer: &Value) {
    let verdict = parse_all(point, answer.to_string().as_bytes());
    match expected(point, answer) {
        Some(expected) => {
            let verdict = verdict.as_ref().map(printed);
            assert_eq!(verdict, Ok(expected), "{answer}");
        }
        None if answer.is_null() => assert_eq!(verdict, Err(Failure::EmptyAnswer)),
        None => assert!(
            matches!(verdict, Err(Failure::WrongAnswer(_))),
            "{answer} is {verdict:?}"
        ),
    }
}
