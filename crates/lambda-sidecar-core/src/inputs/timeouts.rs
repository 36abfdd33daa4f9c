//! The one rule that concerns all sidecars of an endpoint together.

use std::{error::Error, fmt, time::Duration};

use crate::Sidecar;

/// Checks that the timeouts written down for an endpoint's sidecars, at both points, leave the
/// backend some of the endpoint's time. Sidecars without a timeout do not count, nor do those that send events from a
/// queue: no call waits for them.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use std::time::Duration;
/// use lambda_sidecar::{Point, Sidecar, check_timeouts};
///
/// let sidecar = Sidecar::local(Point::PreProcessor, "authz")
///     .timeout(Duration::from_secs(3))
///     .build()?;
/// assert!(check_timeouts(Duration::from_secs(4), [&sidecar]).is_ok());
/// assert!(check_timeouts(Duration::from_secs(3), [&sidecar]).is_err());
/// # Ok::<(), lambda_sidecar_core::InputsError>(())
/// ```
///
/// # Errors
///
/// The sum of the timeouts is not less than the endpoint's.
pub fn check_timeouts<'a>(
    endpoint_timeout: Duration,
    sidecars: impl IntoIterator<Item = &'a Sidecar>,
) -> Result<(), TimeoutsError> {
    let sum = sidecars
        .into_iter()
        .filter(|sidecar| sidecar.event_queue().is_none())
        .filter_map(Sidecar::timeout)
        .reduce(Duration::saturating_add);
    match sum {
        Some(sum) if sum >= endpoint_timeout => Err(TimeoutsError { _private: () }),
        _ => Ok(()),
    }
}

/// The timeouts of an endpoint's sidecars leave nothing of the endpoint's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeoutsError {
    _private: (),
}

impl fmt::Display for TimeoutsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sidecar Connector timeout is greater than endpoint timeout")
    }
}

impl Error for TimeoutsError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Point;

    fn sidecar(point: Point, milliseconds: u64) -> Sidecar {
        Sidecar::local(point, "f")
            .timeout(Duration::from_millis(milliseconds))
            .build()
            .unwrap()
    }

    #[test]
    fn the_sum_over_both_points_must_be_less_than_the_endpoints_timeout() {
        let pre = sidecar(Point::PreProcessor, 1500);
        let endpoint = Duration::from_millis(3000);
        for (post, fits) in [(1499, true), (1500, false), (1501, false)] {
            let post = sidecar(Point::PostProcessor, post);
            assert_eq!(check_timeouts(endpoint, [&pre, &post]).is_ok(), fits);
        }
    }

    #[test]
    fn the_message_is_the_connectors() {
        let error = check_timeouts(Duration::ZERO, [&sidecar(Point::PreProcessor, 1)]);
        assert_eq!(
            error.unwrap_err().to_string(),
            "Sidecar Connector timeout is greater than endpoint timeout",
        );
    }

    #[test]
    fn a_sidecar_without_a_timeout_does_not_count() {
        let without = Sidecar::local(Point::PreProcessor, "f").build().unwrap();
        let with = sidecar(Point::PreProcessor, 999);
        assert!(check_timeouts(Duration::from_secs(1), [&without, &with, &without]).is_ok());
        assert!(check_timeouts(Duration::ZERO, [&without]).is_ok());
        assert!(check_timeouts(Duration::ZERO, []).is_ok());
    }

    #[test]
    fn a_sidecar_that_sends_events_from_a_queue_does_not_count() {
        let event = |queue: Option<u32>| {
            let builder = Sidecar::local(Point::PreProcessor, "f")
                .synchronicity(crate::Synchronicity::Event)
                .timeout(Duration::from_secs(1));
            let builder = queue.into_iter().fold(builder, |it, n| it.event_queue(n));
            builder.build().unwrap()
        };
        let fits = |sidecar| check_timeouts(Duration::from_secs(1), [&sidecar]).is_ok();
        assert!(fits(event(Some(1))));
        assert!(!fits(event(None)));
    }
}
