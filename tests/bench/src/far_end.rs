//! The far end: the function, and the backends of the proxies. It answers `{}` at once to whatever it is asked.

use std::{convert::Infallible, fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, pki_types::PrivateKeyDer},
};

use crate::{
    Result,
    control::{Commands, ready, run_time},
};

/// A function with this in its name takes [`SLOW`].
pub(crate) const SLOW_NAME: &str = "slow";
pub(crate) const SLOW: Duration = Duration::from_secs(1);

pub(crate) fn run(certificate: Option<&Path>) -> Result<()> {
    let tls = certificate.map(tls).transpose()?;
    run_time(1)?.block_on(async {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
        let address: SocketAddr = listener.local_addr()?;
        tokio::spawn(accept(listener, tls));
        ready(Some(address));
        while Commands::new().next().await.is_some() {}
        Ok(())
    })
}

/// A new key, whose certificate is written where its clients find it.
fn tls(certificate: &Path) -> Result<TlsAcceptor> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    fs::write(certificate, made.cert.pem())?;
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>) {
    while let Ok((socket, _)) = listener.accept().await {
        // A connection that breaks is one the other side gave up.
        let _ = socket.set_nodelay(true);
        let tls = tls.clone();
        tokio::spawn(async move {
            match tls {
                Some(tls) => {
                    if let Ok(socket) = tls.accept(socket).await {
                        serve(socket).await;
                    }
                }
                None => serve(socket).await,
            }
        });
    }
}

async fn serve(socket: impl AsyncRead + AsyncWrite + Unpin) {
    let connection =
        http1::Builder::new().serve_connection(TokioIo::new(socket), service_fn(answer));
    let _ = connection.await;
}

async fn answer(
    request: Request<Incoming>,
) -> std::result::Result<Response<Full<Bytes>>, Infallible> {
    let (parts, mut body) = request.into_parts();
    while let Some(Ok(_)) = body.frame().await {}
    if parts.uri.path().contains(SLOW_NAME) {
        tokio::time::sleep(SLOW).await;
    }
    let is_event = parts.headers.get("x-amz-invocation-type");
    let is_event = is_event.is_some_and(|kind| kind == "Event");
    let mut response = Response::new(Full::from(if is_event { "" } else { "{}" }));
    if is_event {
        *response.status_mut() = StatusCode::ACCEPTED;
    }
    let json = http::HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, json);
    Ok(response)
}
