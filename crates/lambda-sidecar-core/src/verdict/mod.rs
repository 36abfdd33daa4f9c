//! What a function answers (`docs/verdict.md`).
//!
//! A [`Verdict`] is checked completely when it is made: whatever is in it can be applied.

mod json;
mod parse;
mod print;
mod protected;

use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};

pub use self::protected::ProtectedHeaders;

/// The most header lines one verdict may set; more make it a wrong answer. A header map
/// holds no more than about 24,000.
pub const MAX_HEADER_LINES: usize = 4096;

/// The function's answer to *may I?*
///
/// ```
/// use http::{HeaderValue, StatusCode};
/// use lambda_sidecar_core::{Modify, Point, ProtectedHeaders, Terminate, Verdict};
///
/// let verdict = Verdict::parse(
///     Point::PreProcessor,
///     &br#"{"terminate":{"code":403,"message":"not for you"}}"#[..].into(),
///     &ProtectedHeaders::default(),
/// )?;
/// assert_eq!(verdict, Terminate::new(StatusCode::FORBIDDEN).message("not for you").into());
///
/// let verdict = Verdict::parse(
///     Point::PreProcessor,
///     &br#"{"modify":{"addHeaders":{"x-tier":"gold"}}}"#[..].into(),
///     &ProtectedHeaders::default(),
/// )?;
/// let tier = http::HeaderName::from_static("x-tier");
/// assert_eq!(verdict, Modify::new().header(tier, HeaderValue::from_static("gold")).into());
/// # Ok::<(), lambda_sidecar_core::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Yes, as it is.
    Allow,
    /// Yes, with these changes.
    Modify(Modify),
    /// No: answer the client with this.
    Terminate(Terminate),
}

impl Verdict {
    /// *No*, with this status and the connector's default text.
    /// [`Terminate`] says more.
    #[must_use]
    pub fn terminate(status: StatusCode) -> Self {
        Terminate::new(status).into()
    }
}

impl From<Modify> for Verdict {
    fn from(modify: Modify) -> Self {
        Self::Modify(modify)
    }
}

impl From<Terminate> for Verdict {
    fn from(terminate: Terminate) -> Self {
        Self::Terminate(terminate)
    }
}

/// A body that a verdict brings.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// Text, UTF-8.
    Text(Bytes),
    /// Bytes that came as base64.
    Binary(Bytes),
    /// JSON.
    Json(Bytes),
}

impl Content {
    /// The bytes, whatever they are.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        match self {
            Self::Text(bytes) | Self::Binary(bytes) | Self::Json(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Text(_) => "Text",
            Self::Binary(_) => "Binary",
            Self::Json(_) => "Json",
        };
        write!(f, "{kind}({} bytes)", self.bytes().len())
    }
}

/// Headers to set: each replaces what is there by these lines.
///
/// Its `Debug` shows names, not values.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct AddedHeaders(pub(crate) Vec<(HeaderName, Vec<HeaderValue>)>);

impl AddedHeaders {
    pub(crate) fn lines(&self) -> usize {
        self.0.iter().map(|(_, values)| values.len()).sum()
    }

    fn push(&mut self, name: HeaderName, value: HeaderValue) {
        match self.0.iter_mut().find(|(added, _)| *added == name) {
            Some((_, values)) => values.push(value),
            None => self.0.push((name, vec![value])),
        }
    }
}

impl fmt::Debug for AddedHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

/// Changes to a request or a response.
///
/// ```
/// use http::{HeaderName, HeaderValue, StatusCode};
/// use lambda_sidecar_core::{Modify, Verdict};
///
/// let modify = Modify::new()
///     .drop_header(HeaderName::from_static("x-internal"))
///     .header(HeaderName::from_static("x-tier"), HeaderValue::from_static("gold"))
///     .json(&serde_json::json!({ "id": 7 }))
///     .complete_with_code(StatusCode::CREATED); // of a response
/// let verdict = Verdict::from(modify);
/// # assert!(matches!(verdict, Verdict::Modify(_)));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Modify {
    pub(crate) drop_headers: Vec<HeaderName>,
    pub(crate) add_headers: AddedHeaders,
    pub(crate) content: Option<Content>,
    pub(crate) status: Option<StatusCode>,
    pub(crate) refused: Vec<String>,
}

impl Modify {
    /// No change.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes a header, all its lines. Done before headers are set.
    #[must_use]
    pub fn drop_header(mut self, name: HeaderName) -> Self {
        self.drop_headers.push(name);
        self
    }

    /// Sets a header; it replaces what is there. Given again for the same name, it adds a line.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.add_headers.push(name, value);
        self
    }

    /// Replaces the body by text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.content = Some(Content::Text(text.into().into()));
        self
    }

    /// Replaces the body by bytes.
    #[must_use]
    pub fn binary(mut self, bytes: impl Into<Bytes>) -> Self {
        self.content = Some(Content::Binary(bytes.into()));
        self
    }

    /// Replaces the body by JSON. `null` cannot be said: as a member of a verdict it counts as absent, so the
    /// answer would become a function error.
    #[must_use]
    pub fn json(mut self, json: &serde_json::Value) -> Self {
        self.content = Some(Content::Json(json.to_string().into()));
        self
    }

    /// Sets the status of a response; without effect on a request.
    #[must_use]
    pub fn complete_with_code(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// Names the function wanted to change and may not (see [`ProtectedHeaders`]).
    #[must_use]
    pub fn refused(&self) -> &[String] {
        &self.refused
    }
}

/// An answer to the client instead of the call.
///
/// ```
/// use http::{HeaderValue, StatusCode, header::RETRY_AFTER};
/// use lambda_sidecar_core::Terminate;
///
/// let terminate = Terminate::new(StatusCode::TOO_MANY_REQUESTS)
///     .message("come back later")
///     .header(RETRY_AFTER, HeaderValue::from_static("30"));
///
/// let answer = terminate.to_response(None); // of a call that is no gRPC
/// assert_eq!(answer.status(), 429);
/// assert_eq!(answer.headers()[RETRY_AFTER], "30");
/// assert_eq!(answer.body(), "come back later");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Terminate {
    pub(crate) status: StatusCode,
    pub(crate) add_headers: AddedHeaders,
    pub(crate) content: Option<Content>,
    pub(crate) message: Option<String>,
    pub(crate) refused: Vec<String>,
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
        }
    }

    /// Sets the message: the body, as text, where there is no other.
    /// Default: `Service cannot be provided, code 0x000003BB`.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Sets a header of the answer. Given again for the same name, it adds a line.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.add_headers.push(name, value);
        self
    }

    /// Sets the body to text; it wins over the message.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.content = Some(Content::Text(text.into().into()));
        self
    }

    /// Sets the body to bytes; they win over the message.
    #[must_use]
    pub fn binary(mut self, bytes: impl Into<Bytes>) -> Self {
        self.content = Some(Content::Binary(bytes.into()));
        self
    }

    /// Sets the body to JSON; it wins over the message. `null` cannot be said, as in [`Modify::json`].
    #[must_use]
    pub fn json(mut self, json: &serde_json::Value) -> Self {
        self.content = Some(Content::Json(json.to_string().into()));
        self
    }

    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Names the function wanted to set and may not (see [`ProtectedHeaders`]).
    #[must_use]
    pub fn refused(&self) -> &[String] {
        &self.refused
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
            .finish()
    }
}
