//! One call over the SDK.

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_lambda::{operation::invoke::InvokeOutput, primitives::Blob, types::InvocationType};
use lambda_sidecar_core::{AwsFunction, Sidecar, Synchronicity, Target};

use super::{Clients, classify::call_error, client_context};
use crate::{Answer, Invocation, InvocationError};

impl Clients {
    pub(crate) async fn invoke(&self, invocation: Invocation) -> Result<Answer, InvocationError> {
        let function = function(&invocation.sidecar)?;
        let context = client_context::encoded(&invocation);
        let output = self
            .connected(&function.connection)
            .lambda
            .invoke()
            .function_name(&function.arn)
            .invocation_type(invocation_type(invocation.synchronicity()))
            .client_context(context)
            .payload(Blob::from_maybe_shared(invocation.payload))
            .send()
            .await
            .map_err(call_error)?;
        Ok(answer(output))
    }

    pub(crate) async fn warm_up(&self, sidecar: &Sidecar) -> Result<(), InvocationError> {
        let connection = &function(sidecar)?.connection;
        let credentials = self.connected(connection).credentials;
        match credentials.provide_credentials().await {
            Ok(_) => Ok(()),
            Err(error) => Err(InvocationError::credentials(error)),
        }
    }
}

pub(super) fn function(sidecar: &Sidecar) -> Result<&AwsFunction, InvocationError> {
    match sidecar.target() {
        Target::Aws(function) => Ok(function),
        _ => Err(InvocationError::connect(format!(
            "the function {} is a local one, not one of AWS Lambda",
            sidecar.name(),
        ))),
    }
}

fn invocation_type(synchronicity: Synchronicity) -> InvocationType {
    match synchronicity {
        Synchronicity::RequestResponse => InvocationType::RequestResponse,
        Synchronicity::Event => InvocationType::Event,
    }
}

pub(super) fn answer(output: InvokeOutput) -> Answer {
    Answer {
        status: u16::try_from(output.status_code).unwrap_or_default(),
        function_error: output.function_error,
        executed_version: output.executed_version,
        payload: output.payload.map(Blob::into_bytes).unwrap_or_default(),
    }
}
