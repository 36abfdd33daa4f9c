//! An error with its causes.

use std::{error::Error, fmt};

/// An error and everything that caused it, for a line of a log: the messages, joined by colons.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use std::{error::Error, fmt, io};
///
/// use lambda_sidecar::ErrorChain;
///
/// #[derive(Debug)]
/// struct NotReached(io::Error);
///
/// impl fmt::Display for NotReached {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         f.write_str("backend not reached")
///     }
/// }
///
/// impl Error for NotReached {
///     fn source(&self) -> Option<&(dyn Error + 'static)> {
///         Some(&self.0)
///     }
/// }
///
/// let error = NotReached(io::Error::other("no route"));
/// assert_eq!(ErrorChain::new(&error).to_string(), "backend not reached: no route");
/// assert!(ErrorChain::new(&error).iter().any(|cause| cause.is::<io::Error>()));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ErrorChain<'e>(&'e (dyn Error + 'static));

impl<'e> ErrorChain<'e> {
    /// The chain that begins with this error.
    #[must_use]
    pub fn new(error: &'e (dyn Error + 'static)) -> Self {
        Self(error)
    }

    /// The error, then its cause, then the cause of that.
    pub fn iter(self) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
        std::iter::successors(Some(self.0), |&error| error.source())
    }
}

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        self.iter()
            .skip(1)
            .try_for_each(|cause| write!(f, ": {cause}"))
    }
}
