//! A verdict as JSON, as a function would answer it.

use bytes::Bytes;
use http::HeaderValue;
use serde::{Serialize, Serializer, ser::Error as _, ser::SerializeMap};
use serde_json::value::RawValue;

use super::{
    Ruling, Verdict,
    content::{AddedHeaders, VerdictBody},
    members::{
        ADD_HEADERS, BASE64_ENCODED, CODE, COMPLETE_WITH_CODE, DROP_HEADERS, JSON, MESSAGE,
        PAYLOAD, Part, RELAY,
    },
    modify::Modify,
    terminate::Terminate,
};
use crate::Answer;

/// The JSON that [`Verdict::parse`] reads.
impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        write_verdict(&mut map, self)?;
        map.end()
    }
}

/// The JSON that [`Ruling::parse`] reads, but for how long the function would answer the same.
impl Serialize for Ruling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        write_verdict(&mut map, &self.verdict)?;
        if !self.relay.is_empty() {
            map.serialize_entry(RELAY.name(), &self.relay)?;
        }
        map.end()
    }
}

fn write_verdict<M: SerializeMap>(map: &mut M, verdict: &Verdict) -> Result<(), M::Error> {
    match verdict {
        Verdict::Allow => Ok(()),
        Verdict::Modify(modify) => map.serialize_entry(Part::Modify.name(), modify),
        Verdict::Terminate(terminate) => map.serialize_entry(Part::Terminate.name(), terminate),
    }
}

impl Serialize for Modify {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.drop_headers.is_empty() {
            let names: Vec<&str> = self.drop_headers.iter().map(|name| name.as_str()).collect();
            map.serialize_entry(DROP_HEADERS.name(), &names)?;
        }
        if let Some(status) = self.status {
            map.serialize_entry(COMPLETE_WITH_CODE.name(), &status.as_u16())?;
        }
        if !self.add_headers.0.is_empty() {
            map.serialize_entry(ADD_HEADERS.name(), &self.add_headers)?;
        }
        write_content(&mut map, self.content.as_ref())?;
        map.end()
    }
}

impl Serialize for Terminate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(CODE.name(), &self.status.as_u16())?;
        if let Some(message) = &self.message {
            map.serialize_entry(MESSAGE.name(), message)?;
        }
        // What JSON cannot say must not turn a no into a failure, which a fail-safe sidecar lets pass.
        if !self.add_headers.0.is_empty() {
            map.serialize_entry(ADD_HEADERS.name(), &Readable(&self.add_headers))?;
        }
        let content = self.content.as_ref();
        write_content(&mut map, content.filter(|content| !is_null(content)))?;
        map.end()
    }
}

fn is_null(content: &VerdictBody) -> bool {
    matches!(content, VerdictBody::Json(json) if &json[..] == b"null")
}

fn write_content<M: SerializeMap>(
    map: &mut M,
    content: Option<&VerdictBody>,
) -> Result<(), M::Error> {
    match content {
        None => Ok(()),
        Some(VerdictBody::Text(text)) => {
            let text = std::str::from_utf8(text).map_err(M::Error::custom)?;
            map.serialize_entry(PAYLOAD.name(), text)
        }
        Some(VerdictBody::Binary(bytes)) => {
            map.serialize_entry(
                PAYLOAD.name(),
                &base64_simd::STANDARD.encode_to_string(bytes),
            )?;
            map.serialize_entry(BASE64_ENCODED.name(), &true)
        }
        Some(VerdictBody::Json(json)) => {
            let json: &RawValue = serde_json::from_slice(json).map_err(M::Error::custom)?;
            if json.get() == "null" {
                return Err(M::Error::custom("a JSON body of `null` cannot be said"));
            }
            map.serialize_entry(JSON.name(), json)
        }
    }
}

impl Serialize for AddedHeaders {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, values) in &self.0 {
            let lines: Result<Vec<&str>, _> = values
                .iter()
                .map(|value| std::str::from_utf8(value.as_bytes()))
                .collect();
            let lines = lines
                .map_err(|_| S::Error::custom(format_args!("the value of `{name}` is no UTF-8")))?;
            map.serialize_entry(name.as_str(), &lines)?;
        }
        map.end()
    }
}

/// The same; a value that is no UTF-8 is read as ISO-8859-1, as in an envelope.
struct Readable<'h>(&'h AddedHeaders);

impl Serialize for Readable<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(AddedHeaders(headers)) = self;
        let read = |value: &HeaderValue| match std::str::from_utf8(value.as_bytes()) {
            Ok(text) => text.to_owned(),
            Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
        };
        let lines = |values: &[HeaderValue]| values.iter().map(read).collect::<Vec<String>>();
        serializer.collect_map(
            headers
                .iter()
                .map(|(name, values)| (name.as_str(), lines(values))),
        )
    }
}

/// A Modify that cannot be written as JSON (a header value that is no UTF-8, a JSON body of `null`) becomes a
/// function error. A Terminate stays one: such a value is read as ISO-8859-1, and such a body is left out.
impl From<Verdict> for Answer {
    fn from(verdict: Verdict) -> Self {
        written(&verdict)
    }
}

/// As its [`Verdict`], and what stands beside it.
impl From<Ruling> for Answer {
    fn from(ruling: Ruling) -> Self {
        written(&ruling)
    }
}

fn written(answer: &impl Serialize) -> Answer {
    match serde_json::to_vec(answer) {
        Ok(json) => Answer::ok(Bytes::from(json)),
        Err(error) => Answer::error("Unhandled", &error.to_string()),
    }
}

/// As the [`Verdict`] that it is.
impl From<Modify> for Answer {
    fn from(modify: Modify) -> Self {
        Verdict::from(modify).into()
    }
}

/// As the [`Verdict`] that it is.
impl From<Terminate> for Answer {
    fn from(terminate: Terminate) -> Self {
        Verdict::from(terminate).into()
    }
}
