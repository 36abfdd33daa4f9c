//! Where in a call a sidecar stands, and whether the call waits for its answer.

use std::fmt;

/// The place in a call at which a sidecar invokes its function.
///
/// A call has two sides, so there will be no third point: a `match` needs no `_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    /// *May I send this request to the backend?*
    PreProcessor,
    /// *May I send this response to the client?*
    PostProcessor,
}

impl Point {
    /// The name of the point as it stands in the envelope.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreProcessor => "PreProcessor",
            Self::PostProcessor => "PostProcessor",
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether the call waits for the function's verdict.
///
/// It waits or it does not, so there will be no third way: a `match` needs no `_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Synchronicity {
    /// Invoke the function, wait for its verdict and apply it.
    #[default]
    RequestResponse,
    /// Hand the envelope over and continue; there is no verdict.
    Event,
}

impl Synchronicity {
    /// The name as it stands in the envelope, which is also AWS Lambda's invocation type.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequestResponse => "RequestResponse",
            Self::Event => "Event",
        }
    }
}

impl fmt::Display for Synchronicity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
