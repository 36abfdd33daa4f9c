//! The names of what is counted.

/// One of the [`METRICS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// How it counts.
    pub kind: MetricKind,
    /// Its label beside `sidecar` (the short name of the function) and `point`. `sidecar_cache_bytes` has no labels.
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

pub(super) const CALLS: Metric = Metric {
    name: "sidecar_calls_total",
    kind: MetricKind::Counter,
    label: None,
    help: "Function calls begun.",
};
pub(super) const DECISIONS: Metric = Metric {
    name: "sidecar_decisions_total",
    kind: MetricKind::Counter,
    label: Some("decision"),
    help: "What became of calls at a sidecar.",
};
pub(super) const FAILURES: Metric = Metric {
    name: "sidecar_failures_total",
    kind: MetricKind::Counter,
    label: Some("class"),
    help: "Function calls that failed, by class.",
};
pub(super) const FAILED_OPEN: Metric = Metric {
    name: "sidecar_failed_open_total",
    kind: MetricKind::Counter,
    label: None,
    help: "Calls that went on although the function call failed.",
};
pub(super) const REFUSED_HEADERS: Metric = Metric {
    name: "sidecar_refused_headers_total",
    kind: MetricKind::Counter,
    label: None,
    help: "Headers in verdicts that are not the function's to touch.",
};
pub(super) const DURATION: Metric = Metric {
    name: "sidecar_duration_seconds",
    kind: MetricKind::Histogram,
    label: None,
    help: "How long function calls took.",
};
pub(super) const IN_FLIGHT: Metric = Metric {
    name: "sidecar_calls_in_flight",
    kind: MetricKind::Gauge,
    label: None,
    help: "Function calls under way.",
};
pub(super) const CANCELLED: Metric = Metric {
    name: "sidecar_cancelled_total",
    kind: MetricKind::Counter,
    label: None,
    help: "Function calls that nobody waits for any more: their client is gone.",
};
pub(super) const ENVELOPE: Metric = Metric {
    name: "sidecar_envelope_bytes",
    kind: MetricKind::Histogram,
    label: None,
    help: "How long envelopes were.",
};

pub(super) const REJECTED: Metric = Metric {
    name: "sidecar_rejected_total",
    kind: MetricKind::Counter,
    label: Some("reason"),
    help: "Function calls that a guard did not let through.",
};
pub(super) const BREAKER_OPEN: Metric = Metric {
    name: "sidecar_breaker_open",
    kind: MetricKind::Gauge,
    label: None,
    help: "Whether the breaker leaves the function alone.",
};
pub(super) const EVENTS_QUEUED: Metric = Metric {
    name: "sidecar_events_queued",
    kind: MetricKind::Gauge,
    label: None,
    help: "Events that wait to be sent in the background.",
};
pub(super) const EVENTS_DROPPED: Metric = Metric {
    name: "sidecar_events_dropped_total",
    kind: MetricKind::Counter,
    label: Some("reason"),
    help: "Events that were to be sent in the background and are lost.",
};
pub(super) const CACHE: Metric = Metric {
    name: "sidecar_cache_total",
    kind: MetricKind::Counter,
    label: Some("result"),
    help: "Questions to sidecars whose verdicts are kept.",
};
pub(super) const CACHE_BYTES: Metric = Metric {
    name: "sidecar_cache_bytes",
    kind: MetricKind::Gauge,
    label: None,
    help: "How many bytes the kept verdicts take.",
};

pub(super) const THROTTLED: Metric = Metric {
    name: "sidecar_throttled_total",
    kind: MetricKind::Counter,
    label: Some("reason"),
    help: "Attempts at function calls that AWS throttled, by its reason.",
};

/// Everything that the layers count, with the feature `metrics`.
///
/// Labels are bounded: names from the configuration, points, decisions and classes. The recorder that is
/// installed when a layer is made is the one that counts. If yours has to be told the buckets of histograms,
/// read their names here.
///
/// ```
/// use lambda_sidecar::{METRICS, MetricKind};
///
/// let histograms = METRICS.iter().filter(|metric| metric.kind == MetricKind::Histogram);
/// let names: Vec<_> = histograms.map(|metric| metric.name).collect();
/// assert_eq!(names, ["sidecar_duration_seconds", "sidecar_envelope_bytes"]);
/// ```
pub const METRICS: &[Metric] = &[
    CALLS,
    CANCELLED,
    DECISIONS,
    FAILURES,
    FAILED_OPEN,
    REFUSED_HEADERS,
    DURATION,
    IN_FLIGHT,
    ENVELOPE,
    REJECTED,
    BREAKER_OPEN,
    CACHE,
    CACHE_BYTES,
    EVENTS_QUEUED,
    EVENTS_DROPPED,
    THROTTLED,
];
