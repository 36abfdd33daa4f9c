//! A backend that remembers what it got.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, request};
use http_body::{Body, SizeHint};
use http_body_util::BodyExt;
use lambda_sidecar::{BoxError, Receipts};
use tower::Service;

use super::TestBody;

/// One request as the backend got it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) parts: request::Parts,
    pub(crate) hint: SizeHint,
    pub(crate) ended: bool,
    pub(crate) body: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
    /// Whether the body broke off.
    pub(crate) broken: bool,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn outcomes(&self) -> Option<&Receipts> {
        self.parts.extensions.get()
    }
}

/// Reads a request to its end and answers it.
#[derive(Clone)]
pub(crate) struct Backend {
    answer: Arc<dyn Fn() -> Response<TestBody> + Send + Sync>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Backend {
    pub(crate) const TEXT: &str = "from the backend";

    /// Answers [`response`](Self::response).
    pub(crate) fn new() -> Self {
        Self::answers(Self::response)
    }

    pub(crate) fn answers(answer: impl Fn() -> Response<TestBody> + Send + Sync + 'static) -> Self {
        Self {
            answer: Arc::new(answer),
            seen: Arc::default(),
        }
    }

    /// 201 with headers, [`TEXT`](Self::TEXT) in two frames, and trailers.
    pub(crate) fn response() -> Response<TestBody> {
        Response::builder()
            .status(201)
            .header("content-type", "text/plain")
            .header("x-backend", "b")
            .header("etag", "\"1\"")
            .body(TestBody::of(["from ", "the backend"]).with_trailers())
            .unwrap()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn calls(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// The one request it got.
    #[track_caller]
    pub(crate) fn only(&self) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), 1, "calls of the backend");
        seen[0].clone()
    }
}

impl<B> Service<Request<B>> for Backend
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<TestBody>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let backend = self.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let (hint, ended) = (body.size_hint(), body.is_end_stream());
            let collected = body.collect().await;
            let broken = collected.is_err();
            let (trailers, body) = match collected {
                Ok(collected) => (collected.trailers().cloned(), collected.to_bytes()),
                Err(_) => (None, Bytes::new()),
            };
            backend.seen.lock().unwrap().push(Seen {
                parts,
                hint,
                ended,
                body,
                trailers,
                broken,
            });
            Ok((backend.answer)())
        })
    }
}
