//! The time to sign with.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use aws_config::SdkConfig;
use aws_smithy_types::{DateTime, date_time::Format};
use aws_types::sdk_config::SharedTimeSource;
use http::{
    HeaderMap,
    header::{AGE, DATE},
};

/// This machine's clock, corrected by what AWS says the time is: as in the SDK, a call that is refused
/// because this clock is wrong is not made again, but the next one is signed with the right time.
#[derive(Debug)]
pub(super) struct Clock {
    source: SharedTimeSource,
    /// How many seconds AWS is ahead.
    skew: AtomicI64,
    corrected: bool,
}

impl Clock {
    pub(super) fn new(config: &SdkConfig) -> Self {
        Self {
            source: config.time_source().unwrap_or_default(),
            skew: AtomicI64::new(0),
            corrected: config.disable_clock_skew_correction() != Some(true),
        }
    }

    /// The time as signatures have it.
    pub(super) fn timestamp(&self) -> String {
        let skew = self.skew.load(Ordering::Relaxed);
        timestamp(seconds(self.source.now()).saturating_add(skew))
    }

    /// Takes AWS's time from an answer that is no success.
    pub(super) fn learn(&self, headers: &HeaderMap) {
        // An answer with an age comes from a cache.
        if !self.corrected || headers.contains_key(AGE) {
            return;
        }
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        if let Some(date) = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok()) {
            let skew = date.secs().saturating_sub(seconds(self.source.now()));
            self.skew.store(skew, Ordering::Relaxed);
        }
    }
}

fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// A time as signatures have it: `YYYYMMDDThhmmssZ`.
fn timestamp(seconds: i64) -> String {
    let mut text = DateTime::from_secs(seconds)
        .fmt(Format::DateTime)
        // Past the year 9999 there is no such form.
        .unwrap_or_default();
    text.retain(|character| !matches!(character, '-' | ':'));
    text
}
