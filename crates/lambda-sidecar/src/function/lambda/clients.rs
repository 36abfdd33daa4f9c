//! Which client calls which sidecar's function.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig, identity::IdentityCache};
use aws_credential_types::{
    credential_fn::provide_credentials_fn,
    provider::{SharedCredentialsProvider, error::CredentialsError},
};
use aws_sdk_lambda::{
    Client,
    config::{SharedInterceptor, StalledStreamProtectionConfig},
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::sdk_config::SharedTimeSource;
use lambda_sidecar_core::{AssumedRole, Connection};

use super::{
    credentials::SharedCredentials,
    http::{Bounded, pool},
    retry::{self, INVOKE_TIMEOUT},
    sdk_error::Told,
};
use crate::Resolver;

/// As in the SDK; written down so that it is the same for all clients.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3100);

/// For one attempt at STS or Parameter Store, which the SDK tries again.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// One client for each distinct connection, made when it is first needed and kept.
pub(super) struct Clients {
    /// With the connection pool and the process's own credentials, shared by everything.
    pub(super) config: SdkConfig,
    /// The pool, without a bound for answers.
    http: SharedHttpClient,
    /// Whether the HTTP client is the application's.
    pub(super) foreign_http: bool,
    own: SharedCredentials,
    /// For every name that is called.
    pub(super) resolver: Resolver,
    connected: RwLock<HashMap<Arc<Connection>, Connected>>,
}

/// A client and the credentials it uses.
#[derive(Clone)]
pub(super) struct Connected {
    pub(super) lambda: Client,
    pub(super) credentials: SharedCredentials,
}

impl Clients {
    /// Calls nothing.
    pub(super) fn new(config: &SdkConfig, resolver: Resolver) -> Self {
        let clock = config.time_source().unwrap_or_default();
        let own = own_credentials(config, clock.clone());
        let timeouts = timeouts(config);
        let foreign_http = config.http_client().is_some();
        let http = config
            .http_client()
            .unwrap_or_else(|| pool(timeouts.connect_timeout(), &resolver));
        let behavior = config
            .behavior_version()
            .unwrap_or_else(BehaviorVersion::latest);
        let config = config
            .clone()
            .into_builder()
            .behavior_version(behavior)
            .time_source(clock)
            .timeout_config(timeouts)
            .http_client(Bounded(http.clone()))
            .credentials_provider(SharedCredentialsProvider::new(own.clone()))
            .identity_cache(IdentityCache::no_cache())
            .build();
        Self {
            config,
            http,
            foreign_http,
            own,
            resolver,
            connected: RwLock::default(),
        }
    }

    /// Reads the process's own credentials again if they have been read.
    pub(super) async fn read_credentials_again(&self) {
        self.own.read_again().await;
    }

    pub(super) fn connected(&self, connection: &Arc<Connection>) -> Connected {
        let connected = self
            .connected
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(connected) = connected.get(connection) {
            return connected.clone();
        }
        drop(connected);
        let mut connected = self
            .connected
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        connected
            .entry(Arc::clone(connection))
            .or_insert_with(|| self.connect(connection))
            .clone()
    }

    fn connect(&self, connection: &Connection) -> Connected {
        let config = self
            .config
            .clone()
            .into_builder()
            .region(Region::new(connection.region.clone()))
            .build();
        let credentials = match &connection.role {
            None => self.own.clone(),
            Some(role) => SharedCredentials::new(
                &role.arn,
                role_provider(role, &self.own, &self.config, &config),
                config.time_source().unwrap_or_default(),
            ),
        };
        Connected {
            lambda: lambda(&config, credentials.clone(), self.http.clone()),
            credentials,
        }
    }
}

fn own_credentials(config: &SdkConfig, clock: SharedTimeSource) -> SharedCredentials {
    let provider = config.credentials_provider().unwrap_or_else(|| {
        SharedCredentialsProvider::new(provide_credentials_fn(|| async {
            Err(CredentialsError::not_loaded(Told::from(
                "the AWS configuration has no credentials provider",
            )))
        }))
    });
    SharedCredentials::new("process", provider, clock)
}

#[cfg(feature = "parameter-store")]
fn role_provider(
    role: &AssumedRole,
    own: &SharedCredentials,
    config: &SdkConfig,
    region: &SdkConfig,
) -> SharedCredentialsProvider {
    use super::assume_role::RoleProvider;
    let provider = RoleProvider::new(role.clone(), own.clone(), config, region);
    SharedCredentialsProvider::new(provider)
}

#[cfg(not(feature = "parameter-store"))]
fn role_provider(
    _: &AssumedRole,
    _: &SharedCredentials,
    _: &SdkConfig,
    _: &SdkConfig,
) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(provide_credentials_fn(|| async {
        Err(CredentialsError::invalid_configuration(Told::from(
            "assuming a role needs the cargo feature `parameter-store` of lambda-sidecar",
        )))
    }))
}

/// What the application set, else ours.
fn timeouts(config: &SdkConfig) -> TimeoutConfig {
    let ours = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let mut timeouts = config
        .timeout_config()
        .cloned()
        .unwrap_or_else(|| TimeoutConfig::builder().build());
    timeouts.take_defaults_from(&ours);
    timeouts
}

fn lambda(config: &SdkConfig, credentials: SharedCredentials, http: SharedHttpClient) -> Client {
    // What is not said here is taken over from the configuration, and a function may be slower than
    // whatever else the application calls.
    let mut timeouts = TimeoutConfig::builder()
        .operation_timeout(INVOKE_TIMEOUT)
        .disable_operation_attempt_timeout()
        .disable_read_timeout();
    timeouts.set_connect_timeout(
        config
            .timeout_config()
            .and_then(TimeoutConfig::connect_timeout),
    );
    let mut builder = aws_sdk_lambda::config::Builder::from(config);
    // One that cannot be switched off: the SDK need not look up at every hook of a call whether it was.
    builder.push_interceptor(SharedInterceptor::permanent(Bounded(())));
    let config = builder
        .http_client(http)
        .credentials_provider(credentials.clone())
        .identity_cache(credentials)
        .timeout_config(timeouts.build())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(retry::config())
        .retry_partition(retry::partition())
        .retry_classifier(retry::OnlyIfNotRun)
        .build();
    Client::from_conf(config)
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").finish_non_exhaustive()
    }
}
