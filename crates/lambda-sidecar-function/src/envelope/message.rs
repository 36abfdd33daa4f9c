//! The request and the response of a call.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use super::Headers;
use crate::base64::{self, Base64Error};

/// What the function is sent of the request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Request {
    /// The headers that the configuration names.
    #[serde(default, skip_serializing_if = "Headers::is_empty")]
    pub headers: Headers,
    /// The body (`expand-input: requestPayload`).
    #[serde(flatten)]
    pub body: Body,
}

impl Request {
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What the function is sent of the response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Response {
    /// The status.
    #[cfg_attr(feature = "schema", schemars(range(min = 100, max = 999)))]
    pub code: u16,
    /// The headers that the configuration names.
    #[serde(default, skip_serializing_if = "Headers::is_empty")]
    pub headers: Headers,
    /// The body (`expand-input: responsePayload`).
    #[serde(flatten)]
    pub body: Body,
}

impl Response {
    /// A response of this status without anything else, for the tests of a function.
    #[must_use]
    pub fn new(code: u16) -> Self {
        Self {
            code,
            headers: Headers::default(),
            body: Body::default(),
        }
    }
}

/// A body, as far as the function is sent it.
///
/// | | [`length`](Self::length) | [`bytes`](Self::bytes) |
/// | --- | --- | --- |
/// | the configuration does not select it | `None` | `None` |
/// | empty | `Some(0)` | an empty slice |
/// | sent | `Some(n)` | the bytes |
/// | larger than `max-payload-size`, condition `filtering` | `Some(n)`, or `None` if it is not known | `None` |
///
/// Its `Debug` shows the length, not the body.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = crate::schema_rules::whole_payload))]
#[serde(rename_all = "camelCase")]
pub struct Body {
    /// Length of the body in bytes, as received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload_length: Option<u64>,
    /// The body: its text, or base64 of its bytes. A JSON body travels as a string.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
    /// Whether `payload` is base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    payload_base64_encoded: Option<bool>,
}

impl Body {
    /// A body of text, for the tests of a function.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            payload_length: u64::try_from(text.len()).ok(),
            payload_base64_encoded: (!text.is_empty()).then_some(false),
            payload: Some(text).filter(|text| !text.is_empty()),
        }
    }

    /// A body of bytes that travel as base64, for the tests of a function.
    #[must_use]
    pub fn from_bytes(bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        Self {
            payload_length: u64::try_from(bytes.len()).ok(),
            payload: (!bytes.is_empty()).then(|| base64::encode(bytes)),
            payload_base64_encoded: (!bytes.is_empty()).then_some(true),
        }
    }

    /// A body that was left out because it is larger than the sidecar sends, for the tests of a function.
    #[must_use]
    pub fn left_out(length: Option<u64>) -> Self {
        Self {
            payload_length: length,
            ..Self::default()
        }
    }

    /// Length in bytes, as received; `None` if it is not known or the configuration does not select the body.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.payload_length
    }

    /// The body as text, if it travels as text: it is UTF-8 and carries no content coding.
    ///
    /// An empty body is the empty text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.payload {
            Some(text) => (self.payload_base64_encoded != Some(true)).then_some(text),
            None => (self.payload_length == Some(0)).then_some(""),
        }
    }

    /// The body's bytes, text or not; `None` if the function was not sent them.
    ///
    /// # Errors
    ///
    /// [`Base64Error`] if the payload is said to be base64 and is not.
    pub fn bytes(&self) -> Result<Option<Cow<'_, [u8]>>, Base64Error> {
        match (&self.payload, self.text()) {
            (_, Some(text)) => Ok(Some(text.as_bytes().into())),
            (Some(text), None) => base64::decode(text).map(|bytes| Some(bytes.into())),
            (None, None) => Ok(None),
        }
    }

    /// The body read as JSON; `None` if the function was not sent it as text.
    ///
    /// # Errors
    ///
    /// It is no JSON of that type. The message can quote the body: not for logs.
    #[cfg(feature = "json")]
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<Option<T>, serde_json::Error> {
        self.text().map(serde_json::from_str).transpose()
    }
}

impl From<&str> for Body {
    fn from(text: &str) -> Self {
        Self::from_text(text)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("payload_length", &self.payload_length)
            .field("payload", &self.payload.is_some())
            .field("payload_base64_encoded", &self.payload_base64_encoded)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Body {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_body_is_text_or_bytes_or_not_there() {
        for (json, length, text, bytes) in [
            ("{}", None, None, None),
            (r#"{"payloadLength":0}"#, Some(0), Some(""), Some(&b""[..])),
            (r#"{"payloadLength":70000}"#, Some(70_000), None, None),
            (
                r#"{"payloadLength":2,"payload":"hi","payloadBase64Encoded":false}"#,
                Some(2),
                Some("hi"),
                Some(b"hi"),
            ),
            (
                r#"{"payloadLength":2,"payload":"/wA=","payloadBase64Encoded":true}"#,
                Some(2),
                None,
                Some(b"\xff\0"),
            ),
        ] {
            let body = read(json);
            assert_eq!(body.length(), length, "{json}");
            assert_eq!(body.text(), text, "{json}");
            assert_eq!(body.bytes().unwrap().as_deref(), bytes, "{json}");
            assert_eq!(serde_json::to_string(&body).unwrap(), json);
        }
    }

    #[test]
    fn bodies_made_for_tests_are_as_the_sidecar_writes_them() {
        assert_eq!(Body::from_text(""), read(r#"{"payloadLength":0}"#));
        assert_eq!(Body::from_bytes(b""), read(r#"{"payloadLength":0}"#));
        assert_eq!(Body::left_out(Some(9)), read(r#"{"payloadLength":9}"#));
        assert_eq!(
            Body::from_text("hi"),
            read(r#"{"payloadLength":2,"payload":"hi","payloadBase64Encoded":false}"#)
        );
        assert_eq!(
            Body::from_bytes(b"\xff\0"),
            read(r#"{"payloadLength":2,"payload":"/wA=","payloadBase64Encoded":true}"#)
        );
    }

    #[test]
    fn a_payload_that_is_no_base64_is_an_error() {
        let body = read(r#"{"payloadLength":2,"payload":"hi!","payloadBase64Encoded":true}"#);
        assert_eq!(body.bytes(), Err(Base64Error));
    }

    #[cfg(feature = "json")]
    #[test]
    fn a_body_is_read_as_json() {
        let body = Body::from_text(r#"{"dailyRate": true}"#);
        let json: Option<serde_json::Value> = body.json().unwrap();
        assert_eq!(json.unwrap()["dailyRate"], true);
        assert!(Body::from_text("{").json::<serde_json::Value>().is_err());
        assert_eq!(Body::default().json::<bool>().unwrap(), None);
    }
}
