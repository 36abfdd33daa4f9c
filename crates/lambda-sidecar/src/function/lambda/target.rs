//! The function of AWS Lambda that a sidecar names.

use lambda_sidecar_core::{AwsFunction, Sidecar, Target};

use crate::InvocationError;

/// # Errors
///
/// The sidecar's function is of another kind.
pub(super) fn aws_function(sidecar: &Sidecar) -> Result<&AwsFunction, InvocationError> {
    match sidecar.target() {
        Target::Aws(function) => Ok(function),
        _ => Err(InvocationError::connect(format!(
            "the function {} is not one of AWS Lambda",
            sidecar.name(),
        ))),
    }
}
