//! Methods that mean the same to whoever reads them.

use http::Method;

/// Those that HTTP gives a meaning (RFC 9110, section 9.3; RFC 5789).
const OF_HTTP: [&str; 8] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE",
];

/// No calls: a tunnel, of which the function would judge a path and the backend be sent to an authority, and the
/// beginning of a connection of HTTP/2 (RFC 9113, section 3.4).
const NO_CALLS: [&str; 2] = ["CONNECT", "PRI"];

/// Whether a backend that takes no notice of case, which methods have (RFC 9110, section 9.1), takes the method
/// for no other than this gateway does. Whether an answer to `head` has a body they would not agree on.
pub(super) fn is_clear(method: &Method) -> bool {
    let method = method.as_str();
    let is_spelled = |known: &str| known.eq_ignore_ascii_case(method);
    let mut of_http = OF_HTTP.into_iter();
    let meant = of_http.find(|known| is_spelled(known));
    !NO_CALLS.into_iter().any(is_spelled) && meant.is_none_or(|known| known == method)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_of_http_is_clear_as_it_is_written_there_alone() {
        for (method, expected) in [
            ("GET", true),
            ("HEAD", true),
            ("PATCH", true),
            ("TRACE", true),
            ("PROPFIND", true),
            ("purge", true),
            ("gets", true),
            ("get", false),
            ("Head", false),
            ("patch", false),
            ("trace", false),
            ("CONNECT", false),
            ("connect", false),
            ("ConnecT", false),
            ("PRI", false),
            ("pri", false),
        ] {
            let read = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(is_clear(&read), expected, "{method}");
        }
    }
}
