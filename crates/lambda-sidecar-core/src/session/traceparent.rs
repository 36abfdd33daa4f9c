//! The W3C trace context that a call brings.

use http::{HeaderMap, HeaderValue};

/// The W3C trace context of a request, where it is a valid one (<https://www.w3.org/TR/trace-context/>).
pub(super) fn traceparent(headers: &HeaderMap) -> Option<HeaderValue> {
    let value = headers.get("traceparent")?;
    is_traceparent(value.as_bytes()).then(|| value.clone())
}

/// `version-traceid-parentid-flags` in lower-case hexadecimal digits, no id all zeros. Longer forms of
/// later versions are left out: what a client sends must not make the function call fail.
fn is_traceparent(value: &[u8]) -> bool {
    let is_hex = |digits: &[u8]| {
        digits
            .iter()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_id = |digits: &[u8]| is_hex(digits) && digits.iter().any(|b| *b != b'0');
    let mut fields = value.split(|byte| *byte == b'-');
    match [(); 5].map(|()| fields.next()) {
        [Some(version), Some(trace), Some(parent), Some(flags), None] => {
            (version.len(), trace.len(), parent.len(), flags.len()) == (2, 32, 16, 2)
                && is_hex(version)
                && version != b"ff"
                && is_id(trace)
                && is_id(parent)
                && is_hex(flags)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_taken_over_only_where_it_is_valid() {
        for (value, expected) in [
            (
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                true,
            ),
            (
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
                true,
            ),
            (
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                false,
            ),
            (
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                false,
            ),
            (
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                false,
            ),
            (
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                false,
            ),
            (
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                false,
            ),
            ("00-0af7-b7ad-01", false),
            ("", false),
        ] {
            assert_eq!(is_traceparent(value.as_bytes()), expected, "{value}");
        }
    }
}
