//! The fields that no trailer may be.

use http::HeaderMap;

use crate::folded::{begins_with_spelling_of, is_spelling_of, remove_all};

/// Fields that frame, route, authenticate or forward a message, that control how it is processed, or that say
/// what its content is (RFC 9110, section 6.5.1).
const FORBIDDEN: [&str; 71] = [
    // Of the connection.
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "upgrade",
    "http2-settings",
    // Framing and content.
    "transfer-encoding",
    "content-length",
    "content-encoding",
    "grpc-encoding",
    "connect-content-encoding",
    "content-type",
    "content-range",
    "content-location",
    "content-language",
    "content-disposition",
    // Routing.
    "host",
    "max-forwards",
    "via",
    "x-original-url",
    "x-rewrite-url",
    "x-original-host",
    "x-host",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    // Authentication.
    "authorization",
    "authentication-info",
    "www-authenticate",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-authentication-info",
    "cookie",
    "cookie2",
    "set-cookie",
    "set-cookie2",
    "x-api-key",
    // Forwarding.
    "forwarded",
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "client-ip",
    "cf-connecting-ip",
    // Controls of a request.
    "expect",
    "range",
    "request-range",
    "x-ms-range",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "if-range",
    "a-im",
    "accept",
    "accept-charset",
    "accept-encoding",
    "grpc-accept-encoding",
    "connect-accept-encoding",
    "accept-language",
    // Controls of a response.
    "age",
    "cache-control",
    "date",
    "expires",
    "location",
    "pragma",
    "retry-after",
    "vary",
    "warning",
];

/// Whole families of them.
const FORBIDDEN_PREFIXES: [&str; 2] = ["x-forwarded-", "x-envoy-"];

/// Whether a field may never be a trailer: one that frames, routes, authenticates or forwards the message,
/// controls how it is processed, is a cookie, or says what the content is (RFC 9110, section 6.5.1). All
/// spellings of a name count: ASCII case does not matter, and `-`, `_` and `.` are equal.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use lambda_sidecar::is_forbidden_trailer;
///
/// assert!(is_forbidden_trailer("Authorization"));
/// assert!(is_forbidden_trailer("x_forwarded_for"));
/// assert!(!is_forbidden_trailer("grpc-status"));
/// assert!(!is_forbidden_trailer("content-digest"));
/// ```
#[must_use]
pub fn is_forbidden_trailer(name: &str) -> bool {
    FORBIDDEN.iter().any(|field| is_spelling_of(field, name))
        || FORBIDDEN_PREFIXES
            .iter()
            .any(|prefix| begins_with_spelling_of(prefix, name))
}

/// Removes from trailers what may never be one ([`is_forbidden_trailer`]).
///
/// It looks at each name once. If there is nothing to remove, it allocates nothing.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use http::{HeaderMap, HeaderValue};
/// use lambda_sidecar::remove_forbidden_trailers;
///
/// let mut trailers = HeaderMap::new();
/// trailers.insert("x-checksum", HeaderValue::from_static("abc"));
/// trailers.insert("cookie", HeaderValue::from_static("session=mallory"));
/// remove_forbidden_trailers(&mut trailers);
/// assert_eq!(trailers.len(), 1);
/// ```
pub fn remove_forbidden_trailers(trailers: &mut HeaderMap) {
    remove_all(trailers, is_forbidden_trailer);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProtectedHeaders;

    #[test]
    fn every_protected_header_is_forbidden_as_a_trailer() {
        let protected = ProtectedHeaders::default();
        for name in [
            "connection",
            "keep-alive",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "content-length",
            "host",
        ] {
            assert!(
                protected.contains(name) && is_forbidden_trailer(name),
                "{name}"
            );
        }
    }

    #[test]
    fn every_spelling_of_a_forbidden_name_is_forbidden() {
        for name in [
            "Set-Cookie",
            "set_cookie",
            "X.Forwarded.Host",
            "x-forwarded-anything",
            "X_Envoy_Original_Path",
        ] {
            assert!(is_forbidden_trailer(name), "{name}");
        }
        assert!(FORBIDDEN.iter().all(|name| is_forbidden_trailer(name)));
    }

    #[test]
    fn what_a_trailer_is_for_passes() {
        for name in [
            "grpc-status",
            "grpc-message",
            "grpc-status-details-bin",
            "server-timing",
            "etag",
            "digest",
            "content-digest",
            "repr-digest",
            "content-md5",
            "x-checksum",
            "x-forwarde",
            "",
        ] {
            assert!(!is_forbidden_trailer(name), "{name}");
        }
    }
}
