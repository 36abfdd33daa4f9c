//! The account of all calls: judged as they settle, summed up at the end.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use crate::{
    coverage::Coverage,
    judge::{Check, judge},
    ledger::{Call, Ledger},
    plan::Plan,
    trouble::Troubles,
    weather::LIFETIME,
};

/// Nothing comes of a call so long after its end.
const SETTLED: Duration = Duration::from_secs(15);
/// So many failing calls are shown.
const SHOWN: usize = 20;

#[derive(Debug, Default)]
pub(crate) struct Account {
    pub(crate) calls: u64,
    pub(crate) invocations: u64,
    pub(crate) excused: u64,
    pub(crate) kinds: BTreeMap<String, u64>,
    pub(crate) coverage: Coverage,
    /// The failing ones, as far as they are shown.
    pub(crate) failing: Vec<String>,
    failures: Vec<Check>,
    /// When each access key was first used.
    keys: HashMap<String, Instant>,
    pub(crate) expired: u64,
}

impl Account {
    /// Judges the calls that nothing more can come of.
    pub(crate) fn settle(&mut self, seed: u64, ledger: &Ledger, troubles: &Troubles) {
        for (id, call) in ledger.take_settled(SETTLED) {
            self.judge(seed, id, &call, troubles);
        }
        troubles.forget(3 * SETTLED);
    }

    /// Judges all the others.
    pub(crate) fn close(&mut self, seed: u64, ledger: &Ledger, troubles: &Troubles) {
        for (id, call) in ledger.take_rest() {
            self.judge(seed, id, &call, troubles);
        }
    }

    fn judge(&mut self, seed: u64, id: u64, call: &Call, troubles: &Troubles) {
        self.calls += 1;
        self.invocations += call.invocations.len() as u64;
        let plan = Plan::of(seed, id);
        let finding = judge(&plan, call, |from, until| troubles.between(from, until));
        self.coverage.call(&plan, call, &finding.kind);
        *self.kinds.entry(finding.kind).or_default() += 1;
        self.excused += u64::from(finding.excused);
        for invocation in &call.invocations {
            self.expired += u64::from(self.is_expired(&invocation.access_key, invocation.at));
        }
        for wrong in finding.wrong {
            self.failures.push(wrong.check);
            if self.failing.len() < SHOWN {
                let (check, text) = (wrong.check, wrong.text);
                let invocations: Vec<_> = call
                    .invocations
                    .iter()
                    .map(|attempt| (&attempt.function, attempt.attempt, attempt.action))
                    .collect();
                self.failing.push(format!(
                    "call {id}: {check:?}: {text}\n  {plan:?}\n  far end {invocations:?}"
                ));
            }
        }
    }

    /// Keys of roles are used no longer than they live. A key that was first seen so long ago is older.
    fn is_expired(&mut self, key: &str, at: Instant) -> bool {
        if !key.starts_with("ASIA") {
            return false;
        }
        let first = self.keys.entry(key.to_owned()).or_insert(at);
        at.saturating_duration_since(*first) > LIFETIME
    }

    /// How many keys of roles were used.
    pub(crate) fn keys(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn failures(&self, check: Check) -> usize {
        let failures = self.failures.iter();
        failures.filter(|failure| **failure == check).count()
    }
}
