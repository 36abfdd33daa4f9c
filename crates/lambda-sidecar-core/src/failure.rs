//! Failures of the function call (`docs/failures.md`).

use std::{borrow::Cow, error::Error, fmt, time::Duration};

use http::StatusCode;

use crate::Point;

/// The longest name of an error that is passed on, in characters, and the longest payload in the place of a function's
/// own message. They get into log lines, which have no room for a whole payload.
pub(crate) const MAX_TEXT: usize = 1024;

/// What is passed on of a text.
pub(crate) fn bounded(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
        text.truncate(end);
        text.shrink_to_fit();
    }
    text
}

/// Why a function call failed.
///
/// Nothing that a client can bring about is left to a policy: that is a precondition
/// ([`Precondition`](crate::Precondition)) or the class [`NoResources`](Self::NoResources), which block the call under
/// every policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureClass {
    /// No connection to the function, or it broke.
    Connect,
    /// No credentials: none found, or Parameter Store or STS refused.
    Credentials,
    /// The function's service refused for load (429).
    Throttled,
    /// The function's service answered with an exception, or with an unexpected status.
    ServiceException,
    /// No answer within the sidecar's `timeout`.
    Timeout,
    /// The function ran and failed.
    FunctionError,
    /// The function answered something that is no verdict.
    WrongAnswer,
    /// The call was not made, so as to protect the function or the process: too many calls were under way.
    Rejected,
    /// This process has run out of what the call needs: file descriptors, memory, look-ups of names. Clients can use
    /// those up, so no policy lets the API call continue.
    NoResources,
}

impl FailureClass {
    /// All classes, in the order of the table.
    pub const ALL: &'static [Self] = &[
        Self::Connect,
        Self::Credentials,
        Self::Throttled,
        Self::ServiceException,
        Self::Timeout,
        Self::FunctionError,
        Self::WrongAnswer,
        Self::Rejected,
        Self::NoResources,
    ];

    /// The name used in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Credentials => "credentials",
            Self::Throttled => "throttled",
            Self::ServiceException => "service_exception",
            Self::Timeout => "timeout",
            Self::FunctionError => "function_error",
            Self::WrongAnswer => "wrong_answer",
            Self::Rejected => "rejected",
            Self::NoResources => "no_resources",
        }
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A function call that failed, with what the client is to be told under a blocking policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// No connection to the function, or it broke.
    Connect,
    /// No credentials: none found, or Parameter Store or STS refused.
    Credentials,
    /// Refused for load; the exception's code.
    Throttled(String),
    /// A service exception; its code, or its full text where the application opted in.
    ServiceException(String),
    /// A status that is none of an answer, without an exception code.
    UnexpectedStatus(u16),
    /// No answer within the sidecar's `timeout`.
    Timeout,
    /// The function ran and failed.
    FunctionError {
        /// The function's `errorMessage`, else its payload's text.
        detail: String,
        /// The function's `errorType`, else the kind that its service names.
        title: String,
    },
    /// An empty answer, or `null`.
    EmptyAnswer,
    /// The function answered something that is no verdict; the reason, for the log.
    WrongAnswer(String),
    /// The call was not made.
    Rejected {
        /// After what time the client may try again. It is told in whole seconds, and at least one.
        retry_after: Duration,
    },
    /// This process has run out of what the call needs.
    NoResources,
}

/// When a client may try again after a call that was rejected for load: at once, by the clock of a header in seconds.
const SOON: Duration = Duration::from_secs(1);

impl Failure {
    /// The failure of a call that brought no answer, from what the function service knows: the class, and the
    /// status and the exception code if there are any.
    #[must_use]
    pub fn from_class(class: FailureClass, status: Option<u16>, code: Option<String>) -> Self {
        match (class, code.map(bounded)) {
            (FailureClass::Credentials, _) => Self::Credentials,
            (FailureClass::Throttled, code) => {
                Self::Throttled(code.unwrap_or_else(|| "TooManyRequestsException".into()))
            }
            (FailureClass::ServiceException, Some(code)) => Self::ServiceException(code),
            (FailureClass::ServiceException, None) => Self::UnexpectedStatus(status.unwrap_or(0)),
            (FailureClass::Timeout, _) => Self::Timeout,
            (FailureClass::FunctionError, code) => Self::FunctionError {
                detail: String::new(),
                title: code.unwrap_or_else(|| "Unhandled".into()),
            },
            (FailureClass::WrongAnswer, _) => {
                Self::WrongAnswer("the answer could not be taken".into())
            }
            (FailureClass::Rejected, _) => Self::Rejected { retry_after: SOON },
            (FailureClass::NoResources, _) => Self::NoResources,
            (FailureClass::Connect, _) => Self::Connect,
        }
    }

    /// Which row of the error policy decides.
    #[must_use]
    pub const fn class(&self) -> FailureClass {
        match self {
            Self::Connect => FailureClass::Connect,
            Self::Credentials => FailureClass::Credentials,
            Self::Throttled(_) => FailureClass::Throttled,
            Self::ServiceException(_) | Self::UnexpectedStatus(_) => FailureClass::ServiceException,
            Self::Timeout => FailureClass::Timeout,
            Self::FunctionError { .. } => FailureClass::FunctionError,
            Self::EmptyAnswer | Self::WrongAnswer(_) => FailureClass::WrongAnswer,
            Self::Rejected { .. } => FailureClass::Rejected,
            Self::NoResources => FailureClass::NoResources,
        }
    }

    /// After what time the client may try again, if the failure says so.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Rejected { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// The error name that the client and the error sets see at this point.
    #[must_use]
    pub const fn name(&self, point: Point) -> &'static str {
        match (self, point) {
            (Self::Timeout, _) => "GatewayTimeout",
            (Self::FunctionError { .. }, _) => "FunctionError",
            (Self::NoResources, _) => "GatewayOverloaded",
            (_, Point::PreProcessor) => "InvalidResponseFromAWSLambdaInPreProcess",
            (_, Point::PostProcessor) => "InvalidResponseFromAWSLambdaInPostProcess",
        }
    }

    /// The status the client gets.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Timeout => StatusCode::GATEWAY_TIMEOUT,
            Self::FunctionError { .. } => StatusCode::BAD_GATEWAY,
            Self::Rejected { .. } | Self::NoResources => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The message the client gets.
    #[must_use]
    pub fn message(&self) -> Cow<'_, str> {
        match self {
            Self::Connect | Self::Credentials => "Error while connecting to AWS lambda.".into(),
            Self::Throttled(text) | Self::ServiceException(text) => text.into(),
            Self::UnexpectedStatus(_) => "Success Response not returned from AWS Lambda".into(),
            Self::Timeout => "Timeout occurred while connecting to AWS Service".into(),
            Self::FunctionError { detail, .. } => detail.into(),
            Self::EmptyAnswer => "AWS Lambda Response is not returned".into(),
            Self::WrongAnswer(_) => "Invalid output from AWS Lambda function".into(),
            Self::Rejected { .. } => "AWS Lambda function is not called".into(),
            Self::NoResources => "No resources to call AWS Lambda function".into(),
        }
    }
}

/// Names the class, and nothing that the function said.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the function call failed: {}", self.class())?;
        match self {
            Self::WrongAnswer(reason) => write!(f, " ({reason})"),
            Self::UnexpectedStatus(status) => write!(f, " (status {status})"),
            _ => Ok(()),
        }
    }
}

impl Error for Failure {}
