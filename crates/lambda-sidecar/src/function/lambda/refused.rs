//! Credentials that AWS refuses: obtained anew once, and the call made again.

use std::future::Future;

use aws_credential_types::provider::error::CredentialsError;
use lambda_sidecar_core::FailureClass;

use super::{
    codes::is_refusal,
    credentials::SharedCredentials,
    sdk_error::{Told, credentials_error},
};
use crate::{InvocationError, function::causes::causes};

/// What a call with credentials can fail with.
pub(super) trait Refusable {
    /// There are none.
    fn no_credentials(error: CredentialsError) -> Self;

    /// Whether AWS refused the credentials, so that nothing was done.
    fn is_refusal(&self) -> bool;
}

impl Refusable for InvocationError {
    fn no_credentials(error: CredentialsError) -> Self {
        credentials_error(error)
    }

    fn is_refusal(&self) -> bool {
        self.class() == FailureClass::ServiceException && self.code().is_some_and(is_refusal)
    }
}

impl Refusable for CredentialsError {
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
    E: Refusable,
    F: Future<Output = Result<T, E>>,
{
    let used = credentials
        .get()
        .await
        .map_err(E::no_credentials)?
        .generation;
    let mut is_second = false;
    // One place that waits for the call: a future holds room for each.
    loop {
        let result = call().await;
        let is_refused = result.as_ref().is_err_and(E::is_refusal);
        if is_refused && is_second {
            credentials.refused_again();
        } else if is_refused && Box::pin(credentials.replace(used)).await {
            is_second = true;
            continue;
        }
        return result;
    }
}
