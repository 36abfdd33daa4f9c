//! One call over the SDK.

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_lambda::{Client, primitives::Blob, types::InvocationType};
use lambda_sidecar_core::{Sidecar, Synchronicity};

use super::{
    client_context,
    clients::Clients,
    execution_name::execution_name,
    invoke_answer::InvokeAnswer,
    refused::with_valid,
    retry::{Attempted, ROUNDS, was_not_taken},
    sdk_error::{credentials_error, invocation_error},
    target::aws_function,
};
use crate::{Answer, Invocation, InvocationError};

pub(super) async fn invoke(
    clients: &Clients,
    invocation: &Invocation,
) -> Result<Answer, InvocationError> {
    let function = aws_function(&invocation.sidecar)?;
    let connected = clients.connected(&function.connection);
    with_valid(&connected.credentials, || {
        invoke_once(&connected.lambda, &function.arn, invocation)
    })
    .await
}

async fn invoke_once(
    lambda: &Client,
    function: &str,
    invocation: &Invocation,
) -> Result<Answer, InvocationError> {
    let synchronicity = invocation.synchronicity();
    let mut round = 1;
    loop {
        let output = lambda
            .invoke()
            .function_name(function)
            .invocation_type(invocation_type(synchronicity))
            .client_context(client_context::encoded(invocation))
            .set_tenant_id(invocation.tenant_id.as_deref().map(str::to_owned))
            .set_durable_execution_name(execution_name(invocation))
            .payload(Blob::from_maybe_shared(invocation.payload.clone()))
            .send();
        let output = Attempted::new(invocation).over_sdk(output).await;
        match output {
            Ok(output) => return InvokeAnswer::from(output).into_answer(synchronicity),
            Err(error) if round < ROUNDS && was_not_taken(&error) => round += 1,
            Err(error) => return Err(invocation_error(error)),
        }
    }
}

/// Obtains the credentials for the sidecar's function.
pub(super) async fn warm_up(clients: &Clients, sidecar: &Sidecar) -> Result<(), InvocationError> {
    let connection = &aws_function(sidecar)?.connection;
    let credentials = clients.connected(connection).credentials;
    match credentials.provide_credentials().await {
        Ok(_) => Ok(()),
        Err(error) => Err(credentials_error(error)),
    }
}

fn invocation_type(synchronicity: Synchronicity) -> InvocationType {
    match synchronicity {
        Synchronicity::RequestResponse => InvocationType::RequestResponse,
        Synchronicity::Event => InvocationType::Event,
    }
}
