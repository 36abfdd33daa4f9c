//! An endpoint's own answers to the connector's errors.

use std::collections::HashMap;

use bytes::Bytes;
use http::{HeaderValue, StatusCode};

use crate::SidecarError;

/// Answers by error name or by status, for sidecars with `enable_error_set: true`.
///
/// ```
/// use lambda_sidecar_core::{ErrorSet, ErrorSetEntry};
///
/// let set = ErrorSet::new().error(
///     "504",
///     ErrorSetEntry { body: Some("too slow".into()), ..ErrorSetEntry::default() },
/// );
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
    /// where both are there.
    #[must_use]
    pub fn error(mut self, name_or_status: impl Into<String>, entry: ErrorSetEntry) -> Self {
        self.errors.insert(name_or_status.into(), entry);
        self
    }

    pub(super) fn entry(&self, error: &SidecarError) -> Option<&ErrorSetEntry> {
        self.errors
            .get(error.name())
            .or_else(|| self.errors.get(error.status().as_str()))
    }

    pub(super) fn body_type(&self) -> Option<&HeaderValue> {
        self.content_type.as_ref()
    }
}

/// What an error set says of one error; what is left out stays as it is without the set.
#[derive(Debug, Clone, Default)]
pub struct ErrorSetEntry {
    /// The status.
    pub status: Option<StatusCode>,
    /// The body.
    pub body: Option<Bytes>,
    /// The value of `X-Error-Detail-Header`.
    pub header: Option<HeaderValue>,
}
