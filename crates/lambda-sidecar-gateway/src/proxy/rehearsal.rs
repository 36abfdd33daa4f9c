//! One call as the gateway makes it, with a recorded answer in the place of the backend.

use std::{
    convert::Infallible,
    error::Error,
    fmt,
    future::Future,
    net::{IpAddr, Ipv4Addr},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response, header::HOST};
use http_body_util::{BodyExt, Full};
use hyper_util::server::graceful::GracefulShutdown;
use lambda_sidecar::{Answer, BoxError, Invocation, Receipts, SidecarBody};
use tower::{Layer, Service, ServiceExt};
use uuid::Uuid;

use super::{
    answers::AnswerForm,
    api_key,
    connection::ConnectionGuard,
    entrance::{ClientCall, Entrance},
    forward, headers,
    hop::Hop,
    host, route,
};
use crate::config::{Callers, EndpointConfig, Sidecars};

/// Who calls: this machine.
const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// What became of the call.
#[derive(Debug)]
pub(crate) struct Rehearsed {
    /// What the sidecars decided, in the order in which they did.
    pub(crate) outcomes: Receipts,
    /// What the backend would be sent; none where the call does not come that far.
    pub(crate) request: Option<Request<Bytes>>,
    /// What the client would be answered; none where that is the backend's to say, and its answer is not
    /// recorded.
    pub(crate) answer: Option<Response<Bytes>>,
}

/// Sends a request to an endpoint whose backend gives the recorded answer. `rest` is the path below the
/// endpoint's own.
pub(crate) async fn rehearse<F>(
    endpoint: &EndpointConfig,
    callers: &Callers,
    (sidecars, functions): (Sidecars, F),
    (rest, mut request): (&str, Request<Full<Bytes>>),
    recorded: Option<Response<Bytes>>,
) -> Rehearsed
where
    F: Service<Invocation, Response = Answer> + Clone,
    F::Error: Into<BoxError>,
{
    let form = AnswerForm::new(Uuid::new_v4().to_string(), request.headers());
    let entrance = Entrance::new(endpoint);
    let caller = api_key::find(&endpoint.key_places, &request);
    let call = ClientCall {
        rest,
        caller: caller.and_then(|key| callers.find(&key).cloned()),
        peer: PEER,
        connection: Arc::new(ConnectionGuard::new(GracefulShutdown::new().watcher())),
        form: &form,
    };
    let entered = host::check(&request).and_then(|()| entrance.enter(&mut request, call));
    if let Err(refusal) = entered {
        return refused(form.answer(&refusal)).await;
    }
    let backend = Backend {
        recorded,
        received: Arc::default(),
    };
    let layer = route::guard(sidecars, functions, endpoint.timeout);
    let answered = layer.layer(backend.clone()).oneshot(request).await;
    let request = backend.received().take();
    match answered {
        Ok(response) => {
            let (mut parts, body) = response.into_parts();
            Rehearsed {
                outcomes: parts.extensions.remove().unwrap_or_default(),
                request,
                answer: Some(Response::from_parts(parts, collected(body).await)),
            }
        }
        Err(NotRecorded(outcomes)) => Rehearsed {
            outcomes,
            request,
            answer: None,
        },
    }
}

async fn refused(answer: Response<Full<Bytes>>) -> Rehearsed {
    let (parts, body) = answer.into_parts();
    Rehearsed {
        outcomes: Receipts::default(),
        request: None,
        answer: Some(Response::from_parts(parts, collected(body).await)),
    }
}

/// A backend that keeps what it is sent and gives the recorded answer.
#[derive(Debug, Clone)]
struct Backend {
    recorded: Option<Response<Bytes>>,
    received: Arc<Mutex<Option<Request<Bytes>>>>,
}

impl Backend {
    fn received(&self) -> std::sync::MutexGuard<'_, Option<Request<Bytes>>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(
        self,
        mut request: Request<SidecarBody<Full<Bytes>>>,
    ) -> Result<Response<Full<Bytes>>, NotRecorded> {
        let outcomes = request.extensions_mut().remove::<Receipts>();
        if let Some(hop) = request.extensions_mut().remove::<Arc<Hop>>() {
            forward::to_backend(&mut request, &hop);
        }
        let (mut parts, body) = request.into_parts();
        // Written by the client's side of the connection, from the target.
        let host = parts.uri.authority().map(|authority| authority.as_str());
        if let Some(host) = host.and_then(|host| host.parse().ok()) {
            parts.headers.insert(HOST, host);
        }
        let request = Request::from_parts(parts, collected(body).await);
        *self.received() = Some(request);
        match self.recorded {
            Some(mut response) => {
                headers::to_client(response.headers_mut(), false);
                Ok(response.map(Full::new))
            }
            None => Err(NotRecorded(outcomes.unwrap_or_default())),
        }
    }
}

impl Service<Request<SidecarBody<Full<Bytes>>>> for Backend {
    type Response = Response<Full<Bytes>>;
    type Error = NotRecorded;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, NotRecorded>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NotRecorded>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<SidecarBody<Full<Bytes>>>) -> Self::Future {
        Box::pin(self.clone().answer(request))
    }
}

/// There is no answer of the backend, and so nothing for the response sidecars. Holds what the request
/// sidecars had decided.
#[derive(Debug)]
struct NotRecorded(Receipts);

impl fmt::Display for NotRecorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer of the backend is recorded")
    }
}

impl Error for NotRecorded {}

async fn collected(body: impl http_body::Body<Data = Bytes, Error = Infallible>) -> Bytes {
    match body.collect().await {
        Ok(collected) => collected.to_bytes(),
        Err(never) => match never {},
    }
}
