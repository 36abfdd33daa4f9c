//! An error of the connector, before it has a form.

use std::{error::Error, fmt, time::Duration};

use http::StatusCode;

use crate::{Failure, Point, Precondition};

const INVALID_INPUTS: &str = "InvalidPreInputConfiguration";

/// An error of the connector that answers the client.
///
/// [`to_response`](Self::to_response) gives it the connector's own form.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use lambda_sidecar::SidecarError;
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
    retry_after: Option<Duration>,
}

impl SidecarError {
    /// Every name an error can have, those of inputs first, then of preconditions, then of failures.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use lambda_sidecar::SidecarError;
    ///
    /// assert!(SidecarError::NAMES.contains(&"GatewayTimeout"));
    /// ```
    pub const NAMES: &'static [&'static str] = &[
        INVALID_INPUTS,
        "RequiredHeaderConditionFailure",
        "RequiredApplicationEAVConditionFailure",
        "RequiredPackageKeyEAVConditionFailure",
        "InvalidJSONInputForAWSLambda",
        "MaxPayloadConditionFailure",
        "MaxHeaderConditionFailure",
        "RequiredTenantIdConditionFailure",
        "InvalidResponseFromAWSLambdaInPreProcess",
        "InvalidResponseFromAWSLambdaInPostProcess",
        "GatewayTimeout",
        "FunctionError",
        "GatewayOverloaded",
    ];

    /// A configuration error, with its messages joined by `; `.
    pub fn invalid_inputs(detail: impl Into<String>) -> Self {
        Self {
            name: INVALID_INPUTS,
            status: StatusCode::INTERNAL_SERVER_ERROR,
            detail: detail.into(),
            function_error_title: None,
            retry_after: None,
        }
    }

    /// The error of a precondition that is not met at this point.
    #[must_use]
    pub fn from_precondition(precondition: &Precondition, point: Point) -> Self {
        Self {
            name: precondition.name(),
            status: precondition.status(point),
            detail: precondition.message(point),
            function_error_title: None,
            retry_after: None,
        }
    }

    /// The error of a failed invocation at this point.
    #[must_use]
    pub fn from_failure(failure: &Failure, point: Point) -> Self {
        let title = match failure {
            Failure::FunctionError { title, .. } => Some(title.clone()),
            _ => None,
        };
        Self {
            name: failure.name(point),
            status: failure.status(),
            detail: failure.message().into_owned(),
            function_error_title: title,
            retry_after: failure.retry_after(),
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

    /// The function's own error type, if the function ran and failed.
    #[must_use]
    pub fn function_error_title(&self) -> Option<&str> {
        self.function_error_title.as_deref()
    }

    /// After what time the client may try again, if the call was rejected. The answer's `Retry-After` has it in whole
    /// seconds, rounded up, and at least one.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for SidecarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.detail)
    }
}

impl Error for SidecarError {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// One precondition of every kind; a new one has to be added for this to compile.
    fn preconditions() -> Vec<Precondition> {
        let all = vec![
            Precondition::RequiredHeader(String::new()),
            Precondition::RequiredApplicationEav(String::new()),
            Precondition::NoApplicationData,
            Precondition::RequiredPackageKeyEav(String::new()),
            Precondition::NoPackageKeyData,
            Precondition::NoTenantId,
            Precondition::NoEnvelope,
            Precondition::PayloadTooLarge { known_length: 0 },
            Precondition::EnvelopeTooLarge,
            Precondition::HeadersTooLarge,
            Precondition::PayloadNotWhole,
        ];
        for one in &all {
            match one {
                Precondition::RequiredHeader(_)
                | Precondition::RequiredApplicationEav(_)
                | Precondition::NoApplicationData
                | Precondition::RequiredPackageKeyEav(_)
                | Precondition::NoPackageKeyData
                | Precondition::NoTenantId
                | Precondition::NoEnvelope
                | Precondition::PayloadTooLarge { .. }
                | Precondition::EnvelopeTooLarge
                | Precondition::HeadersTooLarge
                | Precondition::PayloadNotWhole => {}
            }
        }
        all
    }

    /// One failure of every kind; a new one has to be added for this to compile.
    fn failures() -> Vec<Failure> {
        let all = vec![
            Failure::Connect,
            Failure::Credentials,
            Failure::Throttled(String::new()),
            Failure::ServiceException(String::new()),
            Failure::UnexpectedStatus(0),
            Failure::Timeout,
            Failure::FunctionError {
                detail: String::new(),
                title: String::new(),
            },
            Failure::EmptyAnswer,
            Failure::WrongAnswer(String::new()),
            Failure::Rejected {
                retry_after: Duration::ZERO,
            },
            Failure::NoResources,
        ];
        for one in &all {
            match one {
                Failure::Connect
                | Failure::Credentials
                | Failure::Throttled(_)
                | Failure::ServiceException(_)
                | Failure::UnexpectedStatus(_)
                | Failure::Timeout
                | Failure::FunctionError { .. }
                | Failure::EmptyAnswer
                | Failure::WrongAnswer(_)
                | Failure::Rejected { .. }
                | Failure::NoResources => {}
            }
        }
        all
    }

    #[test]
    fn the_names_are_those_that_errors_have_and_no_others() {
        let mut names = BTreeSet::from([SidecarError::invalid_inputs("").name()]);
        for point in [Point::PreProcessor, Point::PostProcessor] {
            names.extend(preconditions().iter().map(Precondition::name));
            names.extend(failures().iter().map(|failure| failure.name(point)));
        }
        assert_eq!(names, SidecarError::NAMES.iter().copied().collect());
        assert_eq!(names.len(), SidecarError::NAMES.len(), "no name twice");
    }
}
