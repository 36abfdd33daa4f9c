//! Where JSON goes: into a buffer, or nowhere but into the count of how long it is.

use std::fmt::Write as _;

/// How much text is looked at in one go.
const BLOCK: usize = 16;

/// What takes JSON in. All sinks are given the same, so that what one counts is what another holds.
pub(super) trait Sink {
    /// Text as it is.
    fn raw(&mut self, text: &str);

    /// Text with what JSON does not allow in a string escaped (RFC 8259, section 7).
    fn escaped(&mut self, text: &str);

    /// Bytes as base64.
    fn base64(&mut self, bytes: &[u8]);
}

/// How long a JSON text is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Length {
    bytes: usize,
    /// How many of them are there because something had to be escaped.
    by_escapes: usize,
}

impl Length {
    pub(super) fn bytes(self) -> usize {
        self.bytes
    }
}

impl Sink for Length {
    fn raw(&mut self, text: &str) {
        self.bytes += text.len();
    }

    fn escaped(&mut self, text: &str) {
        let added: usize = blocks(text).map(added_by_escapes).sum();
        self.bytes += text.len() + added;
        self.by_escapes += added;
    }

    fn base64(&mut self, bytes: &[u8]) {
        self.bytes += base64_simd::STANDARD.encoded_length(bytes.len());
    }
}

/// A JSON text whose length was found before.
pub(super) struct Buffer {
    text: String,
    /// Whether there is anything to escape; mostly there is not, and nothing needs to be looked at again.
    has_escapes: bool,
}

impl Buffer {
    pub(super) fn with_length(length: Length) -> Self {
        Self {
            text: String::with_capacity(length.bytes),
            has_escapes: length.by_escapes > 0,
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

impl Sink for Buffer {
    fn raw(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn escaped(&mut self, text: &str) {
        if self.has_escapes {
            push_escaped(&mut self.text, text);
        } else {
            self.text.push_str(text);
        }
    }

    fn base64(&mut self, bytes: &[u8]) {
        base64_simd::STANDARD.encode_append(bytes, &mut self.text);
    }
}

/// Appends a text as a JSON string.
pub(crate) fn push_string(json: &mut String, text: &str) {
    json.push('"');
    push_escaped(json, text);
    json.push('"');
}

fn push_escaped(out: &mut String, text: &str) {
    let mut done = 0;
    for (number, block) in blocks(text).enumerate() {
        if added_by_escapes(block) == 0 {
            continue;
        }
        for (offset, &byte) in block.iter().enumerate() {
            if ADDED_BY_ESCAPE[usize::from(byte)] > 0 {
                let at = number * BLOCK + offset;
                out.push_str(&text[done..at]);
                push_escape(out, byte);
                done = at + 1;
            }
        }
    }
    out.push_str(&text[done..]);
}

fn push_escape(out: &mut String, byte: u8) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        control => {
            // Writing to a string cannot fail.
            let _infallible = write!(out, "\\u{control:04x}");
        }
    }
}

/// By how much a byte is longer when it is escaped: `\n` by one, `\u0000` by five.
const ADDED_BY_ESCAPE: [u8; 256] = {
    let mut added = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        added[control] = 5;
        control += 1;
    }
    added[b'"' as usize] = 1;
    added[b'\\' as usize] = 1;
    added[b'\n' as usize] = 1;
    added[b'\r' as usize] = 1;
    added[b'\t' as usize] = 1;
    added
};

fn blocks(text: &str) -> impl Iterator<Item = &[u8]> {
    text.as_bytes().chunks(BLOCK)
}

/// By how much a block of text is longer when it is escaped. A whole one is first looked at without
/// branches, which takes a few instructions of the kind that deal with many bytes at once.
fn added_by_escapes(block: &[u8]) -> usize {
    let is_special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    if let Ok(whole) = <&[u8; BLOCK]>::try_from(block)
        && !whole
            .iter()
            .fold(false, |any, &byte| any | is_special(byte))
    {
        return 0;
    }
    let added = block.iter().map(|&byte| ADDED_BY_ESCAPE[usize::from(byte)]);
    added.map(usize::from).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Text of which much has to be escaped, across the ends of blocks.
    fn text() -> impl Strategy<Value = String> {
        let characters = prop_oneof![
            Just('"'),
            Just('\\'),
            Just('é'),
            proptest::char::range('\0', '\u{1f}'),
            proptest::char::range('a', 'z'),
            any::<char>(),
        ];
        proptest::collection::vec(characters, 0..100).prop_map(String::from_iter)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn escaped_text_is_as_long_as_counted_and_reads_as_it_was(text in text()) {
            let mut length = Length::default();
            length.escaped(&text);
            let mut buffer = Buffer::with_length(length);
            buffer.escaped(&text);
            prop_assert_eq!(length.bytes, buffer.text.len());
            let mut json = String::new();
            push_string(&mut json, &text);
            prop_assert_eq!(&json, &format!("\"{}\"", buffer.into_text()));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }

        #[test]
        fn base64_is_as_long_as_counted(bytes: Vec<u8>) {
            let mut length = Length::default();
            length.base64(&bytes);
            let mut buffer = Buffer::with_length(length);
            buffer.base64(&bytes);
            prop_assert_eq!(length.bytes, buffer.text.len());
        }
    }
}
