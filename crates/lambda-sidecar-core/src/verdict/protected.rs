//! Headers that are not the function's to touch.

use http::HeaderName;

const DEFAULT: [&str; 9] = [
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

/// Headers that frame the message or name the hop: a verdict's entry for one is skipped and reported,
/// the rest of the verdict applies. Names that begin with `:` are always among them.
///
/// Default: `connection`, `keep-alive`, `proxy-connection`, `te`, `trailer`, `transfer-encoding`,
/// `upgrade`, `content-length` and `host`.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use http::HeaderName;
/// use lambda_sidecar::ProtectedHeaders;
///
/// let protected = ProtectedHeaders::default().with(HeaderName::from_static("x-request-id"));
/// assert!(protected.contains("X-Request-ID"));
/// assert!(protected.contains(":authority"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedHeaders(Vec<HeaderName>);

impl ProtectedHeaders {
    /// Protects one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName) -> Self {
        self.0.push(name);
        self
    }

    /// Leaves a header to the function.
    ///
    /// <div class="warning">A function that sets `content-length` or `transfer-encoding` can make the
    /// next hop misread where the message ends.</div>
    #[must_use]
    pub fn without(mut self, name: &HeaderName) -> Self {
        self.0.retain(|protected| protected != name);
        self
    }

    /// Whether a name, in any case, is protected.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        name.starts_with(':')
            || self
                .0
                .iter()
                .any(|protected| protected.as_str().eq_ignore_ascii_case(name))
    }
}

impl Default for ProtectedHeaders {
    fn default() -> Self {
        Self(DEFAULT.map(HeaderName::from_static).into())
    }
}
