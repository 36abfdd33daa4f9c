//! A function service of one's own: a policy server is asked over HTTP, with retry and concurrency limit of Tower.
//!
//! A function is a `Service<Invocation, Response = Answer>`, so what Tower has for services goes around it.

mod again;
mod policy_server;
mod stand_in;

use std::{env, error::Error};

use axum::{Router, routing::get};
use http::Uri;
use lambda_sidecar::{InputsError, LambdaSidecarLayer, Point, Sidecar};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, limit::ConcurrencyLimit, retry::Retry};

use self::{again::Again, policy_server::PolicyServer};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:3000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let policies = match env::var("POLICY_SERVER") {
        Ok(url) => url.parse()?,
        Err(_) => stand_in::start().await?,
    };
    axum::serve(listener, router(policies)?).await?;
    Ok(())
}

fn router(policies: Uri) -> Result<Router, InputsError> {
    let policy = Sidecar::local(Point::PreProcessor, "policy")
        .include_request_headers(["x-user"])
        .build()?;
    let function = guarded(PolicyServer::new(policies), 8);
    let router = Router::new()
        .route("/", get(|| async { "welcome\n" }))
        .layer(LambdaSidecarLayer::new(function).request(policy));
    Ok(router)
}

/// A function service that is asked by so many calls at once, no more, and again where it was busy.
///
/// The limit is outside the retry: a call that tries again keeps its place.
fn guarded<F>(function: F, limit: usize) -> ConcurrencyLimit<Retry<Again, F>> {
    ServiceBuilder::new()
        .concurrency_limit(limit)
        .retry(Again::twice())
        .service(function)
}

#[cfg(test)]
mod tests;
