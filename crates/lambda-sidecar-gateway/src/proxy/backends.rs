//! The connections to the backends.

use std::{io, sync::OnceLock, time::Duration};

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, ResponseFuture, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use lambda_sidecar::SidecarBody;

use super::{header_list, outbox::PIECE, wire_body::WireBody};

/// What a backend is sent.
pub(super) type RequestBody = SidecarBody<WireBody>;

/// How much of an answer over HTTP/2 is taken from a backend before it is wanted.
const STREAM_WINDOW: u32 = 128 * 1024;
/// Room for as many answers that nobody reads as one connection carries: no answer waits for another's reader.
const CONNECTION_WINDOW: u32 = 256 * STREAM_WINDOW;

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
    max_headers: u32,
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
    /// `max_headers` bounds the head and the trailers of an answer, in bytes.
    pub(crate) fn new(max_headers: u32) -> Self {
        Self {
            max_headers,
            plain: client_builder(max_headers).build(connector()),
            plain_http2: client_builder(max_headers)
                .http2_only(true)
                .build(connector()),
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
                negotiated: client_builder(self.max_headers).build(
                    tls_builder()?
                        .enable_all_versions()
                        .wrap_connector(connector()),
                ),
                http1: client_builder(self.max_headers)
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

fn client_builder(max_headers: u32) -> hyper_util::client::legacy::Builder {
    let mut builder = Client::builder(TokioExecutor::new());
    builder
        .pool_timer(TokioTimer::new())
        .timer(TokioTimer::new())
        .http1_max_buf_size(PIECE.max(max_headers as usize))
        .http2_initial_stream_window_size(STREAM_WINDOW)
        .http2_initial_connection_window_size(CONNECTION_WINDOW)
        // What is longer is cut in silence. The body's reader refuses trailers before they are.
        .http2_max_header_list_size(max_headers.saturating_mul(header_list::READ_OF_ANSWERS));
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
