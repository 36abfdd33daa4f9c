//! Which parts of a call a sidecar sends to its function.

use http::HeaderName;

use crate::Point;

/// Which headers of a message go into the envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderSelection {
    /// No header.
    None,
    /// These headers, if present. Never an empty list.
    Only(Vec<HeaderName>),
    /// All headers but these.
    AllBut(Vec<HeaderName>),
}

/// A request header without which the call is blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequiredHeader {
    /// The name to look the header up by.
    pub name: HeaderName,
    /// The name as it was configured, for the message to the client.
    pub configured: String,
}

/// A part of the envelope that is sent only on request: one word of `expand-input`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Expand {
    /// `requestPayload`: the body of the request.
    RequestPayload,
    /// `responsePayload`: the body of the response, at `PostProcessor` only.
    ResponsePayload,
    /// `remoteAddress`: the peer's IP address.
    RemoteAddress,
    /// `token`: what the access token says.
    Token,
    /// `operation`: method, path and query as the client called them.
    Operation,
    /// `routing`: the address the request would be sent to.
    Routing,
    /// `relay`: what request halves of the call left for it, at `PostProcessor` only.
    Relay,
}

impl Expand {
    /// All parts, in the order in which they are documented and printed.
    pub const ALL: &[Self] = &[
        Self::RequestPayload,
        Self::ResponsePayload,
        Self::RemoteAddress,
        Self::Token,
        Self::Operation,
        Self::Routing,
        Self::Relay,
    ];

    /// The only point at which there is such a part; `None`: at both.
    #[must_use]
    pub const fn only_at(self) -> Option<Point> {
        match self {
            Self::ResponsePayload | Self::Relay => Some(Point::PostProcessor),
            _ => None,
        }
    }

    /// The word as it stands in `expand-input`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RequestPayload => "requestPayload",
            Self::ResponsePayload => "responsePayload",
            Self::RemoteAddress => "remoteAddress",
            Self::Token => "token",
            Self::Operation => "operation",
            Self::Routing => "routing",
            Self::Relay => "relay",
        }
    }
}

/// What happens when a payload is larger than `max-payload-size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PayloadCondition {
    /// The call is blocked.
    #[default]
    Blocking,
    /// The payload is left out of the envelope; the function is invoked all the same.
    Filtering,
}

impl PayloadCondition {
    /// The word as it stands in `max-payload-condition`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::Filtering => "filtering",
        }
    }
}
