//! Helpers: bodies, functions and backends that do as they are told and remember what they saw.
#![allow(
    dead_code,
    unused_imports,
    reason = "every test binary uses a part of them"
)]

mod backend;
mod body;
mod function;

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{Extensions, HeaderMap, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body::Body;
use http_body_util::BodyExt;
use lambda_sidecar::{CallContext, LambdaSidecarLayer, Point, Receipts, Sidecar, SidecarBuilder};
use serde_json::Value;
use tower::{Service, ServiceExt};

pub(crate) use self::{
    backend::{Backend, Seen},
    body::{BodyError, NotUnpin, Step, TestBody, Watch, trailers},
    function::Function,
};

/// The message id of every call that [`request`] makes.
pub(crate) const MESSAGE_ID: &str = "7632924a-8d8d-4d35-8a77-b57c4bb450af";

pub(crate) const BOTH: [Point; 2] = [Point::PreProcessor, Point::PostProcessor];

pub(crate) fn pre(name: &str) -> SidecarBuilder {
    Sidecar::local(Point::PreProcessor, name)
}

pub(crate) fn post(name: &str) -> SidecarBuilder {
    Sidecar::local(Point::PostProcessor, name)
}

/// A layer with one sidecar, at its own point.
pub(crate) fn layer_of<F>(sidecar: SidecarBuilder, function: F) -> LambdaSidecarLayer<F> {
    let sidecar = sidecar.build().unwrap();
    match sidecar.point() {
        Point::PreProcessor => LambdaSidecarLayer::new(function).request(sidecar),
        Point::PostProcessor => LambdaSidecarLayer::new(function).response(sidecar),
    }
}

/// `POST /orders?a=b` with two headers and the message id [`MESSAGE_ID`].
pub(crate) fn request<B>(body: B) -> Request<B> {
    Request::post("/orders?a=b")
        .header("host", "api.acme.com")
        .header("x-client", "one")
        .extension(CallContext::new().message_id(MESSAGE_ID))
        .body(body)
        .unwrap()
}

/// What came back to the client, its body read to the end.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) extensions: Extensions,
    pub(crate) body: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
}

impl Got {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The error name, where it is an error of the connector.
    pub(crate) fn error(&self) -> Option<&str> {
        self.header("x-sidecar-error")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap().to_owned()
    }

    pub(crate) fn outcomes(&self) -> &Receipts {
        self.extensions.get().expect("the response has receipts")
    }

    #[track_caller]
    pub(crate) fn assert_problem(&self, name: &str, status: u16, detail: &str) {
        assert_eq!(self.error(), Some(name));
        assert_eq!(self.status, status, "{name}");
        assert_eq!(self.headers[CONTENT_TYPE], "application/problem+json");
        let expected = serde_json::json!({
            "type": format!("urn:lambda-sidecar:error:{name}"),
            "title": name,
            "status": status,
            "detail": detail,
            "instance": format!("urn:uuid:{MESSAGE_ID}"),
        });
        assert_eq!(self.json(), expected);
    }

    /// Asserts that this is what [`Backend::new`] answers, untouched.
    #[track_caller]
    pub(crate) fn assert_from_backend(&self) {
        assert_eq!(self.error(), None);
        assert_eq!(self.status, StatusCode::CREATED);
        let expected = Backend::response();
        assert_eq!(&self.headers, expected.headers());
        assert_eq!(self.body, Backend::TEXT);
        assert_eq!(self.trailers, Some(trailers()));
    }
}

/// Sends one request and reads the answer to its end.
pub(crate) async fn send<S, B, R>(service: S, request: Request<B>) -> Got
where
    S: Service<Request<B>, Response = Response<R>>,
    S::Error: fmt::Debug,
    R: Body<Data = Bytes>,
    R::Error: fmt::Debug,
{
    let response = Box::pin(service.oneshot(request)).await.unwrap();
    read(response).await
}

/// Waits until the service is ready, then calls it.
pub(crate) async fn call_ready<S, B>(service: &mut S, request: Request<B>) -> S::Future
where
    S: Service<Request<B>>,
    S::Error: fmt::Debug,
{
    service.ready().await.unwrap().call(request)
}

pub(crate) async fn read<R>(response: Response<R>) -> Got
where
    R: Body<Data = Bytes>,
    R::Error: fmt::Debug,
{
    let (parts, body) = response.into_parts();
    let collected = body.collect().await.unwrap();
    Got {
        status: parts.status,
        headers: parts.headers,
        extensions: parts.extensions,
        trailers: collected.trailers().cloned(),
        body: collected.to_bytes(),
    }
}

/// Whether a value is still held by somebody else.
pub(crate) fn is_held<T>(token: &Arc<T>) -> bool {
    Arc::strong_count(token) > 1
}
