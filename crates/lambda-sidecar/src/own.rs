//! A function of its own for one sidecar, beside the functions of the others.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use lambda_sidecar_core::Sidecar;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    BoxError,
    function::{Answer, Invocation, InvocationError},
    invoke::Invoke,
};

/// A function service in which one sidecar has a function of its own, and all others have another; made by
/// [`request_with`](crate::LambdaSidecarLayer::request_with) and
/// [`response_with`](crate::LambdaSidecarLayer::response_with).
///
/// It is always ready: its future waits for the function that the call needs, and for no other. An
/// invocation clones that function once, and boxes nothing.
#[derive(Debug, Clone)]
pub struct OwnFunction<F, G> {
    /// The function of every other sidecar.
    others: F,
    sidecar: Arc<Sidecar>,
    own: G,
}

impl<F, G> OwnFunction<F, G> {
    pub(crate) fn new(others: F, sidecar: Arc<Sidecar>, own: G) -> Self {
        Self {
            others,
            sidecar,
            own,
        }
    }
}

impl<F, G> Service<Invocation> for OwnFunction<F, G>
where
    F: Service<Invocation, Response = Answer> + Clone,
    F::Error: Into<BoxError>,
    G: Service<Invocation, Response = Answer> + Clone,
    G::Error: Into<BoxError>,
{
    type Response = Answer;
    type Error = BoxError;
    type Future = OwnFunctionFuture<F, G>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        // Two sidecars can be equal and stand at one point twice, so equality would not tell them apart.
        let picked = if Arc::ptr_eq(&self.sidecar, &invocation.sidecar) {
            Picked::Own {
                answer: Invoke::new(self.own.clone(), invocation),
            }
        } else {
            Picked::Other {
                answer: Invoke::new(self.others.clone(), invocation),
            }
        };
        OwnFunctionFuture { picked }
    }
}

pin_project! {
    /// The answer of an [`OwnFunction`], to come.
    ///
    /// # Cancellation
    ///
    /// Dropping it drops the invocation under way.
    pub struct OwnFunctionFuture<F, G>
    where
        F: Service<Invocation>,
        G: Service<Invocation>,
    {
        #[pin]
        picked: Picked<Invoke<F, F::Future>, Invoke<G, G::Future>>,
    }
}

pin_project! {
    #[project = PickedProjection]
    enum Picked<A, B> {
        Other { #[pin] answer: A },
        Own { #[pin] answer: B },
    }
}

impl<F, G> Future for OwnFunctionFuture<F, G>
where
    F: Service<Invocation, Response = Answer>,
    F::Error: Into<BoxError>,
    G: Service<Invocation, Response = Answer>,
    G::Error: Into<BoxError>,
{
    type Output = Result<Answer, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().picked.project() {
            PickedProjection::Other { answer } => answer.poll(cx),
            PickedProjection::Own { answer } => answer.poll(cx),
        }
    }
}

impl<F, G> fmt::Debug for OwnFunctionFuture<F, G>
where
    F: Service<Invocation>,
    G: Service<Invocation>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnFunctionFuture").finish_non_exhaustive()
    }
}

/// The shared function of a layer that has none; see
/// [`with_own_functions`](crate::LambdaSidecarLayer::with_own_functions).
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct NoFunction;

/// Every invocation fails. A layer never makes one: it takes no sidecar without a function.
impl Service<Invocation> for NoFunction {
    type Response = Answer;
    type Error = InvocationError;
    type Future = std::future::Ready<Result<Answer, InvocationError>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), InvocationError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _invocation: Invocation) -> Self::Future {
        std::future::ready(Err(InvocationError::connect("the sidecar has no function")))
    }
}
