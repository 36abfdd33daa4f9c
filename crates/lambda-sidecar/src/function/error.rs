//! Why no answer came back from a function.

use std::{error::Error, fmt};

use lambda_sidecar_core::{Failure, FailureClass};

use crate::BoxError;

/// A function call that brought no [`Answer`](crate::Answer).
///
/// The layers look for it in the chain of sources of whatever error a function service returns, so
/// it is found behind a Tower layer too; an error without one counts as
/// [`FailureClass::Connect`].
///
/// Its `Display` names the class and AWS's error code. The source says more, which can name accounts
/// and roles: it belongs into the log, not into an answer.
///
/// ```
/// use lambda_sidecar::{InvocationError, FailureClass};
///
/// let error = InvocationError::throttled("TooManyRequestsException", "rate exceeded");
/// assert_eq!(error.class(), FailureClass::Throttled);
/// assert_eq!(error.to_string(), "function call failed: throttled (TooManyRequestsException)");
/// ```
#[derive(Debug)]
pub struct InvocationError {
    class: FailureClass,
    status: Option<u16>,
    code: Option<String>,
    source: Option<BoxError>,
}

impl InvocationError {
    /// The function could not be reached, or the connection broke.
    pub fn connect(source: impl Into<BoxError>) -> Self {
        Self::new(FailureClass::Connect, None, source)
    }

    /// No credentials: none found, or Parameter Store or STS refused.
    pub fn credentials(source: impl Into<BoxError>) -> Self {
        Self::new(FailureClass::Credentials, None, source)
    }

    /// The far end refused for load, with this exception code.
    pub fn throttled(code: impl Into<String>, source: impl Into<BoxError>) -> Self {
        Self::new(FailureClass::Throttled, Some(code.into()), source)
    }

    /// The far end answered with this status and, where it gave one, this exception code.
    pub fn service(status: u16, code: Option<String>, source: impl Into<BoxError>) -> Self {
        Self {
            status: Some(status),
            ..Self::new(FailureClass::ServiceException, code, source)
        }
    }

    /// No answer came in time.
    #[must_use]
    pub fn timeout() -> Self {
        Self {
            class: FailureClass::Timeout,
            status: None,
            code: None,
            source: None,
        }
    }

    /// An answer came that cannot be taken, one that is too large for instance.
    pub fn wrong_answer(source: impl Into<BoxError>) -> Self {
        Self::new(FailureClass::WrongAnswer, None, source)
    }

    fn new(class: FailureClass, code: Option<String>, source: impl Into<BoxError>) -> Self {
        Self {
            class,
            status: None,
            code,
            source: Some(source.into()),
        }
    }

    /// What kind of failure it was.
    #[must_use]
    pub fn class(&self) -> FailureClass {
        self.class
    }

    /// AWS's exception code, where the far end gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The failure that it stands for, as a session is told of it.
    #[must_use]
    pub fn to_failure(&self) -> Failure {
        Failure::of_call(self.class, self.status, self.code.clone())
    }

    /// Looks for a `InvocationError` in an error and its sources.
    pub(crate) fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Self> {
        std::iter::successors(Some(error), |error| (*error).source())
            .find_map(|error| error.downcast_ref::<Self>())
    }
}

impl fmt::Display for InvocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "function call failed: {}", self.class)?;
        match (&self.code, self.status) {
            (Some(code), _) => write!(f, " ({code})"),
            (None, Some(status)) => write!(f, " (status {status})"),
            (None, None) => Ok(()),
        }
    }
}

impl Error for InvocationError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
