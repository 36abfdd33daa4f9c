//! How long functions say that they would answer the same.

use std::time::{Duration, SystemTime};

use lambda_sidecar_function::{Modify, StatusCode, Terminate, Verdict};

#[test]
fn it_stands_beside_the_verdict() {
    let seconds = Duration::from_secs;
    let at = |milliseconds| SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds);
    for (reply, expected) in [
        (
            Verdict::Allow.unchanged_for(seconds(60)),
            r#"{"unchangedFor":60}"#,
        ),
        (
            Verdict::Allow.unchanged_for(Duration::ZERO),
            r#"{"unchangedFor":0}"#,
        ),
        (
            Verdict::Allow.unchanged_for(Duration::from_millis(1500)),
            r#"{"unchangedFor":1.5}"#,
        ),
        (
            Verdict::from(Modify::new().text("t")).unchanged_for(seconds(1)),
            r#"{"modify":{"payload":"t"},"unchangedFor":1}"#,
        ),
        (
            Verdict::from(Terminate::new(StatusCode::FORBIDDEN))
                .unchanged_until(at(1_700_000_000_250)),
            r#"{"terminate":{"code":403},"unchangedUntil":"2023-11-14T22:13:20.250Z"}"#,
        ),
        // The last one said holds.
        (
            Verdict::Allow
                .unchanged_until(at(0))
                .unchanged_for(seconds(1)),
            r#"{"unchangedFor":1}"#,
        ),
        (
            Verdict::Allow
                .unchanged_for(seconds(1))
                .unchanged_until(at(0)),
            r#"{"unchangedUntil":"1970-01-01T00:00:00.000Z"}"#,
        ),
    ] {
        assert_eq!(serde_json::to_string(&reply).unwrap(), expected);
    }
}

#[test]
fn a_time_that_rfc_3339_cannot_write_is_as_near_as_it_can() {
    let (seconds, epoch) = (Duration::from_secs, SystemTime::UNIX_EPOCH);
    for (time, expected) in [
        (epoch - seconds(1), "1970-01-01T00:00:00.000Z"),
        (epoch + seconds(300_000_000_000), "9999-12-31T23:59:59.000Z"),
    ] {
        let json = serde_json::to_string(&Verdict::Allow.unchanged_until(time)).unwrap();
        assert_eq!(json, format!(r#"{{"unchangedUntil":"{expected}"}}"#));
    }
}
