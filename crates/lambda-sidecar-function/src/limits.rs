//! The limits of a verdict, as the sidecar has them.

/// The most header lines that one verdict may set. Beyond it, a sidecar takes a Modify for a wrong answer, and sets
/// the first of a Terminate. A header map holds no more than about 24,000.
pub const MAX_HEADER_LINES: usize = 4096;

/// The most that a request half may relay to the response halves of its call, in bytes of JSON.
pub const MAX_RELAY: usize = 8192;

/// The longest header name the sidecar takes.
pub(crate) const MAX_NAME: usize = 65_535;

/// The characters of header names besides letters and digits (RFC 9110, `tchar`).
pub(crate) const NAME_SIGNS: &str = "!#$%&'*+.^_`|~-";

/// Headers that frame the message or name the hop.
pub(crate) const PROTECTED: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "host",
];
