//! In an application of axum: the URI that the client called, and extractors.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::sync::Arc;

use crate::common::{Function, Got, MESSAGE_ID, post, pre, request};
use axum::{Router, body::Body, middleware, routing::get};
use http::Request;
use lambda_sidecar::{
    CallContext, CurrentCall, Endpoint, Expand, LambdaSidecarLayer, NoSidecarLayer, Receipts,
    RequestSidecarLayer, ResponseSidecarLayer,
};
use serde_json::json;

async fn send(app: Router, request: Request<Body>) -> Got {
    crate::common::send(app, request).await
}

fn get_of(uri: &str) -> Request<Body> {
    let request = Request::get(uri).header("host", "api.acme.com");
    request.body(Body::empty()).unwrap()
}

/// A layer with both halves, in a router that is nested below `/shop`, and its function.
fn nested(context: Option<CallContext>) -> (Router, Function) {
    let function = Function::allows();
    let expand = [Expand::Operation];
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(pre("a").expand_input(expand).build().unwrap())
        .response(post("b").expand_input(expand).build().unwrap());
    let inside = Router::new()
        .route("/orders/{id}", get(|| async { "an order" }))
        .layer(layer);
    let app = Router::new().nest("/shop", inside);
    let with_context = move |mut request: axum::extract::Request, next: middleware::Next| {
        if let Some(context) = context.clone() {
            request.extensions_mut().insert(context);
        }
        next.run(request)
    };
    (app.layer(middleware::from_fn(with_context)), function)
}

#[tokio::test]
async fn the_host_of_an_absolute_target_is_the_host_header_of_function_and_application() {
    let function = Function::allows();
    let sidecar = pre("a").require_request_headers(["Host"]);
    let layer = LambdaSidecarLayer::new(function.clone()).request(sidecar.build().unwrap());
    let host =
        |headers: http::HeaderMap| async move { headers["host"].to_str().unwrap().to_owned() };
    let app = Router::new().route("/x", get(host)).layer(layer);
    for (uri, given) in [
        ("http://api.acme.com/x", None),
        ("http://api.acme.com/x", Some("other.acme.com")),
        ("/x", Some("api.acme.com")),
    ] {
        let mut request = Request::get(uri);
        if let Some(host) = given {
            request = request.header("host", host);
        }
        let got = send(app.clone(), request.body(Body::empty()).unwrap()).await;
        assert_eq!(got.body, "api.acme.com");
    }
    for envelope in function.envelopes() {
        assert_eq!(envelope["request"]["headers"]["host"], "api.acme.com");
    }
}

#[tokio::test]
async fn operation_uri_is_what_the_client_called_and_its_path_is_below_the_endpoints() {
    let endpoint = |path| CallContext::new().endpoint(Arc::new(Endpoint::new().path(path)));
    for (context, path) in [
        (None, "/orders/7"),
        (Some(endpoint("/shop")), "/orders/7"),
        (Some(endpoint("/shop/orders")), "/7"),
        (Some(endpoint("/elsewhere")), "/orders/7"),
    ] {
        let (app, function) = nested(context);
        let got = send(app, get_of("/shop/orders/7?p1=a")).await;
        assert_eq!(got.body, "an order");
        for envelope in function.envelopes() {
            let expected = json!({
                "httpVerb": "get",
                "path": path,
                "query": { "p1": "a" },
                "uri": "http://api.acme.com/shop/orders/7?p1=a",
            });
            assert_eq!(envelope["operation"], expected);
        }
        assert_eq!(function.names(), ["a", "b"]);
    }
}

#[tokio::test]
async fn the_contexts_uri_goes_before_the_routers() {
    let context = CallContext::new().uri("/public/7".parse().unwrap());
    let (app, function) = nested(Some(context));
    send(app, get_of("/shop/orders/7")).await;
    let operation = &function.envelopes()[0]["operation"];
    assert_eq!(operation["uri"], "http://api.acme.com/public/7");
    assert_eq!(operation["path"], "/orders/7");
}

async fn receipts(receipts: Receipts, call: CurrentCall) -> String {
    let names: Vec<&str> = receipts.iter().map(|receipt| receipt.function()).collect();
    format!("{names:?} of {}", call.message_id.as_deref().unwrap())
}

async fn optional(receipts: Option<Receipts>, call: Option<CurrentCall>) -> String {
    format!("{:?} {}", receipts.map(|all| all.len()), call.is_some())
}

fn app() -> Router {
    Router::new()
        .route("/", get(receipts))
        .route("/call", get(|_: CurrentCall| async {}))
        .route("/optional", get(optional))
}

fn get_with_id(uri: &str) -> Request<Body> {
    let mut call = request(Body::empty());
    (*call.method_mut(), *call.uri_mut()) = (http::Method::GET, uri.parse().unwrap());
    call
}

#[tokio::test]
async fn a_handler_extracts_the_receipts_of_the_request_halves_and_the_context() {
    let layer = |name| RequestSidecarLayer::new(pre(name).build().unwrap(), Function::allows());
    let app = app().layer(layer("b")).layer(layer("a"));
    let got = send(app.clone(), get_with_id("/")).await;
    let expected = format!(r#"["a", "b"] of {MESSAGE_ID}"#);
    assert_eq!(got.body, expected);
    assert_eq!(
        send(app, get_with_id("/optional")).await.body,
        "Some(2) true"
    );
    let response_half = ResponseSidecarLayer::new(post("c").build().unwrap(), Function::allows());
    let app = self::app().layer(response_half);
    let got = send(app, get_with_id("/")).await;
    assert_eq!(got.body, format!("[] of {MESSAGE_ID}"));
}

#[tokio::test]
async fn without_a_sidecar_layer_the_extractors_reject_and_optional_ones_are_none() {
    let rejection = NoSidecarLayer::default();
    for path in ["/", "/call"] {
        let got = send(app(), get_of(path)).await;
        assert_eq!(got.status, rejection.status());
        assert_eq!(got.body, rejection.body_text());
    }
    assert_eq!(send(app(), get_of("/optional")).await.body, "None false");
}
