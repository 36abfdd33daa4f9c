//! The service that both halves run in.

use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::{
    BoxError, SidecarBody,
    call::Call,
    context::facts,
    function::{Answer, Invocation},
    future::ResponseFuture,
    route::SharedRoute,
};

/// Asks functions before and after every call of the service it wraps; made by the layers of this crate.
///
/// Errors of the wrapped service pass through; what goes wrong with the functions becomes a response.
///
/// A layer without sidecars calls the wrapped service and clones nothing. With sidecars, a call clones
/// the wrapped service once (the clone that was polled ready is the one called), and the function
/// service once and once more for each sidecar that asks.
///
/// # Panics
///
/// A call with sidecars needs a tokio run time with its timer on.
#[derive(Debug, Clone)]
pub struct LambdaSidecar<S, F> {
    inner: S,
    function: F,
    route: Arc<SharedRoute>,
}

impl<S, F> LambdaSidecar<S, F> {
    pub(crate) fn new(inner: S, function: F, route: Arc<SharedRoute>) -> Self {
        Self {
            inner,
            function,
            route,
        }
    }

    /// The wrapped service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The wrapped service, to be changed.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The wrapped service, without the sidecars.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, F, B, R> Service<Request<B>> for LambdaSidecar<S, F>
where
    S: Service<Request<SidecarBody<B>>, Response = Response<R>> + Clone,
    F: Service<Invocation, Response = Answer> + Clone + Send + 'static,
    F::Error: Into<BoxError>,
    F::Future: Send + 'static,
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
    R: Body<Data = Bytes>,
    R::Error: Into<BoxError>,
{
    type Response = Response<SidecarBody<R>>;
    type Error = S::Error;
    type Future = ResponseFuture<S, F, B, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if self.route.halves.is_empty() {
            return ResponseFuture::direct(self.inner.call(request.map(SidecarBody::untouched)));
        }
        let mut request = request.map(SidecarBody::untouched);
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        let facts = facts(&mut request, &self.route);
        ResponseFuture::hosted(Call::new(
            ready,
            self.function.clone(),
            Arc::clone(&self.route),
            facts,
            request,
        ))
    }
}
