//! Reading a function's answer, strictly: what is no verdict is a failure, never an Allow.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::value::RawValue;

use super::{
    AddedHeaders, Content, MAX_HEADER_LINES, Modify, ProtectedHeaders, Terminate, Verdict,
    json::{Doubled, Members, entries},
};
use crate::{Answer, AnswerResult, Failure, Point, Synchronicity};

/// What makes an answer a wrong one, for the log. It never quotes the answer's values.
type Wrong = Cow<'static, str>;

impl Verdict {
    /// The verdict in the answer of a function. An event has none: that it was accepted is an Allow.
    ///
    /// # Errors
    ///
    /// The function failed, it only accepted a call whose verdict is waited for, or [`parse`](Self::parse) refuses the
    /// payload.
    pub fn from_answer(
        point: Point,
        synchronicity: Synchronicity,
        answer: &Answer,
        protected: &ProtectedHeaders,
    ) -> Result<Self, Failure> {
        match (&answer.result, synchronicity) {
            (AnswerResult::Failed(kind), _) => {
                Err(Failure::from_function_error(kind, &answer.payload))
            }
            (_, Synchronicity::Event) => Ok(Self::Allow),
            (AnswerResult::Ok, _) => Self::parse(point, &answer.payload, protected),
            (AnswerResult::Accepted, _) => Err(Failure::EmptyAnswer),
        }
    }

    /// Reads a verdict from JSON.
    ///
    /// # Errors
    ///
    /// [`Failure::EmptyAnswer`] for nothing or `null`, [`Failure::WrongAnswer`] for everything else that is
    /// no verdict: JSON of another kind, members that are none of a verdict's, values that cannot be used.
    pub fn parse(
        point: Point,
        json: &Bytes,
        protected: &ProtectedHeaders,
    ) -> Result<Self, Failure> {
        match trim(json) {
            b"{}" => return Ok(Self::Allow),
            b"" | b"null" => return Err(Failure::EmptyAnswer),
            _ => {}
        }
        parse(point, json, protected).map_err(|wrong| Failure::WrongAnswer(wrong.into_owned()))
    }
}

/// A text without the white space that JSON allows around it (RFC 8259, section 2), and no other.
fn trim(mut json: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = json {
        json = rest;
    }
    while let [rest @ .., b' ' | b'\t' | b'\n' | b'\r'] = json {
        json = rest;
    }
    json
}

fn parse(point: Point, json: &Bytes, protected: &ProtectedHeaders) -> Result<Verdict, Wrong> {
    let text = std::str::from_utf8(json).map_err(|_| "no JSON: no UTF-8")?;
    let members = Members::read(text, &["terminate", "modify"]).map_err(|e| not_json(&e))?;
    if members.only_unknown() {
        return Err("it has neither `modify` nor `terminate`".into());
    }
    if let Some(terminate) = members.first(&["terminate"])? {
        return parse_terminate(json, terminate, protected).map(Verdict::Terminate);
    }
    match members.first(&["modify"])? {
        Some(modify) => parse_modify(point, json, modify, protected).map(Verdict::Modify),
        None => Ok(Verdict::Allow),
    }
}

fn parse_terminate(
    json: &Bytes,
    terminate: &RawValue,
    protected: &ProtectedHeaders,
) -> Result<Terminate, Wrong> {
    const KNOWN: [&str; 10] = [
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
    let members =
        Members::read(terminate.get(), &KNOWN).map_err(|_| wrong_type("terminate", "an object"))?;
    let code = members.first(&["code", "statusCode"])?;
    let status = status("terminate.code", code.ok_or("`terminate` has no `code`")?)?;
    let mut refused = Vec::new();
    let add_headers = added_headers("terminate.addHeaders", &members, protected, &mut refused)?;
    let content = content("terminate", json, &members)?;
    Ok(Terminate {
        status,
        add_headers,
        message: message(&members, content.is_some())?,
        content,
        refused,
    })
}

/// The message. Beside a body it has an effect on gRPC calls alone, so a wrong one is no fault there.
fn message<const N: usize>(
    members: &Members<'_, '_, N>,
    beside_a_body: bool,
) -> Result<Option<String>, Wrong> {
    let read = || match members.first(&["message"])? {
        Some(message) => string("terminate.message", message).map(Some),
        None => Ok(None),
    };
    match read() {
        Err(_) if beside_a_body => Ok(None),
        message => message,
    }
}

fn parse_modify(
    point: Point,
    json: &Bytes,
    modify: &RawValue,
    protected: &ProtectedHeaders,
) -> Result<Modify, Wrong> {
    const KNOWN: [&str; 10] = [
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
    let members =
        Members::read(modify.get(), &KNOWN).map_err(|_| wrong_type("modify", "an object"))?;
    if members.only_unknown() {
        return Err("`modify` has members but none that is known".into());
    }
    let mut refused = Vec::new();
    let drop_headers = match members.first(&["dropHeaders"])? {
        Some(list) => dropped_headers(list, protected, &mut refused)?,
        None => Vec::new(),
    };
    let add_headers = added_headers("modify.addHeaders", &members, protected, &mut refused)?;
    let status = match point {
        Point::PreProcessor => None,
        Point::PostProcessor => members
            .first(&["completeWithCode", "statusCode", "code"])?
            .map(|code| status("modify.completeWithCode", code))
            .transpose()?,
    };
    Ok(Modify {
        drop_headers,
        add_headers,
        content: content("modify", json, &members)?,
        status,
        refused,
    })
}

impl From<Doubled<'_>> for Wrong {
    fn from(Doubled(name): Doubled<'_>) -> Self {
        format!("`{name}` stands twice").into()
    }
}

/// The body: `json` before `payload`. What the one that wins makes void is not checked.
fn content<const N: usize>(
    of: &str,
    answer: &Bytes,
    members: &Members<'_, '_, N>,
) -> Result<Option<Content>, Wrong> {
    if let Some(json) = members.first(&["json"])? {
        return Ok(Some(Content::Json(answer.slice_ref(json.get().as_bytes()))));
    }
    let Some(payload) = members.first(&["payload"])? else {
        return Ok(None);
    };
    let base64 = members.first(&["base64Encoded"])?;
    let text = string(&format!("{of}.payload"), payload)?;
    let encoded = match base64.map(RawValue::get) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(wrong_type(&format!("{of}.base64Encoded"), "true or false")),
    };
    if !encoded {
        return Ok(Some(Content::Text(text.into())));
    }
    base64_simd::STANDARD
        .decode_to_vec(text)
        .map(|bytes| Some(Content::Binary(bytes.into())))
        .map_err(|_| format!("`{of}.payload` is no base64").into())
}

fn status(of: &str, code: &RawValue) -> Result<StatusCode, Wrong> {
    // A library that knows floating-point numbers only writes 403 as 403.0.
    let number: f64 =
        serde_json::from_str(code.get()).map_err(|_| wrong_type(of, "a number from 200 to 599"))?;
    if number.fract() != 0.0 || !(200.0..=599.0).contains(&number) {
        return Err(wrong_type(of, "a number from 200 to 599"));
    }
    StatusCode::from_u16(number as u16).map_err(|_| wrong_type(of, "a number from 200 to 599"))
}

fn string(of: &str, value: &RawValue) -> Result<String, Wrong> {
    serde_json::from_str(value.get()).map_err(|_| wrong_type(of, "a string"))
}

fn dropped_headers(
    list: &RawValue,
    protected: &ProtectedHeaders,
    refused: &mut Vec<String>,
) -> Result<Vec<HeaderName>, Wrong> {
    let names: Vec<Cow<'_, str>> = serde_json::from_str(list.get())
        .map_err(|_| wrong_type("modify.dropHeaders", "a list of header names"))?;
    let mut dropped = Vec::with_capacity(names.len());
    for name in names {
        if protected.contains(&name) {
            refused.push(name.into_owned());
        } else {
            dropped.push(header_name("modify.dropHeaders", &name)?);
        }
    }
    Ok(dropped)
}

fn added_headers<const N: usize>(
    of: &str,
    members: &Members<'_, '_, N>,
    protected: &ProtectedHeaders,
    refused: &mut Vec<String>,
) -> Result<AddedHeaders, Wrong> {
    let Some(map) = members.first(&["addHeaders", "passHeaders", "headers"])? else {
        return Ok(AddedHeaders::default());
    };
    let entries = entries(map).map_err(|_| wrong_type(of, "a map of headers"))?;
    limit_lines(of, entries.len())?;
    let mut added = AddedHeaders(Vec::with_capacity(entries.len()));
    for (name, value) in entries {
        if protected.contains(&name) {
            refused.push(name.into_owned());
            continue;
        }
        let name = header_name(of, &name)?;
        let values = if value.get().starts_with('[') {
            let lines: Vec<&RawValue> =
                serde_json::from_str(value.get()).map_err(|_| wrong_type(of, HEADER_VALUE))?;
            let values: Result<_, _> = lines.iter().map(|line| header_value(of, line)).collect();
            values?
        } else {
            vec![header_value(of, value)?]
        };
        added.0.push((name, values));
    }
    limit_lines(of, added.lines())?;
    Ok(added)
}

const HEADER_VALUE: &str = "strings, numbers and booleans, or arrays of them, as header values";

fn header_value(of: &str, value: &RawValue) -> Result<HeaderValue, Wrong> {
    let text = value.get();
    let value = match text.as_bytes().first() {
        Some(b'"') => HeaderValue::from_maybe_shared(Bytes::from(string(of, value)?)),
        Some(b'-' | b'0'..=b'9' | b't' | b'f') => HeaderValue::from_str(text),
        _ => return Err(wrong_type(of, HEADER_VALUE)),
    };
    value.map_err(|_| format!("`{of}` has an illegal header value").into())
}

fn header_name(of: &str, name: &str) -> Result<HeaderName, Wrong> {
    HeaderName::try_from(name).map_err(|_| format!("`{of}` has an illegal header name").into())
}

fn limit_lines(of: &str, lines: usize) -> Result<(), Wrong> {
    if lines > MAX_HEADER_LINES {
        return Err(format!("`{of}` has more than {MAX_HEADER_LINES} header lines").into());
    }
    Ok(())
}

fn wrong_type(of: &str, allowed: &str) -> Wrong {
    format!("`{of}` is not as allowed: {allowed}").into()
}

/// Place and kind of a fault in JSON; the text of serde's own message can quote the answer.
fn not_json(error: &serde_json::Error) -> Wrong {
    let (line, column) = (error.line(), error.column());
    let what = match error.classify() {
        serde_json::error::Category::Data => "no JSON object",
        _ => "no JSON",
    };
    format!("{what} (line {line}, column {column})").into()
}
