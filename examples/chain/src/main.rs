//! Three sidecars in a chain, with layers of tower-http between them.
//!
//! What is further up in [`router`] is further out: it sees the request earlier and the response later.

mod functions;

use std::{env, error::Error, time::Duration};

use axum::{Json, Router, extract::Path, routing::get};
use http::{HeaderMap, Request, StatusCode};
use lambda_sidecar::{
    Expand, InputsError, LocalFunction, Point, RequestSidecarLayer, ResponseSidecarLayer, Sidecar,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_http::{
    compression::CompressionLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    timeout::TimeoutLayer,
    trace::TraceLayer,
};

use self::functions::{authorized, enriched, redacted};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:3000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    tracing_subscriber::fmt()
        .with_ansi(false)
        .without_time()
        .init();
    axum::serve(listener, router()?).await?;
    Ok(())
}

fn router() -> Result<Router, InputsError> {
    let authorize = Sidecar::local(Point::PreProcessor, "authorize")
        .include_request_headers(["authorization"])
        .timeout(Duration::from_millis(200))
        .build()?;
    let redact = Sidecar::local(Point::PostProcessor, "redact")
        .include_response_headers(["content-encoding"])
        .expand_input([Expand::ResponsePayload])
        .build()?;
    let enrich = Sidecar::local(Point::PreProcessor, "enrich")
        .include_request_headers(["x-user"])
        .build()?;
    let layers = ServiceBuilder::new()
        // Outside everything, so that all the others know the id of the call.
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(PropagateRequestIdLayer::x_request_id())
        // Outside the sidecars, so that what the functions log is in the call's span.
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .layer(RequestSidecarLayer::new(
            authorize,
            LocalFunction::new(authorized),
        ))
        // Outside the other two, so that the time they take counts; `authorize` has its own `timeout`.
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_millis(500),
        ))
        // Outside the sidecar that reads the response, so that this sees text.
        .layer(CompressionLayer::new())
        .layer(ResponseSidecarLayer::new(
            redact,
            LocalFunction::new(redacted),
        ))
        .layer(RequestSidecarLayer::new(
            enrich,
            LocalFunction::new(enriched),
        ));
    Ok(Router::new()
        .route("/orders/{id}", get(order))
        .layer(layers))
}

fn span<B>(request: &Request<B>) -> tracing::Span {
    let id = request.headers().get("x-request-id");
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
    tracing::info_span!("call", id, path = request.uri().path())
}

/// The backend. Order 9 is never found, nor is it ever said that it is not.
async fn order(Path(id): Path<u32>, headers: HeaderMap) -> Json<Value> {
    if id == 9 {
        std::future::pending::<()>().await;
    }
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    Json(json!({ "id": id, "tier": header("x-tier"), "call": header("x-call"), "card": "4111" }))
}
