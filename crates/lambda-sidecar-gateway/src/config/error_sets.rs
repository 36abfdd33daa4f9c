//! An endpoint's own answers to the connector's errors.

use std::{collections::HashMap, fmt};

use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use lambda_sidecar::{ErrorSet, ErrorSetEntry, SidecarError};

use super::{
    document::Field,
    reader::{Table, nearest},
};

pub(super) type ErrorSets = HashMap<String, ErrorSet>;

pub(super) fn read(sets: &Table<'_, '_>) -> ErrorSets {
    let sets = sets.named_tables().into_iter();
    sets.map(|(name, table)| (name.value.to_owned(), error_set(table)))
        .collect()
}

fn error_set(mut table: Table<'_, '_>) -> ErrorSet {
    let mut set = ErrorSet::new();
    if let Some(content_type) = table.string("content_type").and_then(header_value) {
        set = set.content_type(content_type);
    }
    for (name, entry) in table
        .table("errors")
        .map(|errors| errors.named_tables())
        .unwrap_or_default()
    {
        let entry = error_entry(entry);
        if let Some(name) = name.read(|name| error_name(name)) {
            set = set.error(name, entry);
        }
    }
    table.finish();
    set
}

fn error_entry(mut table: Table<'_, '_>) -> ErrorSetEntry {
    let status = table.integer("status", 200, 599);
    let status = status.and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok());
    let body = table.string("body");
    let header = table.string("header").and_then(header_value);
    table.finish();
    let mut entry = ErrorSetEntry::new();
    entry.status = status;
    entry.body = body.map(|body| Bytes::copy_from_slice(body.value.as_bytes()));
    entry.header = header;
    entry
}

/// An error name, or a status.
fn error_name(text: &str) -> Result<String, String> {
    let names = SidecarError::NAMES;
    let is_status = text.len() == 3 && text.parse().is_ok_and(|code| (200..=599).contains(&code));
    if is_status || names.contains(&text) {
        return Ok(text.to_owned());
    }
    let hint = match nearest(text, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("allowed: a status (200 to 599), {}", names.join(", ")),
    };
    Err(format!("unknown error, {hint}"))
}

fn header_value(field: Field<'_, '_, &str>) -> Option<HeaderValue> {
    field.read(|text| HeaderValue::from_str(text).map_err(|_| NotAHeaderValue))
}

struct NotAHeaderValue;

impl fmt::Display for NotAHeaderValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot stand in a header: it holds control characters")
    }
}
