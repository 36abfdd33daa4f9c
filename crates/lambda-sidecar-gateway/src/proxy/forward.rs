//! The innermost service: one request to the backend.

use std::{
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response, StatusCode, Version};
use http_body::Body;
use http_body_util::Either;
use hyper::body::Incoming;
use lambda_sidecar::{BoxError, ErrorChain, SidecarBody, is_grpc};
use tokio::time::timeout_at;
use tower::Service;

use super::{
    answers::Refusal,
    backends::{Backends, Protocol, RequestBody},
    headers,
    hop::Hop,
    upgrade,
};

type ResponseFuture =
    Pin<Box<dyn Future<Output = Result<Response<Incoming>, ForwardError>> + Send>>;

/// Sends requests to one endpoint's backend. Its failures are errors, not answers: an answer would meet
/// the response sidecars, which run over the backend's own alone.
#[derive(Debug, Clone)]
pub(super) struct Forward {
    backends: Arc<Backends>,
    https: bool,
}

impl Forward {
    pub(super) fn new(backends: Arc<Backends>, https: bool) -> Self {
        Self { backends, https }
    }

    pub(super) async fn send(
        self,
        request: Request<RequestBody>,
    ) -> Result<Response<Incoming>, ForwardError> {
        let answer = self.exchange(request).await;
        answer.map_err(|kind| ForwardError { kind })
    }

    async fn exchange(
        self,
        mut request: Request<RequestBody>,
    ) -> Result<Response<Incoming>, ForwardErrorKind> {
        let hop = request.extensions_mut().remove::<Arc<Hop>>();
        let hop = hop.ok_or_else(|| not_reached("the way is not known"))?;
        let protocol = protocol(&request, &hop);
        let client = hop.websocket.then(|| hyper::upgrade::on(&mut request));
        to_backend(&mut request, &hop);

        let answer = self.backends.send(request, self.https, protocol);
        let answer = answer.ok_or_else(|| not_reached("TLS is not prepared"))?;
        let mut response = match timeout_at(hop.deadline.into(), answer).await {
            Err(_) => return Err(ForwardErrorKind::TooSlow),
            Ok(Err(error)) if is_of_request_body(&error) => {
                return Err(ForwardErrorKind::RequestBrokeOff(error.into()));
            }
            Ok(Err(error)) => return Err(not_reached(error)),
            Ok(Ok(response)) => response,
        };
        let upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if upgraded {
            let client = client.ok_or_else(|| not_reached("an upgrade nobody wanted"))?;
            let backend = hyper::upgrade::on(&mut response);
            upgrade::connect(client, backend, Arc::clone(&hop.connection));
        }
        headers::to_client(response.headers_mut(), upgraded);
        // The server writes what the client understands.
        *response.version_mut() = Version::HTTP_11;
        Ok(response)
    }
}

impl Service<Request<SidecarBody<Incoming>>> for Forward {
    type Response = Response<Incoming>;
    type Error = ForwardError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ForwardError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<SidecarBody<Incoming>>) -> ResponseFuture {
        Box::pin(self.clone().send(request.map(Either::Left)))
    }
}

/// Makes the client's request the backend's.
pub(super) fn to_backend<B: Body>(request: &mut Request<B>, hop: &Hop) {
    let length = request.body().size_hint().exact();
    headers::to_backend(request.headers_mut(), hop, length);
    *request.uri_mut() = hop.target.clone();
    *request.version_mut() = Version::HTTP_11;
}

fn protocol<B>(request: &Request<B>, hop: &Hop) -> Protocol {
    if hop.websocket {
        return Protocol::Http1;
    }
    match is_grpc(request.headers()) {
        // gRPC-Web was made for HTTP/1.1.
        Some(kind) if !kind.as_bytes().starts_with(b"application/grpc-web") => Protocol::Http2,
        _ => Protocol::Any,
    }
}

/// Whether it was the client's body that broke off, not the backend.
fn is_of_request_body(error: &(dyn Error + 'static)) -> bool {
    ErrorChain::new(error).iter().any(|cause| {
        let cause = cause.downcast_ref::<hyper::Error>();
        cause.is_some_and(hyper::Error::is_user)
    })
}

/// No answer came from the backend.
#[derive(Debug)]
pub(super) struct ForwardError {
    kind: ForwardErrorKind,
}

#[derive(Debug)]
enum ForwardErrorKind {
    NotReached(BoxError),
    TooSlow,
    RequestBrokeOff(BoxError),
}

fn not_reached(source: impl Into<BoxError>) -> ForwardErrorKind {
    ForwardErrorKind::NotReached(source.into())
}

impl ForwardError {
    /// The client's answer.
    pub(super) fn refusal(&self) -> Refusal {
        match self.kind {
            ForwardErrorKind::NotReached(_) => Refusal::UNREACHABLE,
            ForwardErrorKind::TooSlow => Refusal::TOO_SLOW,
            ForwardErrorKind::RequestBrokeOff(_) => Refusal::BODY_BROKE_OFF,
        }
    }
}

impl fmt::Display for ForwardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ForwardErrorKind::NotReached(_) => "backend not reached",
            ForwardErrorKind::TooSlow => "backend too slow",
            ForwardErrorKind::RequestBrokeOff(_) => "request body broke off",
        })
    }
}

impl Error for ForwardError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            ForwardErrorKind::NotReached(source) | ForwardErrorKind::RequestBrokeOff(source) => {
                Some(&**source)
            }
            ForwardErrorKind::TooSlow => None,
        }
    }
}
