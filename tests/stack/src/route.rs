//! A route with sidecars before a backend, called from the client's side.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use lambda_sidecar::{
    Decision, FailureClass, Functions, LambdaSidecarLayer, Receipts, SidecarBody, Transport,
    X_SIDECAR_ERROR,
};
use tower::{Layer, ServiceExt, service_fn};

/// What a client knows after a call, and what only a test knows.
#[derive(Debug)]
pub struct Called {
    /// The status of the answer.
    pub status: StatusCode,
    /// The headers of the answer.
    pub headers: HeaderMap,
    /// The body of the answer.
    pub body: Bytes,
    /// What the sidecars decided.
    pub outcomes: Vec<Decided>,
    /// What the backend was sent, where it was called.
    pub backend: Option<Request<Bytes>>,
    /// How long the call took.
    pub took: Duration,
}

/// What a sidecar decided: as its receipt says in this process, and the gateway's metrics in another.
#[derive(Debug, Clone, Copy)]
pub struct Decided {
    decision: Decision,
    failure: Option<FailureClass>,
    failed_open: bool,
}

impl Decided {
    pub(crate) fn new(
        decision: Decision,
        failure: Option<FailureClass>,
        failed_open: bool,
    ) -> Self {
        Self {
            decision,
            failure,
            failed_open,
        }
    }

    /// The decision.
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// The class of the failure, where the function call failed.
    pub fn failure(&self) -> Option<FailureClass> {
        self.failure
    }

    /// Whether a failure was let pass.
    pub fn failed_open(&self) -> bool {
        self.failed_open
    }
}

/// The functions over each transport there is. Tests of function calls are made with all of them.
pub fn over_each_transport(functions: &Functions) -> [Functions; 2] {
    [Transport::Lean, Transport::Sdk].map(|transport| functions.clone().transport(transport))
}

/// The body of the request that [`get`] does not have and [`post`] has.
pub const REQUEST_BODY: &str = r#"{"from":"the client"}"#;
/// The body of the backend's answer.
pub const BACKEND_BODY: &str = r#"{"from":"the backend"}"#;

/// A request without a body.
pub fn get() -> Request<Full<Bytes>> {
    let request = Request::get("/orders?page=1").header("x-drop-me", "client");
    let request = request.body(Full::default());
    request.expect("the request is right")
}

/// A request with a body.
pub fn post() -> Request<Full<Bytes>> {
    let request = Request::post("/orders").header("x-drop-me", "client");
    let request = request.body(Full::from(REQUEST_BODY));
    request.expect("the request is right")
}

/// Calls a backend through a layer.
///
/// The backend answers 200 with [`BACKEND_BODY`] and a header `x-drop-me`.
pub async fn call(layer: &LambdaSidecarLayer<Functions>, request: Request<Full<Bytes>>) -> Called {
    let seen = Arc::new(Mutex::new(None));
    let backend = {
        let seen = Arc::clone(&seen);
        service_fn(move |request| backend(Arc::clone(&seen), request))
    };
    let since = Instant::now();
    let answer = layer.layer(backend).oneshot(request).await;
    let (parts, body) = answer.expect("the backend never fails").into_parts();
    let body = body.collect().await.expect("the body never breaks off");
    Called {
        status: parts.status,
        headers: parts.headers,
        body: body.to_bytes(),
        outcomes: decided(parts.extensions.get()),
        backend: seen.lock().unwrap_or_else(PoisonError::into_inner).take(),
        took: since.elapsed(),
    }
}

fn decided(outcomes: Option<&Receipts>) -> Vec<Decided> {
    let outcomes = outcomes.into_iter().flatten();
    let decided = outcomes
        .map(|outcome| Decided::new(outcome.decision(), outcome.failure(), outcome.failed_open()));
    decided.collect()
}

async fn backend(
    seen: Arc<Mutex<Option<Request<Bytes>>>>,
    request: Request<SidecarBody<Full<Bytes>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.expect("the body never breaks off");
    let request = Request::from_parts(parts, body.to_bytes());
    *seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(request);
    let response = Response::builder().header("x-drop-me", "backend");
    let response = response.body(Full::from(BACKEND_BODY));
    Ok(response.expect("the response is right"))
}

impl Called {
    /// The name of the connector's error, where the answer is one.
    pub fn error(&self) -> Option<&str> {
        let name = self.headers.get(X_SIDECAR_ERROR)?;
        name.to_str().ok()
    }

    /// What the one sidecar of the route decided.
    pub fn outcome(&self) -> &Decided {
        assert_eq!(self.outcomes.len(), 1, "one sidecar: {self:?}");
        &self.outcomes[0]
    }

    /// A header of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body of the answer as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }
}
