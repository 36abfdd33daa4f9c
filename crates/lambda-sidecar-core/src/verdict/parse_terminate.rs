//! Reading a Terminate: once its `code` is readable it terminates, whatever else in it cannot be used. No text
//! that a client gets into it may turn a no into a failure, which a fail-safe sidecar lets pass.

use bytes::Bytes;
use http::StatusCode;
use serde_json::value::RawValue;

use super::{
    ProtectedHeaders, VerdictBody,
    json::{KnownMembers, entries},
    members::{ADD_HEADERS, CODE, IN_TERMINATE, MESSAGE, Part},
    parse_headers::HeaderReader,
    parse_values::{content, status},
    terminate::{DEFAULT_TEXT, Terminate},
    wrong::{AnswerFault, string, wrong_type},
};

const PART: Part = Part::Terminate;

pub(super) fn parse_terminate(
    json: &Bytes,
    terminate: &RawValue,
    protected: &ProtectedHeaders,
) -> Result<Terminate, AnswerFault> {
    let members = KnownMembers::read(terminate.get(), &IN_TERMINATE)
        .map_err(|_| wrong_type(PART.name(), "an object"))?;
    let status = code(terminate, &members)?;

    let mut headers = HeaderReader::lenient(protected);
    let added = add_headers(&members, &mut headers).err();
    let (content, unusable_content) = or_fault(content(PART, json, &members));
    let (message, unusable_message) = or_fault(message(&members));
    // A message that cannot be used is no fault beside a body, which is what the client gets.
    let unusable_message = unusable_message.filter(|_| content.is_none());
    let content = match &unusable_content {
        Some(_) => Some(VerdictBody::Text(Bytes::from_static(
            DEFAULT_TEXT.as_bytes(),
        ))),
        None => content,
    };
    Ok(Terminate {
        status,
        add_headers: headers.added,
        content,
        message,
        refused: headers.refused,
        unusable: first_of([added, unusable_content, unusable_message]),
    })
}

type Members<'de> = KnownMembers<'static, 'de, { IN_TERMINATE.len() }>;

fn code(terminate: &RawValue, members: &Members<'_>) -> Result<StatusCode, AnswerFault> {
    match members.first(&CODE) {
        Ok(code) => status(PART.path(&CODE), code.ok_or("`terminate` has no `code`")?),
        Err(doubled) => first_readable(terminate, doubled.0).ok_or(doubled.into()),
    }
}

/// The first readable code of those under a name that is given more than once.
fn first_readable(terminate: &RawValue, name: &str) -> Option<StatusCode> {
    let members = entries(terminate.get()).ok()?;
    members
        .into_iter()
        .filter(|(of, _)| of == name)
        .find_map(|(_, code)| status(PART.path(&CODE), code).ok())
}

fn add_headers(members: &Members<'_>, headers: &mut HeaderReader<'_>) -> Result<(), AnswerFault> {
    match members.first(&ADD_HEADERS)? {
        Some(map) => headers.add(PART.path(&ADD_HEADERS), map),
        None => Ok(()),
    }
}

fn message(members: &Members<'_>) -> Result<Option<String>, AnswerFault> {
    let message = members.first(&MESSAGE)?;
    message
        .map(|message| string(PART.path(&MESSAGE), message))
        .transpose()
}

fn or_fault<T>(read: Result<Option<T>, AnswerFault>) -> (Option<T>, Option<AnswerFault>) {
    match read {
        Ok(value) => (value, None),
        Err(fault) => (None, Some(fault)),
    }
}

fn first_of<const N: usize>(faults: [Option<AnswerFault>; N]) -> Option<String> {
    let faults = faults.into_iter().flatten();
    faults.map(AnswerFault::into_owned).next()
}
