//! Answers that their clients do not read are ended.
//!
//! The server waits for ever for a client to take what is ready for it. An HTTP/2 stream that waits in such a way
//! is reset, and any connection is closed.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::rt::Executor;
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep_until};

use crate::proxy::Outbox;

tokio::task_local! {
    /// What the answer on this HTTP/2 stream holds.
    static STREAM: Arc<Outbox>;
}

/// The outbox of the answer that is made in this task: that of its HTTP/2 stream, or one of the connection.
pub(super) fn outbox(connection: &Arc<Outbox>) -> Arc<Outbox> {
    match STREAM.try_with(Arc::clone) {
        Ok(stream) if !Arc::ptr_eq(&stream, connection) => stream,
        _ => connection.answer(),
    }
}

pin_project! {
    /// A future that ends when nothing of what its outbox holds has moved for so long.
    pub(super) struct EndsUnread<F> {
        #[pin]
        future: F,
        outbox: Arc<Outbox>,
        limit: Duration,
        timer: Option<Pin<Box<Sleep>>>,
    }
}

impl<F> EndsUnread<F> {
    pub(super) fn new(future: F, outbox: Arc<Outbox>, limit: Duration) -> Self {
        Self {
            future,
            outbox,
            limit,
            timer: None,
        }
    }
}

impl<F: Future> Future for EndsUnread<F> {
    /// None if it was ended.
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let future = this.future;
        let polled = STREAM.sync_scope(Arc::clone(this.outbox), || future.poll(cx));
        if let Poll::Ready(output) = polled {
            return Poll::Ready(Some(output));
        }
        // The timer runs on while pieces move: it is set anew when it has run out, not at every piece.
        loop {
            let Some(since) = this.outbox.stuck_since() else {
                return Poll::Pending;
            };
            let end = since + *this.limit;
            let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if timer.deadline() >= end {
                return Poll::Ready(None);
            }
            timer.as_mut().reset(end);
        }
    }
}

/// Runs the streams of one HTTP/2 connection.
#[derive(Debug, Clone)]
pub(super) struct StreamExecutor {
    pub(super) connection: Arc<Outbox>,
    pub(super) limit: Duration,
}

impl<F> Executor<F> for StreamExecutor
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        let stream = EndsUnread::new(stream, self.connection.answer(), self.limit);
        tokio::spawn(async move {
            if stream.await.is_none() {
                tracing::debug!("an answer was not read in time");
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_waits_for_something_else_than_its_client_is_not_ended() {
        let limit = Duration::from_secs(60);
        let waits = tokio::time::sleep(10 * limit);
        let ended = EndsUnread::new(waits, Outbox::new().answer(), limit);
        assert_eq!(ended.await, Some(()));
    }
}
