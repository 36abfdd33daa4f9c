//! No, and the answer to the client.

use std::{borrow::Cow, fmt};

use serde::Serialize;

use super::{StatusCode, VerdictError, body::BodyMembers, headers::HeaderLines};

/// An answer to the client instead of the call.
///
/// ```
/// use lambda_sidecar_function::{StatusCode, Terminate};
///
/// let terminate = Terminate::new(StatusCode::TOO_MANY_REQUESTS)
///     .message("come back tomorrow")
///     .header("retry-after", "86400")?;
/// # Ok::<(), lambda_sidecar_function::VerdictError>(())
/// ```
#[derive(Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema_rules::terminate_rules))]
#[serde(rename_all = "camelCase")]
pub struct Terminate {
    /// Status for the client.
    code: StatusCode,
    /// Body for the client, as text, if there is no `json` and no `payload`.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Headers of the answer.
    #[serde(skip_serializing_if = "HeaderLines::is_empty")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "crate::schema_rules::AddedHeadersSchema")
    )]
    add_headers: HeaderLines,
    #[serde(flatten)]
    body: BodyMembers,
}

impl Terminate {
    /// Answers with this status.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self {
            code: status,
            message: None,
            add_headers: HeaderLines::default(),
            body: BodyMembers::default(),
        }
    }

    /// Sets the message: the body, as text, if there is no other; of a gRPC call the `grpc-message`.
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

    /// Sets the body to text, `text/plain` unless a header says otherwise; it wins over the message.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.body = BodyMembers::from_text(text.into());
        self
    }

    /// Sets the body to bytes, `application/octet-stream` unless a header says otherwise; they win over
    /// the message.
    #[must_use]
    pub fn binary(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.body = BodyMembers::from_bytes(bytes.as_ref());
        self
    }

    /// Sets the body to JSON; it wins over the message.
    ///
    /// # Errors
    ///
    /// As [`Modify::json`](crate::Modify::json).
    #[cfg(feature = "json")]
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Result<Self, VerdictError> {
        self.body = BodyMembers::from_json(body)?;
        Ok(self)
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.code
    }

    /// The message of [`message`](Self::message), if one was set.
    #[must_use]
    pub fn message_text(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The header lines that it sets, sorted by name; a name with several values comes several times.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.add_headers.iter()
    }

    /// The body, if it is text.
    #[must_use]
    pub fn body_text(&self) -> Option<&str> {
        self.body.text()
    }

    /// The body's bytes, whether it is text, bytes or JSON.
    #[must_use]
    pub fn body_bytes(&self) -> Option<Cow<'_, [u8]>> {
        self.body.bytes()
    }

    /// The body, if it is JSON.
    #[cfg(feature = "json")]
    #[must_use]
    pub fn body_json(&self) -> Option<&serde_json::Value> {
        self.body.json()
    }
}

/// The message is payload, so it is not shown.
impl fmt::Debug for Terminate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terminate")
            .field("code", &self.code)
            .field("message", &self.message.is_some())
            .field("add_headers", &self.add_headers)
            .field("body", &self.body)
            .finish()
    }
}
