//! One call over the SDK.

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_lambda::{primitives::Blob, types::InvocationType};
use lambda_sidecar_core::{Sidecar, Synchronicity};

use super::{
    client_context, clients::Clients, invoke_answer::InvokeAnswer, sdk_error::invocation_error,
    target::aws_function,
};
use crate::{Answer, Invocation, InvocationError};

pub(super) async fn invoke(
    clients: &Clients,
    invocation: Invocation,
) -> Result<Answer, InvocationError> {
    let function = aws_function(&invocation.sidecar)?;
    let synchronicity = invocation.synchronicity();
    let context = client_context::encoded(&invocation);
    let output = clients
        .connected(&function.connection)
        .lambda
        .invoke()
        .function_name(&function.arn)
        .invocation_type(invocation_type(synchronicity))
        .client_context(context)
        .payload(Blob::from_maybe_shared(invocation.payload))
        .send()
        .await
        .map_err(invocation_error)?;
    InvokeAnswer::from(output).into_answer(synchronicity)
}

/// Obtains the credentials for the sidecar's function.
pub(super) async fn warm_up(clients: &Clients, sidecar: &Sidecar) -> Result<(), InvocationError> {
    let connection = &aws_function(sidecar)?.connection;
    let credentials = clients.connected(connection).credentials;
    match credentials.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(error) => Err(InvocationError::credentials(error)),
    }
}

fn invocation_type(synchronicity: Synchronicity) -> InvocationType {
    match synchronicity {
        Synchronicity::RequestResponse => InvocationType::RequestResponse,
        Synchronicity::Event => InvocationType::Event,
    }
}
