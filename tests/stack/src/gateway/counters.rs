//! What the gateway counts, as Prometheus reads it.

use std::collections::BTreeMap;

use lambda_sidecar::{Decision, FailureClass};

use crate::route::Decided;

/// All counters at one time.
#[derive(Debug)]
pub(super) struct Counters(BTreeMap<String, u64>);

impl Counters {
    pub(super) fn read(text: &str) -> Self {
        let counters = text
            .lines()
            .filter_map(|line| line.rsplit_once(' '))
            .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)));
        Self(counters.collect())
    }

    /// What sidecars decided in between.
    ///
    /// One call of a route with one sidecar, so that what was counted belongs together.
    pub(super) fn decided_since(&self, before: &Self) -> Vec<Decided> {
        let risen = |counter: &str, label: &str| {
            let new = self.0.iter().filter(move |(name, count)| {
                let is_it = name.split('{').next() == Some(counter) && name.contains(label);
                is_it && **count > before.0.get(*name).copied().unwrap_or_default()
            });
            new.count() > 0
        };
        let failure = FailureClass::ALL.iter().copied().find(|class| {
            let label = format!("class=\"{}\"", class.as_str());
            risen("sidecar_failures_total", &label)
        });
        let failed_open = risen("sidecar_failed_open_total", "");
        let decisions = Decision::ALL.iter().copied().filter(|decision| {
            let label = format!("decision=\"{}\"", decision.as_str());
            risen("sidecar_decisions_total", &label)
        });
        let decided = decisions.map(|decision| Decided::new(decision, failure, failed_open));
        decided.collect()
    }
}
