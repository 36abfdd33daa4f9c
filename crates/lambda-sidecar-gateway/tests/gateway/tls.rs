//! Backends that speak TLS.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use lambda_sidecar_test_support::tls::Tls;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    client::{Wire, get, send},
    process::{Folder, Gateway, config, finished, program},
};

/// A backend with a certificate of its own.
struct Backend {
    address: String,
    /// What has to be trusted to talk to it, as PEM.
    certificate: String,
}

/// Says which HTTP it was spoken to with, and sends back what an upgraded connection brings.
async fn answer(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let said = format!(
        "{:?} {:?}",
        request.version(),
        request.headers().get("host")
    );
    let mut response = Response::new(Full::from(said));
    if request.headers().contains_key("upgrade") {
        *response.status_mut() = http::StatusCode::SWITCHING_PROTOCOLS;
        let upgrade = http::HeaderValue::from_static("websocket");
        response.headers_mut().insert("upgrade", upgrade);
        // To the key of RFC 6455, section 1.3.
        let accept = http::HeaderValue::from_static("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        response
            .headers_mut()
            .insert("sec-websocket-accept", accept);
        tokio::spawn(async move {
            let mut stream = TokioIo::new(hyper::upgrade::on(&mut request).await.unwrap());
            let mut bytes = [0; 4];
            stream.read_exact(&mut bytes).await.unwrap();
            stream.write_all(&bytes).await.unwrap();
        });
    }
    Ok(response)
}

async fn backend(protocols: &[&str]) -> Backend {
    let Tls {
        acceptor,
        certificate,
    } = Tls::new(protocols);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else {
                    return;
                };
                let builder = Builder::new(TokioExecutor::new());
                let io = TokioIo::new(stream);
                let _ = builder
                    .serve_connection_with_upgrades(io, service_fn(answer))
                    .await;
            });
        }
    });
    Backend {
        address: format!("localhost:{port}"),
        certificate,
    }
}

/// A gateway in front of it that trusts these certificates alone.
fn gateway(backend: &Backend, trusted: &str) -> Gateway {
    let folder = Folder::new();
    let roots = folder.path("roots.pem");
    std::fs::write(&roots, trusted).unwrap();
    let mut command = program();
    let text = config(&backend.address, "").replace("http://", "https://");
    command.arg("run").arg("--config").arg(folder.file(&text));
    command.env("SSL_CERT_FILE", roots);
    Gateway::start(command, folder)
}

/// Runs what blocks beside the backend.
async fn blocking<T: Send + 'static>(test: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(test).await.unwrap()
}

#[tokio::test]
async fn the_backend_chooses_the_protocol() {
    for (protocols, expected) in [
        (&["h2", "http/1.1"][..], "HTTP/2.0 None"),
        (&["http/1.1"], "HTTP/1.1 Some"),
        (&[], "HTTP/1.1 Some"),
    ] {
        let backend = backend(protocols).await;
        blocking(move || {
            let gateway = gateway(&backend, &backend.certificate);
            for _ in 0..2 {
                let (head, body) = get(&gateway.address, "/my");
                assert_eq!(head.status(), 200);
                assert!(body.starts_with(expected), "{body}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_websocket_is_asked_for_over_http1() {
    let backend = backend(&["h2", "http/1.1"]).await;
    blocking(move || {
        let gateway = gateway(&backend, &backend.certificate);
        let mut wire = Wire::connect(&gateway.address);
        let handshake = "GET /my HTTP/1.1\nHost: a\nConnection: upgrade\nUpgrade: websocket\n\
                         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n";
        send(&mut wire, handshake);
        assert_eq!(wire.head().unwrap().status(), 101);
        wire.write("ping");
        assert_eq!(wire.exactly(4), "ping");
    })
    .await;
}

#[tokio::test]
async fn a_backend_that_is_not_trusted_is_502() {
    let (backend, other) = (backend(&["h2"]).await, backend(&["h2"]).await);
    blocking(move || {
        let gateway = gateway(&backend, &other.certificate);
        assert_eq!(get(&gateway.address, "/my").0.status(), 502);
    })
    .await;
}

#[test]
fn without_trusted_roots_a_gateway_to_tls_does_not_start() {
    let folder = Folder::new();
    let roots = folder.path("roots.pem");
    std::fs::write(&roots, "").unwrap();
    let text = config("localhost:9", "").replace("http://", "https://");
    let mut command = program();
    command.arg("run").arg("--config").arg(folder.file(&text));
    command.env("SSL_CERT_FILE", roots);
    let (code, _, err) = finished(command);
    assert_eq!(code, 3);
    assert!(err.contains("no TLS to backends"), "{err}");
}
