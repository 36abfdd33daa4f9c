//! What is counted of each sidecar, for the `metrics` facade.

use std::time::Duration;

use lambda_sidecar_core::{FailureClass, Sidecar};
use metrics::{Counter, Gauge, Histogram, Label, Unit};

use crate::{Decision, Receipt};

/// One of the [`METRICS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// How it counts.
    pub kind: MetricKind,
    /// Its labels beside `sidecar` (the short name of the function) and `point`.
    pub label: Option<&'static str>,
    /// What it counts, in a sentence.
    pub help: &'static str,
}

/// How a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Values are counted by size.
    Histogram,
}

impl MetricKind {
    /// The name that Prometheus has for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

const CALLS: Metric = Metric {
    name: "sidecar_calls_total",
    kind: MetricKind::Counter,
    label: None,
    help: "Function calls begun.",
};
const DECISIONS: Metric = Metric {
    name: "sidecar_decisions_total",
    kind: MetricKind::Counter,
    label: Some("decision"),
    help: "What became of calls at a sidecar.",
};
const FAILURES: Metric = Metric {
    name: "sidecar_failures_total",
    kind: MetricKind::Counter,
    label: Some("class"),
    help: "Function calls that failed, by class.",
};
const FAILED_OPEN: Metric = Metric {
    name: "sidecar_failed_open_total",
    kind: MetricKind::Counter,
    label: None,
    help: "Calls that went on although the function call failed.",
};
const REFUSED_HEADERS: Metric = Metric {
    name: "sidecar_refused_headers_total",
    kind: MetricKind::Counter,
    label: None,
    help: "Headers in verdicts that are not the function's to touch.",
};
const DURATION: Metric = Metric {
    name: "sidecar_duration_seconds",
    kind: MetricKind::Histogram,
    label: None,
    help: "How long function calls took.",
};
const IN_FLIGHT: Metric = Metric {
    name: "sidecar_calls_in_flight",
    kind: MetricKind::Gauge,
    label: None,
    help: "Function calls under way.",
};
const ENVELOPE: Metric = Metric {
    name: "sidecar_envelope_bytes",
    kind: MetricKind::Histogram,
    label: None,
    help: "How long envelopes were.",
};

/// Everything that the layers count, with the feature `metrics`.
///
/// Labels are bounded: names from the configuration, points, decisions and classes. The recorder that is
/// installed when a layer is made is the one that counts. With one that has to be told the buckets of
/// histograms, this is the place to read their names.
///
/// ```
/// use lambda_sidecar::{METRICS, MetricKind};
///
/// let names = METRICS.map(|metric| metric.name);
/// assert!(names.contains(&"sidecar_failed_open_total"));
/// # assert!(METRICS.iter().any(|metric| metric.kind == MetricKind::Histogram));
/// ```
pub const METRICS: [Metric; 8] = [
    CALLS,
    DECISIONS,
    FAILURES,
    FAILED_OPEN,
    REFUSED_HEADERS,
    DURATION,
    IN_FLIGHT,
    ENVELOPE,
];

/// The counts of one sidecar.
#[derive(Debug)]
pub(crate) struct Meters {
    calls: Counter,
    decisions: [Counter; Decision::ALL.len()],
    failures: [Counter; FailureClass::ALL.len()],
    failed_open: Counter,
    refused_headers: Counter,
    duration: Histogram,
    in_flight: Gauge,
    envelope: Histogram,
}

impl Meters {
    pub(crate) fn new(sidecar: &Sidecar) -> Self {
        describe();
        let of = Labels::of(sidecar);
        Self {
            calls: of.counter(CALLS, None),
            decisions: Decision::ALL.map(|it| of.counter(DECISIONS, Some(it.as_str()))),
            failures: FailureClass::ALL.map(|it| of.counter(FAILURES, Some(it.as_str()))),
            failed_open: of.counter(FAILED_OPEN, None),
            refused_headers: of.counter(REFUSED_HEADERS, None),
            duration: metrics::histogram!(DURATION.name, of.all(DURATION, None)),
            in_flight: metrics::gauge!(IN_FLIGHT.name, of.all(IN_FLIGHT, None)),
            envelope: metrics::histogram!(ENVELOPE.name, of.all(ENVELOPE, None)),
        }
    }

    /// A function call begins.
    pub(crate) fn begin(&self, envelope_length: usize) -> InFlight {
        self.calls.increment(1);
        self.envelope.record(lossy(envelope_length));
        self.in_flight.increment(1.0);
        InFlight(self.in_flight.clone())
    }

    /// It was decided what becomes of a call.
    pub(crate) fn record(&self, receipt: &Receipt) {
        self.decisions[receipt.decision() as usize].increment(1);
        if let Some(class) = receipt.failure() {
            self.failures[class as usize].increment(1);
        }
        if receipt.failed_open() {
            self.failed_open.increment(1);
        }
        if let Some(latency) = receipt.latency() {
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
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

fn describe() {
    for metric in METRICS {
        let unit = match metric.name {
            name if name == DURATION.name => Unit::Seconds,
            name if name == ENVELOPE.name => Unit::Bytes,
            _ => Unit::Count,
        };
        match metric.kind {
            MetricKind::Counter => metrics::describe_counter!(metric.name, unit, metric.help),
            MetricKind::Gauge => metrics::describe_gauge!(metric.name, unit, metric.help),
            MetricKind::Histogram => metrics::describe_histogram!(metric.name, unit, metric.help),
        }
    }
}

struct Labels([Label; 2]);

impl Labels {
    fn of(sidecar: &Sidecar) -> Self {
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

    fn counter(&self, metric: Metric, value: Option<&'static str>) -> Counter {
        metrics::counter!(metric.name, self.all(metric, value))
    }
}
