//! What is told of verdicts that are kept.

#[cfg(feature = "metrics")]
use std::sync::Mutex;

use lambda_sidecar_core::Sidecar;
#[cfg(feature = "metrics")]
use metrics::{Counter, Gauge};

#[cfg(feature = "metrics")]
use super::{
    meters::Labels,
    metric::{CACHE, CACHE_BYTES},
};

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheResult {
    /// It was answered by what was kept.
    Hit,
    /// The function was to be called for it.
    Miss,
    /// It waited for a function call that another one made.
    Joined,
    /// What was kept stood in for a function call that failed.
    Stale,
}

#[cfg(feature = "metrics")]
impl CacheResult {
    /// In the order of their numbers.
    const ALL: [Self; 4] = [Self::Hit, Self::Miss, Self::Joined, Self::Stale];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Joined => "joined",
            Self::Stale => "stale",
        }
    }
}

/// What observes the questions of one sidecar.
#[derive(Debug, Clone)]
pub(crate) struct CacheObserver {
    /// In the order of [`CacheResult::ALL`].
    #[cfg(feature = "metrics")]
    results: [Counter; 4],
}

impl CacheObserver {
    #[cfg(feature = "metrics")]
    pub(crate) fn new(sidecar: &Sidecar) -> Self {
        let labels = Labels::new(sidecar);
        Self {
            results: CacheResult::ALL.map(|it| labels.counter(CACHE, Some(it.as_str()))),
        }
    }

    #[cfg(not(feature = "metrics"))]
    pub(crate) fn new(_: &Sidecar) -> Self {
        Self {}
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn count(&self, result: CacheResult) {
        self.results[result as usize].increment(1);
    }

    #[cfg(not(feature = "metrics"))]
    #[allow(clippy::unused_self)]
    pub(crate) fn count(&self, _: CacheResult) {}
}

/// What observes how many bytes a cache holds. The gauge goes up and down and is not set: it is that of all caches.
#[derive(Debug)]
pub(crate) struct CacheBytes {
    #[cfg(feature = "metrics")]
    told: Mutex<u64>,
    #[cfg(feature = "metrics")]
    gauge: Gauge,
}

#[cfg(feature = "metrics")]
impl CacheBytes {
    pub(crate) fn new() -> Self {
        Self {
            told: Mutex::default(),
            gauge: metrics::gauge!(CACHE_BYTES.name),
        }
    }

    pub(crate) fn hold(&self, bytes: u64) {
        let mut told = self
            .told
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if bytes >= *told {
            self.gauge.increment(lossy(bytes - *told));
        } else {
            self.gauge.decrement(lossy(*told - bytes));
        }
        *told = bytes;
    }
}

#[cfg(feature = "metrics")]
#[allow(clippy::cast_precision_loss, reason = "a cache is far smaller")]
fn lossy(bytes: u64) -> f64 {
    bytes as f64
}

#[cfg(feature = "metrics")]
impl Drop for CacheBytes {
    fn drop(&mut self) {
        self.hold(0);
    }
}

#[cfg(not(feature = "metrics"))]
impl CacheBytes {
    pub(crate) fn new() -> Self {
        Self {}
    }

    #[allow(clippy::unused_self)]
    pub(crate) fn hold(&self, _: u64) {}
}
