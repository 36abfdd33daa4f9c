//! A body in the envelope: as text where it is text, as base64 else.

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_ENCODING};

use super::json::{Json, needs_escape};

/// What an envelope says of a body.
#[derive(Clone, Default)]
pub enum Payload {
    /// Nothing: nobody asked for it.
    #[default]
    NotAsked,
    /// It is larger than `max-payload-size` and left out (`filtering`); its length, where it is known.
    LeftOut {
        /// Length in bytes.
        length: Option<u64>,
    },
    /// The whole body.
    Whole {
        /// The body as received.
        bytes: Bytes,
        /// Whether it carries a content coding (see [`has_content_coding`]).
        coded: bool,
    },
}

impl Payload {
    pub(super) fn write(&self, json: &mut Json) {
        match self {
            Self::NotAsked | Self::LeftOut { length: None } => {}
            Self::LeftOut {
                length: Some(length),
            } => json.key("payloadLength").number(length),
            Self::Whole { bytes, coded } => {
                json.key("payloadLength").number(bytes.len());
                if bytes.is_empty() {
                    return;
                }
                let text = as_text(bytes).filter(|_| !coded);
                json.key("payload");
                match text {
                    Some(text) => json.text(text),
                    None => json.base64(bytes),
                }
                json.key("payloadBase64Encoded").boolean(text.is_none());
            }
        }
    }

    /// How long it will be in the envelope, rather more than less.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::NotAsked => 0,
            Self::LeftOut { .. } => 64,
            Self::Whole { bytes, coded: true } => 96 + bytes.len().div_ceil(3) * 4,
            Self::Whole {
                bytes,
                coded: false,
            } => {
                let escapes = bytes.iter().filter(|byte| needs_escape(**byte)).count();
                let as_text = bytes.len() + escapes;
                96 + as_text.max(if bytes.is_ascii() {
                    0
                } else {
                    bytes.len().div_ceil(3) * 4
                })
            }
        }
    }
}

/// The payload is not shown.
impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAsked => f.write_str("NotAsked"),
            Self::LeftOut { length } => write!(f, "LeftOut({length:?})"),
            Self::Whole { bytes, .. } => write!(f, "Whole({} bytes)", bytes.len()),
        }
    }
}

/// Whether a message's body carries a content coding other than `identity`.
#[must_use]
pub fn has_content_coding(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|value| {
        value
            .as_bytes()
            .split(|byte| *byte == b',')
            .map(<[u8]>::trim_ascii)
            .any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
    })
}

/// A body as text: UTF-8 without control characters other than tab, line feed and carriage return. A
/// body of control characters, escaped, would grow sixfold, past what the function can be sent.
fn as_text(body: &[u8]) -> Option<&str> {
    let is_control =
        |byte: u8| (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0x7f;
    if body.iter().any(|byte| is_control(*byte)) {
        return None;
    }
    let text = std::str::from_utf8(body).ok()?;
    let is_plain = text.is_ascii() || !text.chars().any(|c| matches!(c, '\u{80}'..='\u{9f}'));
    is_plain.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_with_a_control_character_is_no_text() {
        for byte in 0..=0x1f_u8 {
            let allowed = matches!(byte, b'\t' | b'\n' | b'\r');
            assert_eq!(as_text(&[b'a', byte, b'b']).is_some(), allowed, "{byte:#x}");
        }
        assert_eq!(as_text(b"a\x7f"), None);
        assert_eq!(as_text("a\u{85}".as_bytes()), None);
        assert_eq!(as_text("aé\u{a0}".as_bytes()), Some("aé\u{a0}"));
    }

    #[test]
    fn a_content_coding_is_anything_but_identity() {
        for (value, expected) in [
            ("gzip", true),
            ("identity", false),
            ("Identity", false),
            ("", false),
            ("identity, br", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, value.parse().unwrap());
            assert_eq!(has_content_coding(&headers), expected, "{value:?}");
        }
        assert!(!has_content_coding(&HeaderMap::new()));
    }
}
