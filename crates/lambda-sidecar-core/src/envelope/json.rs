//! JSON written into one buffer.

use std::fmt::{self, Write as _};

use bytes::Bytes;

/// A writer of one JSON text. It keeps the commas; that every key gets one value is for its caller.
pub(super) struct Json {
    out: String,
}

impl Json {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self {
            out: String::with_capacity(capacity),
        }
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.out.into()
    }

    pub(super) fn begin(&mut self) {
        self.out.push('{');
    }

    pub(super) fn end(&mut self) {
        self.out.push('}');
    }

    /// Ends the object that is the value of `key`, or takes both back when nothing is in it.
    pub(super) fn end_unless_empty(&mut self, key: &str) {
        if !self.out.ends_with('{') {
            return self.end();
        }
        let start = self.out.len() - (key.len() + r#""":{"#.len());
        self.out.truncate(start);
        if self.out.ends_with(',') {
            self.out.pop();
        }
    }

    /// A key that needs no escaping.
    pub(super) fn key(&mut self, key: &'static str) -> &mut Self {
        self.comma();
        self.out.push('"');
        self.out.push_str(key);
        self.out.push_str("\":");
        self
    }

    /// A key of any text.
    pub(super) fn name(&mut self, name: &str) -> &mut Self {
        self.comma();
        self.text(name);
        self.out.push(':');
        self
    }

    fn comma(&mut self) {
        if !self.out.ends_with('{') {
            self.out.push(',');
        }
    }

    pub(super) fn optional(&mut self, key: &'static str, text: Option<&str>) {
        if let Some(text) = text {
            self.key(key).text(text);
        }
    }

    /// A string.
    pub(super) fn text(&mut self, text: &str) {
        self.out.push('"');
        self.escaped(text);
        self.out.push('"');
    }

    /// A string of several parts.
    pub(super) fn texts<'t>(&mut self, parts: impl IntoIterator<Item = &'t str>) {
        self.out.push('"');
        for part in parts {
            self.escaped(part);
        }
        self.out.push('"');
    }

    /// An array of strings.
    pub(super) fn list<T: AsRef<str>>(&mut self, texts: impl IntoIterator<Item = T>) {
        self.out.push('[');
        for (at, text) in texts.into_iter().enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            self.text(text.as_ref());
        }
        self.out.push(']');
    }

    pub(super) fn number(&mut self, number: impl fmt::Display) {
        self.push_display(&number);
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.out.push_str(if value { "true" } else { "false" });
    }

    /// JSON that is ready.
    pub(super) fn raw(&mut self, json: &str) {
        self.out.push_str(json);
    }

    /// A string of what never needs escaping: an address.
    pub(super) fn display(&mut self, value: &impl fmt::Display) {
        self.out.push('"');
        self.push_display(value);
        self.out.push('"');
    }

    /// A string of bytes as base64.
    pub(super) fn base64(&mut self, bytes: &[u8]) {
        self.out.push('"');
        base64_simd::STANDARD.encode_append(bytes, &mut self.out);
        self.out.push('"');
    }

    /// A string of ASCII letters in lower case; for tokens, which need no escaping.
    pub(super) fn lower_case(&mut self, token: &str) {
        self.out.push('"');
        self.out
            .extend(token.chars().map(|c| c.to_ascii_lowercase()));
        self.out.push('"');
    }

    fn push_display(&mut self, value: &impl fmt::Display) {
        // Writing to a string cannot fail.
        let _infallible = write!(self.out, "{value}");
    }

    /// Text with what JSON does not allow in a string escaped (RFC 8259, section 7).
    fn escaped(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.bytes().position(needs_escape) {
            let (clean, tail) = rest.split_at(at);
            self.out.push_str(clean);
            match tail.as_bytes()[0] {
                b'"' => self.out.push_str("\\\""),
                b'\\' => self.out.push_str("\\\\"),
                b'\n' => self.out.push_str("\\n"),
                b'\r' => self.out.push_str("\\r"),
                b'\t' => self.out.push_str("\\t"),
                control => self.push_display(&format_args!("\\u{control:04x}")),
            }
            rest = &tail[1..];
        }
        self.out.push_str(rest);
    }
}

/// Whether a byte cannot stand in a JSON string as it is.
pub(super) fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}
