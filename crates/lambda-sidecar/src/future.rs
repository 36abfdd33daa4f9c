//! The response to come: a call walks through its request halves, the wrapped service and its response
//! halves.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    BoxError, SidecarBody,
    call::Call,
    function::{Answer, Invocation},
};

pin_project! {
    /// The response of a [`LambdaSidecar`](crate::LambdaSidecar), to come.
    ///
    /// # Cancellation
    ///
    /// Dropping it drops whatever is under way: reading a body, the function call, the call of the wrapped
    /// service. A function call for which other calls wait too (`cache-max-seconds`) goes on for them.
    pub struct ResponseFuture<S, F, B, R>
    where
        S: Service<Request<SidecarBody<B>>>,
        F: Service<Invocation>,
    {
        #[pin]
        served: Served<S, F, B, R>,
    }
}

pin_project! {
    #[project = ServedProjection]
    enum Served<S, F, B, R>
    where
        S: Service<Request<SidecarBody<B>>>,
        F: Service<Invocation>,
    {
        /// There are no sidecars.
        Direct { #[pin] future: S::Future },
        /// Boxed, so that a call without sidecars does not move about the room that this one needs.
        Hosted { call: Pin<Box<Call<S, F, B, R>>> },
    }
}

impl<S, F, B, R> ResponseFuture<S, F, B, R>
where
    S: Service<Request<SidecarBody<B>>, Response = Response<R>>,
    F: Service<Invocation>,
{
    pub(crate) fn direct(future: S::Future) -> Self {
        Self {
            served: Served::Direct { future },
        }
    }

    pub(crate) fn hosted(call: Call<S, F, B, R>) -> Self {
        Self {
            served: Served::Hosted {
                call: Box::pin(call),
            },
        }
    }
}

impl<S, F, B, R> Future for ResponseFuture<S, F, B, R>
where
    S: Service<Request<SidecarBody<B>>, Response = Response<R>>,
    F: Service<Invocation, Response = Answer> + Clone + Send + 'static,
    F::Error: Into<BoxError>,
    F::Future: Send + 'static,
    B: Body<Data = Bytes>,
    B::Error: Into<BoxError>,
    R: Body<Data = Bytes>,
    R::Error: Into<BoxError>,
{
    type Output = Result<Response<SidecarBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().served.project() {
            ServedProjection::Direct { future } => future
                .poll(cx)
                .map_ok(|response| response.map(SidecarBody::untouched)),
            ServedProjection::Hosted { call } => call.as_mut().poll(cx),
        }
    }
}

impl<S, F, B, R> fmt::Debug for ResponseFuture<S, F, B, R>
where
    S: Service<Request<SidecarBody<B>>>,
    F: Service<Invocation>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
