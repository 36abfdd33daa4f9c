//! One function call: wait until the function service is ready, then call it.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use pin_project_lite::pin_project;
use tower_service::Service;

use crate::{
    BoxError,
    function::{Answer, Invocation},
};

pin_project! {
    /// A function call. The function service's readiness is waited for here, so that a slow function never
    /// makes the route look busy.
    #[project = InvokeProjection]
    #[project_replace = InvokeReplaced]
    pub(crate) enum Invoke<F, A> {
        Readying { function: F, invocation: Invocation },
        /// Between the two, while the function service is called.
        Calling,
        Waiting { #[pin] answer: A },
    }
}

impl<F, A> Invoke<F, A> {
    pub(crate) fn new(function: F, invocation: Invocation) -> Self {
        Self::Readying {
            function,
            invocation,
        }
    }
}

impl<F> Future for Invoke<F, F::Future>
where
    F: Service<Invocation, Response = Answer>,
    F::Error: Into<BoxError>,
{
    type Output = Result<Answer, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let InvokeProjection::Readying { function, .. } = self.as_mut().project() {
            ready!(function.poll_ready(cx)).map_err(Into::into)?;
            // Moved, not cloned: a payload that nobody else holds needs no reference count.
            let ready = self.as_mut().project_replace(Self::Calling);
            if let InvokeReplaced::Readying {
                mut function,
                invocation,
            } = ready
            {
                let answer = function.call(invocation);
                self.set(Self::Waiting { answer });
            }
        }
        match self.project() {
            InvokeProjection::Waiting { answer } => answer.poll(cx).map_err(Into::into),
            // Only if `call` panicked and the future is polled all the same.
            InvokeProjection::Readying { .. } | InvokeProjection::Calling => Poll::Pending,
        }
    }
}
