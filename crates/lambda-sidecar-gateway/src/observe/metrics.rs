//! What is counted. Labels are bounded: names from the configuration, kinds and statuses, never anything
//! a client sends.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use lambda_sidecar::{METRICS, MetricKind};
use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

const REQUESTS: &str = "gateway_requests_total";
const IN_FLIGHT: &str = "gateway_requests_in_flight";

const SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0,
];
/// A kibibyte to the largest envelope there is: two payloads of a megabyte as base64.
const BYTES: [f64; 7] = [
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
];
/// How often recorded durations are added up, read or not.
const UPKEEP: Duration = Duration::from_secs(5);

/// Begins to count; without it nothing is kept. It has to come before the proxy and its routes are made, which
/// count for the recorder that is there then.
///
/// # Errors
///
/// If something counts already.
pub(crate) fn install() -> Result<PrometheusHandle, BuildError> {
    let mut histograms = METRICS
        .iter()
        .filter(|metric| metric.kind == MetricKind::Histogram);
    let handle = histograms
        .try_fold(PrometheusBuilder::new(), |builder, metric| {
            let buckets = if metric.name.ends_with("_seconds") {
                &SECONDS[..]
            } else {
                &BYTES
            };
            builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets)
        })?
        .install_recorder()?;
    describe_counter!(
        REQUESTS,
        "Calls, by endpoint and status; 499 if the client did not wait for an answer."
    );
    describe_gauge!(IN_FLIGHT, "Calls whose answer is not through yet.");
    Ok(handle)
}

/// Adds recorded durations up from time to time, so that they do not pile up unread.
pub(crate) async fn keep_up(handle: PrometheusHandle) {
    let mut interval = tokio::time::interval(UPKEEP);
    loop {
        interval.tick().await;
        handle.run_upkeep();
    }
}

/// How many calls are in flight. Made once, since a gauge is looked up by its name.
#[derive(Debug)]
pub(crate) struct InFlight(Gauge);

impl InFlight {
    /// Counts with the recorder that is installed now.
    pub(crate) fn new() -> Self {
        Self(gauge!(IN_FLIGHT))
    }

    pub(crate) fn begin(&self) -> CallInFlight {
        self.0.increment(1.0);
        CallInFlight(self.0.clone())
    }
}

/// A call in flight, until dropped.
#[derive(Debug)]
pub(crate) struct CallInFlight(Gauge);

impl Drop for CallInFlight {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// The calls to one endpoint, by their status. A counter is looked up when its status comes for the first time.
#[derive(Debug)]
pub(crate) struct CallCounts {
    endpoint: Arc<str>,
    by_status: RwLock<BTreeMap<u16, Counter>>,
}

impl CallCounts {
    /// Of the endpoint with this name; it is empty for calls to none.
    pub(crate) fn of(endpoint: &str) -> Arc<Self> {
        Arc::new(Self {
            endpoint: endpoint.into(),
            by_status: RwLock::default(),
        })
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Counts a call.
    pub(crate) fn ended(&self, status: u16) {
        let counters = self.by_status.read();
        let counters = counters.unwrap_or_else(PoisonError::into_inner);
        if let Some(counter) = counters.get(&status) {
            return counter.increment(1);
        }
        drop(counters);
        let counters = self.by_status.write();
        let mut counters = counters.unwrap_or_else(PoisonError::into_inner);
        let counter = counters.entry(status).or_insert_with(|| {
            let endpoint = Arc::clone(&self.endpoint);
            counter!(REQUESTS, "endpoint" => endpoint, "status" => status.to_string())
        });
        counter.increment(1);
    }
}
