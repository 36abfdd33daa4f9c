//! An axum application that asks AWS Lambda.
//!
//! Region, credentials and endpoints are taken from the environment, as every AWS SDK takes them.

use std::{env, error::Error, io};

use axum::{Json, Router, http::HeaderMap, routing::get};
use lambda_sidecar::{Functions, InputsError, LambdaSidecarLayer, Sidecar};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Of the request, the function is told the header `authorization`.
const AUTHORIZE: &str = "
    region: eu-west-1
    functionARN: arn:aws:lambda:eu-west-1:123456789012:function:orders-authz
    useAssumeRole: false
    include-request-headers: authorization
    timeout: 1500
";

/// It is told the response's body. Where it fails, the client gets an error and not the card number.
const REDACT: &str = "
    region: eu-west-1
    functionARN: arn:aws:lambda:eu-west-1:123456789012:function:orders-redact
    useAssumeRole: false
    expand-input: responsePayload
";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Why AWS was not reached, say: the client is not told.
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let address = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:3000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    // One for the process: a pool of connections, and a client for each role.
    let functions = Functions::from_env().await;
    axum::serve(listener, router(functions)?).await?;
    Ok(())
}

fn router(functions: Functions) -> Result<Router, InputsError> {
    let sidecars = LambdaSidecarLayer::new(functions)
        .request(Sidecar::pre(AUTHORIZE)?)
        .response(Sidecar::post(REDACT)?);
    Ok(Router::new().route("/orders/7", get(order)).layer(sidecars))
}

async fn order(headers: HeaderMap) -> Json<Value> {
    let user = headers.get("x-user").and_then(|user| user.to_str().ok());
    Json(json!({ "id": 7, "user": user, "card": "4111 1111 1111 1111" }))
}
