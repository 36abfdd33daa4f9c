//! AWS configurations that lead to a stand-in.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;

/// An AWS configuration with everything said, so that nothing of the machine's own gets in.
pub async fn sdk_config(endpoint: &str, region: &str, key: &str, secret: &str) -> SdkConfig {
    let credentials = Credentials::new(key, secret, None, None, "the tests");
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(endpoint)
        .credentials_provider(credentials)
        .load()
        .await
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
