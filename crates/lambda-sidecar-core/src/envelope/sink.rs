//! Where JSON goes: into a buffer, or nowhere but into the count of how long it is.

use std::fmt::Write as _;

/// How much text is looked at in one go.
const BLOCK: usize = 32;

/// What takes JSON in. All sinks are given the same, so that what one counts is what another holds.
pub(super) trait Sink {
    fn len(&self) -> usize;

    /// Takes back all but this much.
    fn truncate(&mut self, length: usize);

    /// Text as it is.
    fn raw(&mut self, text: &str);

    /// Text with what JSON does not allow in a string escaped (RFC 8259, section 7).
    fn escaped(&mut self, text: &str);

    /// Bytes as base64.
    fn base64(&mut self, bytes: &[u8]);
}

impl Sink for String {
    fn len(&self) -> usize {
        self.len()
    }

    fn truncate(&mut self, length: usize) {
        self.truncate(length);
    }

    fn raw(&mut self, text: &str) {
        self.push_str(text);
    }

    fn escaped(&mut self, text: &str) {
        let mut done = 0;
        for (number, block) in text.as_bytes().chunks(BLOCK).enumerate() {
            if added_by_escapes(block) == 0 {
                continue;
            }
            for (offset, &byte) in block.iter().enumerate() {
                if added_by_escape(byte) > 0 {
                    let at = number * BLOCK + offset;
                    self.push_str(&text[done..at]);
                    push_escape(self, byte);
                    done = at + 1;
                }
            }
        }
        self.push_str(&text[done..]);
    }

    fn base64(&mut self, bytes: &[u8]) {
        base64_simd::STANDARD.encode_append(bytes, self);
    }
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

/// How long a JSON text is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Length(pub(super) usize);

impl Sink for Length {
    fn len(&self) -> usize {
        self.0
    }

    fn truncate(&mut self, length: usize) {
        self.0 = length;
    }

    fn raw(&mut self, text: &str) {
        self.0 += text.len();
    }

    fn escaped(&mut self, text: &str) {
        let added = text.as_bytes().chunks(BLOCK).map(added_by_escapes);
        self.0 += text.len() + added.map(usize::from).sum::<usize>();
    }

    fn base64(&mut self, bytes: &[u8]) {
        self.0 += base64_simd::STANDARD.encoded_length(bytes.len());
    }
}

/// By how much a block of text is longer when it is escaped. Without a branch it is a few instructions
/// of the kind that take many bytes at once; a sum of 8 bits has room for a whole block.
fn added_by_escapes(block: &[u8]) -> u8 {
    const { assert!(BLOCK * 5 <= u8::MAX as usize) };
    block.iter().map(|byte| added_by_escape(*byte)).sum()
}

/// By how much a byte is longer when it is escaped: `\n` by one, `\u0000` by five.
fn added_by_escape(byte: u8) -> u8 {
    let is_short = matches!(byte, b'"' | b'\\' | b'\n' | b'\r' | b'\t');
    let is_control = byte < 0x20;
    u8::from(is_short) + 5 * u8::from(is_control & !is_short)
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
            let (mut length, mut json) = (Length::default(), String::from("\""));
            length.escaped(&text);
            json.escaped(&text);
            json.push('"');
            prop_assert_eq!(length.len() + 2, json.len());
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }

        #[test]
        fn base64_is_as_long_as_counted(bytes: Vec<u8>) {
            let (mut length, mut text) = (Length::default(), String::new());
            length.base64(&bytes);
            text.base64(&bytes);
            prop_assert_eq!(Sink::len(&length), text.len());
        }
    }
}
