//! The body and the headers that a verdict brings.

use std::fmt;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use lambda_sidecar_function::{MAX_HEADER_LINES, VerdictError};

/// A body that a verdict brings.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerdictBody {
    /// Text, UTF-8.
    Text(Bytes),
    /// Bytes that came as base64.
    Binary(Bytes),
    /// JSON.
    Json(Bytes),
}

impl VerdictBody {
    /// The bytes, whatever they are.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        match self {
            Self::Text(bytes) | Self::Binary(bytes) | Self::Json(bytes) => bytes,
        }
    }
}

impl fmt::Debug for VerdictBody {
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
    pub(super) fn iter(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.0
            .iter()
            .flat_map(|(name, values)| values.iter().map(move |value| (name, value)))
    }

    pub(super) fn add(&mut self, name: &str, value: &[u8]) -> Result<(), VerdictError> {
        let name = header_name(name)?;
        let illegal = |_| VerdictError::HeaderValue(name.as_str().to_owned());
        HeaderValue::from_bytes(value).map_err(illegal)?;
        // White space around a value is no part of it (RFC 9110, section 5.5).
        let value = HeaderValue::from_bytes(value.trim_ascii()).map_err(illegal)?;
        if self.iter().count() >= MAX_HEADER_LINES {
            return Err(VerdictError::TooManyHeaders);
        }
        match self.0.iter_mut().find(|(added, _)| *added == name) {
            Some((_, values)) => values.push(value),
            None => self.0.push((name, vec![value])),
        }
        Ok(())
    }
}

/// A name in any case.
pub(super) fn header_name(name: &str) -> Result<HeaderName, VerdictError> {
    HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| VerdictError::HeaderName(name.to_ascii_lowercase()))
}

impl fmt::Debug for AddedHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}
