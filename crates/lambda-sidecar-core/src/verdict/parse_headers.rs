//! Reading the headers of a verdict.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::value::RawValue;

use super::{
    MAX_HEADER_LINES, ProtectedHeaders,
    content::AddedHeaders,
    json::{KnownMembers, entries},
    members::{ADD_HEADERS, MemberPath, Part},
    wrong::{AnswerFault, string, wrong_type},
};

pub(super) fn dropped_headers(
    of: MemberPath,
    list: &RawValue,
    protected: &ProtectedHeaders,
    refused: &mut Vec<String>,
) -> Result<Vec<HeaderName>, AnswerFault> {
    let names: Vec<Cow<'_, str>> =
        serde_json::from_str(list.get()).map_err(|_| wrong_type(of, "a list of header names"))?;
    let mut dropped = Vec::with_capacity(names.len());
    for name in names {
        if protected.contains(&name) {
            refused.push(name.into_owned());
        } else {
            dropped.push(header_name(of, &name)?);
        }
    }
    Ok(dropped)
}

pub(super) fn added_headers<const N: usize>(
    part: Part,
    members: &KnownMembers<'_, '_, N>,
    protected: &ProtectedHeaders,
    refused: &mut Vec<String>,
) -> Result<AddedHeaders, AnswerFault> {
    let Some(map) = members.first(&ADD_HEADERS)? else {
        return Ok(AddedHeaders::default());
    };
    let of = part.path(&ADD_HEADERS);
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

fn header_value(of: MemberPath, value: &RawValue) -> Result<HeaderValue, AnswerFault> {
    let text = value.get();
    let value = match text.as_bytes().first() {
        Some(b'"') => HeaderValue::from_maybe_shared(Bytes::from(string(of, value)?)),
        Some(b'-' | b'0'..=b'9' | b't' | b'f') => HeaderValue::from_str(text),
        _ => return Err(wrong_type(of, HEADER_VALUE)),
    };
    value.map_err(|_| format!("`{of}` has an illegal header value").into())
}

fn header_name(of: MemberPath, name: &str) -> Result<HeaderName, AnswerFault> {
    HeaderName::try_from(name).map_err(|_| format!("`{of}` has an illegal header name").into())
}

fn limit_lines(of: MemberPath, lines: usize) -> Result<(), AnswerFault> {
    if lines > MAX_HEADER_LINES {
        return Err(format!("`{of}` has more than {MAX_HEADER_LINES} header lines").into());
    }
    Ok(())
}
