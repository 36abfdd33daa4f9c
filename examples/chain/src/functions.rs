//! The functions of the three sidecars. What they log is in the span of the call.

use http::{HeaderName, HeaderValue, StatusCode};
use lambda_sidecar::{Envelope, Modify, Terminate, Verdict};
use serde_json::Value;

pub(crate) async fn authorized(call: Envelope) -> Verdict {
    tracing::info!("authorize is asked");
    match call.header("authorization") {
        Some("Bearer ada") => set("x-user", "ada").into(),
        _ => Terminate::new(StatusCode::UNAUTHORIZED)
            .message("who are you?\n")
            .into(),
    }
}

/// It sees the header that `authorize` set, and the same id of the call.
pub(crate) async fn enriched(call: Envelope) -> Verdict {
    tracing::info!("enrich is asked");
    let tier = match call.header("x-user") {
        Some("ada") => "gold",
        _ => "none",
    };
    match HeaderValue::from_str(call.message_id().unwrap_or_default()) {
        Ok(id) => set("x-tier", tier)
            .header(HeaderName::from_static("x-call"), id)
            .into(),
        Err(_) => set("x-tier", tier).into(),
    }
}

pub(crate) async fn redacted(call: Envelope) -> Verdict {
    tracing::info!(
        encoding = call.response_header("content-encoding"),
        "redact is asked"
    );
    let Some(Value::Object(mut order)) = call.response_json() else {
        return Verdict::Allow;
    };
    match order.remove("card") {
        Some(_) => Modify::new().json(&Value::Object(order)).into(),
        None => Verdict::Allow,
    }
}

fn set(name: &'static str, value: &'static str) -> Modify {
    Modify::new().header(
        HeaderName::from_static(name),
        HeaderValue::from_static(value),
    )
}
