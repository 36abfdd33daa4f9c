//! The counts of one sidecar, for the `metrics` facade.

use std::time::{Duration, Instant};

use lambda_sidecar_core::{
    FailureClass, Sidecar,
    session::{Decision, Receipt},
};
use metrics::{Counter, Gauge, Histogram, Label, Unit};

use super::metric::{
    CACHE_BYTES, CALLS, CANCELLED, DECISIONS, DURATION, ENVELOPE, FAILED_OPEN, FAILURES, IN_FLIGHT,
    METRICS, Metric, MetricKind, REFUSED_HEADERS,
};

/// The counts of one sidecar.
#[derive(Debug)]
pub(super) struct Meters {
    calls: Counter,
    cancelled: Counter,
    /// In the order of [`Decision::ALL`].
    decisions: Vec<Counter>,
    /// In the order of [`FailureClass::ALL`].
    failures: Vec<Counter>,
    failed_open: Counter,
    refused_headers: Counter,
    duration: Histogram,
    in_flight: Gauge,
    envelope: Histogram,
}

impl Meters {
    pub(super) fn new(sidecar: &Sidecar) -> Self {
        describe();
        let labels = Labels::new(sidecar);
        Self {
            calls: labels.counter(CALLS, None),
            cancelled: labels.counter(CANCELLED, None),
            decisions: labels.counters(DECISIONS, Decision::ALL.iter().map(|it| it.as_str())),
            failures: labels.counters(FAILURES, FailureClass::ALL.iter().map(|it| it.as_str())),
            failed_open: labels.counter(FAILED_OPEN, None),
            refused_headers: labels.counter(REFUSED_HEADERS, None),
            duration: metrics::histogram!(DURATION.name, labels.all(DURATION, None)),
            in_flight: labels.gauge(IN_FLIGHT),
            envelope: metrics::histogram!(ENVELOPE.name, labels.all(ENVELOPE, None)),
        }
    }

    /// A function call begins.
    pub(super) fn begin(&self, envelope_length: usize) -> InvocationInFlight {
        self.calls.increment(1);
        self.envelope.record(lossy(envelope_length));
        self.in_flight.increment(1.0);
        InvocationInFlight {
            since: Instant::now(),
            in_flight: self.in_flight.clone(),
            unless_decided: Some((self.cancelled.clone(), self.duration.clone())),
        }
    }

    /// A function call in the background took so long.
    pub(super) fn sent(&self, latency: Duration, failure: Option<FailureClass>) {
        if let Some(class) = failure {
            self.failures[class as usize].increment(1);
        }
        self.duration.record(latency.as_secs_f64());
    }

    /// It was decided what becomes of a call, after a function call of its own or without one.
    pub(super) fn record(&self, receipt: &Receipt, invoked: bool) {
        self.decisions[receipt.decision() as usize].increment(1);
        if let Some(class) = receipt.failure() {
            self.failures[class as usize].increment(1);
        }
        if receipt.failed_open() {
            self.failed_open.increment(1);
        }
        if let Some(latency) = receipt.latency().filter(|_| invoked) {
            self.duration.record(Duration::as_secs_f64(&latency));
        }
        self.refused_headers
            .increment(receipt.refused_headers().len() as u64);
    }
}

#[allow(clippy::cast_precision_loss, reason = "an envelope is far shorter")]
fn lossy(length: usize) -> f64 {
    length as f64
}

/// A function call under way, until dropped.
#[derive(Debug)]
pub(super) struct InvocationInFlight {
    since: Instant,
    in_flight: Gauge,
    /// What counts it if it is dropped before anything was decided.
    unless_decided: Option<(Counter, Histogram)>,
}

impl InvocationInFlight {
    pub(super) fn elapsed(&self) -> Duration {
        self.since.elapsed()
    }

    /// It led to a decision, or ended in the background, which is counted.
    pub(super) fn decided(&mut self) {
        self.unless_decided = None;
    }
}

impl Drop for InvocationInFlight {
    fn drop(&mut self) {
        self.in_flight.decrement(1.0);
        if let Some((cancelled, duration)) = &self.unless_decided {
            cancelled.increment(1);
            duration.record(self.since.elapsed().as_secs_f64());
        }
    }
}

fn describe() {
    for metric in METRICS.iter().copied() {
        let unit = match metric.name {
            name if name == DURATION.name => Unit::Seconds,
            name if [ENVELOPE.name, CACHE_BYTES.name].contains(&name) => Unit::Bytes,
            _ => Unit::Count,
        };
        match metric.kind {
            MetricKind::Counter => metrics::describe_counter!(metric.name, unit, metric.help),
            MetricKind::Gauge => metrics::describe_gauge!(metric.name, unit, metric.help),
            MetricKind::Histogram => metrics::describe_histogram!(metric.name, unit, metric.help),
        }
    }
}

pub(super) struct Labels([Label; 2]);

impl Labels {
    pub(super) fn new(sidecar: &Sidecar) -> Self {
        Self([
            Label::new("sidecar", sidecar.name().to_owned()),
            Label::new("point", sidecar.point().as_str()),
        ])
    }

    fn all(&self, metric: Metric, value: Option<&'static str>) -> Vec<Label> {
        let own = metric.label.zip(value);
        let own = own.map(|(name, value)| Label::new(name, value));
        self.0.iter().cloned().chain(own).collect()
    }

    pub(super) fn gauge(&self, metric: Metric) -> Gauge {
        metrics::gauge!(metric.name, self.all(metric, None))
    }

    pub(super) fn counter(&self, metric: Metric, value: Option<&'static str>) -> Counter {
        metrics::counter!(metric.name, self.all(metric, value))
    }

    fn counters(&self, metric: Metric, values: impl Iterator<Item = &'static str>) -> Vec<Counter> {
        values
            .map(|value| self.counter(metric, Some(value)))
            .collect()
    }
}
