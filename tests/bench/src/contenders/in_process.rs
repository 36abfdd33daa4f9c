//! What is called in the caller's own process, so that calls can be counted one by one.

use std::{
    cell::RefCell,
    convert::Infallible,
    future::Ready,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use aws_sdk_lambda::{primitives::Blob, types::InvocationType};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use lambda_sidecar::{Answer, Functions, Invocation, LambdaSidecar};
use tower::{Layer, Service, ServiceExt, service_fn};

use super::{
    aws::{ARN, config},
    caller::Kind,
    layered::{Sidecars, Transport, functions, layer, request},
};
use crate::{Result, field::BODY_SIZE, load::text};

/// What the lean transport sends beside `host` and `content-length`, but as constants.
const HEADERS: [(&str, &str); 9] = [
    ("content-type", "application/octet-stream"),
    (
        "user-agent",
        "aws-sdk-rust/1.7.0 ua/2.1 api/lambda/1.156.0 os/linux lang/rust/1.95.0 m/E,N",
    ),
    (
        "x-amz-user-agent",
        "aws-sdk-rust/1.7.0 ua/2.1 api/lambda/1.156.0 os/linux lang/rust/1.95.0 m/E,N",
    ),
    (
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKIABENCH/20150830/us-east-1/lambda/aws4_request, SignedHeaders=content-length;content-type;host;x-amz-client-context;x-amz-date;x-amz-invocation-type;x-amz-user-agent, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    ),
    ("amz-sdk-request", "attempt=1; max=3"),
    ("x-amz-client-context", CONTEXT),
    ("x-amz-date", "20260801T000000Z"),
    (
        "amz-sdk-invocation-id",
        "7632924a-8d8d-4d35-8a77-b57c4bb450af",
    ),
    ("x-amz-invocation-type", "RequestResponse"),
];
const CONTEXT: &str =
    "eyJjdXN0b20iOnsibWVzc2FnZUlkIjoiNzYzMjkyNGEtOGQ4ZC00ZDM1LThhNzctYjU3YzRiYjQ1MGFmIn19";

/// One of the kinds, ready to be called.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a process has one")]
pub(super) enum Callee {
    Plain {
        client: Client<HttpConnector, Full<Bytes>>,
        uri: Uri,
        payload: Bytes,
    },
    Function {
        functions: Functions,
        invocation: Invocation,
    },
    Invoke {
        client: aws_sdk_lambda::Client,
        payload: Bytes,
    },
    Bare(RefCell<App>),
    Layered(RefCell<LambdaSidecar<App, Functions>>),
}

impl Callee {
    pub(super) async fn new(kind: Kind, endpoint: &str) -> Result<Self> {
        let layered = |sidecars, transport| {
            let layer = layer(sidecars, functions(transport, endpoint))?;
            Ok(Self::Layered(RefCell::new(layer.layer(App))))
        };
        match kind {
            Kind::Plain => Self::plain(endpoint).await,
            Kind::Lean => Ok(Self::Function {
                functions: functions(Transport::Lean, endpoint),
                invocation: Invocation::new(
                    Arc::new(request()?),
                    envelope().await?,
                    "7632924a-8d8d-4d35-8a77-b57c4bb450af",
                ),
            }),
            Kind::Invoke => Ok(Self::Invoke {
                client: aws_sdk_lambda::Client::new(&config(endpoint)),
                payload: envelope().await?,
            }),
            Kind::Bare => Ok(Self::Bare(RefCell::new(App))),
            Kind::Absent => layered(Sidecars::Absent, Transport::Sdk),
            Kind::LayerSdk => layered(Sidecars::Request, Transport::Sdk),
            Kind::LayerSdkNoPayload => layered(Sidecars::NoPayload, Transport::Sdk),
            Kind::LayerLean => layered(Sidecars::Request, Transport::Lean),
            Kind::LayerHit => layered(Sidecars::Cached, Transport::Lean),
            Kind::LayerSkipped => layered(Sidecars::Skipped, Transport::Lean),
        }
    }

    async fn plain(endpoint: &str) -> Result<Self> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .build(connector);
        let function = ARN.replace(':', "%3A");
        let uri = format!("{endpoint}/2015-03-31/functions/{function}/invocations");
        Ok(Self::Plain {
            client,
            uri: uri.parse()?,
            payload: envelope().await?,
        })
    }

    pub(super) async fn call(&self) -> Result<()> {
        match self {
            Self::Plain {
                client,
                uri,
                payload,
            } => {
                let answer = client.request(post(uri, payload)).await?;
                let answer = answer.into_body().collect().await?.to_bytes();
                allowed(&answer)
            }
            Self::Function {
                functions,
                invocation,
            } => {
                let answer = functions.clone().call(invocation.clone()).await?;
                allowed(&answer.payload)
            }
            Self::Invoke { client, payload } => {
                let invoke = client
                    .invoke()
                    .function_name(ARN)
                    .invocation_type(InvocationType::RequestResponse)
                    .client_context(CONTEXT)
                    .payload(Blob::from_maybe_shared(payload.clone()));
                let answer = invoke.send().await?;
                allowed(answer.payload().map(Blob::as_ref).unwrap_or_default())
            }
            Self::Bare(app) => {
                let call = app.borrow_mut().call(an_order());
                created(call.await?.status())
            }
            Self::Layered(app) => {
                let call = app.borrow_mut().call(an_order());
                created(call.await?.status())
            }
        }
    }
}

/// What must have been answered, or nothing was measured.
fn allowed(answer: &[u8]) -> Result<()> {
    (answer == b"{}")
        .then_some(())
        .ok_or_else(|| "the function did not answer".into())
}

fn created(status: StatusCode) -> Result<()> {
    let created = status == StatusCode::CREATED;
    created
        .then_some(())
        .ok_or_else(|| format!("the application answered {status}").into())
}

fn post(uri: &Uri, payload: &Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(payload.clone()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    let headers = request.headers_mut();
    headers.reserve(HEADERS.len());
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    request
}

/// What the load sends to the applications.
fn an_order() -> Request<Full<Bytes>> {
    thread_local! {
        static BODY: Bytes = text(BODY_SIZE);
    }
    let mut request = Request::new(Full::new(BODY.with(Bytes::clone)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_static("/orders?page=1");
    let headers = request.headers_mut();
    for (name, value) in [
        ("authorization", "Bearer qwerty"),
        ("user-agent", "lambda-sidecar-bench"),
        ("host", "127.0.0.1"),
        ("content-type", "application/json"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    request
}

/// What the layer sends to the function for [`an_order`].
async fn envelope() -> Result<Bytes> {
    let seen = Arc::new(Mutex::new(Bytes::new()));
    let sees = Arc::clone(&seen);
    let function = service_fn(move |invocation: Invocation| {
        *sees.lock().unwrap_or_else(PoisonError::into_inner) = invocation.payload;
        std::future::ready(Ok::<_, Infallible>(Answer::ok("{}")))
    });
    let app = layer(Sidecars::Request, function)?.layer(App);
    created(app.oneshot(an_order()).await?.status())?;
    let envelope = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(envelope)
}

/// An application that costs next to nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct App;

impl<B> Service<Request<B>> for App {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<std::result::Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        let mut response = Response::new(Full::from("created"));
        *response.status_mut() = StatusCode::CREATED;
        std::future::ready(Ok(response))
    }
}
