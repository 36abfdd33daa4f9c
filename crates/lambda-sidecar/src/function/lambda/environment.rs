//! The AWS configuration that environment and profile give, without a query to anybody.

use aws_config::{
    BehaviorVersion, SdkConfig, environment::EnvironmentVariableRegionProvider,
    meta::region::RegionProviderChain, profile::ProfileFileRegionProvider,
};
use aws_credential_types::provider::{
    self, ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
};
use tokio::sync::OnceCell;

/// What `aws-config` loads by default, but without querying the machine for a region that is not set.
pub(crate) async fn config() -> SdkConfig {
    let region = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new());
    aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .credentials_provider(DefaultCredentials::default())
        .load()
        .await
}

/// The SDK's default credentials, made when they are first needed: without a region, making them
/// alone queries the machine for its own.
#[derive(Debug, Default)]
struct DefaultCredentials(OnceCell<Option<SharedCredentialsProvider>>);

impl DefaultCredentials {
    async fn load(&self) -> provider::Result {
        let make = || async {
            let config = aws_config::defaults(BehaviorVersion::latest()).load().await;
            config.credentials_provider()
        };
        match self.0.get_or_init(make).await {
            Some(provider) => provider.provide_credentials().await,
            None => Err(CredentialsError::not_loaded_no_source()),
        }
    }
}

impl ProvideCredentials for DefaultCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.load())
    }
}
