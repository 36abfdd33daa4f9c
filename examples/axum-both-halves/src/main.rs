//! An axum application whose requests and responses functions change, and an access log of what they decided.
//!
//! `authorize` runs before the handler: it refuses strangers and tells the handler who calls.
//! `redact` runs before the response leaves: it takes the card number out.

use std::{env, error::Error};

use axum::{Json, Router, extract::Request, middleware, response::Response, routing::post};
use http::{HeaderMap, header::AUTHORIZATION};
use lambda_sidecar::{
    Envelope, Expand, InputsError, LambdaSidecarLayer, LocalFunction, Modify, Point, Receipts,
    Sidecar, StatusCode, Terminate, Verdict, VerdictError,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:3000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, router()?).await?;
    Ok(())
}

fn router() -> Result<Router, InputsError> {
    let authorize = Sidecar::local(Point::PreProcessor, "authorize")
        .require_request_headers(["authorization"])
        .expand_input([Expand::RequestPayload])
        .build()?;
    let redact = Sidecar::local(Point::PostProcessor, "redact")
        .expand_input([Expand::ResponsePayload])
        .build()?;
    let sidecars = LambdaSidecarLayer::new(LocalFunction::new(decide))
        .request(authorize)
        .response(redact);
    Ok(Router::new()
        .route("/orders", post(create))
        .layer(sidecars)
        .layer(middleware::from_fn(access_log)))
}

/// The backend: it believes the header, which no client can set past `authorize`.
async fn create(
    headers: HeaderMap,
    Json(mut order): Json<Value>,
) -> (http::StatusCode, Json<Value>) {
    let user = headers.get("x-user").and_then(|user| user.to_str().ok());
    order["user"] = json!(user);
    order["card"] = json!("4111 1111 1111 1111");
    (http::StatusCode::CREATED, Json(order))
}

/// The function. One layer has one: it tells the halves apart by the envelope.
async fn decide(call: Envelope) -> Result<Verdict, VerdictError> {
    if call.is_request_half() {
        authorize(&call)
    } else {
        redact(&call)
    }
}

fn authorize(call: &Envelope) -> Result<Verdict, VerdictError> {
    let Some("Bearer ada") = call.header("authorization") else {
        let no = Terminate::new(StatusCode::FORBIDDEN);
        return Ok(no.json(&json!({ "error": "not for you" }))?.into());
    };
    let mut changed = Modify::new()
        .drop_header(AUTHORIZATION)?
        .header("x-user", "ada")?;
    // An order without a currency is one in euros.
    if let Some(Value::Object(mut order)) = call.request_json()
        && !order.contains_key("currency")
    {
        order.insert("currency".into(), json!("EUR"));
        changed = changed.json(&order)?;
    }
    Ok(changed.into())
}

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

/// Prints the receipts that the sidecars leave in the response. They hold no payloads and no header values.
async fn access_log(request: Request, next: middleware::Next) -> Response {
    let call = format!("{} {}", request.method(), request.uri().path());
    let response = next.run(request).await;
    let receipts = response.extensions().get::<Receipts>();
    let decisions: Vec<_> = receipts
        .into_iter()
        .flatten()
        .map(|receipt| format!("{} {}", receipt.function(), receipt.decision().as_str()))
        .collect();
    println!(
        "{call} {}: {}",
        response.status().as_u16(),
        decisions.join(", ")
    );
    response
}
