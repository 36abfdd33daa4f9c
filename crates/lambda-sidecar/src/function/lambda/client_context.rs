//! AWS Lambda's client context in the form that the header takes.

use base64_simd::{AsOut as _, STANDARD};

use crate::Invocation;

/// The client context in base64. The JSON has no allocation of its own.
pub(super) fn encoded(invocation: &Invocation) -> String {
    let mut json = String::with_capacity(ROOM + 3 * invocation.message_id.len());
    invocation.write_client_context(&mut json);
    // The base64 is written behind the JSON, which is then taken out.
    let length = json.len();
    let mut bytes = json.into_bytes();
    bytes.resize(length + STANDARD.encoded_length(length), 0);
    let (json, base64) = bytes.split_at_mut(length);
    let _ = STANDARD.encode(json, base64.as_out());
    bytes.drain(..length);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Room for a client context with a trace context and for its base64, both without the message id.
const ROOM: usize = 256;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::HeaderValue;

    use super::*;
    use crate::{Point, Sidecar};

    #[test]
    fn it_decodes_to_the_client_context() {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        for id in ["7632924a", r#"a"b\c"#, "é", &"x".repeat(1000)] {
            for traceparent in [None, Some(HeaderValue::from_static(trace))] {
                let sidecar = Sidecar::local(Point::PreProcessor, "f").build().unwrap();
                let invocation =
                    Invocation::new(Arc::new(sidecar), "", id).traceparent(traceparent);
                assert_eq!(
                    STANDARD.decode_to_vec(encoded(&invocation)).unwrap(),
                    invocation.client_context().as_bytes()
                );
            }
        }
    }
}
