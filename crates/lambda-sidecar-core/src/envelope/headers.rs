//! The headers that a sidecar selected, as the envelope shows them.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{COOKIE, GetAll, SET_COOKIE},
};

use smallvec::SmallVec;

use super::{json::Json, sink::Sink};
use crate::HeaderSelection;

/// How many headers are looked up once a call; what goes beyond is looked up each time.
const KEPT: usize = 8;

/// The headers of a message that are selected and there, each once, with its values.
pub(super) struct ShownHeaders<'a> {
    selection: &'a HeaderSelection,
    headers: &'a HeaderMap,
    first: SmallVec<[(&'a HeaderName, GetAll<'a, HeaderValue>); KEPT]>,
}

impl<'a> ShownHeaders<'a> {
    pub(super) fn of(selection: &'a HeaderSelection, headers: &'a HeaderMap) -> Self {
        Self {
            selection,
            headers,
            first: look_up(selection, headers).take(KEPT).collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// Writes the member `headers`, unless there are none.
    pub(super) fn write(&self, json: &mut Json<impl Sink>) {
        if self.is_empty() {
            return;
        }
        json.key("headers").object(|json| {
            for (name, values) in &self.first {
                write_header(json, name, values);
            }
            if self.first.len() == KEPT {
                for (name, values) in look_up(self.selection, self.headers).skip(KEPT) {
                    write_header(json, name, &values);
                }
            }
        });
    }
}

fn look_up<'a>(
    selection: &'a HeaderSelection,
    headers: &'a HeaderMap,
) -> impl Iterator<Item = (&'a HeaderName, GetAll<'a, HeaderValue>)> {
    selected(selection, headers)
        .map(|name| (name, headers.get_all(name)))
        .filter(|(_, values)| values.iter().next().is_some())
}

/// The names that are selected, each once.
pub(crate) fn selected<'a>(
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
