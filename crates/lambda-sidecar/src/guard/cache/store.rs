//! The answers, within a bound of bytes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant as SystemInstant},
};

use bytes::Bytes;
use moka::{Expiry, sync::Cache};
use tokio::time::Instant;

use super::key::Question;
use crate::{function::Answer, observe::CacheBytes};

/// What an answer takes beside its own bytes: the question, times, and what it is found by.
const OVERHEAD: u64 = 256;

/// The largest part of the whole that one answer may take.
const LARGEST_PART: u64 = 16;

/// An answer with a verdict in it.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) answer: Answer,
    pub(super) lifetime: Duration,
    since: Instant,
    weight: u32,
    /// After how long it is of no use to anybody.
    useful: Duration,
}

pub(super) struct Store {
    kept: Cache<Question, Arc<Kept>>,
    max_bytes: u64,
    /// The longest time, in seconds, for which one of the sidecars uses what is stale.
    longest_stale: AtomicU64,
    observer: CacheBytes,
}

impl Store {
    pub(super) fn new(max_bytes: u64, observer: CacheBytes) -> Self {
        let kept = Cache::builder()
            .max_capacity(max_bytes)
            .weigher(|_, kept: &Arc<Kept>| kept.weight)
            .expire_after(Uselessness)
            .build();
        Self {
            kept,
            max_bytes,
            longest_stale: AtomicU64::new(0),
            observer,
        }
    }

    pub(super) fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    pub(super) fn bytes(&self) -> u64 {
        self.kept.run_pending_tasks();
        self.kept.weighted_size()
    }

    pub(super) fn clear(&self) {
        self.kept.invalidate_all();
        self.observer.hold(self.bytes());
    }

    pub(super) fn keep_stale_for(&self, time: Duration) {
        self.longest_stale
            .fetch_max(time.as_secs(), Ordering::Relaxed);
    }

    /// The answer to a question, and its age.
    pub(super) fn find(&self, question: &Question) -> Option<(Arc<Kept>, Duration)> {
        let kept = self.kept.get(question)?;
        let age = kept.since.elapsed();
        Some((kept, age))
    }

    /// Keeps an answer from now on, unless it is too large.
    pub(super) fn keep(&self, question: &Question, answer: &Answer, lifetime: Duration) {
        let version = answer.version.as_deref().map_or(0, str::len);
        let bytes = OVERHEAD + version as u64 + answer.payload.len() as u64;
        let weight = u32::try_from(bytes).ok();
        let weight = weight.filter(|_| bytes <= self.max_bytes / LARGEST_PART);
        let Some(weight) = weight else { return };
        let stale = Duration::from_secs(self.longest_stale.load(Ordering::Relaxed));
        let kept = Kept {
            answer: Answer::ok(copied(&answer.payload))
                .version(answer.version.as_deref().map(str::to_owned)),
            lifetime,
            since: Instant::now(),
            weight,
            useful: lifetime.saturating_add(stale),
        };
        self.kept.insert(*question, Arc::new(kept));
        // At once, so that the bound holds and the gauge is right.
        self.observer.hold(self.bytes());
    }
}

/// A part of a larger buffer would keep all of it.
fn copied(payload: &Bytes) -> Bytes {
    Bytes::copy_from_slice(payload)
}

/// What is useful to nobody any more is dropped, whether or not there is room for it.
struct Uselessness;

impl Expiry<Question, Arc<Kept>> for Uselessness {
    fn expire_after_create(
        &self,
        _: &Question,
        kept: &Arc<Kept>,
        _: SystemInstant,
    ) -> Option<Duration> {
        Some(kept.useful)
    }

    fn expire_after_update(
        &self,
        _: &Question,
        kept: &Arc<Kept>,
        _: SystemInstant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(kept.useful)
    }
}

#[cfg(test)]
mod tests;
