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
    pub(crate) enum Ask<F, A> {
        Readying { function: F, invocation: Invocation },
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
        loop {
            let answer = match self.as_mut().project() {
                AskProjection::Readying {
                    function,
                    invocation,
                } => {
                    ready!(function.poll_ready(cx)).map_err(Into::into)?;
                    function.call(invocation.clone())
                }
                AskProjection::Asking { answer } => return answer.poll(cx).map_err(Into::into),
            };
            self.set(Self::Asking { answer });
        }
    }
}
