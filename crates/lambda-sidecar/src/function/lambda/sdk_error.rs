//! What an error of the SDK means: an [`SdkError`] becomes a [`InvocationError`].

use std::{error::Error, fmt, sync::Arc};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_lambda::{
    error::{ProvideErrorMetadata, SdkError},
    operation::invoke::InvokeError,
};
use hyper_util::client::legacy;

use super::{
    codes::tells_of_refusal,
    http::{TooLarge, is_too_large},
};
use crate::{
    BoxError, InvocationError,
    function::{
        resources::{RunOut, has_run_out},
        unsent::is_unsent,
    },
};

/// Exception codes that mean "too much", whatever the status.
const THROTTLED: [&str; 2] = ["TooManyRequestsException", "ThrottlingException"];

/// What it means that there are no credentials.
pub(super) fn credentials_error(error: CredentialsError) -> InvocationError {
    match has_run_out(&error) {
        true => InvocationError::no_resources(error),
        false => InvocationError::credentials(error),
    }
}

/// The error of an invocation as the layers know it.
pub(super) fn invocation_error(error: SdkError<InvokeError>) -> InvocationError {
    if has_run_out(&error) {
        return InvocationError::no_resources(source(error));
    }
    if any(&error, |error| error.is::<CredentialsError>()) {
        // Whatever came up while credentials were fetched, a time-out or a refused connection too.
        return InvocationError::credentials(source(error));
    }
    if any(&error, is_too_large) {
        return InvocationError::wrong_answer(TooLarge);
    }
    match error {
        SdkError::ServiceError(context) => {
            let status = context.raw().status().as_u16();
            service_error(status, context.into_err())
        }
        SdkError::TimeoutError(_) => InvocationError::timeout(),
        SdkError::DispatchFailure(failure)
            if failure.is_timeout()
                && !failure
                    .as_connector_error()
                    .is_some_and(|error| never_connected(error)) =>
        {
            InvocationError::timeout()
        }
        error => {
            let may_have_run = may_have_run(&error);
            InvocationError::connect(source(error)).may_have_run(may_have_run)
        }
    }
}

/// Whether the request may have reached the function.
fn may_have_run(error: &SdkError<InvokeError>) -> bool {
    match error {
        SdkError::DispatchFailure(failure) => !failure
            .as_connector_error()
            .is_some_and(|error| is_unsent(error)),
        SdkError::ResponseError(_) => true,
        _ => false,
    }
}

fn service_error(status: u16, error: InvokeError) -> InvocationError {
    let code = error.code().map(str::to_owned);
    let throttled = status == 429
        || code
            .as_deref()
            .is_some_and(|code| THROTTLED.contains(&code));
    if throttled {
        InvocationError::throttled(code.as_deref().unwrap_or(THROTTLED[0]), error)
    } else if code.is_none() && (200..300).contains(&status) {
        // The call succeeded, the SDK could not read the answer.
        InvocationError::wrong_answer(error)
    } else {
        InvocationError::service(status, code, error)
    }
}

/// Whether the connection was not even established: refused, no address, no TLS, no answer in time.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    any(error, |error| {
        error
            .downcast_ref::<legacy::Error>()
            .is_some_and(legacy::Error::is_connect)
    })
}

/// An error that must not be kept, or is to be shared: its text, and the facts about it that decide.
#[derive(Debug, Clone)]
pub(super) struct Told {
    text: Arc<str>,
    /// Whether AWS refused the credentials.
    refusal: bool,
    /// Whether this process had run out of something.
    cause: Option<RunOut>,
}

impl Told {
    /// This text, about this error.
    pub(super) fn new(text: impl Into<Arc<str>>, error: &(dyn Error + 'static)) -> Self {
        Self {
            text: text.into(),
            refusal: any(error, |error| tells_of_refusal(&error.to_string())),
            cause: has_run_out(error).then_some(RunOut),
        }
    }

    pub(super) fn is_refusal(&self) -> bool {
        self.refusal
    }
}

impl From<&str> for Told {
    fn from(text: &str) -> Self {
        Self {
            text: text.into(),
            refusal: false,
            cause: None,
        }
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Told {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}

/// What is behind the error, without the raw answer.
fn source(error: SdkError<InvokeError>) -> BoxError {
    let error = error.into_source().unwrap_or_else(Into::into);
    let is_harmless = !shows_request(&format!("{error:?}"))
        && !any(&*error, |error| shows_request(&error.to_string()));
    match is_harmless {
        true => error,
        false => Told::from(NOT_MADE).into(),
    }
}

/// What is said instead of an error that shows a whole request, with envelope, credentials or external id.
const NOT_MADE: &str =
    "the SDK could not make the request: is the endpoint an address with `http://` or `https://`?";

/// Whether this text has one of the SDK's requests in it: such a text names the type of its body.
fn shows_request(text: &str) -> bool {
    text.contains("SdkBody")
}

fn any(error: &(dyn Error + 'static), is: impl Fn(&(dyn Error + 'static)) -> bool) -> bool {
    chain(error).any(is)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use aws_sdk_lambda::error::ErrorMetadata;
    use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::ConnectorError};
    use aws_smithy_types::body::SdkBody;
    use lambda_sidecar_core::FailureClass::{
        self, Connect, Credentials, ServiceException, Throttled, Timeout, WrongAnswer,
    };

    use super::*;

    fn raw(status: u16) -> HttpResponse {
        HttpResponse::new(status.try_into().unwrap(), SdkBody::from("raw answer"))
    }

    fn service(status: u16, code: Option<&str>) -> SdkError<InvokeError> {
        let mut meta = ErrorMetadata::builder().message("the message");
        if let Some(code) = code {
            meta = meta.code(code);
        }
        SdkError::service_error(InvokeError::generic(meta.build()), raw(status))
    }

    fn dispatch(source: impl Into<BoxError>) -> SdkError<InvokeError> {
        SdkError::dispatch_failure(ConnectorError::other(source.into(), None))
    }

    #[test]
    fn every_error_has_its_class_and_code() {
        let table: [(&str, SdkError<InvokeError>, FailureClass, Option<&str>); 16] = [
            (
                "429",
                service(429, None),
                Throttled,
                Some("TooManyRequestsException"),
            ),
            (
                "429 and code",
                service(429, Some("Slow")),
                Throttled,
                Some("Slow"),
            ),
            (
                "throttled by code",
                service(400, Some("ThrottlingException")),
                Throttled,
                Some("ThrottlingException"),
            ),
            (
                "exception",
                service(403, Some("AccessDenied")),
                ServiceException,
                Some("AccessDenied"),
            ),
            ("500", service(500, None), ServiceException, None),
            ("302", service(302, None), ServiceException, None),
            (
                "200 that cannot be read",
                service(200, None),
                WrongAnswer,
                None,
            ),
            ("time-out", SdkError::timeout_error("15 min"), Timeout, None),
            (
                "time-out while reading",
                SdkError::dispatch_failure(ConnectorError::timeout("read".into())),
                Timeout,
                None,
            ),
            (
                "broke off",
                SdkError::dispatch_failure(ConnectorError::io("reset".into())),
                Connect,
                None,
            ),
            (
                "broke off in the answer",
                SdkError::response_error("eof", raw(200)),
                Connect,
                None,
            ),
            ("endpoint not found", dispatch("no endpoint"), Connect, None),
            (
                "not built",
                SdkError::construction_failure("bad"),
                Connect,
                None,
            ),
            (
                "no credentials",
                dispatch(CredentialsError::not_loaded_no_source()),
                Credentials,
                None,
            ),
            (
                "time-out while fetching credentials",
                dispatch(CredentialsError::provider_timed_out(Duration::from_secs(1))),
                Credentials,
                None,
            ),
            (
                "refused connection while fetching credentials",
                dispatch(CredentialsError::provider_error(ConnectorError::io(
                    "refused".into(),
                ))),
                Credentials,
                None,
            ),
        ];
        for (what, error, class, code) in table {
            let error = invocation_error(error);
            assert_eq!(error.class(), class, "{what}");
            assert_eq!(error.code(), code, "{what}");
            assert!(!format!("{error:?}").contains("raw answer"), "{what}");
        }
    }

    #[test]
    fn a_function_may_have_run_if_the_connection_broke_after_it_was_there() {
        for (error, may) in [
            (
                SdkError::dispatch_failure(ConnectorError::io("reset".into())),
                true,
            ),
            (SdkError::response_error("eof", raw(200)), true),
            (SdkError::construction_failure("bad"), false),
        ] {
            let error = invocation_error(error);
            assert_eq!(error.class(), Connect);
            assert_eq!(crate::function::may_have_run(&error), may, "{error:?}");
            // As a layer of the application may hand it on.
            let wrapped = std::io::Error::other(error);
            assert_eq!(crate::function::may_have_run(&wrapped), may);
        }
        let other = InvocationError::connect("no way");
        assert!(!crate::function::may_have_run(&other));
    }

    #[test]
    fn the_full_text_is_in_the_sources() {
        let error = invocation_error(service(403, Some("AccessDenied")));
        assert!(!error.to_string().contains("the message"));
        assert!(any(&error, |error| error
            .to_string()
            .contains("the message")));
    }
}
