//! AWS as the demo knows it: a loopback address.

use std::net::SocketAddr;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_http_client::{
    Builder, HttpClientError,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};

/// Everything the SDK would otherwise look for in the environment, proxies included.
///
/// # Errors
///
/// Where the SDK's HTTP client cannot be made.
pub(super) fn settings(function: SocketAddr) -> Result<SdkConfig, HttpClientError> {
    let no_tls = TlsContext::builder().with_trust_store(TrustStore::empty());
    let direct = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(no_tls.build()?)
        .build_https();
    let credentials = Credentials::new("DEMO", "demo", None, None, "demo");
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(format!("http://{function}"))
        .http_client(direct)
        .build())
}
