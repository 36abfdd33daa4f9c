//! A body that a verdict brings.

use std::fmt;

use serde::Serialize;

use crate::base64;

/// The members that say a body. Which of them are set is decided by the functions below alone.
///
/// Its `Debug` shows the kind of body, not what is in it.
#[derive(Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct Content {
    /// The body, as text or as base64 of its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
    /// Whether `payload` is base64 and is to be decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    base64_encoded: Option<bool>,
    /// The body as JSON; wins over `payload`.
    #[cfg(feature = "json")]
    #[serde(skip_serializing_if = "Option::is_none")]
    json: Option<serde_json::Value>,
}

impl Content {
    pub(super) fn text(text: String) -> Self {
        Self {
            payload: Some(text),
            ..Self::default()
        }
    }

    pub(super) fn binary(bytes: &[u8]) -> Self {
        let mut content = Self::text(base64::encode(bytes));
        content.base64_encoded = Some(true);
        content
    }

    #[cfg(feature = "json")]
    pub(super) fn json<T: Serialize + ?Sized>(body: &T) -> Result<Self, super::VerdictError> {
        use super::VerdictError;

        let json = serde_json::to_value(body).map_err(|e| VerdictError::Json(e.to_string()))?;
        if json.is_null() {
            return Err(VerdictError::JsonNull);
        }
        Ok(Self {
            json: Some(json),
            ..Self::default()
        })
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match (&self.payload, self.base64_encoded) {
            (Some(_), Some(true)) => "Binary",
            (Some(_), _) => "Text",
            #[cfg(feature = "json")]
            _ if self.json.is_some() => "Json",
            _ => "None",
        };
        f.write_str(kind)
    }
}
