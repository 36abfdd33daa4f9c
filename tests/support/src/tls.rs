//! TLS for servers of tests, with a certificate that nobody else has signed.

use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer},
};

/// A server's side of TLS.
pub struct Tls {
    /// Takes connections in.
    pub acceptor: TlsAcceptor,
    /// What has to be trusted to talk to it, as PEM.
    pub certificate: String,
}

impl Tls {
    /// For `localhost` and 127.0.0.1, with these protocols to choose from (ALPN), the preferred one first.
    pub fn new(protocols: &[&str]) -> Self {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let mut server =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![cert.der().clone()], key)
                .unwrap();
        let protocols = protocols.iter().map(|name| name.as_bytes().to_vec());
        server.alpn_protocols = protocols.collect();
        Self {
            acceptor: TlsAcceptor::from(Arc::new(server)),
            certificate: cert.pem(),
        }
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}
