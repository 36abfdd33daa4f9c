//! The credentials of an assumed role: what one refresh does.

use std::fmt;

use aws_config::{SdkConfig, sts::AssumeRoleProvider};
use aws_credential_types::provider::{self, ProvideCredentials, error::CredentialsError, future};
use aws_sdk_ssm::{error::SdkError, operation::get_parameter::GetParameterError};
use lambda_sidecar_core::AssumedRole;
use tracing::{Dispatch, instrument::WithSubscriber as _};

use super::{
    credentials::SharedCredentials, denial::shown_without, refused::with_valid, sdk_error::Told,
};

/// Reads the external id and assumes the role, at each call;
/// [`SharedCredentials`](super::credentials::SharedCredentials) keeps what it brings.
///
/// The external id is a secret. It lives as long as one refresh, and nothing that could show it
/// leaves this file: of errors remain their codes, and who may not do what.
pub(super) struct RoleProvider {
    role: AssumedRole,
    sts: SdkConfig,
    parameters: aws_sdk_ssm::Client,
    /// What STS and Parameter Store are called with.
    own: SharedCredentials,
}

impl RoleProvider {
    /// STS is called in `region`, Parameter Store in the process's own, with the process's own
    /// credentials; `config` has both.
    pub(super) fn new(
        role: AssumedRole,
        own: SharedCredentials,
        config: &SdkConfig,
        region: &SdkConfig,
    ) -> Self {
        let parameters = if config.region().is_some() {
            config
        } else {
            region
        };
        Self {
            role,
            own,
            sts: region.clone(),
            parameters: aws_sdk_ssm::Client::new(parameters),
        }
    }

    async fn assume(&self) -> provider::Result {
        let external_id = self.external_id().await?;
        let text_of = |text: &str| format!("AssumeRole of {}: {text}", self.role.arn);
        let credentials = AssumeRoleProvider::builder(&self.role.arn)
            .configure(&self.sts)
            .session_name(&self.role.session_name)
            .session_length(self.role.duration)
            .external_id(&external_id)
            .build()
            .await
            .provide_credentials()
            .await
            .map_err(|error| {
                let text = text_of(&shown_without(&error, &external_id));
                CredentialsError::provider_error(Told::new(text, &error))
            })?;
        // Of an answer that breaks off the SDK makes credentials with empty parts.
        if credentials.access_key_id().is_empty() || credentials.secret_access_key().is_empty() {
            let text = text_of("the answer holds no credentials");
            return Err(CredentialsError::provider_error(Told::from(&*text)));
        }
        Ok(credentials)
    }

    async fn external_id(&self) -> Result<String, CredentialsError> {
        let name = &self.role.external_id_key;
        let text_of = |text: &str| format!("GetParameter of {name}: {text}");
        let answer = self
            .parameters
            .get_parameter()
            .name(name)
            .with_decryption(true)
            .send()
            .await
            .map_err(|error| {
                let text = text_of(&refusal(&error));
                CredentialsError::provider_error(Told::new(text, &error))
            })?;
        let value = answer.parameter.and_then(|parameter| parameter.value);
        // It would be sent to STS in vain.
        value.filter(|value| is_external_id(value)).ok_or_else(|| {
            let text = text_of("its value cannot be an external id");
            CredentialsError::provider_error(Told::from(&*text))
        })
    }
}

/// What Parameter Store's error says, but nothing of an answer that holds the parameter.
fn refusal(error: &SdkError<GetParameterError>) -> String {
    match error {
        SdkError::ResponseError(_) => "the answer could not be read".into(),
        // There is no external id yet that it could show.
        error => shown_without(error, ""),
    }
}

/// What STS takes as one: 2 to 1,224 letters, digits and `_+=,.@:/-`.
fn is_external_id(value: &str) -> bool {
    (2..=1224).contains(&value.len())
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte))
}

impl ProvideCredentials for RoleProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        // The SDK traces requests, and warns of refusals with STS's message: not with this secret.
        let assuming = with_valid(&self.own, || self.assume());
        let silently = assuming.with_subscriber(Dispatch::none());
        future::ProvideCredentials::new(silently)
    }
}

impl fmt::Debug for RoleProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoleProvider")
            .field("role", &self.role.arn)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::is_external_id;

    #[test]
    fn an_external_id_is_what_sts_takes_as_one() {
        for good in [
            "ab",
            "external-id-1",
            "a+b=c,d.e@f:g/h_i-J",
            &"x".repeat(1224),
        ] {
            assert!(is_external_id(good), "{good}");
        }
        for bad in ["", "a", "with blank", "line\n", "ümlaut", &"x".repeat(1225)] {
            assert!(!is_external_id(bad), "{bad}");
        }
    }
}
