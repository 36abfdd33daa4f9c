//! What is counted. Labels are bounded: names from the configuration, kinds and statuses, never anything
//! a client sends.

use std::time::Duration;

use lambda_sidecar::{METRICS, MetricKind};
use metrics::{counter, describe_counter, describe_gauge, gauge};
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

/// Begins to count; without it nothing is kept. It has to come before the routes are made, whose
/// sidecars count for the recorder that is there then.
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

/// A call in flight, until dropped.
#[derive(Debug)]
pub(crate) struct CallInFlight(());

impl CallInFlight {
    pub(crate) fn begin() -> Self {
        gauge!(IN_FLIGHT).increment(1.0);
        Self(())
    }
}

impl Drop for CallInFlight {
    fn drop(&mut self) {
        gauge!(IN_FLIGHT).decrement(1.0);
    }
}

/// Counts a call to an endpoint; the name is empty if none was found.
pub(crate) fn ended(endpoint: &str, status: u16) {
    let (endpoint, status) = (endpoint.to_owned(), status.to_string());
    counter!(REQUESTS, "endpoint" => endpoint, "status" => status).increment(1);
}
