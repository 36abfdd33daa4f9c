//! Methods that are no calls.

use http::Method;

/// A tunnel, of which the function would judge a path and the backend be sent to an authority, and the beginning of a
/// connection of HTTP/2 (RFC 9113, section 3.4).
const NO_CALLS: [&str; 2] = ["CONNECT", "PRI"];

/// Whether a call is made with this method. A backend may take no notice of case, which methods have (RFC 9110,
/// section 9.1).
pub(super) fn is_call(method: &Method) -> bool {
    let is_spelled = |known: &str| known.eq_ignore_ascii_case(method.as_str());
    !NO_CALLS.into_iter().any(is_spelled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connect_and_pri_are_no_calls_in_any_case() {
        for (method, expected) in [
            ("GET", true),
            ("PROPFIND", true),
            ("get", true),
            ("Head", true),
            ("PRIME", true),
            ("CONNECT", false),
            ("connect", false),
            ("ConnecT", false),
            ("PRI", false),
            ("pri", false),
        ] {
            let read = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(is_call(&read), expected, "{method}");
        }
    }
}
