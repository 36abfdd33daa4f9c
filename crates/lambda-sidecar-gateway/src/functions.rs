//! The functions that sidecars invoke.
//!
//! The only file that knows they are AWS Lambda's. Everything else holds [`Functions`] and [`Transport`] by
//! the names exported here, or is generic over the function service.

use std::net::SocketAddr;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_http_client::{
    Builder, HttpClientError,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
pub(crate) use lambda_sidecar::{
    AwsSettingsError, EventQueues, Functions, Transport, UnknownTransport, VerdictCache,
};
use tokio::sync::OnceCell;

/// What sidecars ask: the functions, and the cache of verdicts if one of them has verdicts kept. And what knows the
/// events that they send in the background.
#[derive(Debug)]
pub(crate) struct FunctionAccess {
    pub(crate) functions: Functions,
    pub(crate) cache: Option<VerdictCache>,
    pub(crate) events: EventQueues,
}

/// Where functions come from. It outlives a reload, and so do its connections.
#[derive(Debug)]
pub(crate) struct FunctionSource {
    shared: OnceCell<Functions>,
    of_environment: bool,
}

impl FunctionSource {
    /// AWS as the process's environment describes it. Nothing is looked up before the first use.
    pub(crate) fn from_environment() -> Self {
        Self {
            shared: OnceCell::new(),
            of_environment: true,
        }
    }

    /// A server at this address that speaks Lambda's API without TLS, whatever the environment says.
    ///
    /// # Errors
    ///
    /// If the SDK's HTTP client cannot be made.
    pub(crate) fn at_address(address: SocketAddr) -> Result<Self, HttpClientError> {
        let functions = Functions::new(&direct(address)?);
        Ok(Self {
            shared: OnceCell::new_with(Some(functions)),
            of_environment: false,
        })
    }

    /// The functions, invoked over this transport. Settings are taken the first time; later ones are looked at
    /// all the same, so that a reload does not leave a file behind with which the next start fails.
    ///
    /// # Errors
    ///
    /// The environment, or the profile, has settings that AWS cannot be called with.
    pub(crate) async fn functions(
        &self,
        transport: Transport,
    ) -> Result<Functions, AwsSettingsError> {
        if self.of_environment && self.shared.initialized() {
            Box::pin(Functions::try_from_env()).await?;
        }
        // Boxed for its size: it can mean starting the AWS SDK.
        let shared = self
            .shared
            .get_or_try_init(|| Box::pin(Functions::try_from_env()));
        Ok(shared.await?.clone().transport(transport))
    }

    /// Reads the process's own credentials again if they have been read.
    pub(crate) async fn read_credentials_again(&self) {
        if let Some(functions) = self.shared.get() {
            functions.read_credentials_again().await;
        }
    }
}

/// Everything the SDK would otherwise look for in the environment, proxies included.
fn direct(address: SocketAddr) -> Result<SdkConfig, HttpClientError> {
    let no_tls = TlsContext::builder().with_trust_store(TrustStore::empty());
    let client = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .tls_context(no_tls.build()?)
        .build_https();
    let credentials = Credentials::new("DEMO", "demo", None, None, "demo");
    Ok(SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(format!("http://{address}"))
        .http_client(client)
        .build())
}
