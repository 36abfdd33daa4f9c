//! The innermost service: one request to the backend.

use std::{
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use http::{Method, Request, Response, StatusCode, Version};
use http_body::Body;
use lambda_sidecar::{BoxError, ErrorChain, SidecarBody, is_grpc, keeps_no_body};
use tokio::time::timeout_at;
use tower::Service;

use super::{
    answers::Refusal,
    backends::{Backends, Protocol, RequestBody},
    framing, headers,
    hop::Hop,
    phrase, upgrade,
    wire_body::{WireBody, WireError},
};

type ResponseFuture =
    Pin<Box<dyn Future<Output = Result<Response<WireBody>, ForwardError>> + Send>>;

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
    ) -> Result<Response<WireBody>, ForwardError> {
        let answer = self.exchange(request).await;
        answer.map_err(|kind| ForwardError { kind })
    }

    async fn exchange(
        self,
        mut request: Request<RequestBody>,
    ) -> Result<Response<WireBody>, ForwardErrorKind> {
        let hop = request.extensions_mut().remove::<Arc<Hop>>();
        let hop = hop.ok_or_else(|| not_reached("the way is not known"))?;
        let protocol = protocol(&request, &hop);
        let to_head = request.method() == Method::HEAD;
        let client = hop.websocket.then(|| hyper::upgrade::on(&mut request));
        let accept = client
            .as_ref()
            .and_then(|_| upgrade::accept_of(request.headers()));
        to_backend(&mut request, &hop);

        let answer = self.backends.send(request, self.https, protocol);
        let answer = answer.ok_or_else(|| not_reached("TLS is not prepared"))?;
        let mut response = match timeout_at(hop.deadline.into(), answer).await {
            Err(_) => return Err(ForwardErrorKind::TooSlow),
            Ok(Err(error)) if is_of_request_body(&error) => {
                return Err(ForwardErrorKind::RequestBrokeOff(error.into()));
            }
            Ok(Err(error)) if is_of_answer(&error) => {
                return Err(ForwardErrorKind::Unreadable(error.into()));
            }
            Ok(Err(error)) => return Err(not_reached(error)),
            Ok(Ok(response)) => WireBody::of_response(response),
        };
        framing::clear_response(&mut response, to_head)
            .map_err(|error| ForwardErrorKind::Unreadable(error.as_str().into()))?;
        let upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        if upgraded {
            let answers = |accept: String| upgrade::is_to_websocket(response.headers(), &accept);
            let client = client.filter(|_| accept.is_some_and(answers));
            let client = client.ok_or_else(|| {
                ForwardErrorKind::Unreadable("an upgrade that nobody asked for".into())
            })?;
            let backend = hyper::upgrade::on(&mut response);
            upgrade::connect(client, backend, Arc::clone(&hop.connection));
        }
        headers::to_client(response.headers_mut(), upgraded);
        phrase::keep_status(&mut response);
        until_end_if_empty(&mut response, to_head, hop.deadline).await?;
        let mut response = framing::without_body_if_none(response);
        // The server writes what the client understands.
        *response.version_mut() = Version::HTTP_11;
        Ok(response)
    }
}

impl Service<Request<SidecarBody<WireBody>>> for Forward {
    type Response = Response<WireBody>;
    type Error = ForwardError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ForwardError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<SidecarBody<WireBody>>) -> ResponseFuture {
        Box::pin(self.clone().send(request))
    }
}

/// Makes the client's request the backend's.
pub(super) fn to_backend<B: Body>(request: &mut Request<B>, hop: &Hop) {
    let length = request.body().size_hint().exact();
    let method = request.method().clone();
    headers::to_backend(request.headers_mut(), &method, hop, length);
    *request.uri_mut() = hop.target.clone();
    *request.version_mut() = Version::HTTP_11;
}

/// An answer without a body is whole with its head, so the head waits for the end of its stream.
async fn until_end_if_empty(
    response: &mut Response<WireBody>,
    to_head: bool,
    deadline: Instant,
) -> Result<(), ForwardErrorKind> {
    if response.version() != Version::HTTP_2 {
        return Ok(());
    }
    let has_none = keeps_no_body(&Method::GET, response.status());
    let body = response.body_mut();
    // To the library the end of a 304 is an error if that has the length of another answer's body and does not end
    // with its head.
    let is_empty = has_none && body.size_hint().lower() == 0;
    let end = async {
        match to_head || is_empty {
            true => body.until_end().await,
            false => body.until_end_if_empty().await,
        }
    };
    let end = timeout_at(deadline.into(), end).await;
    let end = end.map_err(|_| ForwardErrorKind::TooSlow)?;
    end.map_err(|error| ForwardErrorKind::Unreadable(error.into()))
}

fn protocol<B>(request: &Request<B>, hop: &Hop) -> Protocol {
    if hop.websocket {
        return Protocol::Http1;
    }
    if request.version() != Version::HTTP_2 {
        return Protocol::Any;
    }
    match is_grpc(request.headers()) {
        // gRPC-Web was made for HTTP/1.1.
        Some(kind) if !kind.as_bytes().starts_with(b"application/grpc-web") => Protocol::Http2,
        _ => Protocol::Any,
    }
}

/// Whether it was the client's body that broke off, not the backend.
fn is_of_request_body(error: &(dyn Error + 'static)) -> bool {
    is_caused_by(error, hyper::Error::is_user)
}

/// Whether what the backend sent is no HTTP.
fn is_of_answer(error: &(dyn Error + 'static)) -> bool {
    is_caused_by(error, hyper::Error::is_parse)
}

fn is_caused_by(error: &(dyn Error + 'static), is_cause: impl Fn(&hyper::Error) -> bool) -> bool {
    let mut causes = ErrorChain::new(error).iter();
    causes.any(|cause| cause.downcast_ref().is_some_and(&is_cause))
}

/// No answer came from the backend.
#[derive(Debug)]
pub(super) struct ForwardError {
    kind: ForwardErrorKind,
}

#[derive(Debug)]
enum ForwardErrorKind {
    NotReached(BoxError),
    Unreadable(BoxError),
    TooSlow,
    RequestBrokeOff(BoxError),
}

fn not_reached(source: impl Into<BoxError>) -> ForwardErrorKind {
    ForwardErrorKind::NotReached(source.into())
}

impl ForwardError {
    /// The client's body broke off before anything was sent.
    pub(super) fn request_broke_off(error: WireError) -> Self {
        Self {
            kind: ForwardErrorKind::RequestBrokeOff(error.into()),
        }
    }

    /// The client's answer.
    pub(super) fn refusal(&self) -> Refusal {
        match self.kind {
            ForwardErrorKind::NotReached(_) => Refusal::UNREACHABLE,
            ForwardErrorKind::Unreadable(_) => Refusal::UNREADABLE,
            ForwardErrorKind::TooSlow => Refusal::TOO_SLOW,
            ForwardErrorKind::RequestBrokeOff(_) => Refusal::BODY_BROKE_OFF,
        }
    }
}

impl fmt::Display for ForwardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            ForwardErrorKind::NotReached(_) => "backend not reached",
            ForwardErrorKind::Unreadable(_) => "answer of the backend not understood",
            ForwardErrorKind::TooSlow => "backend too slow",
            ForwardErrorKind::RequestBrokeOff(_) => "request body broke off",
        })
    }
}

impl Error for ForwardError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            ForwardErrorKind::NotReached(source)
            | ForwardErrorKind::Unreadable(source)
            | ForwardErrorKind::RequestBrokeOff(source) => Some(&**source),
            ForwardErrorKind::TooSlow => None,
        }
    }
}
