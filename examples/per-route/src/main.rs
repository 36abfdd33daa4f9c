//! A sidecar of its own for every route, and none where none is wanted.
//!
//! In axum a layer belongs to what it is put on: one method, one route, a group of routes, or all of them.

use std::{env, error::Error, sync::Arc};

use axum::{
    Extension, Router,
    routing::{get, post},
};
use lambda_sidecar::{
    CallContext, Endpoint, Envelope, Expand, InputsError, LambdaSidecarLayer, LocalFunction, Point,
    Sidecar, SidecarBuilder, StatusCode, Terminate, Verdict,
};
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
    // All sidecars share one function service; with AWS that is one connection pool.
    let functions = LocalFunction::new(decide);
    let ask = |sidecar| LambdaSidecarLayer::new(functions).request(sidecar);
    let member = pre("member").param("may", "read").build()?;
    let editor = pre("editor").param("may", "write").build()?;
    let owner = pre("owner").param("may", "own").build()?;
    // What the sidecars of the group tell their function of it: `operation.path` is the path below `/admin`.
    let endpoint = Endpoint::new().endpoint_id("admin").path("/admin");
    let context = CallContext::new().endpoint(Arc::new(endpoint));

    let admin = Router::new()
        .route("/users", get(|| async { "ada\n" }))
        .route("/keys", get(|| async { "none\n" }))
        // A route layer: what no route is there for is answered 404, and nobody is asked.
        .route_layer(ask(owner))
        .layer(Extension(context));
    let orders = get(|| async { "all orders\n" })
        .layer(ask(member))
        // Behind the layer, so `member` is not asked; this method has a sidecar of its own.
        .merge(post(|| async { "created\n" }).layer(ask(editor)));
    Ok(Router::new()
        .route("/health", get(|| async { "well\n" }))
        .route("/orders", orders)
        .nest("/admin", admin))
}

fn pre(name: &str) -> SidecarBuilder {
    Sidecar::local(Point::PreProcessor, name)
        .include_request_headers(["x-may"])
        .expand_input([Expand::Operation])
}

/// The function: may the caller do what the sidecar's parameter names?
async fn decide(call: Envelope) -> Verdict {
    let needed = call.param("may").and_then(|may| may.as_str());
    if call.header("x-may") == needed {
        return Verdict::Allow;
    }
    Terminate::new(StatusCode::FORBIDDEN)
        .text(format!(
            "to {} {} at the endpoint {} one must be allowed to {}\n",
            call.method().unwrap_or("call"),
            call.path().unwrap_or("/"),
            call.endpoint_id().unwrap_or("without a name"),
            needed.unwrap_or("do it"),
        ))
        .into()
}
