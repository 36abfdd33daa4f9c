//! Yes, with changes.

use serde::Serialize;

use super::{
    StatusCode, VerdictError,
    content::Content,
    header::{AddedHeaders, checked_name},
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
#[cfg_attr(feature = "schema", schemars(transform = crate::schema::modify_rules))]
#[serde(rename_all = "camelCase")]
pub struct Modify {
    /// Names of headers to remove, in any case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::DroppedHeaders"))]
    drop_headers: Vec<String>,
    /// Headers to set, after the removal; each replaces what is there.
    #[serde(skip_serializing_if = "AddedHeaders::is_empty")]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::AddedHeaders"))]
    add_headers: AddedHeaders,
    #[serde(flatten)]
    content: Content,
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
    /// # Errors
    ///
    /// [`VerdictError::HeaderName`], and [`VerdictError::ProtectedHeader`] for the headers that frame the
    /// message or name the hop: `connection`, `keep-alive`, `proxy-connection`, `te`, `trailer`,
    /// `transfer-encoding`, `upgrade`, `content-length`, `host` and names that begin with `:`.
    pub fn drop_header(mut self, name: &str) -> Result<Self, VerdictError> {
        self.drop_headers.push(checked_name(name)?);
        Ok(self)
    }

    /// Sets a header; it replaces what is there. Given again for the same name, it adds a line.
    ///
    /// # Errors
    ///
    /// As [`drop_header`](Self::drop_header); [`VerdictError::HeaderValue`] where the value holds a
    /// control character other than tab, [`VerdictError::TooManyHeaders`] beyond
    /// [`MAX_HEADER_LINES`](crate::MAX_HEADER_LINES).
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Result<Self, VerdictError> {
        self.add_headers.add(name, value.into())?;
        Ok(self)
    }

    /// Replaces the body by text; its `content-type` stays as it is.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.content = Content::text(text.into());
        self
    }

    /// Replaces the body by bytes; its `content-type` stays as it is.
    #[must_use]
    pub fn binary(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.content = Content::binary(bytes.as_ref());
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
        self.content = Content::json(body)?;
        Ok(self)
    }

    /// Sets the status of the response; without effect at `PreProcessor`.
    #[must_use]
    pub fn complete_with_code(mut self, status: StatusCode) -> Self {
        self.complete_with_code = Some(status);
        self
    }
}
