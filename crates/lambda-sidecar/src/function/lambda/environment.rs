//! The AWS configuration that environment and profile give, without a query to anybody. An empty variable is an unset
//! one, which it is not for the SDK.

use std::env;

use aws_config::{
    BehaviorVersion, ConfigLoader, Region, SdkConfig,
    meta::region::RegionProviderChain,
    profile::{ProfileFileRegionProvider, ProfileSet},
    retry::{RetryConfig, RetryMode},
};
use aws_credential_types::{
    credential_fn::provide_credentials_fn,
    provider::{
        self, ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future,
    },
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use tokio::sync::OnceCell;
use tracing::{Dispatch, instrument::WithSubscriber as _};

use super::{
    http::by_settings,
    sdk_error::Told,
    settings::{AwsSettingsError, check_loaded, check_settings, has_unread_certificates},
};
use crate::Resolver;

/// What `aws-config` loads by default, but without querying the machine for a region that is not set.
///
/// # Errors
///
/// Some setting cannot be used.
pub(super) async fn config(resolver: &Resolver) -> Result<SdkConfig, AwsSettingsError> {
    let region = RegionProviderChain::first_try(region_of_environment())
        .or_else(ProfileFileRegionProvider::new());
    let loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region)
        .credentials_provider(DefaultCredentials::new(resolver.clone()));
    let config = load(loader).await?;
    let region = config.region().filter(|region| !region.as_ref().is_empty());
    let config = config
        .clone()
        .into_builder()
        .region(region.cloned())
        .service_config(WithoutEmpty(config.clone()))
        .build();
    check_loaded(&config)?;
    if has_unread_certificates() {
        tracing::warn!(
            "AWS_CA_BUNDLE is not read: SSL_CERT_FILE names a file of root certificates"
        );
    }
    Ok(config)
}

/// The configuration of a process that cannot call AWS: every call fails for want of credentials, and says why.
pub(super) fn unusable(error: &AwsSettingsError) -> SdkConfig {
    let reason = Told::from(&*error.to_string());
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

/// In a task of its own: the SDK panics of settings that it cannot use, should there be one that was not found before.
/// Its log lines show settings, secret ones too.
async fn load(loader: ConfigLoader) -> Result<SdkConfig, AwsSettingsError> {
    let profile = check_settings().await?;
    let loader = match has_empty_retries(&profile) {
        true => loader.retry_config(retries(&profile)),
        false => loader,
    };
    let loading = async { loader.load().await }.with_subscriber(Dispatch::none());
    let loaded = tokio::spawn(loading).await;
    loaded.map_err(|_| AwsSettingsError::new("the AWS SDK cannot use its settings"))
}

/// The variables and keys that the SDK panics of if they are empty.
const ATTEMPTS: (&str, &str) = ("AWS_MAX_ATTEMPTS", "max_attempts");
const MODE: (&str, &str) = ("AWS_RETRY_MODE", "retry_mode");

fn has_empty_retries(profile: &ProfileSet) -> bool {
    let is_empty = |(variable, key)| {
        env::var_os(variable).is_some_and(|value| value.is_empty()) || profile.get(key) == Some("")
    };
    is_empty(ATTEMPTS) || is_empty(MODE)
}

/// What else they say.
fn retries(profile: &ProfileSet) -> RetryConfig {
    let read = |(variable, key)| {
        let text = env::var(variable).ok().filter(|text| !text.is_empty());
        text.or_else(|| profile.get(key).map(str::to_owned))
    };
    let attempts = read(ATTEMPTS).and_then(|text| text.parse().ok());
    let mode = read(MODE).and_then(|text| text.parse().ok());
    let usual = RetryConfig::standard();
    let usual_attempts = usual.max_attempts();
    usual
        .with_max_attempts(attempts.unwrap_or(usual_attempts))
        .with_retry_mode(mode.unwrap_or(RetryMode::Standard))
}

/// What environment and profile say of single services.
#[derive(Debug)]
struct WithoutEmpty(SdkConfig);

impl LoadServiceConfig for WithoutEmpty {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let value = self.0.service_config()?.load_config(key)?;
        (!value.is_empty()).then_some(value)
    }
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
            Some(provider) => {
                let credentials = provider.provide_credentials();
                credentials.with_subscriber(Dispatch::none()).await
            }
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
