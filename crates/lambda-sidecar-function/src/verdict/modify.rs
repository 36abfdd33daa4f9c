//! Yes, with changes.

use std::borrow::Cow;

use serde::Serialize;

use super::{
    StatusCode, VerdictError,
    body::BodyMembers,
    headers::{HeaderLines, checked_name},
};

/// Changes to the request (at `PreProcessor`) or to the response (at `PostProcessor`).
///
/// ```
/// use lambda_sidecar_function::Modify;
///
/// let modify = Modify::new()
///     .drop_header("Authorization")?
///     .header("x-tier", "gold")?
///     .text("another body");
///
/// // What the sidecar would refuse cannot be said.
/// assert!(Modify::new().header("content-length", "5").is_err());
/// assert!(Modify::new().header("x-a", "two\nlines").is_err());
/// # Ok::<(), lambda_sidecar_function::VerdictError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema_rules::modify_rules))]
#[serde(rename_all = "camelCase")]
pub struct Modify {
    /// Names of headers to remove, in any case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "crate::schema_rules::DroppedHeadersSchema")
    )]
    drop_headers: Vec<String>,
    /// Headers to set, after the removal; each replaces what is there.
    #[serde(skip_serializing_if = "HeaderLines::is_empty")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "crate::schema_rules::AddedHeadersSchema")
    )]
    add_headers: HeaderLines,
    #[serde(flatten)]
    body: BodyMembers,
    /// Status of the response; ignored at `PreProcessor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    complete_with_code: Option<StatusCode>,
}

impl Modify {
    /// No change.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes a header, all its lines; its name in any case. Done before headers are set.
    ///
    /// The name may be text or a `HeaderName` of the crate `http`.
    ///
    /// # Errors
    ///
    /// [`VerdictError::HeaderName`], and [`VerdictError::ProtectedHeader`] for the headers that frame the
    /// message or name the hop: `connection`, `keep-alive`, `proxy-connection`, `te`, `trailer`,
    /// `transfer-encoding`, `upgrade`, `content-length`, `host` and names that begin with `:`.
    pub fn drop_header(mut self, name: impl AsRef<str>) -> Result<Self, VerdictError> {
        self.drop_headers.push(checked_name(name.as_ref())?);
        Ok(self)
    }

    /// Sets a header; it replaces what is there. Given again for the same name, it adds a line.
    ///
    /// Names and values may be text or the types of the crate `http`. White space around a value is trimmed.
    ///
    /// # Errors
    ///
    /// As [`drop_header`](Self::drop_header); [`VerdictError::HeaderValue`] if the value holds a control
    /// character other than tab or is not UTF-8, [`VerdictError::TooManyHeaders`] beyond
    /// [`MAX_HEADER_LINES`](crate::MAX_HEADER_LINES).
    pub fn header(
        mut self,
        name: impl AsRef<str>,
        value: impl AsRef<[u8]>,
    ) -> Result<Self, VerdictError> {
        self.add_headers.add(name.as_ref(), value.as_ref())?;
        Ok(self)
    }

    /// Replaces the body by text; its `content-type` stays as it is.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.body = BodyMembers::from_text(text.into());
        self
    }

    /// Replaces the body by bytes; its `content-type` stays as it is.
    #[must_use]
    pub fn binary(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.body = BodyMembers::from_bytes(bytes.as_ref());
        self
    }

    /// Replaces the body by JSON, and `content-type` by `application/json` unless
    /// [`header`](Self::header) sets another.
    ///
    /// # Errors
    ///
    /// [`VerdictError::JsonNull`] for `null`, [`VerdictError::Json`] for what is no JSON (a map whose keys
    /// are no strings, for instance).
    #[cfg(feature = "json")]
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Result<Self, VerdictError> {
        self.body = BodyMembers::from_json(body)?;
        Ok(self)
    }

    /// Sets the status of the response; without effect at `PreProcessor`.
    #[must_use]
    pub fn complete_with_code(mut self, status: StatusCode) -> Self {
        self.complete_with_code = Some(status);
        self
    }

    /// The status that it gives the response.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.complete_with_code
    }

    /// The names of the headers that it removes, in lower case.
    pub fn dropped_headers(&self) -> impl Iterator<Item = &str> {
        self.drop_headers.iter().map(String::as_str)
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
