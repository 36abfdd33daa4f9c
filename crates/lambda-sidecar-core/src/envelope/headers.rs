//! The headers that a sidecar selected, as the envelope shows them.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{COOKIE, GetAll, SET_COOKIE},
};

use super::{json::Json, sink::Sink};
use crate::HeaderSelection;

/// Writes the member `headers`, unless none is selected and there.
pub(super) fn write(json: &mut Json<impl Sink>, selection: &HeaderSelection, headers: &HeaderMap) {
    json.object_of(
        "headers",
        shown(selection, headers),
        |json, (name, values)| {
            write_header(json, name, &values);
        },
    );
}

/// Whether [`write()`] writes anything.
pub(super) fn any(selection: &HeaderSelection, headers: &HeaderMap) -> bool {
    shown(selection, headers).next().is_some()
}

/// The headers that are selected and there, each once, with its values.
fn shown<'a>(
    selection: &'a HeaderSelection,
    headers: &'a HeaderMap,
) -> impl Iterator<Item = (&'a HeaderName, GetAll<'a, HeaderValue>)> {
    selected(selection, headers)
        .map(|name| (name, headers.get_all(name)))
        .filter(|(_, values)| values.iter().next().is_some())
}

/// The names that are selected, each once.
pub(super) fn selected<'a>(
    selection: &'a HeaderSelection,
    headers: &'a HeaderMap,
) -> impl Iterator<Item = &'a HeaderName> {
    let (only, all_but): (&[HeaderName], Option<&[HeaderName]>) = match selection {
        HeaderSelection::None => (&[], None),
        HeaderSelection::Only(names) => (names, None),
        HeaderSelection::AllBut(names) => (&[], Some(names)),
    };
    let others = all_but
        .into_iter()
        .flat_map(|skipped| headers.keys().filter(|name| !skipped.contains(name)));
    only.iter().chain(others)
}

/// A repeated header is joined; several `set-cookie` values stay apart.
fn write_header(json: &mut Json<impl Sink>, name: &HeaderName, values: &GetAll<'_, HeaderValue>) {
    json.plain_name(name.as_str());
    if name == SET_COOKIE && values.iter().nth(1).is_some() {
        return json.list(values, |json, value| {
            json.string(|json| write_value(json, value));
        });
    }
    let separator = if name == COOKIE { "; " } else { ", " };
    json.string(|json| {
        for (at, value) in values.iter().enumerate() {
            if at > 0 {
                json.part(separator);
            }
            write_value(json, value);
        }
    });
}

/// A value as part of a string: UTF-8, else ISO-8859-1.
fn write_value(json: &mut Json<impl Sink>, value: &HeaderValue) {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => json.part(text),
        Err(_) => {
            for byte in value.as_bytes() {
                json.part(char::from(*byte).encode_utf8(&mut [0; 4]));
            }
        }
    }
}
