//! What a user writes today: a function for `from_fn` that buffers the body, makes a `serde_json::Value` of
//! the call, invokes the function over the SDK and reads its verdict as a `Value`.

use aws_sdk_lambda::{Client, primitives::Blob};
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, request::Parts};
use serde_json::{Map, Value, json};

const MAX_BODY: usize = 1 << 20;

/// Which function is invoked, and by what.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) client: Client,
    pub(super) arn: String,
}

pub(super) async fn ask(
    State(function): State<Function>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let payload = envelope(&parts, &body).to_string();
    let invoke = function.client.invoke().function_name(function.arn);
    let Ok(answer) = invoke.payload(Blob::new(payload)).send().await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let verdict = answer.payload().map(Blob::as_ref).unwrap_or_default();
    let Ok(verdict) = serde_json::from_slice::<Value>(verdict) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if let Some(code) = verdict["terminate"]["code"].as_u64() {
        let status = u16::try_from(code)
            .ok()
            .and_then(|code| StatusCode::from_u16(code).ok());
        return status
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            .into_response();
    }
    for (name, value) in verdict["modify"]["addHeaders"]
        .as_object()
        .into_iter()
        .flatten()
    {
        let value = value
            .as_str()
            .and_then(|value| HeaderValue::from_str(value).ok());
        if let (Ok(name), Some(value)) = (name.parse::<HeaderName>(), value) {
            parts.headers.insert(name, value);
        }
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// The same members that the layer's sidecar selects.
fn envelope(parts: &Parts, body: &[u8]) -> Value {
    let mut headers = Map::new();
    for name in ["authorization", "content-type"] {
        if let Some(value) = parts
            .headers
            .get(name)
            .and_then(|value| value.to_str().ok())
        {
            headers.insert(name.to_owned(), value.into());
        }
    }
    let query = parts.uri.query().unwrap_or_default().split('&');
    let query = query.filter_map(|pair| pair.split_once('='));
    let query: Map<_, _> = query
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    json!({
        "point": "PreProcessor",
        "masheryMessageId": "7632924a-8d8d-4d35-8a77-b57c4bb450af",
        "synchronicity": "RequestResponse",
        "request": {
            "headers": headers,
            "payloadLength": body.len(),
            "payload": String::from_utf8_lossy(body),
            "payloadBase64Encoded": false,
        },
        "operation": {
            "httpVerb": parts.method.as_str().to_lowercase(),
            "path": parts.uri.path(),
            "query": query,
            "uri": parts.uri.to_string(),
        },
    })
}
