//! A function on AWS Lambda's own run time for Rust.

use std::{fmt, future::Future};

use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};

use crate::{
    envelope::Envelope,
    verdict::{Reply, VerdictError},
};

/// Runs a function: calls the handler with each envelope, and answers with its verdict: a
/// [`Verdict`](crate::Verdict), a [`Modify`](crate::Modify), a [`Terminate`](crate::Terminate) or a [`Reply`].
///
/// An error of the handler is a function error: AWS Lambda reports its type and text, and the sidecar
/// answers the client 502 with both, unless it is fail-safe. So is a panic, and an event that is no
/// envelope. The type is that of the error, unless its conversion to [`Diagnostic`] gives another.
///
/// The same handler is a closure of the crate `lambda-sidecar`: `LocalFunction::new(answer)`.
///
/// A handler that needs AWS Lambda's own context (deadline, request id) uses
/// [`lambda_runtime::run`] with a `LambdaEvent<Envelope>`; both types are made for it.
///
/// ```no_run
/// use lambda_sidecar_function::{Envelope, Modify, Verdict, VerdictError, lambda_runtime, run};
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), lambda_runtime::Error> {
///     run(answer).await
/// }
///
/// async fn answer(envelope: Envelope) -> Result<Verdict, VerdictError> {
///     let tier = envelope.eav("tier").unwrap_or("free");
///     Ok(Modify::new().header("x-tier", tier)?.into())
/// }
/// ```
///
/// # Errors
///
/// The Runtime API cannot be reached.
///
/// # Panics
///
/// The environment variables of the Runtime API are missing: neither AWS Lambda nor a program that acts for
/// it started the process.
pub async fn run<F, Fut, V, E>(handler: F) -> Result<(), Error>
where
    F: Fn(Envelope) -> Fut,
    Fut: Future<Output = Result<V, E>>,
    V: Into<Reply>,
    E: Into<Diagnostic> + fmt::Debug,
{
    lambda_runtime::run(service_fn(|event: LambdaEvent<Envelope>| {
        let verdict = handler(event.payload);
        async { verdict.await.map(Into::<Reply>::into) }
    }))
    .await
}

impl From<VerdictError> for Diagnostic {
    fn from(error: VerdictError) -> Self {
        Self {
            error_type: "VerdictError".into(),
            error_message: error.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_error_reaches_the_client_under_its_own_name() {
        let diagnostic = Diagnostic::from(VerdictError::Status(199));
        assert_eq!(diagnostic.error_type, "VerdictError");
        let message = "status 199 is not within 200 to 599";
        assert_eq!(diagnostic.error_message, message);
    }
}
