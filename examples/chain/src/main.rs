//! Three sidecars in a chain, with layers of tower-http between them.
//!
//! What is further up in [`router`] is further out: it sees the request earlier and the response later.

use std::{env, error::Error, time::Duration};

use axum::{Json, Router, extract::Path, routing::get};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use lambda_sidecar::{
    Envelope, Expand, InputsError, LocalFunction, Modify, Point, RequestSidecarLayer,
    ResponseSidecarLayer, Sidecar, Terminate, Verdict,
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
        // Outside the sidecars, so that the time they take counts.
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_millis(500),
        ))
        .layer(RequestSidecarLayer::new(
            authorize,
            LocalFunction::new(authorized),
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

async fn authorized(call: Envelope) -> Verdict {
    tracing::info!("authorize is asked");
    match call.header("authorization") {
        Some("Bearer ada") => set("x-user", "ada").into(),
        _ => Terminate::new(StatusCode::UNAUTHORIZED)
            .message("who are you?\n")
            .into(),
    }
}

/// It sees the header that `authorize` set, and the same id of the call.
async fn enriched(call: Envelope) -> Verdict {
    tracing::info!("enrich is asked");
    let tier = match call.header("x-user") {
        Some("ada") => "gold",
        _ => "none",
    };
    let id = call.as_json()["masheryMessageId"].as_str();
    let id = HeaderValue::from_str(id.unwrap_or_default());
    match id {
        Ok(id) => set("x-tier", tier)
            .header(HeaderName::from_static("x-call"), id)
            .into(),
        Err(_) => set("x-tier", tier).into(),
    }
}

async fn redacted(call: Envelope) -> Verdict {
    tracing::info!(
        encoding = call.response_header("content-encoding"),
        "redact is asked"
    );
    let order = call.response_payload().map(serde_json::from_str);
    let Some(Ok(Value::Object(mut order))) = order else {
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
