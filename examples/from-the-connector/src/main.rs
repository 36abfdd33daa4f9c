//! A connector configuration, its inputs pasted unchanged, in an axum application.
//!
//! What the gateway knew of a call beside its inputs, ids and the caller's attributes, the application says in a
//! [`CallContext`].

use std::{env, error::Error, io, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use lambda_sidecar::{
    Application, CallContext, Endpoint, Functions, LambdaSidecarLayer, PackageKey, Sidecar,
    check_timeouts,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// "Data to make available for pre-processing", as it stands in the endpoint's call transformations.
const PRE_INPUTS: &str = include_str!("../pre-inputs.txt");

/// "Data to make available for post-processing".
const POST_INPUTS: &str = include_str!("../post-inputs.txt");

/// The endpoint's own.
const TIMEOUT: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Why AWS was not reached, say: the client is not told.
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let address = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:3000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let functions = Functions::from_env().await;
    axum::serve(listener, router(functions)?).await?;
    Ok(())
}

fn router(functions: Functions) -> Result<Router, Box<dyn Error>> {
    let (before, after) = (Sidecar::pre(PRE_INPUTS)?, Sidecar::post(POST_INPUTS)?);
    check_timeouts(TIMEOUT, [&before, &after])?;
    let sidecars = LambdaSidecarLayer::new(functions)
        .request(before)
        .response(after)
        .endpoint_timeout(TIMEOUT);
    let endpoint = Endpoint::new()
        .service_id("0123456789")
        .endpoint_id("9876543210")
        .path("/orders");
    Ok(Router::new()
        .route("/orders/{id}", get(order))
        .layer(sidecars)
        // Outside the sidecars, which read what it leaves.
        .layer(middleware::from_fn_with_state(Arc::new(endpoint), context)))
}

/// Says whose call it is, or refuses it.
async fn context(
    State(endpoint): State<Arc<Endpoint>>,
    mut request: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    let query = request.uri().query().unwrap_or_default();
    let key = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "api_key");
    let caller = key.and_then(|(_, key)| caller(&key));
    let caller = caller.ok_or(StatusCode::FORBIDDEN)?;
    request.extensions_mut().insert(caller.endpoint(endpoint));
    Ok(next.run(request).await)
}

/// The keys that have been issued; in a service of yours, a look at the database.
fn caller(key: &str) -> Option<CallContext> {
    let eavs = match key {
        "golden" => vec![("tier", "gold")],
        "simple" => vec![("tier", "basic")],
        "unfinished" => vec![],
        _ => return None,
    };
    let context = CallContext::new()
        .package_key(Arc::new(PackageKey::new(key, eavs)))
        .application(Arc::new(Application::new([("team", "tools")])));
    Some(context)
}

async fn order(headers: HeaderMap) -> Json<Value> {
    let tier = headers.get("x-tier").and_then(|tier| tier.to_str().ok());
    Json(json!({ "id": 7, "tier": tier, "card": "4111 1111 1111 1111" }))
}
