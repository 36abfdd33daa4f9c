//! What an error of a function service means.

use std::{error::Error, io};

use lambda_sidecar_core::{Failure, FailureClass};
use tower::{load_shed::error::Overloaded, timeout::error::Elapsed};

#[cfg(feature = "aws")]
use super::unsent::may_have_arrived;
use super::{
    causes::causes,
    error::{Cause, Facts, InvocationError},
    resources::has_run_out,
};
use crate::BoxError;

impl InvocationError {
    /// Any error of a function service, as what it is. The first of these in the error, and in everything behind
    /// it, counts:
    ///
    /// | error | class |
    /// | --- | --- |
    /// | `InvocationError` | its own |
    /// | `Elapsed` of Tower or Tokio, an `io::Error` of the kind `TimedOut` that the system did not report | [`Timeout`](FailureClass::Timeout) |
    /// | Tower's `Overloaded` | [`Rejected`](FailureClass::Rejected) |
    ///
    /// An `io::Error` by which the system says that this process has no file descriptors, memory or ports left is
    /// [`NoResources`](FailureClass::NoResources). Any other error means that the function could not be reached: [`Connect`](FailureClass::Connect).
    ///
    /// ```
    /// use std::io;
    ///
    /// use lambda_sidecar::{FailureClass, InvocationError};
    /// use tower::load_shed::error::Overloaded;
    ///
    /// let error = InvocationError::from_error(io::Error::other(Overloaded::new()));
    /// assert_eq!(error.class(), FailureClass::Rejected);
    /// ```
    pub fn from_error(error: impl Into<BoxError>) -> Self {
        match error.into().downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self::from_facts(classify(&*error), error),
        }
    }
}

/// The failure of the function call that ended with this error.
pub(crate) fn failure(error: &(dyn Error + 'static)) -> Failure {
    classify(error).into_failure()
}

/// Whether an error of the class `connect` leaves it open whether the function has run.
pub(crate) fn may_have_run(error: &(dyn Error + 'static)) -> bool {
    classify(error).is_perhaps_run()
}

/// The first known error, from the outside in. An error of no known kind means that the function could not be
/// reached.
fn classify(error: &(dyn Error + 'static)) -> Facts {
    causes(error)
        .find_map(known)
        .unwrap_or_else(|| match has_run_out(error) {
            true => FailureClass::NoResources.into(),
            false => Facts::from(FailureClass::Connect).may_have_run(may_have_arrived(error)),
        })
}

/// Without an HTTP client, there are no errors of one.
#[cfg(not(feature = "aws"))]
fn may_have_arrived(_: &(dyn Error + 'static)) -> bool {
    false
}

fn known(error: &(dyn Error + 'static)) -> Option<Facts> {
    if let Some(error) = error.downcast_ref::<InvocationError>() {
        return Some(error.facts().clone());
    }
    if let Some(cause) = error.downcast_ref::<Cause>() {
        return Some(cause.facts.clone());
    }
    if error.is::<Overloaded>() {
        return Some(FailureClass::Rejected.into());
    }
    if error.is::<Elapsed>() || error.is::<tokio::time::error::Elapsed>() || is_timed_out(error) {
        return Some(FailureClass::Timeout.into());
    }
    by_text(error).map(Facts::from)
}

/// Whether this is what becomes of Tokio's `Elapsed` as an `io::Error`. One that the system reports says that there
/// was no connection.
fn is_timed_out(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| {
        let is_bare = error.raw_os_error().is_none() && error.get_ref().is_none();
        is_bare && error.kind() == io::ErrorKind::TimedOut
    })
}

/// The class of an error by its whole text, if there is nothing behind it.
///
/// Some wrappers hide even the type of the innermost error: anyhow's, made into a box, is one. They show its text.
fn by_text(error: &(dyn Error + 'static)) -> Option<FailureClass> {
    if error.source().is_some() {
        return None;
    }
    let text = error.to_string();
    let timed_out = [
        Elapsed::new().to_string(),
        TOKIO_ELAPSED.to_owned(),
        io::ErrorKind::TimedOut.to_string(),
    ];
    if text == Overloaded::new().to_string() {
        Some(FailureClass::Rejected)
    } else {
        timed_out.contains(&text).then_some(FailureClass::Timeout)
    }
}

/// Tokio has no way to make one for comparison.
const TOKIO_ELAPSED: &str = "deadline has elapsed";

#[cfg(test)]
mod tests;
