//! Reading the headers of a verdict.

use std::{borrow::Cow, collections::HashMap};

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use lambda_sidecar_function::MAX_HEADER_LINES;
use serde_json::value::RawValue;

use super::{
    ProtectedHeaders,
    content::AddedHeaders,
    json::entries,
    members::MemberPath,
    text::text,
    wrong::{AnswerFault, wrong_type},
};

/// So many names are looked through one by one.
const FEW: usize = 16;

/// How a name is shown that is none: it can be any text.
const NO_NAME: &str = "(no header name)";

/// How much of a refused name that begins with a colon is shown, in characters.
const MAX_SHOWN: usize = 100;

/// Reads headers to set and headers to drop, and keeps names that are not the function's to touch.
pub(super) struct HeaderReader<'p> {
    protected: &'p ProtectedHeaders,
    /// Whether an entry that cannot be used is refused, instead of being a fault of the answer.
    refuses_entries: bool,
    pub(super) added: AddedHeaders,
    /// Where a name stands in `added`; empty while there are few.
    places: HashMap<HeaderName, usize>,
    lines: usize,
    pub(super) dropped: Vec<HeaderName>,
    pub(super) refused: Vec<String>,
}

/// The lines of one entry.
struct Lines {
    name: HeaderName,
    values: Vec<HeaderValue>,
    /// Whether there was one more that HTTP cannot carry.
    has_refused: bool,
}

impl<'p> HeaderReader<'p> {
    /// Of a Modify: an entry with an illegal name or a value of the wrong type is a fault.
    pub(super) fn strict(protected: &'p ProtectedHeaders) -> Self {
        Self {
            protected,
            refuses_entries: false,
            added: AddedHeaders::default(),
            places: HashMap::new(),
            lines: 0,
            dropped: Vec::new(),
            refused: Vec::new(),
        }
    }

    /// Of a Terminate: an entry that cannot be used is refused.
    pub(super) fn lenient(protected: &'p ProtectedHeaders) -> Self {
        Self {
            refuses_entries: true,
            ..Self::strict(protected)
        }
    }

    /// Reads the headers to set. After a fault, those before it are there.
    ///
    /// A line that HTTP cannot carry is refused. If its header has no other line, it is dropped: what the function
    /// meant to replace must not pass.
    pub(super) fn add(&mut self, of: MemberPath, map: &RawValue) -> Result<(), AnswerFault> {
        let entries = entries(map).map_err(|_| wrong_type(of, "a map of headers"))?;
        if !self.refuses_entries && entries.len() > MAX_HEADER_LINES {
            return Err(too_many(of));
        }
        self.added.0.reserve(entries.len().min(MAX_HEADER_LINES));
        for (name, value) in entries {
            if self.protected.contains(&name) {
                self.refused.push(shown(&name));
                continue;
            }
            match self.lines(of, &name, value) {
                Ok(lines) => self.keep(of, name, lines)?,
                Err(_) if self.refuses_entries => self.refused.push(shown(&name)),
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Reads the headers to drop.
    pub(super) fn drop(&mut self, of: MemberPath, list: &RawValue) -> Result<(), AnswerFault> {
        let no_list = || wrong_type(of, "a list of header names");
        let names: Vec<&RawValue> = serde_json::from_str(list.get()).map_err(|_| no_list())?;
        self.dropped.reserve(names.len());
        for name in names {
            let name = text(name).ok_or_else(no_list)?;
            if self.protected.contains(&name) {
                self.refused.push(shown(&name));
            } else {
                self.dropped.push(header_name(of, &name)?);
            }
        }
        Ok(())
    }

    fn lines(&self, of: MemberPath, name: &str, value: &RawValue) -> Result<Lines, AnswerFault> {
        let mut lines = Lines {
            name: header_name(of, name)?,
            values: Vec::new(),
            has_refused: false,
        };
        if value.get().starts_with('[') {
            let values: Vec<&RawValue> =
                serde_json::from_str(value.get()).map_err(|_| wrong_type(of, HEADER_VALUE))?;
            lines.values.reserve_exact(values.len());
            for value in values {
                self.line(of, value, &mut lines)?;
            }
        } else {
            lines.values.reserve_exact(1);
            self.line(of, value, &mut lines)?;
        }
        Ok(lines)
    }

    fn line(&self, of: MemberPath, value: &RawValue, to: &mut Lines) -> Result<(), AnswerFault> {
        match header_value(of, value) {
            Ok(Some(value)) => to.values.push(value),
            Ok(None) => to.has_refused = true,
            Err(_) if self.refuses_entries => to.has_refused = true,
            Err(fault) => return Err(fault),
        }
        Ok(())
    }

    fn keep(&mut self, of: MemberPath, name: Cow<'_, str>, read: Lines) -> Result<(), AnswerFault> {
        self.lines += read.values.len();
        if self.lines > MAX_HEADER_LINES {
            return Err(too_many(of));
        }
        if read.has_refused {
            self.refused.push(name.into_owned());
            if read.values.is_empty() {
                if !self.refuses_entries {
                    self.dropped.push(read.name);
                }
                return Ok(());
            }
        }
        match self.place(&read.name) {
            Some(at) => self.added.0[at].1.extend(read.values),
            None => self.added.0.push((read.name, read.values)),
        }
        Ok(())
    }

    /// Where a name stands among those that are added: two spellings of one name are lines of one header. If it
    /// does not, it is about to stand at the end.
    fn place(&mut self, name: &HeaderName) -> Option<usize> {
        let added = &self.added.0;
        if added.len() < FEW {
            return added.iter().position(|(known, _)| known == name);
        }
        if self.places.is_empty() {
            let places = added.iter().enumerate();
            let places = places.map(|(at, (known, _))| (known.clone(), at));
            self.places.extend(places);
        }
        let at = self.places.get(name).copied();
        if at.is_none() {
            self.places.insert(name.clone(), added.len());
        }
        at
    }
}

const HEADER_VALUE: &str = "strings, numbers and booleans, or arrays of them, as header values";

/// None: HTTP cannot carry it.
fn header_value(of: MemberPath, value: &RawValue) -> Result<Option<HeaderValue>, AnswerFault> {
    let json = value.get();
    let value = match json.as_bytes().first() {
        Some(b'"') => {
            let text = text(value).ok_or_else(|| wrong_type(of, HEADER_VALUE))?;
            // What stands around a value is no part of it (RFC 9110, section 5.5).
            match (text.trim_matches([' ', '\t']), &text) {
                (trimmed, Cow::Owned(whole)) if trimmed.len() == whole.len() => {
                    HeaderValue::from_maybe_shared(Bytes::from(text.into_owned()))
                }
                (trimmed, _) => HeaderValue::from_str(trimmed),
            }
        }
        Some(b'-' | b'0'..=b'9' | b't' | b'f') => HeaderValue::from_str(json),
        _ => return Err(wrong_type(of, HEADER_VALUE)),
    };
    Ok(value.ok())
}

fn header_name(of: MemberPath, name: &str) -> Result<HeaderName, AnswerFault> {
    HeaderName::try_from(name).map_err(|_| format!("`{of}` has an illegal header name").into())
}

/// A refused name, for the log. What begins with a colon is any text, and must not look like a line of its own.
fn shown(name: &str) -> String {
    if name.starts_with(':') {
        let start = name.chars().take(MAX_SHOWN);
        start.flat_map(char::escape_debug).collect()
    } else if HeaderName::try_from(name).is_ok() {
        name.to_owned()
    } else {
        NO_NAME.to_owned()
    }
}

fn too_many(of: MemberPath) -> AnswerFault {
    format!("`{of}` has more than {MAX_HEADER_LINES} header lines").into()
}
