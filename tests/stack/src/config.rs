//! AWS configurations that lead to a stand-in.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_types::{retry::RetryConfig, timeout::TimeoutConfig};
use lambda_sidecar_test_support::scripted::{SECRET_KEY, ScriptedAws};

/// An AWS configuration with everything said, so that nothing of the machine's own gets in.
///
/// What the SDK itself tries again, calls of STS and Parameter Store, it tries again at once.
pub async fn sdk_config(endpoint: &str, region: &str, key: &str, secret: &str) -> SdkConfig {
    let credentials = Credentials::new(key, secret, None, None, "the tests");
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(endpoint)
        .credentials_provider(credentials)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(10)))
        .load()
        .await
}

/// A configuration that leads to a scripted AWS.
pub async fn sdk_config_for(aws: &ScriptedAws) -> SdkConfig {
    sdk_config(&aws.endpoint(), "us-east-1", "AKIASCRIPTED", SECRET_KEY).await
}

/// The configuration of an application that has set these time-outs for its AWS calls.
pub async fn sdk_config_with(endpoint: &str, timeouts: TimeoutConfig) -> SdkConfig {
    let config = sdk_config(endpoint, "us-east-1", "AKIA", "secret").await;
    config.into_builder().timeout_config(timeouts).build()
}

/// The same for a process that has no credentials.
pub async fn sdk_config_without_credentials(endpoint: &str) -> SdkConfig {
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .no_credentials()
        .load()
        .await
}
