//! How long an answer is kept, and for whom it is too old.

use std::time::{Duration, SystemTime};

use lambda_sidecar_core::{Failure, ProtectedHeaders, Ruling, Sidecar, Unchanged};

use crate::function::Answer;

/// How long the verdict in an answer that has come in now is kept; none if it is not to be.
///
/// # Errors
///
/// There is no verdict in it.
pub(super) fn of_answer(
    answer: &Answer,
    sidecar: &Sidecar,
    now: SystemTime,
) -> Result<Option<Duration>, Failure> {
    // Which headers are protected decides what is done with a verdict, and not whether it is one.
    let protected = ProtectedHeaders::default();
    let (point, synchronicity) = (sidecar.point(), sidecar.synchronicity());
    let ruling = Ruling::from_answer(point, synchronicity, answer, &protected)?;
    let declared = match ruling.unchanged() {
        None => sidecar.cache_default(),
        Some(Unchanged::For(time)) => time,
        Some(Unchanged::Until(end)) => end.duration_since(now).unwrap_or_default(),
        // Something that is not known yet: it is asked again.
        Some(_) => Duration::ZERO,
    };
    let lifetime = declared.min(sidecar.cache_max().unwrap_or_default());
    Ok(Some(lifetime).filter(|lifetime| !lifetime.is_zero()))
}

/// Whether a verdict of this age may be used by this sidecar. It may have been kept for another one.
pub(super) fn is_fresh(age: Duration, lifetime: Duration, sidecar: &Sidecar) -> bool {
    age < lifetime && sidecar.cache_max().is_some_and(|longest| age < longest)
}

/// Whether a verdict of this age may stand in for a function call of this sidecar that failed.
pub(super) fn is_usable_stale(age: Duration, lifetime: Duration, sidecar: &Sidecar) -> bool {
    age < lifetime.saturating_add(sidecar.cache_stale())
}

#[cfg(test)]
mod tests {
    use lambda_sidecar_core::{Point, SidecarBuilder};

    use super::*;

    const NOW: Duration = Duration::from_secs(4_000_000_000);

    fn sidecar(default: u64) -> Sidecar {
        let builder: SidecarBuilder = Sidecar::local(Point::PreProcessor, "f");
        let builder = builder.cache_max(Duration::from_secs(60));
        builder
            .cache_default(Duration::from_secs(default))
            .build()
            .unwrap()
    }

    fn lifetime(json: &'static str, default: u64) -> Option<f64> {
        let now = SystemTime::UNIX_EPOCH + NOW;
        let lifetime = of_answer(&Answer::ok(json), &sidecar(default), now);
        lifetime.unwrap().map(|time| time.as_secs_f64())
    }

    #[test]
    fn what_the_function_says_goes_before_the_default_and_never_beyond_the_longest_time() {
        for (json, without, with_default) in [
            ("{}", None, Some(30.0)),
            (r#"{"modify":{}}"#, None, Some(30.0)),
            (r#"{"unchangedFor":null}"#, None, Some(30.0)),
            (r#"{"unchangedFor":0}"#, None, None),
            (r#"{"unchangedFor":0.5}"#, Some(0.5), Some(0.5)),
            (r#"{"unchangedFor":1e300}"#, Some(60.0), Some(60.0)),
            // 2096-10-02T07:06:40Z is now.
            (r#"{"unchangedUntil":"2096-10-02T07:06:39Z"}"#, None, None),
            (r#"{"unchangedUntil":"2096-10-02T07:06:40Z"}"#, None, None),
            (
                r#"{"unchangedUntil":"2096-10-02T07:06:45.5Z"}"#,
                Some(5.5),
                Some(5.5),
            ),
            (
                r#"{"unchangedUntil":"2096-10-02T09:06:45+02:00"}"#,
                Some(5.0),
                Some(5.0),
            ),
            (
                r#"{"unchangedUntil":"9999-12-31T00:00:00Z"}"#,
                Some(60.0),
                Some(60.0),
            ),
            (
                r#"{"unchangedFor":7,"unchangedUntil":"2001-01-01T00:00:00Z"}"#,
                Some(7.0),
                Some(7.0),
            ),
            (
                r#"{"terminate":{"code":403},"unchangedFor":"x"}"#,
                None,
                None,
            ),
            (
                r#"{"terminate":{"code":403},"unchangedUntil":5}"#,
                None,
                None,
            ),
        ] {
            assert_eq!(lifetime(json, 0), without, "{json}");
            assert_eq!(lifetime(json, 30), with_default, "{json}");
        }
    }

    #[test]
    fn a_failure_is_never_kept() {
        let now = SystemTime::UNIX_EPOCH + NOW;
        for answer in [
            Answer::failed("Unhandled", r#"{"unchangedFor":60}"#),
            Answer::ok(r#"{"nope":1}"#),
            Answer::ok(r#"{"unchangedFor":"60"}"#),
            Answer::ok(""),
            Answer::ok("null"),
            Answer::accepted(),
        ] {
            assert!(of_answer(&answer, &sidecar(30), now).is_err(), "{answer:?}");
        }
    }

    #[test]
    fn an_age_is_held_against_the_lifetime_and_the_readers_own_longest_time() {
        let seconds = Duration::from_secs;
        let reader = sidecar(0);
        let just_before = |end: u64| seconds(end) - Duration::from_nanos(1);
        assert!(is_fresh(just_before(5), seconds(5), &reader));
        assert!(!is_fresh(seconds(5), seconds(5), &reader));
        assert!(is_fresh(just_before(60), seconds(3600), &reader));
        assert!(!is_fresh(seconds(60), seconds(3600), &reader));
    }

    #[test]
    fn a_stale_verdict_may_be_older_than_the_longest_time() {
        let seconds = Duration::from_secs;
        let reader = Sidecar::local(Point::PreProcessor, "f")
            .cache_max(seconds(60))
            .cache_stale(seconds(10));
        let reader = reader.build().unwrap();
        assert!(is_usable_stale(seconds(3609), seconds(3600), &reader));
        assert!(!is_usable_stale(seconds(3610), seconds(3600), &reader));
    }
}
