//! The headers that a sidecar selected, as the envelope shows them.

use std::borrow::Cow;

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{COOKIE, SET_COOKIE},
};

use super::json::Json;
use crate::HeaderSelection;

/// Writes the member `headers`, unless none is selected and there.
pub(super) fn write(json: &mut Json, selection: &HeaderSelection, headers: &HeaderMap) {
    json.key("headers").begin();
    for name in selected(selection, headers) {
        write_header(json, name, headers);
    }
    json.end_unless_empty("headers");
}

/// How long the member will be, rather more than less.
pub(super) fn size(selection: &HeaderSelection, headers: &HeaderMap) -> usize {
    selected(selection, headers)
        .flat_map(|name| headers.get_all(name).iter().map(move |value| (name, value)))
        .map(|(name, value)| name.as_str().len() + value.len() + 16)
        .sum()
}

/// The selected names that are there, each once.
pub(super) fn selected<'a>(
    selection: &'a HeaderSelection,
    headers: &'a HeaderMap,
) -> impl Iterator<Item = &'a HeaderName> {
    let (only, all_but): (&[HeaderName], Option<&[HeaderName]>) = match selection {
        HeaderSelection::None => (&[], None),
        HeaderSelection::Only(names) => (names, None),
        HeaderSelection::AllBut(names) => (&[], Some(names)),
    };
    let named = only.iter().filter(|name| headers.contains_key(*name));
    let others = all_but
        .into_iter()
        .flat_map(|skipped| headers.keys().filter(|name| !skipped.contains(name)));
    named.chain(others)
}

/// A repeated header is joined; several `set-cookie` values stay apart.
fn write_header(json: &mut Json, name: &HeaderName, headers: &HeaderMap) {
    let mut values = headers.get_all(name).iter();
    json.name(name.as_str());
    match (values.next(), values.next()) {
        (Some(value), None) => json.text(&text(value)),
        _ if name == SET_COOKIE => json.list(headers.get_all(name).iter().map(text)),
        _ => {
            let separator = if name == COOKIE { "; " } else { ", " };
            let values: Vec<_> = headers.get_all(name).iter().map(text).collect();
            json.text(&values.join(separator));
        }
    }
}

/// A value as text: UTF-8, else ISO-8859-1.
fn text(value: &HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.into(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    }
}
