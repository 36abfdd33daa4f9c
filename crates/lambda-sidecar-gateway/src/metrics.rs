//! What is counted. Labels are bounded: names from the configuration, kinds and statuses, never anything
//! a client sends.

use std::{sync::Arc, time::Duration};

use http::Response;
use lambda_sidecar::{SidecarOutcome, SidecarOutcomes};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

const REQUESTS: &str = "gateway_requests_total";
const IN_FLIGHT: &str = "gateway_requests_in_flight";
const CALLS: &str = "sidecar_calls_total";
const FAILURES: &str = "sidecar_failures_total";
const FAILED_OPEN: &str = "sidecar_failed_open_total";
const REFUSED_HEADERS: &str = "sidecar_refused_headers_total";
const DURATION: &str = "sidecar_duration_seconds";

const DURATION_BUCKETS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0,
];
/// How often recorded durations are added up, be they asked for or not.
const UPKEEP: Duration = Duration::from_secs(5);

/// Begins to count. Without it nothing is kept.
///
/// # Errors
///
/// Where something counts already.
pub(crate) fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(DURATION.to_owned()), &DURATION_BUCKETS)?
        .install_recorder()?;
    describe_counter!(REQUESTS, "Calls answered, by endpoint and status.");
    describe_gauge!(IN_FLIGHT, "Calls whose answer is not through yet.");
    describe_counter!(CALLS, "Decisions of sidecars.");
    describe_counter!(FAILURES, "Function calls that failed, by class.");
    describe_counter!(
        FAILED_OPEN,
        "Calls that went on although the function call failed."
    );
    describe_counter!(
        REFUSED_HEADERS,
        "Headers in verdicts that are not the function's to touch."
    );
    describe_histogram!(DURATION, "How long function calls took.");
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

/// A call in flight, until dropped.
#[derive(Debug)]
pub(crate) struct InFlight(());

impl InFlight {
    pub(crate) fn begin() -> Self {
        gauge!(IN_FLIGHT).increment(1.0);
        Self(())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        gauge!(IN_FLIGHT).decrement(1.0);
    }
}

/// What there is to count of one call.
#[derive(Debug, Default)]
pub(crate) struct Receipt {
    endpoint: Option<Arc<str>>,
    outcomes: Option<SidecarOutcomes>,
}

impl Receipt {
    pub(crate) fn set_endpoint(&mut self, label: &Arc<str>) {
        self.endpoint = Some(Arc::clone(label));
    }

    /// The endpoint's path; empty where none was found.
    pub(crate) fn endpoint(&self) -> &str {
        self.endpoint.as_deref().unwrap_or_default()
    }

    /// What sidecars decided on a call whose answer does not carry it.
    pub(crate) fn set_outcomes(&mut self, outcomes: Option<SidecarOutcomes>) {
        self.outcomes = outcomes;
    }

    /// Counts the call.
    pub(crate) fn record<B>(&self, response: &Response<B>) {
        let endpoint = self.endpoint().to_owned();
        let status = response.status().as_str().to_owned();
        counter!(REQUESTS, "endpoint" => endpoint, "status" => status).increment(1);
        let outcomes = response.extensions().get().or(self.outcomes.as_ref());
        for outcome in outcomes.into_iter().flat_map(|outcomes| outcomes.iter()) {
            record_outcome(outcome);
        }
    }
}

fn record_outcome(outcome: &SidecarOutcome) {
    let point = outcome.point().as_str();
    let labels = || {
        [
            ("sidecar", outcome.function().to_owned()),
            ("point", point.to_owned()),
        ]
    };
    let with = |name, value: &'static str| {
        let [sidecar, point] = labels();
        [sidecar, point, (name, value.to_owned())]
    };
    counter!(CALLS, &with("decision", outcome.decision().as_str())).increment(1);
    if let Some(latency) = outcome.latency() {
        histogram!(DURATION, &labels()).record(latency.as_secs_f64());
    }
    if let Some(class) = outcome.failure() {
        counter!(FAILURES, &with("class", class.as_str())).increment(1);
    }
    if outcome.failed_open() {
        counter!(FAILED_OPEN, &labels()).increment(1);
    }
    let refused = outcome.refused_headers().len();
    if refused > 0 {
        counter!(REFUSED_HEADERS, &labels()).increment(refused as u64);
    }
}
