//! The connections to the backends.

use std::{io, sync::OnceLock, time::Duration};

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, ResponseFuture, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use lambda_sidecar::{Resolver, SidecarBody};

use super::{header_list, outbox::PIECE, wire_body::WireBody};

/// What a backend is sent.
pub(super) type RequestBody = SidecarBody<WireBody>;

type Connector = HttpConnector<Resolver>;

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
    resolver: Resolver,
    plain: Client<Connector, RequestBody>,
    plain_http2: Client<Connector, RequestBody>,
    tls: OnceLock<TlsClients>,
}

#[derive(Debug, Clone)]
struct TlsClients {
    negotiated: Client<HttpsConnector<Connector>, RequestBody>,
    http1: Client<HttpsConnector<Connector>, RequestBody>,
}

impl Backends {
    /// `max_headers` bounds the head and the trailers of an answer, in bytes.
    pub(crate) fn new(max_headers: u32, resolver: Resolver) -> Self {
        Self {
            max_headers,
            plain: client_builder(max_headers).build(connector(&resolver)),
            plain_http2: client_builder(max_headers)
                .http2_only(true)
                .build(connector(&resolver)),
            resolver,
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
                        .wrap_connector(connector(&self.resolver)),
                ),
                http1: client_builder(self.max_headers).build(
                    tls_builder()?
                        .enable_http1()
                        .wrap_connector(connector(&self.resolver)),
                ),
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

fn connector(resolver: &Resolver) -> Connector {
    let mut connector = HttpConnector::new_with_resolver(resolver.clone());
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

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
        thread,
    };

    use http::{Request, StatusCode};
    use lambda_sidecar_test_support::names::{NameServer, Say};

    use super::{super::wire_body::WireBody, *};

    /// A backend that answers every request with 200, on a connection of its own. Its port.
    fn backend() -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
                stream.write_all(answer).unwrap();
            }
        });
        port
    }

    fn get(backends: &Backends, uri: &str) -> ResponseFuture {
        let body = SidecarBody::passing(WireBody::none());
        let request = Request::get(uri).body(body).unwrap();
        backends.send(request, false, Protocol::Any).unwrap()
    }

    #[tokio::test]
    async fn a_silent_name_server_holds_up_no_backend_but_its_own() {
        let server = NameServer::scripted(|asked| match asked.name.as_str() {
            "silent.test" => Say::Nothing,
            _ => Say::Addresses(vec![[127, 0, 0, 1].into()]),
        });
        let backends = Backends::new(64 * 1024, Resolver::from_name_servers([server.address]));
        let waiting: Vec<_> = (0..600)
            .map(|_| tokio::spawn(get(&backends, "http://silent.test/")))
            .collect();
        server.until_asked().await;
        let port = backend();
        for host in ["backend.test", "localhost", "127.0.0.1"] {
            let answer = get(&backends, &format!("http://{host}:{port}/")).await;
            assert_eq!(answer.unwrap().status(), StatusCode::OK, "{host}");
        }
        assert!(waiting.iter().all(|call| !call.is_finished()));
    }
}
