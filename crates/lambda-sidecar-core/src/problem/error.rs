//! An error of the connector, before it has a form.

use std::{error::Error, fmt};

use http::StatusCode;

use crate::{Failure, Point, Precondition};

/// An error of the connector that the client is answered with.
///
/// [`to_response`](Self::to_response) gives it the connector's own form.
///
/// ```
/// use lambda_sidecar_core::SidecarError;
///
/// let error = SidecarError::invalid_inputs("AWS Region Not Specified");
/// assert_eq!(error.name(), "InvalidPreInputConfiguration");
/// assert_eq!(error.status(), 500);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SidecarError {
    name: &'static str,
    status: StatusCode,
    detail: String,
    function_error_title: Option<String>,
}

impl SidecarError {
    /// A configuration error (section 2), with its messages joined by `; `.
    pub fn invalid_inputs(detail: impl Into<String>) -> Self {
        Self {
            name: "InvalidPreInputConfiguration",
            status: StatusCode::INTERNAL_SERVER_ERROR,
            detail: detail.into(),
            function_error_title: None,
        }
    }

    /// A precondition that is not met at this point.
    #[must_use]
    pub fn of_precondition(precondition: &Precondition, point: Point) -> Self {
        Self {
            name: precondition.name(),
            status: precondition.status(point),
            detail: precondition.message(point),
            function_error_title: None,
        }
    }

    /// A failed function call at this point.
    #[must_use]
    pub fn of_failure(failure: &Failure, point: Point) -> Self {
        let title = match failure {
            Failure::FunctionError { title, .. } => Some(title.clone()),
            _ => None,
        };
        Self {
            name: failure.name(point),
            status: failure.status(),
            detail: failure.message().into_owned(),
            function_error_title: title,
        }
    }

    /// The error name, such as `GatewayTimeout`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The message.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The function's own error type, where the function ran and failed.
    #[must_use]
    pub fn function_error_title(&self) -> Option<&str> {
        self.function_error_title.as_deref()
    }
}

impl fmt::Display for SidecarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.detail)
    }
}

impl Error for SidecarError {}
