//! Who calls AWS, and where it is.

use std::fmt;

use aws_config::SdkConfig;

use crate::config::sdk_config;

/// What an application or a gateway has to know to call AWS.
#[derive(Clone)]
pub struct Access {
    /// The endpoint of all services.
    pub endpoint: String,
    /// The region.
    pub region: String,
    /// The access key.
    pub access_key_id: String,
    /// The secret of the access key.
    pub(crate) secret_access_key: String,
}

impl Access {
    /// The same at another endpoint, which passes calls on for instance.
    #[must_use]
    pub fn at(&self, endpoint: &str) -> Self {
        let endpoint = endpoint.to_owned();
        Self {
            endpoint,
            ..self.clone()
        }
    }

    /// Somebody who knows the access key but not its secret.
    #[must_use]
    pub fn with_wrong_secret(&self) -> Self {
        Self {
            secret_access_key: "not-the-secret".into(),
            ..self.clone()
        }
    }

    /// As an application has it.
    pub async fn sdk_config(&self) -> SdkConfig {
        let (key, secret) = (&self.access_key_id, &self.secret_access_key);
        sdk_config(&self.endpoint, &self.region, key, secret).await
    }

    /// As a process has it: all of its environment, so that nothing of the machine's own gets in.
    pub(crate) fn environment(&self) -> [(&'static str, &str); 7] {
        [
            ("AWS_ENDPOINT_URL", &self.endpoint),
            ("AWS_REGION", &self.region),
            ("AWS_ACCESS_KEY_ID", &self.access_key_id),
            ("AWS_SECRET_ACCESS_KEY", &self.secret_access_key),
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}
