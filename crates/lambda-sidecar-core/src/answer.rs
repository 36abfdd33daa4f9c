//! What came back from the function, before it is understood.

use std::fmt;

use bytes::Bytes;

/// An answer of a function: the far end said something, be it right or wrong.
///
/// Its `Debug` does not show the payload.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status of the invocation; 200, or 202 for an event that was accepted.
    pub status: u16,
    /// The value of `X-Amz-Function-Error`: the function ran and failed.
    pub function_error: Option<String>,
    /// Which version of the function ran, where the far end says so.
    pub executed_version: Option<String>,
    /// What the function answered.
    pub payload: Bytes,
}

impl Answer {
    /// A successful answer (status 200) with this payload.
    ///
    /// ```
    /// let answer = lambda_sidecar_core::Answer::ok("{}");
    /// assert_eq!(answer.status, 200);
    /// ```
    pub fn ok(payload: impl Into<Bytes>) -> Self {
        Self {
            status: 200,
            function_error: None,
            executed_version: None,
            payload: payload.into(),
        }
    }

    /// The answer of a function that ran and failed, as AWS Lambda gives it.
    ///
    /// ```
    /// let answer = lambda_sidecar_core::Answer::error("Timeout", "the database is slow");
    /// assert_eq!(answer.function_error.as_deref(), Some("Unhandled"));
    /// ```
    #[must_use]
    pub fn error(error_type: &str, message: &str) -> Self {
        let payload = serde_json::json!({ "errorType": error_type, "errorMessage": message });
        Self {
            function_error: Some("Unhandled".into()),
            ..Self::ok(payload.to_string())
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("function_error", &self.function_error)
            .field("executed_version", &self.executed_version)
            .field("payload_length", &self.payload.len())
            .finish()
    }
}
