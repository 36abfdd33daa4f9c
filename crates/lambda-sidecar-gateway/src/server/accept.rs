//! The listener: connections in, a graceful stop at the end.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, pin::pin, sync::Arc};

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use tokio::net::{TcpListener, TcpStream};

use super::{
    first_request::FirstRequest,
    limits,
    unread::{self, EndsUnread, StreamExecutor},
};
use crate::{
    config::Limits,
    proxy::{ConnectionGuard, Outbox, Proxy, READ_OF_REQUESTS},
};

/// Takes calls until `stop`, and gives back what is still under way.
pub(crate) async fn accept(
    listener: TcpListener,
    proxy: &Arc<Proxy>,
    limits: Limits,
    stop: impl Future<Output = ()>,
) -> GracefulShutdown {
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => return graceful,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => serve(stream, peer, Arc::clone(proxy), limits, &graceful),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
                tokio::time::sleep(limits::PAUSE_AFTER_ERROR).await;
            }
        }
    }
}

/// HTTP/1.1 and HTTP/2, whichever the client begins with.
fn builder(limits: Limits, outbox: &Arc<Outbox>) -> Builder<StreamExecutor> {
    let mut builder = Builder::new(StreamExecutor {
        connection: Arc::clone(outbox),
        limit: limits.body_idle,
    });
    builder.http1().timer(TokioTimer::new());
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::STREAMS)
        .initial_stream_window_size(limits::STREAM_WINDOW)
        .initial_connection_window_size(limits::CONNECTION_WINDOW)
        .max_send_buf_size(limits::SEND_BUFFER)
        .max_header_list_size(limits.max_headers.saturating_mul(READ_OF_REQUESTS));
    builder
}

fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    proxy: Arc<Proxy>,
    limits: Limits,
    graceful: &GracefulShutdown,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "connection lost at once");
        return;
    }
    let connection = Arc::new(ConnectionGuard::new(
        graceful.watcher(),
        stream.local_addr().ok(),
    ));
    let outbox = Outbox::new();
    let builder = builder(limits, &outbox);
    let held = Arc::clone(&outbox);
    let (stream, begun) = FirstRequest::expect(TokioIo::new(stream));
    let service = service_fn(move |request| {
        begun.set();
        let (proxy, connection) = (Arc::clone(&proxy), Arc::clone(&connection));
        let connections = Arc::clone(&held);
        async move {
            let response = proxy
                .handle(
                    request,
                    peer.ip().to_canonical(),
                    connection,
                    unread::outbox(&connections),
                )
                .await;
            Ok::<_, Infallible>(response)
        }
    });
    let served = builder
        .serve_connection_with_upgrades(stream, service)
        .into_owned();
    let served = graceful.watch(served);
    // Later than its streams: one that is not read does not end the others.
    let limit = limits.body_idle + limits.body_idle / 4;
    tokio::spawn(async move {
        match EndsUnread::new(served, outbox, limit).await {
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::debug!(error = %error, "connection ended early"),
            None => tracing::debug!("connection ended, its answers were not read in time"),
        }
    });
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
