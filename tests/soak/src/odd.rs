//! What is odd about a message: framings, resets, trailers, nominations, hosts and forged names, each of which
//! one reader could take for something else than the next one does.

mod fields;

use http::HeaderMap;

use self::fields::stand_in;
pub(crate) use self::fields::{announce, append, forge, nominate, put_right, trailers};
use crate::{
    endpoints::{ENDPOINTS, Endpoint, Sidecar},
    plan::Protocol,
};

/// The header that its sender's `Connection` names.
pub(crate) const NOMINATED: &str = "x-nominated";
/// A trailer that passes.
pub(crate) const SUM: &str = "x-sum";
/// Trailers that never pass.
pub(crate) const FORBIDDEN: [&str; 4] = [
    "authorization",
    "set-cookie",
    "x_forwarded_for",
    "content-length",
];
/// The length beside a body that says its end itself.
pub(crate) const OTHER_LENGTH: usize = 7;
/// The codes that there are (RFC 9113, section 7).
const CODES: u8 = 14;

/// One oddity of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Odd {
    /// The request says its length more than once.
    Lengths(Lengths),
    /// The backend's answer does.
    AnswerLengths(Lengths),
    /// The client resets its request halfway, with this code.
    Reset(u8),
    AnswerReset(u8),
    Trailers,
    AnswerTrailers,
    /// `Connection` names the headers that the endpoint's functions set.
    Nominates,
    /// It names the header that sidecars require.
    NominatesToken,
    AnswerNominates,
    Host(Host),
    /// The client sends what only functions set, in each spelling, as headers and trailers.
    Forges,
    AnswerForges,
}

/// How a message says its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lengths {
    /// In HTTP/1, chunks and a length that is not theirs.
    AndChunks,
    /// In HTTP/1, the same one twice.
    Equal,
    /// In HTTP/1, two.
    Different,
    /// In HTTP/2, two.
    DifferentInFrames,
    /// In HTTP/2, one that is not that of its frames.
    NotOfFrames,
}

/// Which host a request names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Host {
    Absent,
    Twice,
    NoPort,
    Illegal,
    UserInfo,
    /// As its absolute target does, which is fine.
    AsTarget,
    OtherThanTarget,
    TargetWithUserInfo,
    /// In HTTP/2, `host` beside another `:authority`.
    OtherThanAuthority,
}

const LENGTHS: [Lengths; 5] = [
    Lengths::AndChunks,
    Lengths::Equal,
    Lengths::Different,
    Lengths::DifferentInFrames,
    Lengths::NotOfFrames,
];

const HOSTS: [Host; 9] = [
    Host::Absent,
    Host::Twice,
    Host::NoPort,
    Host::Illegal,
    Host::UserInfo,
    Host::AsTarget,
    Host::OtherThanTarget,
    Host::TargetWithUserInfo,
    Host::OtherThanAuthority,
];

impl Odd {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let others = [
            Self::Trailers,
            Self::AnswerTrailers,
            Self::Nominates,
            Self::NominatesToken,
            Self::AnswerNominates,
            Self::Forges,
            Self::AnswerForges,
        ];
        let lengths = LENGTHS.map(Self::Lengths).into_iter();
        lengths
            .chain(LENGTHS.map(Self::AnswerLengths))
            .chain((0..CODES).map(Self::Reset))
            .chain((0..CODES).map(Self::AnswerReset))
            .chain(HOSTS.map(Self::Host))
            .chain(others)
    }

    pub(crate) fn name(self) -> String {
        format!("odd: {self:?}")
    }

    /// The protocol that it takes at the client, if that matters.
    pub(crate) fn protocol(self) -> Option<Protocol> {
        match self {
            Self::Lengths(Lengths::DifferentInFrames | Lengths::NotOfFrames)
            | Self::Reset(_)
            | Self::Host(Host::OtherThanAuthority) => Some(Protocol::Http2),
            // To a backend HTTP/2 is spoken for gRPC alone.
            Self::AnswerLengths(Lengths::DifferentInFrames | Lengths::NotOfFrames)
            | Self::AnswerReset(_) => Some(Protocol::Grpc),
            Self::Trailers | Self::AnswerTrailers | Self::Forges | Self::AnswerForges => None,
            _ => Some(Protocol::Http1),
        }
    }

    /// The length of the request's body; none: there is none.
    pub(crate) fn body(self) -> Option<usize> {
        (!matches!(self, Self::Host(_))).then_some(200)
    }

    /// Whether the request says its length beforehand, so far as it is odd in that.
    pub(crate) fn is_announced(self) -> bool {
        matches!(self, Self::Lengths(Lengths::Equal | Lengths::Different))
    }

    /// Whether the backend's answer does.
    pub(crate) fn is_answer_announced(self) -> bool {
        matches!(
            self,
            Self::AnswerLengths(Lengths::Equal | Lengths::Different)
        )
    }

    /// The endpoints that it is met at.
    pub(crate) fn endpoints(self) -> Vec<&'static Endpoint> {
        let has = |sidecars: &[Sidecar], is: fn(&Sidecar) -> bool| sidecars.iter().any(is);
        let is_met = |endpoint: &&Endpoint| match self {
            Self::Forges => has(endpoint.pre, |sidecar| sidecar.owns),
            Self::AnswerForges => has(endpoint.post, |sidecar| sidecar.owns),
            Self::Nominates => !endpoint.pre.is_empty(),
            Self::AnswerNominates => !endpoint.post.is_empty(),
            Self::NominatesToken => has(endpoint.pre, |sidecar| sidecar.needs_token),
            _ => true,
        };
        ENDPOINTS.iter().filter(is_met).collect()
    }

    /// Whether such a request is refused (RFC 9112, sections 3.2 and 6.3).
    pub(crate) fn is_refused(self) -> bool {
        match self {
            Self::Lengths(lengths) => lengths.are_refused(),
            Self::Host(host) => host != Host::AsTarget,
            _ => false,
        }
    }

    /// Whether such an answer is not passed on.
    pub(crate) fn is_answer_refused(self) -> bool {
        matches!(self, Self::AnswerLengths(lengths) if lengths.are_refused())
    }

    /// Whether the request never comes whole.
    pub(crate) fn breaks_off(self) -> bool {
        matches!(self, Self::Reset(_) | Self::Lengths(Lengths::NotOfFrames))
    }

    /// Whether the backend's answer never comes whole.
    pub(crate) fn answer_breaks_off(self) -> bool {
        matches!(
            self,
            Self::AnswerReset(_) | Self::AnswerLengths(Lengths::NotOfFrames)
        )
    }

    /// Whether it is the backend's answer that is odd.
    pub(crate) fn is_of_answer(self) -> bool {
        matches!(
            self,
            Self::AnswerLengths(_)
                | Self::AnswerReset(_)
                | Self::AnswerTrailers
                | Self::AnswerNominates
                | Self::AnswerForges
        )
    }

    /// Whether the request has trailers, or the answer.
    pub(crate) fn has_trailers(self) -> bool {
        matches!(
            self,
            Self::Trailers | Self::Forges | Self::AnswerTrailers | Self::AnswerForges
        )
    }
}

impl Lengths {
    fn are_refused(self) -> bool {
        matches!(self, Self::Different | Self::DifferentInFrames)
    }

    /// What a message with a body of this length has beside the length that the library gives it.
    pub(crate) fn add_to(self, headers: &mut HeaderMap, length: usize) {
        let name = match self {
            Self::DifferentInFrames | Self::NotOfFrames => "content-length".into(),
            _ => stand_in("content-length"),
        };
        let added = match self {
            Self::AndChunks => &[OTHER_LENGTH][..],
            Self::Equal => &[length],
            Self::Different | Self::NotOfFrames => &[length + 1],
            Self::DifferentInFrames => &[length, length + 1],
        };
        for length in added {
            append(headers, &name, &length.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_oddity_is_met_somewhere() {
        for odd in Odd::all() {
            assert!(!odd.endpoints().is_empty(), "{odd:?}");
        }
    }
}
