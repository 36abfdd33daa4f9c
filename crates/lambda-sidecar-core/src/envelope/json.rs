//! JSON, written member by member.

use std::fmt::{self, Write as _};

use super::{short::short, sink::Sink};

/// A writer of one JSON text. It keeps the commas; that every key gets one value is for its caller.
pub(super) struct Json<S> {
    out: S,
    /// Whether the object that is open has a member.
    has_member: bool,
}

impl<S: Sink> Json<S> {
    pub(super) fn new(out: S) -> Self {
        Self {
            out,
            has_member: false,
        }
    }

    pub(super) fn into_inner(self) -> S {
        self.out
    }

    /// An object of the members that are written in between.
    pub(super) fn object(&mut self, write: impl FnOnce(&mut Self)) {
        self.out.raw("{");
        self.has_member = false;
        write(self);
        self.out.raw("}");
        // What was closed is a member of what it stands in.
        self.has_member = true;
    }

    /// A key whose value is an object of what `write` makes of each item. Where there is no item, neither is
    /// there.
    pub(super) fn object_of<T>(
        &mut self,
        key: &'static str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        let mut items = items.into_iter().peekable();
        if items.peek().is_some() {
            self.key(key)
                .object(|json| items.for_each(|item| write(json, item)));
        }
    }

    /// A key that needs no escaping.
    pub(super) fn key(&mut self, key: &'static str) -> &mut Self {
        self.comma();
        self.out.raw("\"");
        self.out.raw(key);
        self.out.raw("\":");
        self
    }

    /// A key of any text.
    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        self.comma();
        self.text(name);
        self.out.raw(":");
        self
    }

    /// A key in which nothing has to be escaped, and so is not looked for.
    pub(super) fn plain_name(&mut self, name: &str) -> &mut Self {
        self.comma();
        self.plain(name);
        self.out.raw(":");
        self
    }

    fn comma(&mut self) {
        if self.has_member {
            self.out.raw(",");
        }
        self.has_member = true;
    }

    pub(super) fn optional(&mut self, key: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.key(key).text(text);
        }
    }

    /// A string.
    pub(super) fn text(&mut self, text: &str) {
        self.texts([text]);
    }

    /// A string in which nothing has to be escaped, and so is not looked for.
    pub(super) fn plain(&mut self, text: &str) {
        self.out.raw("\"");
        self.out.raw(text);
        self.out.raw("\"");
    }

    /// A string of several parts.
    pub(super) fn texts<'t>(&mut self, parts: impl IntoIterator<Item = &'t str>) {
        self.string(|json| parts.into_iter().for_each(|part| json.part(part)));
    }

    /// A string of the parts that are written in between.
    pub(super) fn string(&mut self, write: impl FnOnce(&mut Self)) {
        self.out.raw("\"");
        write(self);
        self.out.raw("\"");
    }

    /// Part of a string.
    pub(super) fn part(&mut self, text: &str) {
        self.out.escaped(text);
    }

    /// An array of what `write` makes of each item.
    pub(super) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.out.raw("[");
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.out.raw(",");
            }
            write(self, item);
        }
        self.out.raw("]");
    }

    pub(super) fn number(&mut self, number: u64) {
        self.out.raw(&short(number));
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.out.raw(if value { "true" } else { "false" });
    }

    /// JSON that is ready, or part of a string that is.
    pub(super) fn raw(&mut self, json: &str) {
        self.out.raw(json);
    }

    /// A string of what a value shows of itself.
    pub(super) fn display(&mut self, value: impl fmt::Display) {
        self.string(|json| json.push_display(value));
    }

    /// A string of bytes as base64.
    pub(super) fn base64(&mut self, bytes: &[u8]) {
        self.out.raw("\"");
        self.out.base64(bytes);
        self.out.raw("\"");
    }

    /// A string of ASCII letters in lower case; for tokens, in which nothing has to be escaped.
    pub(super) fn lower_case(&mut self, token: &str) {
        self.string(|json| {
            for letter in token.chars() {
                json.raw(letter.to_ascii_lowercase().encode_utf8(&mut [0; 4]));
            }
        });
    }

    fn push_display(&mut self, value: impl fmt::Display) {
        struct Escaping<'s, S>(&'s mut S);

        impl<S: Sink> fmt::Write for Escaping<'_, S> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0.escaped(text);
                Ok(())
            }
        }

        // A sink takes everything, and the values here do not fail by themselves.
        let _infallible = write!(Escaping(&mut self.out), "{value}");
    }
}
