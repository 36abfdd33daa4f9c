//! The AWS configuration that environment and profile give, without a query to anybody.

use std::env;

use aws_config::{
    BehaviorVersion, ConfigLoader, Region, SdkConfig, meta::region::RegionProviderChain,
    profile::ProfileFileRegionProvider,
};
use aws_credential_types::{
    credential_fn::provide_credentials_fn,
    provider::{
        self, ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
    },
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio::sync::OnceCell;

use super::{
    http::by_settings,
    settings::{AwsSettingsError, check_environment, check_loaded},
};
use crate::Resolver;

/// What `aws-config` loads by default, but without querying the machine for a region that is not set.
///
/// # Errors
///
/// Some setting cannot be used.
pub(super) async fn config(resolver: &Resolver) -> Result<SdkConfig, AwsSettingsError> {
    check_environment()?;
    let region = RegionProviderChain::first_try(region_of_environment())
        .or_else(ProfileFileRegionProvider::new());
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .credentials_provider(DefaultCredentials::new(resolver.clone()));
    let mut config = load(loader).await?;
    if config.endpoint_url() == Some("") {
        let mut builder = config.into_builder();
        builder.set_endpoint_url(None);
        config = builder.build();
    }
    check_loaded(&config)?;
    Ok(config)
}

/// The configuration of a process that cannot call AWS: every call fails for want of credentials, and says why.
pub(super) fn unusable(error: &AwsSettingsError) -> SdkConfig {
    let reason = error.to_string();
    let provider = provide_credentials_fn(move || {
        let reason = reason.clone();
        async move { Err(CredentialsError::invalid_configuration(reason)) }
    });
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .build()
}

/// The SDK takes an empty variable for a region.
fn region_of_environment() -> Option<Region> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .into_iter()
        .filter_map(|name| env::var(name).ok())
        .find(|region| !region.is_empty())
        .map(Region::new)
}

/// In a task of its own: the SDK panics if a profile says that there are no attempts, and nothing else tells.
async fn load(loader: ConfigLoader) -> Result<SdkConfig, AwsSettingsError> {
    let loaded = tokio::spawn(async { loader.load().await }).await;
    loaded.map_err(|_| {
        AwsSettingsError::new("`max_attempts` or `retry_mode` of the profile cannot be used")
    })
}

/// The SDK's default credentials, looked for anew at each refresh: the SDK keeps what it has read of files. They are
/// made when they are first needed, since without a region, making them alone queries the machine for its own.
#[derive(Debug)]
struct DefaultCredentials {
    resolver: Resolver,
    http: OnceCell<SharedHttpClient>,
    region: OnceCell<Option<Region>>,
}

impl DefaultCredentials {
    fn new(resolver: Resolver) -> Self {
        Self {
            resolver,
            http: OnceCell::new(),
            region: OnceCell::new(),
        }
    }

    async fn load(&self) -> provider::Result {
        let by_settings = || async { by_settings(self.resolver.clone()) };
        let http = self.http.get_or_init(by_settings).await;
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
        if let Some(region) = self.region.get() {
            loader = loader.region(region.clone());
        } else if let Some(region) = region_of_environment() {
            loader = loader.region(region);
        }
        let config = load(loader)
            .await
            .map_err(CredentialsError::invalid_configuration)?;
        let _ = self.region.set(config.region().cloned());
        match config.credentials_provider() {
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
