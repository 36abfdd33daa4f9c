//! How long a function says that its answer stays the same.

use std::time::{Duration, SystemTime};

use serde_json::value::RawValue;

use super::{
    json::KnownMembers,
    members::{Part, UNCHANGED_FOR, UNCHANGED_UNTIL},
    text::text,
    wrong::{AnswerFault, wrong_type},
};

/// How long a function says that it would answer the same (`unchangedFor`, `unchangedUntil`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unchanged {
    /// For so long. None at all: the answer is not to be kept.
    For(Duration),
    /// Until this time, which may be past.
    Until(SystemTime),
}

impl Unchanged {
    /// What the members of an answer say. What `unchangedFor` makes void is not checked.
    pub(super) fn read<const N: usize>(
        members: &KnownMembers<'_, '_, N>,
    ) -> Result<Option<Self>, AnswerFault> {
        if let Some(seconds) = members.first(&UNCHANGED_FOR)? {
            return duration(seconds).map(Self::For).map(Some);
        }
        let time = members.first(&UNCHANGED_UNTIL)?;
        time.map(|time| until(time).map(Self::Until)).transpose()
    }
}

fn duration(seconds: &RawValue) -> Result<Duration, AnswerFault> {
    let number = serde_json::from_str(seconds.get()).ok();
    let number = number.filter(|number: &f64| number.is_finite() && *number >= 0.0);
    let number =
        number.ok_or_else(|| wrong_type(Part::Answer.path(&UNCHANGED_FOR), "a number from 0"))?;
    Ok(Duration::try_from_secs_f64(number).unwrap_or(Duration::MAX))
}

fn until(time: &RawValue) -> Result<SystemTime, AnswerFault> {
    let time = text(time).and_then(|text| date_time(text.as_bytes()));
    let allowed = "a date and time of RFC 3339";
    time.ok_or_else(|| wrong_type(Part::Answer.path(&UNCHANGED_UNTIL), allowed))
}

/// A date and time as RFC 3339, section 5.6, writes it. A leap second is the second after it.
fn date_time(text: &[u8]) -> Option<SystemTime> {
    let (date, rest) = text.split_at_checked(10)?;
    let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = date else {
        return None;
    };
    let [b'T' | b't', rest @ ..] = rest else {
        return None;
    };
    let (time, rest) = rest.split_at_checked(8)?;
    let &[h0, h1, b':', n0, n1, b':', s0, s1] = time else {
        return None;
    };
    let (nanos, rest) = fraction(rest)?;
    let offset = offset(rest)?;
    let day = days(
        number(&[y0, y1, y2, y3])?,
        number(&[m0, m1])?,
        number(&[d0, d1])?,
    )?;
    let hour = number(&[h0, h1]).filter(|hour| *hour <= 23)?;
    let minute = number(&[n0, n1]).filter(|minute| *minute <= 59)?;
    let second = number(&[s0, s1]).filter(|second| *second <= 60)?;
    let seconds = day * 86_400 + hour * 3600 + minute * 60 + second - offset;
    let whole = Duration::from_secs(seconds.unsigned_abs());
    let epoch = SystemTime::UNIX_EPOCH;
    let time = match seconds {
        0.. => epoch.checked_add(whole),
        _ => epoch.checked_sub(whole),
    };
    time?.checked_add(nanos)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |number, digit| {
        let digit = digit.is_ascii_digit().then(|| i64::from(digit - b'0'))?;
        Some(number * 10 + digit)
    })
}

/// A fraction of a second, if there is one, and what follows. Digits beyond the ninth say nothing.
fn fraction(text: &[u8]) -> Option<(Duration, &[u8])> {
    let [b'.', text @ ..] = text else {
        return Some((Duration::ZERO, text));
    };
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(length)?;
    let nanos = digits.iter().chain(&[b'0'; 9]).take(9);
    let nanos = nanos.fold(0, |nanos, digit| nanos * 10 + u64::from(digit - b'0'));
    (length > 0).then_some((Duration::from_nanos(nanos), rest))
}

/// How far the time is before UTC, in seconds.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, h0, h1, m0, m1) = match *text {
        [b'Z' | b'z'] => return Some(0),
        [b'+', h0, h1, b':', m0, m1] => (1, h0, h1, m0, m1),
        [b'-', h0, h1, b':', m0, m1] => (-1, h0, h1, m0, m1),
        _ => return None,
    };
    let hours = number(&[h0, h1]).filter(|hours| *hours <= 23)?;
    let minutes = number(&[m0, m1]).filter(|minutes| *minutes <= 59)?;
    Some(sign * (hours * 3600 + minutes * 60))
}

/// The days from 1970-01-01 to a day of the Gregorian calendar, if there is such a day.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years begin in March here, so that the day of a leap year is the last one.
    let (year, month) = match month {
        ..=2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    Some(year * 365 + leap_days + of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> Option<f64> {
        let time = date_time(text.as_bytes())?;
        Some(match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => after.as_secs_f64(),
            Err(before) => -before.duration().as_secs_f64(),
        })
    }

    #[test]
    fn a_time_is_read_as_rfc_3339_section_5_6_writes_it() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0.0),
            ("1970-01-01t00:00:00z", 0.0),
            ("1985-04-12T23:20:50.52Z", 482_196_050.52),
            ("1996-12-19T16:39:57-08:00", 851_042_397.0),
            ("1990-12-31T23:59:60Z", 662_688_000.0),
            ("1937-01-01T12:00:27.87+00:20", -1_041_337_172.13),
            ("2000-02-29T00:00:00+00:00", 951_782_400.0),
            ("1969-12-31T23:59:59Z", -1.0),
            ("9999-12-31T23:59:59Z", 253_402_300_799.0),
            ("0000-01-01T00:00:00Z", -62_167_219_200.0),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_rfc_3339_does_not_write_is_no_time() {
        for text in [
            "",
            "tomorrow",
            "2099-01-01",
            "2099-13-01T00:00:00Z",
            "2099-00-01T00:00:00Z",
            "2099-01-32T00:00:00Z",
            "2099-01-00T00:00:00Z",
            "2099-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2099-04-31T00:00:00Z",
            "2099-01-01T24:00:00Z",
            "2099-01-01T00:60:00Z",
            "2099-01-01T00:00:61Z",
            "2099-01-01T00:00:00",
            "2099-01-01T00:00:00.Z",
            "2099-01-01T00:00Z",
            "2099-01-01 00:00:00Z",
            "2099-01-01T00:00:00+0000",
            "2099-01-01T00:00:00+24:00",
            "2099-01-01T00:00:00Z ",
            " 2099-01-01T00:00:00Z",
            "+2099-01-01T00:00:00Z",
            "2099-1-01T00:00:00Z",
            "2099\u{2010}01-01T00:00:00Z",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
