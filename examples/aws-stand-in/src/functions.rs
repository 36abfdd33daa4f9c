//! The functions "in the account", as one would write them in any language: envelope in, verdict out.

use serde_json::{Value, json};

/// What a function answers; none where there is no such function.
pub(crate) fn call(name: &str, envelope: &Value) -> Option<Value> {
    match name {
        "orders-authz" => Some(authz(envelope)),
        "orders-tier" => Some(tier(envelope)),
        "orders-redact" => Some(redact(envelope)),
        _ => None,
    }
}

/// Lets in who brings Ada's token, and tells the backend who it is.
fn authz(envelope: &Value) -> Value {
    match envelope["request"]["headers"]["authorization"].as_str() {
        Some("Bearer ada") => json!({ "modify": { "addHeaders": { "x-user": "ada" } } }),
        _ => json!({ "terminate": { "code": 401, "message": "who are you?\n" } }),
    }
}

/// Lets in the tier that the sidecar's parameter asks for.
fn tier(envelope: &Value) -> Value {
    let tier = &envelope["packageKeyEAVs"]["tier"];
    if *tier == envelope["params"]["needed"] {
        return json!({ "modify": { "addHeaders": { "x-tier": tier } } });
    }
    json!({ "terminate": { "code": 403, "json": { "error": "not in your plan" } } })
}

/// Takes the card number out of a JSON answer. One that cannot be read may have it too.
fn redact(envelope: &Value) -> Value {
    let payload = envelope["response"]["payload"].as_str();
    let order = payload.and_then(|payload| serde_json::from_str(payload).ok());
    let Some(Value::Object(mut order)) = order else {
        return json!({ "terminate": { "code": 502 } });
    };
    match order.remove("card") {
        Some(_) => json!({ "modify": { "json": order } }),
        None => json!({}),
    }
}
