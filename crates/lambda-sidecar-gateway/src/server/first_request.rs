//! A connection on which no request comes is ended.
//!
//! The server limits how long the headers of a request may take, but only once it knows which HTTP is
//! spoken. Without this, a client that sends nothing, or not enough to tell, holds a connection for ever.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use hyper::rt::{Read, ReadBufCursor, Write};
use tokio::time::{Sleep, sleep};

use super::limits;

/// A stream that breaks when its first request does not come in time.
#[derive(Debug)]
pub(super) struct FirstRequest<T> {
    stream: T,
    /// None once the first request is there.
    limit: Option<Pin<Box<Sleep>>>,
    begun: FirstRequestFlag,
}

/// Whether the first request is there.
#[derive(Debug, Clone, Default)]
pub(super) struct FirstRequestFlag(Arc<AtomicBool>);

impl FirstRequestFlag {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl<T> FirstRequest<T> {
    /// The stream, and the flag to set when its first request is there.
    pub(super) fn expect(stream: T) -> (Self, FirstRequestFlag) {
        let begun = FirstRequestFlag::default();
        let expecting = Self {
            stream,
            limit: Some(Box::pin(sleep(limits::FIRST_REQUEST))),
            begun: begun.clone(),
        };
        (expecting, begun)
    }
}

impl<T: Read + Unpin> Read for FirstRequest<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.begun.0.load(Ordering::Relaxed) {
            this.limit = None;
        }
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if let Some(limit) = &mut this.limit
            && read.is_pending()
            && limit.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<T: Write + Unpin> Write for FirstRequest<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, slices)
    }
}

#[cfg(test)]
mod tests {
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_request_ends_in_time() {
        let (mut client, server) = tokio::io::duplex(64);
        let (stream, _begun) = FirstRequest::expect(TokioIo::new(server));
        let mut stream = Box::pin(TokioIo::new(stream));
        client.write_all(b"PRI * HTT").await.unwrap();
        let mut received = Vec::new();
        let error = stream.read_to_end(&mut received).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(received, b"PRI * HTT");
    }

    #[tokio::test(start_paused = true)]
    async fn after_the_first_request_it_may_take_its_time() {
        let (mut client, server) = tokio::io::duplex(64);
        let (stream, begun) = FirstRequest::expect(TokioIo::new(server));
        let mut stream = Box::pin(TokioIo::new(stream));
        begun.set();
        let late = async {
            tokio::time::advance(2 * limits::FIRST_REQUEST).await;
            client.write_all(b"late").await.unwrap();
        };
        let mut received = [0; 4];
        let (read, ()) = tokio::join!(stream.read_exact(&mut received), late);
        assert_eq!((read.unwrap(), &received), (4, b"late"));
    }
}
