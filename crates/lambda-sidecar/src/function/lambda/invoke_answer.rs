//! AWS's status and headers as an answer of a function.

use aws_sdk_lambda::{operation::invoke::InvokeOutput, primitives::Blob};
use bytes::Bytes;
use lambda_sidecar_core::Synchronicity;

use crate::{Answer, InvocationError};

/// An answer of AWS Lambda that is no exception.
pub(super) struct InvokeAnswer {
    pub(super) status: u16,
    /// The value of `X-Amz-Function-Error`.
    pub(super) function_error: Option<String>,
    /// The value of `X-Amz-Executed-Version`.
    pub(super) version: Option<String>,
    pub(super) payload: Bytes,
}

impl InvokeAnswer {
    /// What it says of the function.
    ///
    /// # Errors
    ///
    /// A status other than 200 and 202.
    pub(super) fn into_answer(
        self,
        synchronicity: Synchronicity,
    ) -> Result<Answer, InvocationError> {
        if !matches!(self.status, 200 | 202) {
            let source = "AWS Lambda answers an invocation with 200 or 202";
            return Err(InvocationError::service(self.status, None, source));
        }
        let answer = match (self.function_error, synchronicity) {
            (Some(kind), _) => Answer::failed(kind, self.payload),
            (None, Synchronicity::RequestResponse) => Answer::ok(self.payload),
            (None, Synchronicity::Event) => Answer::accepted(),
        };
        Ok(answer.version(self.version))
    }
}

impl From<InvokeOutput> for InvokeAnswer {
    fn from(output: InvokeOutput) -> Self {
        Self {
            status: u16::try_from(output.status_code).unwrap_or_default(),
            function_error: output.function_error,
            version: output.executed_version,
            payload: output.payload.map(Blob::into_bytes).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use lambda_sidecar_core::FailureClass;

    use super::*;

    fn answer(status: u16, function_error: Option<&str>) -> InvokeAnswer {
        InvokeAnswer {
            status,
            function_error: function_error.map(str::to_owned),
            version: Some("7".into()),
            payload: "{}".into(),
        }
    }

    #[test]
    fn a_status_of_200_or_202_is_an_answer() {
        for status in [200, 202] {
            let got = answer(status, None).into_answer(Synchronicity::RequestResponse);
            assert_eq!(got.unwrap(), Answer::ok("{}").version("7".to_owned()));
            let got = answer(status, None).into_answer(Synchronicity::Event);
            assert_eq!(got.unwrap(), Answer::accepted().version("7".to_owned()));
        }
    }

    #[test]
    fn another_status_is_an_error_of_the_service_whatever_the_answer_says() {
        for status in [
            0, 100, 199, 201, 203, 204, 206, 301, 400, 403, 429, 500, 503, 599, 999,
        ] {
            for function_error in [None, Some("Unhandled")] {
                for synchronicity in [Synchronicity::RequestResponse, Synchronicity::Event] {
                    let got = answer(status, function_error).into_answer(synchronicity);
                    let error = got.unwrap_err();
                    assert_eq!(error.class(), FailureClass::ServiceException, "{status}");
                    assert_eq!(error.code(), None, "{status}");
                    assert!(error.to_string().contains(&status.to_string()), "{error}");
                }
            }
        }
    }

    #[test]
    fn a_function_error_is_the_answer_of_a_function_that_failed() {
        for synchronicity in [Synchronicity::RequestResponse, Synchronicity::Event] {
            let got = answer(200, Some("Handled")).into_answer(synchronicity);
            let expected = Answer::failed("Handled", "{}").version("7".to_owned());
            assert_eq!(got.unwrap(), expected);
        }
    }
}
