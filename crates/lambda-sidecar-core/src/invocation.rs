//! One call of a function, as it is handed to a function service.

use std::{fmt, sync::Arc, time::Instant};

use bytes::Bytes;
use http::HeaderValue;

use crate::{
    MessageId, Sidecar, Synchronicity, TenantId,
    envelope::{around_message_id, push_string},
};

/// One invocation of a function: the envelope, and what a function service needs to deliver it.
///
/// A clone copies no payload. `Debug` does not show the payload.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use std::sync::Arc;
///
/// use lambda_sidecar::{Invocation, Point, Sidecar};
///
/// let sidecar = Arc::new(Sidecar::local(Point::PreProcessor, "authz").build()?);
/// let invocation = Invocation::new(sidecar, r#"{"point":"PreProcessor"}"#, "7632924a");
/// assert_eq!(invocation.sidecar.name(), "authz");
/// assert_eq!(invocation.client_context(), r#"{"custom":{"messageId":"7632924a"}}"#);
/// # Ok::<(), lambda_sidecar_core::InputsError>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Invocation {
    /// The sidecar that invokes; it names the function, and the credentials to use.
    pub sidecar: Arc<Sidecar>,
    /// The envelope as JSON.
    pub payload: Bytes,
    /// The id of the API call.
    pub message_id: MessageId,
    /// The W3C trace context of the API call, if it brought a valid one. `None` by default.
    pub traceparent: Option<HeaderValue>,
    /// Whether the envelope lacks a payload that the sidecar asks for, as it is too large (`filtering`). `false` by
    /// default.
    pub payload_left_out: bool,
    /// The tenant that the function is invoked for, if the sidecar has a `tenant-id`. `None` by default.
    pub tenant_id: Option<TenantId>,
    /// When nobody waits for the answer any more. A function service need not end the call then, for whoever waits drops
    /// it; it tells how long a pause before another attempt may be. `None` by default: it is not known.
    pub until: Option<Instant>,
}

impl Invocation {
    /// An invocation by this sidecar with this envelope, for the API call of this id.
    #[must_use]
    pub fn new(
        sidecar: Arc<Sidecar>,
        payload: impl Into<Bytes>,
        message_id: impl Into<MessageId>,
    ) -> Self {
        Self {
            sidecar,
            payload: payload.into(),
            message_id: message_id.into(),
            traceparent: None,
            payload_left_out: false,
            tenant_id: None,
            until: None,
        }
    }

    /// The same with this W3C trace context, or none.
    #[must_use]
    pub fn traceparent(mut self, traceparent: impl Into<Option<HeaderValue>>) -> Self {
        self.traceparent = traceparent.into();
        self
    }

    /// The longest envelope that is sent, in bytes: what AWS Lambda takes, 6,291,456, or 1,048,576 for an event.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use lambda_sidecar::{Invocation, Synchronicity};
    ///
    /// assert_eq!(Invocation::max_payload(Synchronicity::Event), 1_048_576);
    /// ```
    #[must_use]
    pub const fn max_payload(synchronicity: Synchronicity) -> usize {
        match synchronicity {
            Synchronicity::RequestResponse => 6_291_456,
            Synchronicity::Event => 1_048_576,
        }
    }

    /// Whether the caller waits for the verdict.
    #[must_use]
    pub fn synchronicity(&self) -> Synchronicity {
        self.sidecar.synchronicity()
    }

    /// What the function is asked: the envelope without the id of the call, in two parts around it. Equal questions
    /// have equal parts. None if the payload is no envelope that begins as a sidecar writes it.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use std::sync::Arc;
    /// use lambda_sidecar::{Invocation, Point, Sidecar};
    ///
    /// let sidecar = Arc::new(Sidecar::local(Point::PreProcessor, "authz").build()?);
    /// let envelope = r#"{"point":"PreProcessor","masheryMessageId":"7632924a","params":{}}"#;
    /// let invocation = Invocation::new(sidecar, envelope, "7632924a");
    /// let expected = [r#"{"point":"PreProcessor","masheryMessageId":""#, r#"","params":{}}"#];
    /// assert_eq!(invocation.question(), Some(expected.map(str::as_bytes)));
    /// # Ok::<(), lambda_sidecar_core::InputsError>(())
    /// ```
    #[must_use]
    pub fn question(&self) -> Option<[&[u8]; 2]> {
        around_message_id(&self.payload)
    }

    /// AWS Lambda's client context as JSON: the message id, and the trace context if there is one.
    #[must_use]
    pub fn client_context(&self) -> String {
        let mut json = String::new();
        self.write_client_context(&mut json);
        json
    }

    /// Appends the [client context](Self::client_context) to a text. It allocates only if the text has no room for it.
    pub fn write_client_context(&self, json: &mut String) {
        json.reserve(CLIENT_CONTEXT + self.message_id.len());
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

/// The length of a client context with a trace context, without the message id.
const CLIENT_CONTEXT: usize = 104;

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
    use crate::Point;

    #[test]
    fn the_client_context_reads_as_the_id_and_the_trace_context_that_were_given() {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        for id in ["7632924a", r#"a"b\c"#, "line\nfeed", "é"] {
            for traceparent in [None, Some(trace)] {
                let sidecar = Sidecar::local(Point::PreProcessor, "f").build().unwrap();
                let invocation = Invocation::new(Arc::new(sidecar), "", id)
                    .traceparent(traceparent.map(HeaderValue::from_static));
                let mut expected = json!({ "messageId": id });
                if let Some(traceparent) = traceparent {
                    expected["traceparent"] = traceparent.into();
                }
                let read: Value = serde_json::from_str(&invocation.client_context()).unwrap();
                assert_eq!(read, json!({ "custom": expected }));
            }
        }
    }
}
