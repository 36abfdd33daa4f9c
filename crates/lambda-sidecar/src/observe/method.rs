//! A method, as it is told.

use http::Method;

/// A method as OpenTelemetry names it in `http.request.method`: its name if HTTP defines it, and `_OTHER` for any
/// other, which is whatever the client wrote.
///
/// ```
/// use http::Method;
/// use lambda_sidecar::method_name;
///
/// assert_eq!(method_name(&Method::PATCH), "PATCH");
/// assert_eq!(method_name(&Method::from_bytes(b"get")?), "_OTHER");
/// # Ok::<(), http::method::InvalidMethod>(())
/// ```
#[must_use]
pub fn method_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = [
        "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE",
    ];
    let known = KNOWN.into_iter().find(|known| *known == method.as_str());
    known.unwrap_or("_OTHER")
}
