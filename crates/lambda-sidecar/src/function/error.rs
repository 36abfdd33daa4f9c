//! Why no answer came back from a function.

use std::{error::Error, fmt, time::Duration};

use lambda_sidecar_core::{Failure, FailureClass};

use crate::BoxError;

/// A function call that brought no [`Answer`](crate::Answer).
///
/// A function service may return any error. The layers look for this one in it, and in everything behind it: in
/// the chain of sources, in an `io::Error`, an `anyhow::Error` and other wrappers. What they do not find there they class
/// as [`from_error`](Self::from_error) does.
///
/// Its `Display` names the class and AWS's error code. Its source says more, which can name accounts
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
    cause: Cause,
}

/// What is known of the failure, and the error behind it.
///
/// It is the source of an [`InvocationError`]. A wrapper that passes the sources of an error on, but hides the error
/// itself, still shows this.
#[derive(Debug)]
pub(super) struct Cause {
    pub(super) facts: Facts,
    source: Option<BoxError>,
}

/// What is known of a failed function call.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    class: FailureClass,
    status: Option<u16>,
    code: Option<String>,
    retry_after: Option<Duration>,
    /// Of a connection that broke: whether the function may have run.
    may_have_run: bool,
}

impl InvocationError {
    /// The function could not be reached, or the connection broke.
    pub fn connect(source: impl Into<BoxError>) -> Self {
        Self::new(FailureClass::Connect, source)
    }

    /// No credentials: none found, or Parameter Store or STS refused.
    pub fn credentials(source: impl Into<BoxError>) -> Self {
        Self::new(FailureClass::Credentials, source)
    }

    /// The function's service refused for load, with this exception code.
    pub fn throttled(code: impl Into<String>, source: impl Into<BoxError>) -> Self {
        let mut error = Self::new(FailureClass::Throttled, source);
        error.cause.facts.code = Some(code.into());
        error
    }

    /// The function's service answered with this status and, if it gave one, this exception code.
    pub fn service(status: u16, code: Option<String>, source: impl Into<BoxError>) -> Self {
        let mut error = Self::new(FailureClass::ServiceException, source);
        error.cause.facts.status = Some(status);
        error.cause.facts.code = code;
        error
    }

    /// No answer came in time.
    #[must_use]
    pub fn timeout() -> Self {
        Self {
            cause: Cause {
                facts: FailureClass::Timeout.into(),
                source: None,
            },
        }
    }

    /// An answer came that cannot be taken, one that is too large for instance.
    pub fn wrong_answer(source: impl Into<BoxError>) -> Self {
        Self::new(FailureClass::WrongAnswer, source)
    }

    /// This process has run out of what the call needs: file descriptors, memory, places in a queue. Clients can
    /// bring that about, so the API call is answered 503 under every policy.
    ///
    /// ```
    /// use lambda_sidecar::{FailureClass, InvocationError};
    ///
    /// let error = InvocationError::no_resources("all 512 look-ups are taken");
    /// assert_eq!(error.class(), FailureClass::NoResources);
    /// ```
    pub fn no_resources(source: impl Into<BoxError>) -> Self {
        Self::new(FailureClass::NoResources, source)
    }

    /// The call was not made, to protect the function or the process. The client may try again after a second,
    /// unless [`retry_after`](Self::retry_after) sets another time.
    pub fn rejected(source: impl Into<BoxError>) -> Self {
        Self::new(FailureClass::Rejected, source)
    }

    /// The same, and the client may try again after this time. It has an effect on the class
    /// [`Rejected`](FailureClass::Rejected) alone; the client is told whole seconds, rounded up, and at least one.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use lambda_sidecar::InvocationError;
    ///
    /// let error = InvocationError::rejected("the breaker is open").retry_after(Duration::from_secs(5));
    /// # let _ = error;
    /// ```
    #[must_use]
    pub fn retry_after(mut self, time: Duration) -> Self {
        self.cause.facts.retry_after = Some(time);
        self
    }

    /// The same; if it is a connection that broke, the function may have run.
    #[cfg(feature = "aws")]
    pub(super) fn may_have_run(mut self, may: bool) -> Self {
        self.cause.facts.may_have_run = may;
        self
    }

    fn new(class: FailureClass, source: impl Into<BoxError>) -> Self {
        Self::from_facts(class.into(), source.into())
    }

    pub(super) fn from_facts(facts: Facts, source: BoxError) -> Self {
        let source = Some(source);
        Self {
            cause: Cause { facts, source },
        }
    }

    /// What kind of failure it was.
    #[must_use]
    pub fn class(&self) -> FailureClass {
        self.cause.facts.class
    }

    /// The exception code, if the function's service gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.cause.facts.code.as_deref()
    }

    /// The failure that it stands for, as a session is told of it.
    #[must_use]
    pub fn to_failure(&self) -> Failure {
        self.facts().clone().into_failure()
    }

    /// The error behind this one, as it was given.
    ///
    /// [`source`](Error::source) has its text, and the errors behind it, but not its type.
    #[must_use]
    pub fn get_ref(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.cause.source.as_deref()
    }

    pub(super) fn facts(&self) -> &Facts {
        &self.cause.facts
    }
}

impl Facts {
    pub(super) fn may_have_run(mut self, may: bool) -> Self {
        self.may_have_run = may;
        self
    }

    pub(super) fn is_perhaps_run(&self) -> bool {
        self.may_have_run
    }

    /// The failure as the core knows it.
    pub(super) fn into_failure(self) -> Failure {
        match (self.class, self.retry_after) {
            (FailureClass::Rejected, Some(retry_after)) => Failure::Rejected { retry_after },
            (class, _) => Failure::from_class(class, self.status, self.code),
        }
    }
}

impl From<FailureClass> for Facts {
    fn from(class: FailureClass) -> Self {
        Self {
            class,
            status: None,
            code: None,
            retry_after: None,
            may_have_run: false,
        }
    }
}

impl fmt::Display for InvocationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Facts {
            class,
            status,
            code,
            ..
        } = self.facts();
        write!(f, "function call failed: {class}")?;
        match (code, status) {
            (Some(code), _) => write!(f, " ({code})"),
            (None, Some(status)) => write!(f, " (status {status})"),
            (None, None) => Ok(()),
        }
    }
}

impl Error for InvocationError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.cause)
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Some(source) => source.fmt(f),
            None => f.write_str("no answer came in time"),
        }
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().and_then(|source| source.source())
    }
}
