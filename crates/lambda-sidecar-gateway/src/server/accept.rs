//! The listener: connections in, a graceful stop at the end.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, pin::pin, sync::Arc};

use hyper::service::service_fn;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use tokio::net::{TcpListener, TcpStream};

use super::{first_request::FirstRequest, limits};
use crate::proxy::{ConnectionGuard, Proxy};

/// Takes calls until `stop`, and gives back what is still under way.
pub(crate) async fn accept(
    listener: TcpListener,
    proxy: &Arc<Proxy>,
    stop: impl Future<Output = ()>,
) -> GracefulShutdown {
    let graceful = GracefulShutdown::new();
    let builder = builder();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stop => return graceful,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => serve(&builder, stream, peer, Arc::clone(proxy), &graceful),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot accept connections");
                tokio::time::sleep(limits::PAUSE_AFTER_ERROR).await;
            }
        }
    }
}

/// HTTP/1.1 and HTTP/2, whichever the client begins with.
fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    builder
}

fn serve(
    builder: &Builder<TokioExecutor>,
    stream: TcpStream,
    peer: SocketAddr,
    proxy: Arc<Proxy>,
    graceful: &GracefulShutdown,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "connection lost at once");
        return;
    }
    let connection = Arc::new(ConnectionGuard::new(graceful.watcher()));
    let (stream, begun) = FirstRequest::expect(TokioIo::new(stream));
    let service = service_fn(move |request| {
        begun.set();
        let (proxy, connection) = (Arc::clone(&proxy), Arc::clone(&connection));
        async move {
            let response = proxy
                .handle(request, peer.ip().to_canonical(), connection)
                .await;
            Ok::<_, Infallible>(response)
        }
    });
    let served = builder
        .serve_connection_with_upgrades(stream, service)
        .into_owned();
    let served = graceful.watch(served);
    tokio::spawn(async move {
        if let Err(error) = served.await {
            tracing::debug!(error = %error, "connection ended early");
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
