//! Why there is no address.

use std::{error::Error, fmt, io};

use hickory_resolver::net::{DnsError, NetError};

use super::{super::resources::RunOut, under_way::MOST};
use crate::BoxError;

/// A name could not be looked up.
#[derive(Debug)]
pub struct ResolveError {
    name: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    NoAddress,
    TimedOut,
    NoPlace(RunOut),
    Failed(BoxError),
}

impl ResolveError {
    pub(super) fn new(name: &str, error: NetError) -> Self {
        let kind = match error {
            NetError::Dns(DnsError::NoRecordsFound(_)) => Kind::NoAddress,
            NetError::Timeout => Kind::TimedOut,
            // It does not show the error within as one that can be looked for.
            NetError::Io(error) => Kind::Failed(match error.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code).into(),
                None => error.into(),
            }),
            error => Kind::Failed(error.into()),
        };
        Self {
            name: name.to_owned(),
            kind,
        }
    }

    /// Too many other names are being looked up.
    pub(super) fn no_place(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: Kind::NoPlace(RunOut),
        }
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.kind {
            Kind::NoAddress => write!(f, "the name `{name}` has no address"),
            Kind::TimedOut => write!(f, "no name server answered for `{name}` in time"),
            Kind::NoPlace(_) => write!(
                f,
                "`{name}` cannot be looked up: {MOST} other names are being looked up, and more are not allowed"
            ),
            Kind::Failed(_) => write!(f, "`{name}` cannot be looked up"),
        }
    }
}

impl Error for ResolveError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.kind {
            Kind::NoAddress | Kind::TimedOut => None,
            Kind::NoPlace(cause) => Some(cause),
            Kind::Failed(error) => Some(&**error),
        }
    }
}
