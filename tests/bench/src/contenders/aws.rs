//! Where the function is.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

pub(crate) const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:authz";

/// The configuration of an application whose functions are at the far end.
pub(super) fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("AKIABENCH", "secret", None, None, "bench");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}
