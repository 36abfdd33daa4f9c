//! The HTTP client: one pool of HTTP/1.1 connections, with the SDK's settings for TLS and TCP.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use rustls::{CipherSuite, ClientConfig, RootCertStore, crypto::aws_lc_rs};
use tokio::net::TcpStream;
use tower_service::Service;

use crate::{
    BoxError, Resolver,
    function::{
        lambda::http::{IDLE, MAX_IDLE},
        resources::{RunOut, has_run_out},
    },
};

pub(super) type Client = legacy::Client<Connector, Full<Bytes>>;

/// The SDK's choice.
const CIPHER_SUITES: [CipherSuite; 7] = [
    CipherSuite::TLS13_AES_256_GCM_SHA384,
    CipherSuite::TLS13_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    CipherSuite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
];

/// The one client, made when it is first needed.
#[derive(Default)]
pub(super) struct SharedClient(OnceLock<Client>);

impl SharedClient {
    /// # Errors
    ///
    /// The TLS library has none of the usual protocol versions, or the process has run out of file descriptors.
    pub(super) fn get(
        &self,
        connect_timeout: Option<Duration>,
        resolver: &Resolver,
    ) -> Result<Client, BoxError> {
        if let Some(client) = self.0.get() {
            return Ok(client.clone());
        }
        let client = client(connect_timeout, resolver.clone())?;
        Ok(self.0.get_or_init(|| client).clone())
    }
}

fn client(connect_timeout: Option<Duration>, resolver: Resolver) -> Result<Client, BoxError> {
    let mut http = HttpConnector::new_with_resolver(resolver);
    http.set_nodelay(true);
    http.enforce_http(false);
    let connector = Connector {
        https: HttpsConnector::from((http, tls()?)),
        timeout: connect_timeout.unwrap_or(Duration::MAX),
    };
    Ok(legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(MAX_IDLE)
        .build(connector))
}

fn tls() -> Result<ClientConfig, BoxError> {
    let mut provider = aws_lc_rs::default_provider();
    provider
        .cipher_suites
        .retain(|known| CIPHER_SUITES.contains(&known.suite()));
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    let (usable, _) = roots.add_parsable_certificates(native.certs);
    // Such a client is kept, so it must not be made while files cannot be opened.
    if usable == 0 && native.errors.iter().any(|error| has_run_out(error)) {
        return Err(RunOut.into());
    }
    if usable == 0 {
        tracing::warn!("no root certificates found: TLS will fail");
    }
    Ok(ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// Connects within a time, TLS included.
#[derive(Clone)]
pub(super) struct Connector {
    https: HttpsConnector<HttpConnector<Resolver>>,
    timeout: Duration,
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<TokioIo<TcpStream>>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = tokio::time::timeout(self.timeout, self.https.call(uri));
        Box::pin(async move { connecting.await? })
    }
}
