//! What a function is asked.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::HeaderValue;
use lambda_sidecar_core::{Sidecar, Synchronicity};
use serde::Serialize;

/// One question to a function: the envelope, and what is needed to deliver it.
///
/// Cloning it copies no payload. Its `Debug` does not show the payload.
#[derive(Clone)]
pub struct Invocation {
    /// Which sidecar asks; it says which function, and with whose credentials.
    pub sidecar: Arc<Sidecar>,
    /// The envelope as JSON.
    pub payload: Bytes,
    /// The id of the API call.
    pub message_id: Arc<str>,
    /// The W3C trace context of the API call, where it brought a valid one.
    pub traceparent: Option<HeaderValue>,
}

impl Invocation {
    /// Whether the verdict is waited for.
    #[must_use]
    pub fn synchronicity(&self) -> Synchronicity {
        self.sidecar.synchronicity()
    }

    /// AWS Lambda's client context as JSON: message id and, where there is one, trace context.
    #[must_use]
    pub fn client_context(&self) -> String {
        #[derive(Serialize)]
        struct ClientContext<'a> {
            custom: Custom<'a>,
        }
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Custom<'a> {
            message_id: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            traceparent: Option<&'a str>,
        }
        let traceparent = self
            .traceparent
            .as_ref()
            .and_then(|value| value.to_str().ok());
        let context = ClientContext {
            custom: Custom {
                message_id: &self.message_id,
                traceparent,
            },
        };
        serde_json::to_string(&context).unwrap_or_default()
    }
}

impl fmt::Debug for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation")
            .field("function", &self.sidecar.name())
            .field("payload_length", &self.payload.len())
            .field("synchronicity", &self.synchronicity())
            .field("message_id", &self.message_id)
            .finish()
    }
}
