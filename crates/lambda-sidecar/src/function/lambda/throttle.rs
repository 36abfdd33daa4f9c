//! What AWS says when it throttles: for which of its reasons, and after what time it may be called again.

use std::time::{Duration, Instant, SystemTime};

use aws_sdk_lambda::{operation::invoke::InvokeError, types::ThrottleReason};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::date_time::{DateTime, Format};
use tokio::time::Instant as TokioInstant;

/// A reason that this version of the SDK does not know, or none.
const OTHER: &str = "other";

/// Whether AWS throttled this attempt.
pub(super) fn is_throttled(response: &HttpResponse) -> bool {
    response.status().as_u16() == 429
}

/// AWS's reason, one of those that are documented: it is a label of a metric.
pub(super) fn reason(error: Option<&InvokeError>) -> &'static str {
    let given = match error {
        Some(InvokeError::TooManyRequestsException(exception)) => exception.reason(),
        _ => None,
    };
    let given = given.map(ThrottleReason::as_str);
    let mut known = ThrottleReason::values().iter();
    let reason = known.find(|known| given == Some(**known));
    reason.copied().unwrap_or(OTHER)
}

/// After what time the answer says that the call may be made again: a number of seconds or a date (RFC 9110 10.2.3).
/// None if it says nothing that can be read, or a time that has passed.
pub(super) fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let text = response.headers().get("retry-after")?.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let time = if is_number {
        // A number that is too large to be read is longer than every call.
        text.parse().map_or(Duration::MAX, Duration::from_secs)
    } else {
        let date = DateTime::from_str(text, Format::HttpDate).ok()?;
        let date = SystemTime::try_from(date).ok()?;
        date.duration_since(SystemTime::now()).ok()?
    };
    Some(time).filter(|time| !time.is_zero())
}

/// Whether a pause that begins now ends within the time of a call.
pub(super) fn ends_within(pause: Duration, until: Option<Instant>) -> bool {
    until.is_none_or(|until| {
        let left = until.saturating_duration_since(TokioInstant::now().into_std());
        pause < left
    })
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::types::error::TooManyRequestsException;
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn throttled(reason: Option<&str>) -> InvokeError {
        let exception = TooManyRequestsException::builder();
        let exception = exception.set_reason(reason.map(ThrottleReason::from));
        InvokeError::TooManyRequestsException(exception.build())
    }

    #[test]
    fn a_reason_is_one_of_those_that_aws_documents_or_other() {
        for known in ThrottleReason::values() {
            assert_eq!(reason(Some(&throttled(Some(known)))), *known);
        }
        for other in [None, Some("SomethingNew"), Some("")] {
            assert_eq!(reason(Some(&throttled(other))), "other");
        }
        assert_eq!(reason(None), "other");
    }

    fn after(text: &str) -> Option<Duration> {
        let mut response = HttpResponse::new(429.try_into().unwrap(), SdkBody::empty());
        response
            .headers_mut()
            .insert("retry-after", text.to_owned());
        retry_after(&response)
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        assert_eq!(after("18446744073709551616"), Some(Duration::MAX));
        let date = DateTime::from(SystemTime::now() + Duration::from_secs(3600));
        let time = after(&date.fmt(Format::HttpDate).unwrap()).unwrap();
        assert!((3590..=3600).contains(&time.as_secs()), "{time:?}");
        for nothing in [
            "0",
            "-1",
            "+1",
            "1.5",
            "soon",
            "",
            "Wed, 21 Oct 2015 07:28:00 GMT",
        ] {
            assert_eq!(after(nothing), None, "{nothing}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_ends_within_a_time_that_is_longer() {
        let second = Duration::from_secs(1);
        let until = Some(TokioInstant::now().into_std() + second);
        assert!(ends_within(Duration::from_millis(999), until));
        assert!(!ends_within(second, until));
        assert!(ends_within(Duration::MAX, None));
    }
}
