//! Stands in for a policy server, so that the example needs none.

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Json, Router, extract::State, routing::post};
use http::{StatusCode, Uri};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Starts it at an address that the system chooses; the URI at which it is asked.
pub(crate) async fn start() -> Result<Uri, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let uri = format!("http://{}/decide", listener.local_addr()?).parse()?;
    let router = Router::new()
        .route("/decide", post(decide))
        .with_state(Arc::default());
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(uri)
}

/// It knows Ada and Grace, has to be asked about Grace three times, and falters at Hopper.
async fn decide(
    State(asked): State<Arc<AtomicUsize>>,
    Json(question): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let user = question["input"]["request"]["headers"]["x-user"].as_str();
    let decision = match user {
        Some("ada") => Ok(true),
        Some("grace") if asked.fetch_add(1, Ordering::Relaxed) % 3 == 2 => Ok(true),
        Some("grace" | "hopper") => Err(StatusCode::SERVICE_UNAVAILABLE),
        _ => Ok(false),
    };
    println!(
        "{}: {}",
        user.unwrap_or("nobody"),
        match decision {
            Ok(true) => "yes",
            Ok(false) => "no",
            Err(_) => "ask again",
        }
    );
    decision.map(|result| Json(json!({ "result": result })))
}
