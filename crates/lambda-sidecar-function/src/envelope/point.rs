//! Where in a call a sidecar stands, and whether the call waits for its answer.

use std::fmt;

use serde::{Deserialize, Serialize};

// A call has two sides, and waits or does not: there will be no third of either, and a `match` needs no `_`.

/// The place in a call at which the function is invoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Synchronicity {
    /// The call waits for the verdict.
    #[default]
    RequestResponse,
    /// The call does not wait; the sidecar ignores the answer.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_those_of_the_envelope() {
        for point in [Point::PreProcessor, Point::PostProcessor] {
            let json = serde_json::to_value(point).unwrap();
            assert_eq!(json, point.as_str());
            assert_eq!(json, point.to_string());
        }
        for synchronicity in [Synchronicity::RequestResponse, Synchronicity::Event] {
            let json = serde_json::to_value(synchronicity).unwrap();
            assert_eq!(json, synchronicity.as_str());
            assert_eq!(json, synchronicity.to_string());
        }
    }
}
