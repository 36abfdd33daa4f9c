//! Credentials that AWS refuses: obtained anew once, and the call made again.

use std::future::Future;

use aws_credential_types::provider::error::CredentialsError;
use lambda_sidecar_core::FailureClass;

use super::{
    credentials::SharedCredentials,
    sdk_error::{Told, credentials_error},
};
use crate::{InvocationError, function::classify::causes};

/// The codes by which Lambda, STS and Parameter Store say that credentials are not valid any more.
const REFUSED: [&str; 6] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    // What STS says of a secret key that is not the access key's.
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
];

/// Whether this code of an exception says that credentials are not valid any more.
pub(super) fn is_refusal(code: &str) -> bool {
    REFUSED.contains(&code)
}

/// Whether this text of an error of the SDK says so.
pub(super) fn tells_of_refusal(text: &str) -> bool {
    let unknown = text.strip_prefix("unhandled error (");
    let code = match unknown.and_then(|rest| rest.strip_suffix(')')) {
        Some(code) => code,
        None => text.split(':').next().unwrap_or_default(),
    };
    is_refusal(code)
}

/// What a call with credentials can fail with.
pub(super) trait Refusal {
    /// There are none.
    fn no_credentials(error: CredentialsError) -> Self;

    /// Whether AWS refused the credentials, so that nothing was done.
    fn is_refusal(&self) -> bool;
}

impl Refusal for InvocationError {
    fn no_credentials(error: CredentialsError) -> Self {
        credentials_error(error)
    }

    fn is_refusal(&self) -> bool {
        self.class() == FailureClass::ServiceException && self.code().is_some_and(is_refusal)
    }
}

impl Refusal for CredentialsError {
    fn no_credentials(error: Self) -> Self {
        error
    }

    fn is_refusal(&self) -> bool {
        let told = causes(self).find_map(|error| error.downcast_ref::<Told>());
        told.is_some_and(Told::is_refusal)
    }
}

/// Makes a call, and makes it again if AWS refuses the credentials and there are others.
///
/// # Errors
///
/// Those of the call, or that there are no credentials.
pub(super) async fn with_valid<T, E, F>(
    credentials: &SharedCredentials,
    call: impl Fn() -> F,
) -> Result<T, E>
where
    E: Refusal,
    F: Future<Output = Result<T, E>>,
{
    let used = credentials
        .get()
        .await
        .map_err(E::no_credentials)?
        .generation;
    match call().await {
        Err(error) if error.is_refusal() && credentials.replace(used).await => {
            let again = call().await;
            if again.as_ref().is_err_and(E::is_refusal) {
                credentials.refused_again();
            }
            again
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_known_by_its_code_and_not_by_what_a_message_says() {
        for code in REFUSED {
            assert!(tells_of_refusal(&format!("unhandled error ({code})")));
            assert!(tells_of_refusal(&format!("{code}: the token has expired")));
            assert!(tells_of_refusal(code));
            assert!(!tells_of_refusal(&format!("AccessDenied: {code}")));
            assert!(!tells_of_refusal(&format!("a role called {code}")));
        }
        for code in ["AccessDenied", "AccessDeniedException", "ExpiredTokens", ""] {
            assert!(!is_refusal(code), "{code}");
        }
    }
}
