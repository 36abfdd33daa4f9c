//! The endpoints that are driven, and the sidecars in front of and behind them.

use std::time::Duration;

/// `max-payload-size` of every sidecar that is sent a payload.
pub(crate) const MAX_PAYLOAD: usize = 1024;

/// One endpoint of the gateway's file.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) path: &'static str,
    pub(crate) timeout: Duration,
    /// Of these the first one alone may have conditions.
    pub(crate) pre: &'static [Sidecar],
    pub(crate) post: &'static [Sidecar],
}

impl Endpoint {
    pub(crate) fn at(&self, point: Point) -> &'static [Sidecar] {
        match point {
            Point::Pre => self.pre,
            Point::Post => self.post,
        }
    }

    /// Whether nobody has changed a message before this sidecar sees it.
    pub(crate) fn is_first(&self, sidecar: &Sidecar) -> bool {
        let first = self.at(sidecar.point).first();
        first.is_some_and(|first| first.function == sidecar.function)
    }
}

/// One sidecar. Its function is in no other one.
#[derive(Debug)]
pub(crate) struct Sidecar {
    pub(crate) function: &'static str,
    pub(crate) point: Point,
    pub(crate) kind: Kind,
    /// The role it assumes; none: the gateway's own credentials.
    pub(crate) role: Option<&'static str>,
    pub(crate) timeout: Option<Duration>,
    /// What is done with a payload that is too large; none: the function is not sent any.
    pub(crate) payload: Option<TooLarge>,
    /// Whether it requires the header [`TOKEN`](crate::plan::TOKEN).
    pub(crate) needs_token: bool,
    /// Whether it owns the header that its function sets.
    pub(crate) owns: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    Pre,
    Post,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    SureFire,
    FailSafe,
    Event,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TooLarge {
    Blocking,
    Filtering,
}

/// What the names of headers begin with that functions set.
pub(crate) const MARK: &str = "x-soak-";

const TIMEOUT: Duration = Duration::from_millis(350);

const fn sidecar(function: &'static str, point: Point, kind: Kind) -> Sidecar {
    Sidecar {
        function,
        point,
        kind,
        role: None,
        timeout: Some(TIMEOUT),
        payload: None,
        needs_token: false,
        owns: false,
    }
}

const fn pre(function: &'static str, kind: Kind) -> Sidecar {
    sidecar(function, Point::Pre, kind)
}

const fn post(function: &'static str, kind: Kind) -> Sidecar {
    sidecar(function, Point::Post, kind)
}

impl Sidecar {
    const fn role(self, role: &'static str) -> Self {
        Self {
            role: Some(role),
            ..self
        }
    }

    const fn payload(self, too_large: TooLarge) -> Self {
        Self {
            payload: Some(too_large),
            ..self
        }
    }

    const fn needs_token(self) -> Self {
        Self {
            needs_token: true,
            ..self
        }
    }

    const fn owns(self) -> Self {
        Self { owns: true, ..self }
    }

    /// The header that its function sets.
    pub(crate) fn mark(&self) -> String {
        format!("{MARK}{}", self.function)
    }

    const fn without_timeout(self) -> Self {
        Self {
            timeout: None,
            ..self
        }
    }
}

const fn endpoint(
    path: &'static str,
    pre: &'static [Sidecar],
    post: &'static [Sidecar],
) -> Endpoint {
    Endpoint {
        path,
        timeout: Duration::from_millis(2000),
        pre,
        post,
    }
}

use Kind::{Event, FailSafe, SureFire};
use TooLarge::{Blocking, Filtering};

/// All of them.
pub(crate) static ENDPOINTS: [Endpoint; 12] = [
    endpoint("/open", &[], &[]),
    endpoint("/sure", &[pre("sure", SureFire)], &[]),
    endpoint("/safe", &[pre("safe", FailSafe).owns()], &[]),
    endpoint("/event", &[pre("event", Event).owns()], &[]),
    endpoint(
        "/role",
        &[pre("role", SureFire).role("a").needs_token()],
        &[],
    ),
    endpoint("/block", &[pre("block", SureFire).payload(Blocking)], &[]),
    endpoint(
        "/filter",
        &[pre("filter", FailSafe).role("b").payload(Filtering)],
        &[],
    ),
    endpoint(
        "/after",
        &[],
        &[post("after", SureFire).payload(Blocking).owns()],
    ),
    endpoint(
        "/after-safe",
        &[],
        &[post("after-safe", FailSafe).role("a").payload(Filtering)],
    ),
    endpoint("/after-event", &[], &[post("after-event", Event).role("b")]),
    endpoint(
        "/chain",
        &[
            pre("chain-1", SureFire).role("a").owns(),
            pre("chain-2", FailSafe).owns(),
        ],
        &[post("chain-3", SureFire).owns(), post("chain-4", Event)],
    ),
    endpoint(
        "/patient",
        &[pre("patient", FailSafe).without_timeout()],
        &[],
    ),
];

/// The sidecar that asks this function, and its endpoint.
pub(crate) fn of_function(name: &str) -> Option<(&'static Endpoint, &'static Sidecar)> {
    ENDPOINTS.iter().find_map(|endpoint| {
        let mut sidecars = endpoint.pre.iter().chain(endpoint.post);
        let sidecar = sidecars.find(|sidecar| sidecar.function == name)?;
        Some((endpoint, sidecar))
    })
}
