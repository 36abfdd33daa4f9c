//! Reading a function's answer, strictly: what is no verdict is a failure, never an Allow.

use std::time::Duration;

use bytes::Bytes;
use serde_json::value::RawValue;

use super::{
    ProtectedHeaders, Relay, Ruling, Terminate, Unchanged, Verdict,
    json::{KnownMembers, entries},
    members::{
        ADD_HEADERS, COMPLETE_WITH_CODE, DROP_HEADERS, IN_ANSWER, IN_MODIFY, PARTS, Part, RELAY,
    },
    modify::Modify,
    parse_headers::HeaderReader,
    parse_terminate::parse_terminate,
    parse_values::{content, status},
    wrong::{AnswerFault, not_json, wrong_type},
};
use crate::{Answer, AnswerResult, Failure, Point, Synchronicity};

impl Ruling {
    /// The ruling in the answer of a function. An event has none: that it was accepted is an Allow.
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
            (_, Synchronicity::Event) => Ok(Verdict::Allow.into()),
            (AnswerResult::Ok, _) => Self::parse(point, &answer.payload, protected),
            (AnswerResult::Accepted, _) => Err(Failure::EmptyAnswer),
        }
    }

    /// Reads a verdict, and what stands beside it, from JSON. A `relay` is read at `PreProcessor` alone.
    ///
    /// # Errors
    ///
    /// As [`Verdict::parse`].
    pub fn parse(
        point: Point,
        json: &Bytes,
        protected: &ProtectedHeaders,
    ) -> Result<Self, Failure> {
        match trim(json) {
            b"{}" => return Ok(Verdict::Allow.into()),
            b"" | b"null" => return Err(Failure::EmptyAnswer),
            _ => {}
        }
        parse(point, json, protected).map_err(|wrong| Failure::WrongAnswer(wrong.into_owned()))
    }
}

impl Verdict {
    /// The verdict in the answer of a function, without what stands beside it. An event has none: that it was accepted
    /// is an Allow.
    ///
    /// # Errors
    ///
    /// As [`Ruling::from_answer`].
    pub fn from_answer(
        point: Point,
        synchronicity: Synchronicity,
        answer: &Answer,
        protected: &ProtectedHeaders,
    ) -> Result<Self, Failure> {
        let ruling = Ruling::from_answer(point, synchronicity, answer, protected);
        ruling.map(|ruling| ruling.verdict)
    }

    /// Reads a verdict from JSON. What stands beside it is checked and left out.
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
        Ruling::parse(point, json, protected).map(|ruling| ruling.verdict)
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

/// Bytes that are not UTF-8 are read as U+FFFD, as lone surrogates are: what a client sends and a function echoes
/// must not make the answer unreadable.
fn parse(point: Point, json: &Bytes, protected: &ProtectedHeaders) -> Result<Ruling, AnswerFault> {
    if let Ok(text) = std::str::from_utf8(json) {
        return parse_text(point, json, text, protected);
    }
    let text = String::from_utf8_lossy(json);
    let json = Bytes::copy_from_slice(text.as_bytes());
    let text = std::str::from_utf8(&json).map_err(|_| "no JSON: no UTF-8")?;
    parse_text(point, &json, text, protected)
}

/// `json` is `text`, which a body of the verdict shares.
fn parse_text(
    point: Point,
    json: &Bytes,
    text: &str,
    protected: &ProtectedHeaders,
) -> Result<Ruling, AnswerFault> {
    let members = KnownMembers::read(text, &IN_ANSWER).map_err(|e| not_json(&e))?;
    if members.only_unknown() {
        return Err("it has neither `modify` nor `terminate`".into());
    }
    match members.named(Part::Terminate.name()) {
        Ok(Some(terminate)) => {
            let terminate = parse_terminate(json, terminate, protected)?;
            return Ok(beside_terminate(terminate, &members));
        }
        Ok(None) => {}
        Err(doubled) => {
            let terminates = first_terminate(json, text, protected);
            let terminate = terminates.ok_or(doubled)?;
            return Ok(beside_terminate(terminate, &members));
        }
    }
    if members.has_misspelt_first() {
        return Err("a member is nearly `terminate`".into());
    }
    let verdict = match members.named(Part::Modify.name())? {
        Some(modify) => Verdict::Modify(parse_modify(point, json, modify, protected)?),
        None => Verdict::Allow,
    };
    let mut ruling = Ruling::from(verdict);
    if members.has_from(PARTS) {
        ruling.unchanged = Unchanged::read(&members)?;
        if RELAY.only_at().is_none_or(|at| at == point) {
            let relay = members.first(&RELAY)?.map(Relay::read);
            ruling.relay = relay.transpose()?.unwrap_or_default();
        }
    }
    Ok(ruling)
}

/// What stands beside a Terminate cannot turn it into a failure, which a fail-safe sidecar lets pass: a lifetime that
/// cannot be read is none, and nothing is relayed of a call that is over.
fn beside_terminate<const N: usize>(
    terminate: Terminate,
    members: &KnownMembers<'_, '_, N>,
) -> Ruling {
    let mut ruling = Ruling::from(Verdict::Terminate(terminate));
    if members.has_from(PARTS) {
        let not_kept = Some(Unchanged::For(Duration::ZERO));
        ruling.unchanged = Unchanged::read(members).unwrap_or(not_kept);
    }
    ruling
}

/// The first that terminates, if `terminate` is given more than once.
fn first_terminate(json: &Bytes, text: &str, protected: &ProtectedHeaders) -> Option<Terminate> {
    let members = entries(text).ok()?;
    members
        .into_iter()
        .filter(|(name, _)| name == Part::Terminate.name())
        .find_map(|(_, terminate)| parse_terminate(json, terminate, protected).ok())
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
