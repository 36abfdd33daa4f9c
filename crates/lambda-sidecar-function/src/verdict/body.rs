//! A body that a verdict brings.

use std::{borrow::Cow, fmt};

use serde::Serialize;

use crate::base64;

/// The members that say a body. Only the functions below decide which of them are set.
///
/// Its `Debug` shows the kind of body, not its content.
#[derive(Clone, PartialEq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub(super) struct BodyMembers {
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

impl BodyMembers {
    pub(super) fn from_text(text: String) -> Self {
        Self {
            payload: Some(text),
            ..Self::default()
        }
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let mut body = Self::from_text(base64::encode(bytes));
        body.base64_encoded = Some(true);
        body
    }

    #[cfg(feature = "json")]
    pub(super) fn from_json<T: Serialize + ?Sized>(body: &T) -> Result<Self, super::VerdictError> {
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

    pub(super) fn text(&self) -> Option<&str> {
        let is_text = self.base64_encoded != Some(true);
        self.payload.as_deref().filter(|_| is_text)
    }

    pub(super) fn bytes(&self) -> Option<Cow<'_, [u8]>> {
        if let Some(text) = self.text() {
            return Some(text.as_bytes().into());
        }
        #[cfg(feature = "json")]
        if let Some(json) = &self.json {
            return Some(json.to_string().into_bytes().into());
        }
        base64::decode(self.payload.as_ref()?).ok().map(Cow::from)
    }

    #[cfg(feature = "json")]
    pub(super) fn json(&self) -> Option<&serde_json::Value> {
        self.json.as_ref()
    }
}

impl fmt::Debug for BodyMembers {
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
