//! The demo's function, behind the part of the Lambda API that invokes one.
//!
//! It is part of the program, so it cannot be the fake of AWS that the tests have; `ask` needs none of it, for it hands
//! envelopes to a function without the API that invokes one.

use std::time::Duration;

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::post,
};
use lambda_sidecar::AnswerResult;
use serde_json::{Value, json};

use crate::lambda_runtime::{LocalAnswer, LocalRuntime, RuntimeInvocation};

/// Answers with the demo's own function, or hands invocations to a program.
pub(super) fn router(program: Option<LocalRuntime>) -> Router {
    const INVOKE: &str = "/2015-03-31/functions/{name}/invocations";
    match program {
        Some(program) => Router::new()
            .route(INVOKE, post(hand_over))
            .with_state(program),
        None => Router::new().route(INVOKE, post(invoke)),
    }
}

async fn hand_over(
    State(program): State<LocalRuntime>,
    Path(name): Path<String>,
    headers: HeaderMap,
    payload: Bytes,
) -> Response {
    let context = headers.get("x-amz-client-context").and_then(|value| {
        let json = base64_simd::STANDARD.decode_to_vec(value.as_bytes()).ok()?;
        String::from_utf8(json).ok()
    });
    let invocation = RuntimeInvocation {
        payload,
        function_arn: name,
        client_context: context,
        time: TIME,
    };
    match program.invoke(invocation).await {
        Ok(LocalAnswer { answer, .. }) => {
            let mut response = answer.payload.into_response();
            let headers = response.headers_mut();
            headers.insert(EXECUTED_VERSION, HeaderValue::from_static("$LATEST"));
            if let AnswerResult::Failed(kind) = answer.result
                && let Ok(kind) = HeaderValue::try_from(kind)
            {
                headers.insert(FUNCTION_ERROR, kind);
            }
            response
        }
        Err(error) => {
            tracing::error!(%error, "the function cannot be run");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn invoke(envelope: Bytes) -> Response {
    let Ok(envelope) = serde_json::from_slice::<Value>(&envelope) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let verdict = match envelope["point"].as_str() {
        Some("PostProcessor") => check_response(&envelope),
        _ => check_request(&envelope),
    };
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (EXECUTED_VERSION, "$LATEST"),
    ];
    (headers, verdict.to_string()).into_response()
}

const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
/// How long a program has: the endpoint's time.
pub(super) const TIME: Duration = Duration::from_secs(5);

/// Nobody without credentials, and the backend learns who it is.
fn check_request(envelope: &Value) -> Value {
    let authorization = envelope["request"]["headers"]["authorization"].as_str();
    match authorization.and_then(|value| value.strip_prefix("Bearer ")) {
        Some(user) => json!({ "modify": { "addHeaders": { "x-user": user } } }),
        None => json!({ "terminate": {
            "code": 401,
            "message": "who are you?\n",
            "addHeaders": { "www-authenticate": "Bearer" },
        } }),
    }
}

/// No card number leaves the house.
fn check_response(envelope: &Value) -> Value {
    let payload = envelope["response"]["payload"].as_str().unwrap_or_default();
    let mut modify = json!({ "addHeaders": { "x-checked-by": "demo" } });
    if let Ok(mut order) = serde_json::from_str::<Value>(payload)
        && let Some(card) = order.get_mut("card")
    {
        *card = json!("**** **** **** ****");
        modify["json"] = order;
    }
    json!({ "modify": modify })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_without_credentials_is_terminated() {
        let verdict = check_request(&json!({ "point": "PreProcessor" }));
        assert_eq!(verdict["terminate"]["code"], 401);
    }

    #[test]
    fn a_known_user_is_passed_on() {
        let envelope = json!({ "request": { "headers": { "authorization": "Bearer alice" } } });
        let verdict = check_request(&envelope);
        assert_eq!(verdict["modify"]["addHeaders"]["x-user"], "alice");
    }

    #[test]
    fn a_card_number_is_masked() {
        let envelope = json!({ "response": { "payload": r#"{"id":"7","card":"4111"}"# } });
        let verdict = check_response(&envelope);
        assert_eq!(verdict["modify"]["json"]["card"], "**** **** **** ****");
        assert_eq!(verdict["modify"]["json"]["id"], "7");
    }
}
