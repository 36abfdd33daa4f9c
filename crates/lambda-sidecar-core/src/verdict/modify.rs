//! Yes, with changes.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use lambda_sidecar_function::VerdictError;

use super::content::{AddedHeaders, VerdictBody, header_name};

/// Changes to a request or a response.
///
/// ```
/// use http::{StatusCode, header::COOKIE};
/// use lambda_sidecar_core::{Modify, Verdict};
///
/// let modify = Modify::new()
///     .drop_header(COOKIE)?
///     .header("x-tier", "gold")?
///     .json(&serde_json::json!({ "id": 7 }))
///     .complete_with_code(StatusCode::CREATED); // of a response
/// let verdict = Verdict::from(modify);
/// # assert!(matches!(verdict, Verdict::Modify(_)));
/// # Ok::<(), lambda_sidecar_core::VerdictError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Modify {
    pub(crate) drop_headers: Vec<HeaderName>,
    pub(crate) add_headers: AddedHeaders,
    pub(crate) content: Option<VerdictBody>,
    pub(crate) status: Option<StatusCode>,
    pub(crate) refused: Vec<String>,
}

impl Modify {
    /// No change.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes a header, all its lines. Done before headers are set. The name may be text or a [`HeaderName`].
    ///
    /// # Errors
    ///
    /// [`VerdictError::HeaderName`]. Which headers are protected is for the reader of an answer to say, so none is
    /// here.
    pub fn drop_header(mut self, name: impl AsRef<str>) -> Result<Self, VerdictError> {
        self.drop_headers.push(header_name(name.as_ref())?);
        Ok(self)
    }

    /// Sets a header; it replaces what is there. Given again for the same name, it adds a line. Names and values may be
    /// text or the types of the crate `http`; white space around a value is trimmed.
    ///
    /// # Errors
    ///
    /// As [`drop_header`](Self::drop_header); [`VerdictError::HeaderValue`] if the value holds a control character
    /// other than tab, [`VerdictError::TooManyHeaders`] beyond [`MAX_HEADER_LINES`](crate::MAX_HEADER_LINES).
    pub fn header(
        mut self,
        name: impl AsRef<str>,
        value: impl AsRef<[u8]>,
    ) -> Result<Self, VerdictError> {
        self.add_headers.add(name.as_ref(), value.as_ref())?;
        Ok(self)
    }

    /// Replaces the body by text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.content = Some(VerdictBody::Text(text.into().into()));
        self
    }

    /// Replaces the body by bytes.
    #[must_use]
    pub fn binary(mut self, bytes: impl Into<Bytes>) -> Self {
        self.content = Some(VerdictBody::Binary(bytes.into()));
        self
    }

    /// Replaces the body by JSON. `null` cannot be said: as a member of a verdict it counts as absent, so the
    /// answer would become a function error.
    #[must_use]
    pub fn json(mut self, json: &serde_json::Value) -> Self {
        self.content = Some(VerdictBody::Json(json.to_string().into()));
        self
    }

    /// Sets the status of a response; without effect on a request.
    #[must_use]
    pub fn complete_with_code(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    /// The status that it gives the response.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The names of the headers that it removes: those of `dropHeaders`, and those that the function meant to
    /// set to what HTTP cannot carry.
    #[must_use]
    pub fn dropped_headers(&self) -> &[HeaderName] {
        &self.drop_headers
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

    /// Names the function wanted to change and may not (see [`ProtectedHeaders`](crate::ProtectedHeaders)), and
    /// those whose value HTTP cannot carry.
    #[must_use]
    pub fn refused(&self) -> &[String] {
        &self.refused
    }
}
