//! What a run has met with, and what one that is long enough has to.

use std::collections::BTreeMap;

use crate::{
    action::{Action, Effect},
    endpoints::ENDPOINTS,
    ledger::{Call, Observed},
    odd::{Lengths, Odd},
    plan::{Plan, Protocol},
};

/// Of so many seconds nothing may be missing.
pub(crate) const LONG_ENOUGH: u64 = 60;
/// Of so many no oddity.
const LONG_ENOUGH_FOR_ODD: u64 = 20;

/// The ends of calls, as they are named in the table. Those left out need an outage or a time-out at the
/// right moment, and are rare where the machine is slow.
const KINDS: [&str; 12] = [
    "FunctionError",
    "GatewayTimeout",
    "InvalidResponseFromAWSLambdaInPostProcess",
    "InvalidResponseFromAWSLambdaInPreProcess",
    "MaxPayloadConditionFailure",
    "RequiredHeaderConditionFailure",
    "backend",
    "backend, body replaced",
    "client hung up",
    "gateway's own 502",
    "terminated",
    "terminated, or gateway's own (gRPC)",
];

const FAILED_OPEN: &str = "a call that failed open";
const REQUEST_MODIFIED: &str = "a request with headers of a function";
const ANSWER_MODIFIED: &str = "an answer with headers of a function";
const RETRIED: &str = "a function called again";

/// How often each thing was met with.
#[derive(Debug, Default)]
pub(crate) struct Coverage(BTreeMap<String, u64>);

impl Coverage {
    pub(crate) fn count(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    /// Counts what this call met with.
    pub(crate) fn call(&mut self, plan: &Plan, call: &Call, kind: &str) {
        self.count(kind);
        self.count(plan.endpoint.path);
        self.count(protocol(plan.protocol));
        if let Some(odd) = plan.odd.filter(|odd| is_met(*odd, call)) {
            self.count(odd.name());
        }
        for attempt in &call.invocations {
            self.count(function(&attempt.function));
            self.count(attempt.action.name());
            if attempt.attempt > 1 {
                self.count(RETRIED);
            }
        }
        let failed = |action: Action| matches!(action.effect(), Effect::Fail(_));
        let mut attempts = call.invocations.iter();
        let asked_in_vain = !call.invocations.is_empty() && attempts.all(|it| failed(it.action));
        if plan.endpoint.path == "/safe" && asked_in_vain && !call.arrivals.is_empty() {
            self.count(FAILED_OPEN);
        }
        if call
            .arrivals
            .iter()
            .any(|arrival| !arrival.marks.is_empty())
        {
            self.count(REQUEST_MODIFIED);
        }
        if let Some((_, Observed::Answered(seen))) = &call.ended
            && !seen.marks.is_empty()
        {
            self.count(ANSWER_MODIFIED);
        }
    }

    /// How often each oddity was met with.
    pub(crate) fn odd(&self) -> impl Iterator<Item = (String, u64)> {
        Odd::all().map(|odd| {
            let name = odd.name();
            let count = self.0.get(&name).copied();
            (name, count.unwrap_or_default())
        })
    }

    /// What a run of so many seconds has to have met with, and never did.
    pub(crate) fn missing(&self, seconds: u64) -> Vec<String> {
        let mut all = demanded(seconds);
        all.retain(|what| !self.0.contains_key(what));
        all
    }
}

/// Whether the gateway had the oddity before it: it refused the request, or somebody saw the call after it.
fn is_met(odd: Odd, call: &Call) -> bool {
    let refused = odd.is_refused() || odd == Odd::NominatesToken;
    let is_answered = matches!(
        call.ended,
        Some((_, Observed::Answered(_) | Observed::CutOff))
    );
    // This one is refused before anybody sees the call.
    let is_over = odd == Odd::Lengths(Lengths::NotOfFrames) && call.ended.is_some();
    let is_seen = !call.invocations.is_empty() || !call.arrivals.is_empty();
    let is_backends = odd.is_of_answer();
    match (refused, is_backends) {
        (true, _) => is_answered,
        (_, true) => !call.arrivals.is_empty(),
        (false, false) => is_seen || is_over,
    }
}

fn demanded(seconds: u64) -> Vec<String> {
    let mut all = Vec::new();
    if seconds >= LONG_ENOUGH_FOR_ODD {
        all.extend(Odd::all().map(Odd::name));
    }
    if seconds >= LONG_ENOUGH {
        all.extend(frequent());
    }
    all
}

fn frequent() -> Vec<String> {
    let others = [FAILED_OPEN, REQUEST_MODIFIED, ANSWER_MODIFIED, RETRIED];
    let mut all: Vec<String> = KINDS.into_iter().chain(others).map(String::from).collect();
    all.extend([Protocol::Http1, Protocol::Http2, Protocol::Grpc].map(protocol));
    for endpoint in &ENDPOINTS {
        all.push(endpoint.path.into());
        let sidecars = endpoint.pre.iter().chain(endpoint.post);
        all.extend(sidecars.map(|sidecar| function(sidecar.function)));
    }
    all.extend(Action::frequent().map(Action::name));
    all
}

fn protocol(protocol: Protocol) -> String {
    format!("a call over {protocol:?}")
}

fn function(name: &str) -> String {
    format!("function {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_calls_has_met_with_nothing() {
        let all = Coverage::default().missing(LONG_ENOUGH);
        assert_eq!(all.len(), Odd::all().count() + frequent().len());
        let odd: Vec<_> = Odd::all().map(Odd::name).collect();
        assert_eq!(Coverage::default().missing(LONG_ENOUGH_FOR_ODD), odd);
    }

    #[test]
    fn every_frequent_action_comes_up_soon() {
        let mut coverage = Coverage::default();
        for id in 0..2_000 {
            coverage.count(Action::of(1, id, "sure", 1).name());
        }
        let missing = coverage.missing(LONG_ENOUGH);
        for action in Action::frequent() {
            assert!(!missing.contains(&action.name()), "{action:?}");
        }
    }
}
