//! An axum application with a function in front of it and behind it, without AWS.
//!
//! Before a request reaches the handler, `authorize` looks at it; before the response leaves, `redact`
//! looks at that. Both are closures here; with `lambda_sidecar::Functions` they are AWS Lambda functions.

use std::{env, error::Error};

use axum::{Json, Router, routing::get};
use lambda_sidecar::{
    Envelope, Expand, InputsError, LambdaSidecarLayer, LocalFunction, Modify, Point, Sidecar,
    StatusCode, Terminate, Verdict, VerdictError,
};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:3000".into());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app()?).await?;
    Ok(())
}

fn app() -> Result<Router, InputsError> {
    let authorize = Sidecar::local(Point::PreProcessor, "authorize")
        .include_request_headers(["authorization"])
        .build()?;
    let redact = Sidecar::local(Point::PostProcessor, "redact")
        .expand_input([Expand::ResponsePayload])
        .build()?;
    let app = Router::new().route("/orders/{id}", get(order)).layer(
        LambdaSidecarLayer::new(LocalFunction::new(decide))
            .request(authorize)
            .response(redact),
    );
    Ok(app)
}

async fn order() -> Json<Value> {
    Json(json!({ "id": 7, "total": 12.5, "card": "4111 1111 1111 1111" }))
}

/// The function: both halves invoke it, and it tells them apart by the envelope.
async fn decide(call: Envelope) -> Result<Verdict, VerdictError> {
    if call.is_response_half() {
        return redact(&call);
    }
    Ok(match call.header("authorization") {
        Some(_) => Modify::new().header("x-user", "me")?.into(),
        None => Terminate::new(StatusCode::UNAUTHORIZED)
            .message("who are you?")
            .into(),
    })
}

/// Takes the card number out of a JSON answer.
fn redact(call: &Envelope) -> Result<Verdict, VerdictError> {
    let Some(Value::Object(mut order)) = call.response_json() else {
        // What cannot be read may have the number in it.
        return Ok(Terminate::new(StatusCode::BAD_GATEWAY).into());
    };
    Ok(match order.remove("card") {
        Some(_) => Modify::new().json(&order)?.into(),
        None => Verdict::Allow,
    })
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, response::Response};
    use http::{Request, StatusCode};
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;

    async fn get(authorization: Option<&str>) -> (StatusCode, String) {
        let mut request = Request::get("/orders/7");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        let request = request.body(Body::empty()).unwrap();
        let response: Response = app().unwrap().oneshot(request).await.unwrap();
        let (status, body) = (response.status(), response.into_body());
        let body = body.collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn without_authorization_the_function_terminates() {
        let (status, body) = get(None).await;
        assert_eq!(
            (status, body.as_str()),
            (StatusCode::UNAUTHORIZED, "who are you?")
        );
    }

    #[tokio::test]
    async fn with_authorization_the_answer_comes_without_the_card() {
        let (status, body) = get(Some("Bearer me")).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (status, body),
            (StatusCode::OK, json!({ "id": 7, "total": 12.5 }))
        );
    }
}
