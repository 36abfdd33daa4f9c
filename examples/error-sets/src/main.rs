//! The connector's errors in the form of an error set, and in a form of the application's own.
//!
//! Three routes with the same function, which fails as the caller asks it to.

use std::{env, error::Error, future::pending, sync::Arc, time::Duration};

use axum::{Extension, Router, routing::get};
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header::CONTENT_TYPE};
use lambda_sidecar::{
    Answer, CallContext, Endpoint, Envelope, ErrorContext, ErrorSet, ErrorSetEntry, InputsError,
    IntoAnswer as _, LambdaSidecarLayer, LocalFunction, Point, Sidecar, SidecarBuilder,
    SidecarError, Verdict,
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
    let function = LambdaSidecarLayer::new(LocalFunction::new(decide));
    let plain = function.clone().request(sidecar().build()?);
    // A sidecar uses the set of the endpoint only where it says so.
    let with_set = function
        .clone()
        .request(sidecar().enable_error_set().build()?);
    let own_form = function.request(sidecar().build()?).error_format(as_text);
    let endpoint = Endpoint::new().error_set(error_set());
    let context = CallContext::new().endpoint(Arc::new(endpoint));
    Ok(Router::new()
        .route("/plain", get(hello).layer(plain))
        .route("/with-set", get(hello).layer(with_set))
        .route("/own-form", get(hello).layer(own_form))
        .layer(Extension(context)))
}

fn sidecar() -> SidecarBuilder {
    Sidecar::local(Point::PreProcessor, "authorize")
        .require_request_headers(["X-Do"])
        .timeout(Duration::from_millis(200))
}

/// By name or by status; the name goes before the status.
fn error_set() -> ErrorSet {
    let too_slow = ErrorSetEntry::new()
        .status(StatusCode::SERVICE_UNAVAILABLE)
        .body(r#"{"code":"ERR_504","text":"try again later"}"#)
        .header(HeaderValue::from_static("authorization is slow"));
    let bad_request =
        ErrorSetEntry::new().body(r#"{"code":"ERR_400","text":"look at the manual"}"#);
    ErrorSet::new()
        .content_type(HeaderValue::from_static("application/vnd.acme+json"))
        .error("GatewayTimeout", too_slow)
        .error("400", bad_request)
}

/// A form of the application's own. It is given what the connector's own form is made of.
fn as_text(error: &SidecarError, context: &ErrorContext<'_>) -> Response<Bytes> {
    // A gRPC client understands the connector's own form alone.
    if context.grpc.is_some() {
        return error.to_response(context);
    }
    let text = format!("{}: {}\n", error.name(), error.detail());
    let mut response = Response::new(Bytes::from(text));
    *response.status_mut() = error.status();
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

async fn hello() -> &'static str {
    "hello\n"
}

/// The function, which does as it is told.
async fn decide(call: Envelope) -> Answer {
    match call.header("x-do") {
        Some("allow") => Verdict::Allow.into_answer(),
        Some("hang") => pending().await,
        Some("fail") => Answer::error("DatabaseError", "no such table"),
        Some("terminate") => {
            Verdict::terminate(lambda_sidecar::StatusCode::FORBIDDEN).into_answer()
        }
        _ => Answer::ok("no verdict"),
    }
}
