//! A body in the envelope: as text where it is text, as base64 else.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, header::CONTENT_ENCODING};

use super::{json::Json, sink::Sink};

/// What an envelope says of a body.
#[derive(Clone, Default)]
pub enum Payload {
    /// Nothing: the sidecar does not expand it.
    #[default]
    NotExpanded,
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
    /// The same left out, with its length.
    pub(crate) fn left_out(&self) -> Self {
        match self {
            Self::Whole { bytes, .. } => Self::LeftOut {
                length: Some(bytes.len() as u64),
            },
            other => other.clone(),
        }
    }

    /// Whether it is left out although the sidecar asks for it.
    pub(crate) fn is_left_out(&self) -> bool {
        matches!(self, Self::LeftOut { .. })
    }

    /// How many bytes of a body are in it.
    pub(crate) fn held(&self) -> usize {
        match self {
            Self::Whole { bytes, .. } => bytes.len(),
            Self::NotExpanded | Self::LeftOut { .. } => 0,
        }
    }

    /// How it will stand in an envelope. To find that out, a body has to be read from end to end.
    pub(super) fn shown(&self) -> ShownPayload<'_> {
        match self {
            Self::NotExpanded | Self::LeftOut { length: None } => ShownPayload::Nothing,
            Self::LeftOut {
                length: Some(length),
            } => ShownPayload::Length(*length),
            Self::Whole { bytes, .. } if bytes.is_empty() => ShownPayload::Length(0),
            Self::Whole { bytes, coded: true } => ShownPayload::Base64(bytes),
            Self::Whole { bytes, .. } => {
                as_text(bytes).map_or(ShownPayload::Base64(bytes), ShownPayload::Text)
            }
        }
    }
}

/// A body as an envelope shows it.
#[derive(Clone, Copy)]
pub(super) enum ShownPayload<'a> {
    Nothing,
    Length(u64),
    Text(&'a str),
    Base64(&'a [u8]),
}

impl ShownPayload<'_> {
    pub(super) fn write(self, json: &mut Json<impl Sink>) {
        match self {
            Self::Nothing => {}
            Self::Length(length) => json.key("payloadLength").number(length),
            Self::Text(text) => {
                json.key("payloadLength").number(text.len() as u64);
                json.key("payload").text(text);
                json.key("payloadBase64Encoded").boolean(false);
            }
            Self::Base64(bytes) => {
                json.key("payloadLength").number(bytes.len() as u64);
                json.key("payload").base64(bytes);
                json.key("payloadBase64Encoded").boolean(true);
            }
        }
    }
}

/// The payload is not shown.
impl std::fmt::Debug for Payload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotExpanded => f.write_str("NotExpanded"),
            Self::LeftOut { length } => write!(f, "LeftOut({length:?})"),
            Self::Whole { bytes, .. } => write!(f, "Whole({} bytes)", bytes.len()),
        }
    }
}

/// What names the codings of a body, or of each message in it as gRPC and Connect have them.
const CODINGS: [HeaderName; 3] = [
    CONTENT_ENCODING,
    HeaderName::from_static("grpc-encoding"),
    HeaderName::from_static("connect-content-encoding"),
];

/// Whether a message's body carries a content coding other than `identity`, or may have messages that do
/// (`grpc-encoding`, `connect-content-encoding`).
#[must_use]
pub fn has_content_coding(headers: &HeaderMap) -> bool {
    let lines = CODINGS.into_iter().flat_map(|name| headers.get_all(name));
    let mut codings = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    codings.any(|coding| {
        let coding = coding.trim_ascii();
        !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity")
    })
}

/// A body as text: UTF-8 without control characters other than tab, line feed and carriage return. A
/// body of control characters, escaped, would grow sixfold, past what the function can be sent.
fn as_text(body: &[u8]) -> Option<&str> {
    // Of what is no text mostly the first bytes tell.
    let text = std::str::from_utf8(body).ok()?;
    if has_control(body) {
        return None;
    }
    let has_c1 = || text.chars().any(|c| matches!(c, '\u{80}'..='\u{9f}'));
    (text.is_ascii() || !has_c1()).then_some(text)
}

/// Whether there is one of ASCII's control characters that is no white space. A block is looked at
/// without branches, which takes a few instructions of the kind that deal with many bytes at once.
fn has_control(body: &[u8]) -> bool {
    let is_control = |byte: u8| {
        (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r') | (byte == 0x7f)
    };
    body.chunks(64).any(|block| {
        block
            .iter()
            .fold(false, |any, &byte| any | is_control(byte))
    })
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
            for name in [
                "content-encoding",
                "grpc-encoding",
                "connect-content-encoding",
            ] {
                let mut headers = HeaderMap::new();
                headers.insert(name, value.parse().unwrap());
                assert_eq!(has_content_coding(&headers), expected, "{name}: {value:?}");
            }
        }
        assert!(!has_content_coding(&HeaderMap::new()));
    }
}
