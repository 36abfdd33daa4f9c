//! What a function is asked.

use std::{fmt, sync::Arc};

#[cfg(feature = "aws")]
use base64_simd::AsOut as _;
use bytes::Bytes;
use http::HeaderValue;
use lambda_sidecar_core::{MessageId, Sidecar, Synchronicity};

/// One question to a function: the envelope, and what is needed to deliver it.
///
/// Cloning it copies no payload. Its `Debug` does not show the payload.
///
/// A function service of one's own takes it and answers JSON:
///
/// ```
/// use std::convert::Infallible;
///
/// use axum::{Router, routing::get};
/// use lambda_sidecar::{Answer, Invocation, LambdaSidecarLayer, Point, Sidecar};
/// use tower::service_fn;
///
/// let function = service_fn(|asked: Invocation| async move {
///     println!("{} of call {}: {} bytes", asked.sidecar.name(), asked.message_id, asked.payload.len());
///     Ok::<_, Infallible>(Answer::ok("{}")) // allow
/// });
/// let sidecar = Sidecar::local(Point::PreProcessor, "authz").build()?;
/// let app: Router = Router::new()
///     .route("/orders", get(|| async { "none" }))
///     .layer(LambdaSidecarLayer::new(function).request(sidecar));
/// # Ok::<(), lambda_sidecar::InputsError>(())
/// ```
#[derive(Clone)]
pub struct Invocation {
    /// Which sidecar asks; it says which function, and with whose credentials.
    pub sidecar: Arc<Sidecar>,
    /// The envelope as JSON.
    pub payload: Bytes,
    /// The id of the API call.
    pub message_id: MessageId,
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
        let mut json = String::with_capacity(self.client_context_length());
        self.write_client_context(&mut json);
        json
    }

    /// The client context in base64, as AWS Lambda takes it; the JSON has no allocation of its own.
    #[cfg(feature = "aws")]
    pub(crate) fn encoded_client_context(&self) -> String {
        const BASE64: base64_simd::Base64 = base64_simd::STANDARD;
        let expected = self.client_context_length();
        let mut json = String::with_capacity(expected + BASE64.encoded_length(expected));
        self.write_client_context(&mut json);
        // The base64 is written behind the JSON, which is then taken out.
        let length = json.len();
        let mut bytes = json.into_bytes();
        bytes.resize(length + BASE64.encoded_length(length), 0);
        let (json, base64) = bytes.split_at_mut(length);
        let _ = BASE64.encode(json, base64.as_out());
        bytes.drain(..length);
        String::from_utf8(bytes).unwrap_or_default()
    }

    /// How long the client context is, where nothing in it has to be escaped.
    fn client_context_length(&self) -> usize {
        CLIENT_CONTEXT + self.message_id.len()
    }

    fn write_client_context(&self, json: &mut String) {
        json.push_str(r#"{"custom":{"messageId":"#);
        push_string(json, &self.message_id);
        let traceparent = self.traceparent.as_ref();
        if let Some(traceparent) = traceparent.and_then(|value| value.to_str().ok()) {
            json.push_str(r#","traceparent":"#);
            push_string(json, traceparent);
        }
        json.push_str("}}");
    }
}

/// How long a client context with a trace context is, without the message id.
const CLIENT_CONTEXT: usize = 104;

/// Ids and trace contexts mostly have nothing to escape, which is seen without branches.
fn push_string(json: &mut String, text: &str) {
    let is_special = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    if text.bytes().fold(false, |any, byte| any | is_special(byte)) {
        json.push_str(&serde_json::Value::from(text).to_string());
    } else {
        json.push('"');
        json.push_str(text);
        json.push('"');
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn the_client_context_reads_as_the_id_and_the_trace_context_that_were_given() {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        for id in ["7632924a", r#"a"b\c"#, "line\nfeed", "é"] {
            for traceparent in [None, Some(trace)] {
                let sidecar = Sidecar::local(lambda_sidecar_core::Point::PreProcessor, "f");
                let invocation = Invocation {
                    sidecar: Arc::new(sidecar.build().unwrap()),
                    payload: Bytes::new(),
                    message_id: id.into(),
                    traceparent: traceparent.map(HeaderValue::from_static),
                };
                let mut expected = json!({ "messageId": id });
                if let Some(traceparent) = traceparent {
                    expected["traceparent"] = traceparent.into();
                }
                let read: Value = serde_json::from_str(&invocation.client_context()).unwrap();
                assert_eq!(read, json!({ "custom": expected }));
                #[cfg(feature = "aws")]
                assert_eq!(
                    base64_simd::STANDARD
                        .decode_to_vec(invocation.encoded_client_context())
                        .unwrap(),
                    invocation.client_context().as_bytes()
                );
            }
        }
    }
}
