//! The functions of the three sidecars. What they log is in the span of the call.

use lambda_sidecar::{Envelope, Modify, StatusCode, Terminate, Verdict, VerdictError};
use serde_json::Value;

pub(crate) async fn authorized(call: Envelope) -> Result<Verdict, VerdictError> {
    tracing::info!("authorize is asked");
    Ok(match call.header("authorization") {
        Some("Bearer ada") => Modify::new().header("x-user", "ada")?.into(),
        _ => Terminate::new(StatusCode::UNAUTHORIZED)
            .message("who are you?\n")
            .into(),
    })
}

/// It sees the header that `authorize` set, and the same id of the call.
pub(crate) async fn enriched(call: Envelope) -> Result<Modify, VerdictError> {
    tracing::info!("enrich is asked");
    let tier = match call.header("x-user") {
        Some("ada") => "gold",
        _ => "none",
    };
    Modify::new()
        .header("x-tier", tier)?
        .header("x-call", call.message_id())
}

pub(crate) async fn redacted(call: Envelope) -> Result<Verdict, VerdictError> {
    tracing::info!(
        encoding = call.response_header("content-encoding"),
        "redact is asked"
    );
    let Some(Value::Object(mut order)) = call.response_json() else {
        // What cannot be read may have the number in it.
        return Ok(Terminate::new(StatusCode::BAD_GATEWAY).into());
    };
    Ok(match order.remove("card") {
        Some(_) => Modify::new().json(&order)?.into(),
        None => Verdict::Allow,
    })
}
