//! The bounds of numbers and the defaults of text.

use std::{ops::RangeInclusive, time::Duration};

pub(super) const DEFAULT_SESSION_NAME: &str = "TIBCO_Mashery_SideCar_Connector";
pub(super) const DEFAULT_EXPIRATION: Duration = Duration::from_secs(60 * 60);

/// `expirationDuration`, in minutes.
pub(super) const EXPIRATION: RangeInclusive<u32> = 15..=720;
/// `max-payload-size`, in KB.
pub(super) const MAX_PAYLOAD_SIZE: RangeInclusive<u32> = 1..=1024;
/// `timeout`, in milliseconds.
pub(super) const TIMEOUT: RangeInclusive<u64> = 1..=u32::MAX as u64;
/// `max-concurrency`.
pub(super) const MAX_CONCURRENCY: RangeInclusive<u32> = 1..=10_000;
/// `breaker-failures`.
pub(super) const BREAKER_FAILURES: RangeInclusive<u32> = 1..=1000;
/// `breaker-open-seconds`.
pub(super) const BREAKER_OPEN: RangeInclusive<u64> = 1..=3600;
/// `event-queue`.
pub(super) const EVENT_QUEUE: RangeInclusive<u32> = 1..=100_000;
/// `cache-max-seconds`.
pub(super) const CACHE_MAX: RangeInclusive<u64> = 1..=86_400;
/// `cache-default-seconds`; at most `cache-max-seconds`.
pub(super) const CACHE_DEFAULT: RangeInclusive<u64> = 0..=86_400;
/// `cache-stale-seconds`.
pub(super) const CACHE_STALE: RangeInclusive<u64> = 0..=u32::MAX as u64;
