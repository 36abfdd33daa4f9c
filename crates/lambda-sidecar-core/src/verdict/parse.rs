//! Reading a function's answer, strictly: what is no verdict is a failure, never an Allow.

use bytes::Bytes;
use http::StatusCode;
use serde_json::value::RawValue;

use super::{
    ProtectedHeaders, Verdict,
    content::VerdictBody,
    json::KnownMembers,
    members::{
        ADD_HEADERS, BASE64_ENCODED, COMPLETE_WITH_CODE, DROP_HEADERS, IN_MODIFY, JSON, MemberPath,
        PAYLOAD, Part,
    },
    modify::Modify,
    parse_headers::HeaderReader,
    parse_terminate::parse_terminate,
    wrong::{AnswerFault, not_json, string, wrong_type},
};
use crate::{Answer, AnswerResult, Failure, Point, Synchronicity};

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

fn parse(point: Point, json: &Bytes, protected: &ProtectedHeaders) -> Result<Verdict, AnswerFault> {
    let text = std::str::from_utf8(json).map_err(|_| "no JSON: no UTF-8")?;
    let members = KnownMembers::read(text, &Part::NAMES).map_err(|e| not_json(&e))?;
    if members.only_unknown() {
        return Err("it has neither `modify` nor `terminate`".into());
    }
    if let Some(terminate) = members.named(Part::Terminate.name())? {
        return parse_terminate(json, terminate, protected).map(Verdict::Terminate);
    }
    if members.has_misspelt_first() {
        return Err("a member is nearly `terminate`".into());
    }
    match members.named(Part::Modify.name())? {
        Some(modify) => parse_modify(point, json, modify, protected).map(Verdict::Modify),
        None => Ok(Verdict::Allow),
    }
}

fn parse_modify(
    point: Point,
    json: &Bytes,
    modify: &RawValue,
    protected: &ProtectedHeaders,
) -> Result<Modify, AnswerFault> {
    const PART: Part = Part::Modify;
    let members = KnownMembers::read(modify.get(), &IN_MODIFY)
        .map_err(|_| wrong_type(PART.name(), "an object"))?;
    if members.only_unknown() {
        return Err("`modify` has members but none that is known".into());
    }
    let mut headers = HeaderReader::strict(protected);
    if let Some(list) = members.first(&DROP_HEADERS)? {
        headers.drop(PART.path(&DROP_HEADERS), list)?;
    }
    if let Some(map) = members.first(&ADD_HEADERS)? {
        headers.add(PART.path(&ADD_HEADERS), map)?;
    }
    let is_looked_at = COMPLETE_WITH_CODE.only_at().is_none_or(|at| at == point);
    let status = if is_looked_at {
        let code = members.first(&COMPLETE_WITH_CODE)?;
        code.map(|code| status(PART.path(&COMPLETE_WITH_CODE), code))
            .transpose()?
    } else {
        None
    };
    Ok(Modify {
        drop_headers: headers.dropped,
        add_headers: headers.added,
        content: content(PART, json, &members)?,
        status,
        refused: headers.refused,
    })
}

/// The body: `json` before `payload`. What the one that wins makes void is not checked.
pub(super) fn content<const N: usize>(
    part: Part,
    answer: &Bytes,
    members: &KnownMembers<'_, '_, N>,
) -> Result<Option<VerdictBody>, AnswerFault> {
    if let Some(json) = members.first(&JSON)? {
        let json = answer.slice_ref(json.get().as_bytes());
        return Ok(Some(VerdictBody::Json(json)));
    }
    let Some(payload) = members.first(&PAYLOAD)? else {
        return Ok(None);
    };
    let base64 = members.first(&BASE64_ENCODED)?;
    let of = part.path(&PAYLOAD);
    let text = string(of, payload)?;
    let encoded = match base64.map(RawValue::get) {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(wrong_type(part.path(&BASE64_ENCODED), "true or false")),
    };
    if !encoded {
        return Ok(Some(VerdictBody::Text(text.into())));
    }
    base64_simd::STANDARD
        .decode_to_vec(text)
        .map(|bytes| Some(VerdictBody::Binary(bytes.into())))
        .map_err(|_| format!("`{of}` is no base64").into())
}

pub(super) fn status(of: MemberPath, code: &RawValue) -> Result<StatusCode, AnswerFault> {
    // A library that knows floating-point numbers only writes 403 as 403.0.
    let number: f64 =
        serde_json::from_str(code.get()).map_err(|_| wrong_type(of, "a number from 200 to 599"))?;
    if number.fract() != 0.0 || !(200.0..=599.0).contains(&number) {
        return Err(wrong_type(of, "a number from 200 to 599"));
    }
    StatusCode::from_u16(number as u16).map_err(|_| wrong_type(of, "a number from 200 to 599"))
}
