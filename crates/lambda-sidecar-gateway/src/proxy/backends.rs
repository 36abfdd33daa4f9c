//! The connections to the backends.

use std::{io, sync::OnceLock, time::Duration};

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, ResponseFuture, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use lambda_sidecar::SidecarBody;

use super::wire_body::WireBody;

/// What a backend is sent.
pub(super) type RequestBody = SidecarBody<WireBody>;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What a connection has to be able to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// Whatever serves best: HTTP/1.1 without TLS, with TLS what the backend prefers.
    Any,
    /// HTTP/1.1, for an upgrade.
    Http1,
    /// HTTP/2, for gRPC: known beforehand without TLS, negotiated with it.
    Http2,
}

/// One pool for every protocol, for all backends of the process; it outlives a reload.
#[derive(Debug)]
pub(crate) struct Backends {
    plain: Client<HttpConnector, RequestBody>,
    plain_http2: Client<HttpConnector, RequestBody>,
    tls: OnceLock<TlsClients>,
}

#[derive(Debug, Clone)]
struct TlsClients {
    negotiated: Client<HttpsConnector<HttpConnector>, RequestBody>,
    http1: Client<HttpsConnector<HttpConnector>, RequestBody>,
}

impl Backends {
    pub(crate) fn new() -> Self {
        Self {
            plain: client_builder().build(connector()),
            plain_http2: client_builder().http2_only(true).build(connector()),
            tls: OnceLock::new(),
        }
    }

    /// Reads the system's trusted roots, once; needed before the first `https` backend.
    ///
    /// # Errors
    ///
    /// When there are none.
    pub(crate) fn prepare_tls(&self) -> io::Result<()> {
        if self.tls.get().is_none() {
            let clients = TlsClients {
                negotiated: client_builder().build(
                    tls_builder()?
                        .enable_all_versions()
                        .wrap_connector(connector()),
                ),
                http1: client_builder()
                    .build(tls_builder()?.enable_http1().wrap_connector(connector())),
            };
            // Whoever was first has made the same.
            let _ = self.tls.set(clients);
        }
        Ok(())
    }

    /// Sends a request whose target is `https`, or not. None if TLS was not prepared.
    pub(super) fn send(
        &self,
        request: http::Request<RequestBody>,
        https: bool,
        protocol: Protocol,
    ) -> Option<ResponseFuture> {
        if !https {
            return Some(match protocol {
                Protocol::Http2 => self.plain_http2.request(request),
                Protocol::Any | Protocol::Http1 => self.plain.request(request),
            });
        }
        let tls = self.tls.get()?;
        Some(match protocol {
            Protocol::Http1 => tls.http1.request(request),
            Protocol::Any | Protocol::Http2 => tls.negotiated.request(request),
        })
    }
}

fn client_builder() -> hyper_util::client::legacy::Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new());
    builder
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    connector
}

fn tls_builder() -> io::Result<HttpsConnectorBuilder<hyper_rustls::builderstates::WantsProtocols1>>
{
    let builder = HttpsConnectorBuilder::new().with_native_roots()?;
    Ok(builder.https_only())
}
