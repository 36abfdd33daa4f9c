//! Section 5: from an answer to the verdict in its canonical print.

use std::collections::BTreeMap;

use bytes::Bytes;
use lambda_sidecar_core::{Failure, MAX_HEADER_LINES, Point, ProtectedHeaders, Verdict};
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

pub(crate) fn parse(point: Point, answer: &[u8]) -> Result<Verdict, Failure> {
    let answer = Bytes::copy_from_slice(answer);
    Verdict::parse(point, &answer, &ProtectedHeaders::default())
}

pub(crate) fn printed(verdict: &Verdict) -> Value {
    serde_json::to_value(verdict).expect("a verdict is JSON")
}

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
        let headers = headers.as_object()?;
        let lines = |value: &Value| value.as_array().map_or(1, Vec::len);
        if headers.len().max(headers.values().map(lines).sum()) > MAX_HEADER_LINES {
            return None;
        }
        for (name, value) in headers {
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
pub(crate) fn check_bytes(point: Point, answer: &[u8]) {
    let Ok(verdict) = parse(point, answer) else {
        return;
    };
    let text = str::from_utf8(answer);
    assert!(text.is_ok(), "not UTF-8, and {verdict:?}");
    assert!(
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
        assert_eq!(Some(printed), expected);
    } else {
        // JSON that a `Value` cannot hold (1e400, a lone surrogate) is in what is ignored or passed on.
        assert_ne!(verdict, Verdict::Allow);
    }
}

/// An answer in which no member stands twice is the verdict that section 5 makes of it, or a wrong one.
pub(crate) fn check_value(point: Point, answer: &Value) {
    let verdict = parse(point, answer.to_string().as_bytes());
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
