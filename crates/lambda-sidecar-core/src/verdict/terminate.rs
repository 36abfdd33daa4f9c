//! No, and the answer to the client.

use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use lambda_sidecar_function::VerdictError;

use super::content::{AddedHeaders, VerdictBody};

/// What a Terminate without `json`, `payload` and `message` answers.
pub(crate) const DEFAULT_TEXT: &str = "Service cannot be provided, code 0x000003BB";

/// An answer to the client instead of the call.
///
/// ```
/// use http::{StatusCode, header::RETRY_AFTER};
/// use lambda_sidecar_core::Terminate;
///
/// let terminate = Terminate::new(StatusCode::TOO_MANY_REQUESTS)
///     .message("come back later")
///     .header(RETRY_AFTER, "30")?;
///
/// let answer = terminate.to_response(None); // of a call that is no gRPC
/// assert_eq!(answer.status(), 429);
/// assert_eq!(answer.headers()[RETRY_AFTER], "30");
/// assert_eq!(answer.body(), "come back later");
/// # Ok::<(), lambda_sidecar_core::VerdictError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Terminate {
    pub(crate) status: StatusCode,
    pub(crate) add_headers: AddedHeaders,
    pub(crate) content: Option<VerdictBody>,
    pub(crate) message: Option<String>,
    pub(crate) refused: Vec<String>,
    pub(crate) unusable: Option<String>,
}

impl Terminate {
    /// Answers with this status. A status outside 200 to 599 makes the verdict a wrong answer.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            add_headers: AddedHeaders::default(),
            content: None,
            message: None,
            refused: Vec::new(),
            unusable: None,
        }
    }

    /// Sets the message: the body, as text, if there is no other.
    /// Default: `Service cannot be provided, code 0x000003BB`.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Sets a header of the answer. Given again for the same name, it adds a line.
    ///
    /// # Errors
    ///
    /// As [`Modify::header`](crate::Modify::header).
    pub fn header(
        mut self,
        name: impl AsRef<str>,
        value: impl AsRef<[u8]>,
    ) -> Result<Self, VerdictError> {
        self.add_headers.add(name.as_ref(), value.as_ref())?;
        Ok(self)
    }

    /// Sets the body to text; it wins over the message.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.content = Some(VerdictBody::Text(text.into().into()));
        self
    }

    /// Sets the body to bytes; they win over the message.
    #[must_use]
    pub fn binary(mut self, bytes: impl Into<Bytes>) -> Self {
        self.content = Some(VerdictBody::Binary(bytes.into()));
        self
    }

    /// Sets the body to JSON; it wins over the message. `null` cannot be said: as a member of a verdict it counts as
    /// absent.
    #[must_use]
    pub fn json(mut self, json: &serde_json::Value) -> Self {
        self.content = Some(VerdictBody::Json(json.to_string().into()));
        self
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The message of [`message`](Self::message), if one was set.
    #[must_use]
    pub fn message_text(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The header lines that it sets, several of one name together.
    pub fn headers(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.add_headers.iter()
    }

    /// The body that it brings.
    #[must_use]
    pub fn body(&self) -> Option<&VerdictBody> {
        self.content.as_ref()
    }

    /// Names the function wanted to set and may not: those of [`ProtectedHeaders`](crate::ProtectedHeaders), those
    /// that are no header names, and those whose value HTTP cannot carry.
    #[must_use]
    pub fn refused(&self) -> &[String] {
        &self.refused
    }

    /// Which member of the answer could not be used, and why, for the log. The function said no all the same.
    #[must_use]
    pub fn unusable(&self) -> Option<&str> {
        self.unusable.as_deref()
    }
}

/// The message is payload, so it is not shown.
impl fmt::Debug for Terminate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminate")
            .field("status", &self.status)
            .field("add_headers", &self.add_headers)
            .field("content", &self.content)
            .field("message", &self.message.is_some())
            .field("refused", &self.refused)
            .field("unusable", &self.unusable)
            .finish()
    }
}
