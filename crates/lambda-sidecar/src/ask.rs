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
    #[project = AskProjection]
    #[project_replace = AskReplaced]
    pub(crate) enum Ask<F, A> {
        Readying { function: F, invocation: Invocation },
        /// Between the two, while the function service is called.
        Calling,
        Asking { #[pin] answer: A },
    }
}

impl<F, A> Ask<F, A> {
    pub(crate) fn new(function: F, invocation: Invocation) -> Self {
        Self::Readying {
            function,
            invocation,
        }
    }
}

impl<F> Future for Ask<F, F::Future>
where
    F: Service<Invocation, Response = Answer>,
    F::Error: Into<BoxError>,
{
    type Output = Result<Answer, BoxError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if let AskProjection::Readying { function, .. } = self.as_mut().project() {
            ready!(function.poll_ready(cx)).map_err(Into::into)?;
            // Moved, not cloned: a payload that nobody else holds needs no reference count.
            let ready = self.as_mut().project_replace(Self::Calling);
            if let AskReplaced::Readying {
                mut function,
                invocation,
            } = ready
            {
                let answer = function.call(invocation);
                self.set(Self::Asking { answer });
            }
        }
        match self.project() {
            AskProjection::Asking { answer } => answer.poll(cx).map_err(Into::into),
            // Only where `call` panicked and the call is polled all the same.
            AskProjection::Readying { .. } | AskProjection::Calling => Poll::Pending,
        }
    }
}
