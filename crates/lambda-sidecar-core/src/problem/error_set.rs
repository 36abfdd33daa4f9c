//! An endpoint's own answers to the connector's errors.

use std::collections::HashMap;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};

/// Answers by error name or by status, for sidecars with `enable_error_set: true`.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use lambda_sidecar::{ErrorSet, ErrorSetEntry};
///
/// let set = ErrorSet::new().error("504", ErrorSetEntry::new().body("too slow"));
/// # let _ = set;
/// ```
#[derive(Debug, Clone, Default)]
pub struct ErrorSet {
    content_type: Option<HeaderValue>,
    errors: HashMap<String, ErrorSetEntry>,
}

impl ErrorSet {
    /// A set that changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the content type of the set's bodies. Default: as without the set. It counts only together
    /// with a body of the set.
    #[must_use]
    pub fn content_type(mut self, content_type: HeaderValue) -> Self {
        self.content_type = Some(content_type);
        self
    }

    /// Sets the answer to one error, by its name (`GatewayTimeout`) or its status (`504`). The name wins
    /// if both are there.
    #[must_use]
    pub fn error(mut self, name_or_status: impl Into<String>, entry: ErrorSetEntry) -> Self {
        self.errors.insert(name_or_status.into(), entry);
        self
    }

    /// The answer to the error of this name and this status.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use http::StatusCode;
    /// use lambda_sidecar::{ErrorSet, ErrorSetEntry};
    ///
    /// let set = ErrorSet::new()
    ///     .error("504", ErrorSetEntry::new().body("too slow"))
    ///     .error("GatewayTimeout", ErrorSetEntry::new().body("the function is too slow"));
    /// let entry = set.entry("GatewayTimeout", StatusCode::GATEWAY_TIMEOUT).unwrap();
    /// assert_eq!(entry.body.as_deref(), Some(&b"the function is too slow"[..]));
    /// ```
    #[must_use]
    pub fn entry(&self, name: &str, status: StatusCode) -> Option<&ErrorSetEntry> {
        let by_status = || self.errors.get(status.as_str());
        self.errors.get(name).or_else(by_status)
    }

    pub(super) fn body_type(&self) -> Option<&HeaderValue> {
        self.content_type.as_ref()
    }
}

/// An error set's answer to one error. Parts that it leaves out stay as they are without the set.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use http::{HeaderValue, StatusCode};
/// use lambda_sidecar::ErrorSetEntry;
///
/// let entry = ErrorSetEntry::new()
///     .status(StatusCode::SERVICE_UNAVAILABLE)
///     .body("try again later")
///     .header(HeaderValue::from_static("overload"));
/// # let _ = entry;
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ErrorSetEntry {
    /// The status.
    pub status: Option<StatusCode>,
    /// The body.
    pub body: Option<Bytes>,
    /// The value of `X-Error-Detail-Header`.
    pub header: Option<HeaderValue>,
}

impl ErrorSetEntry {
    /// An entry that changes nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the status. Default: the error's own.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// Sets the body. Default: the error's own.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets the value of `X-Error-Detail-Header`. Default: the answer has no such header.
    #[must_use]
    pub fn header(mut self, value: HeaderValue) -> Self {
        self.header = Some(value);
        self
    }
}
