//! The time to sign with.

use std::{
    fmt::Write as _,
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

/// Seconds since 1970 as `YYYYMMDDThhmmssZ`; the days of the Gregorian calendar by Howard Hinnant's
/// `civil_from_days`.
fn timestamp(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468; // since 0000-03-01
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = from_march % 12 + 3 - if from_march < 10 { 0 } else { 12 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    let mut text = String::with_capacity(16);
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z"
    );
    text
}
