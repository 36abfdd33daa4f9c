//! Why something cannot stand in a verdict.

use std::{error::Error, fmt};

use crate::limits::{MAX_HEADER_LINES, MAX_RELAY};

/// Something that would make a verdict illegal. The sidecar would refuse the whole answer for it, or
/// skip the entry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerdictError {
    /// A status below 200 or above 599.
    Status(u16),
    /// Not a header name.
    HeaderName(String),
    /// A value for this header that a verdict cannot give it: it holds a control character, or is no UTF-8.
    HeaderValue(String),
    /// A header that frames the message or names the hop; it is not the function's to touch.
    ProtectedHeader(String),
    /// More than [`MAX_HEADER_LINES`](crate::MAX_HEADER_LINES) header lines.
    TooManyHeaders,
    /// A JSON body of `null`: as a member of a verdict it would count as absent.
    JsonNull,
    /// A JSON body that cannot be written as JSON; the reason.
    Json(String),
    /// More to relay than [`MAX_RELAY`](crate::MAX_RELAY) bytes of JSON: this many.
    RelayTooLong(usize),
    /// A value to relay that cannot be written as JSON; the reason.
    RelayJson(String),
}

impl fmt::Display for VerdictError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(code) => write!(f, "status {code} is not within 200 to 599"),
            Self::HeaderName(name) => write!(f, "{name:?} is not a header name"),
            Self::HeaderValue(name) => write!(f, "illegal value for the header `{name}`"),
            Self::ProtectedHeader(name) => {
                write!(f, "the header `{name}` is not the function's to touch")
            }
            Self::TooManyHeaders => write!(f, "more than {MAX_HEADER_LINES} header lines"),
            Self::JsonNull => f.write_str("a JSON body of `null` cannot be said"),
            Self::Json(reason) => write!(f, "the body cannot be written as JSON: {reason}"),
            Self::RelayTooLong(length) => {
                write!(f, "{length} bytes to relay are more than {MAX_RELAY}")
            }
            Self::RelayJson(reason) => {
                write!(f, "what is relayed cannot be written as JSON: {reason}")
            }
        }
    }
}

impl Error for VerdictError {}
