//! Which events are sent again, and when.

use std::time::Duration;

use tokio::time::advance;

use super::{decided, decisions, failing, queueing, seconds, sent, service, service_of, settle};
use crate::{common::BOTH, guards::in_order};

/// They cannot have reached the function.
const AGAIN: [&str; 4] = ["throttled", "connect", "rejected", "no_resources"];
const FINAL: [&str; 5] = [
    "credentials",
    "service_exception",
    "timeout",
    "wrong_answer",
    "panic",
];

#[tokio::test(start_paused = true)]
async fn what_is_throttled_or_not_connected_is_sent_again_and_nothing_else() {
    for end in AGAIN {
        let function = in_order([end, end, "{}", "{}"]);
        let (service, queues) = service(9, &function);
        decided(&service, 7).await;
        queues.emptied().await;
        assert_eq!(sent(&function), [7, 7, 7], "{end}");
    }
    for end in FINAL {
        let function = in_order([end, "{}"]);
        let (service, queues) = service(9, &function);
        decided(&service, 7).await;
        queues.emptied().await;
        assert_eq!(sent(&function), [7], "{end}");
    }
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_up_to_30_seconds_until_the_event_is_a_minute_old() {
    for end in AGAIN {
        let (function, times) = failing(end);
        let (service, queues) = service(9, &function);
        decided(&service, 0).await;
        queues.emptied().await;
        let expected = [0.0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 60.0];
        let times = seconds(&times);
        assert_eq!(times.len(), expected.len(), "{end}: {times:?}");
        for (at, expected) in times.iter().zip(expected) {
            assert!((at - expected).abs() < 0.02, "{end}: {times:?}");
        }
    }
}

/// A minute from its arrival: the time in the queue counts.
#[tokio::test(start_paused = true)]
async fn an_event_that_is_older_than_a_minute_is_sent_once() {
    let function = in_order(["never", "throttled", "{}"]);
    let sidecar = queueing(BOTH[0], 9).max_concurrency(1);
    let (service, queues) = service_of(sidecar.timeout(Duration::from_secs(61)), &function);
    assert_eq!(decisions(&service, 2).await.len(), 2);
    queues.emptied().await;
    assert_eq!(sent(&function), [0, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_has_the_sidecars_timeout_or_10_seconds() {
    for (timeout, limit) in [(None, 10_000), (Some(300), 300)] {
        let (function, _) = failing("never");
        let sidecar = queueing(BOTH[0], 9);
        let sidecar = match timeout {
            Some(timeout) => sidecar.timeout(Duration::from_millis(timeout)),
            None => sidecar,
        };
        let (service, queues) = service_of(sidecar, &function);
        decided(&service, 0).await;
        settle().await;
        advance(Duration::from_millis(limit - 5)).await;
        settle().await;
        assert_eq!((function.under_way(), queues.len()), (1, 1));
        advance(Duration::from_millis(10)).await;
        settle().await;
        assert_eq!((function.under_way(), queues.len()), (0, 0));
        assert_eq!(sent(&function), [0], "it may have arrived");
    }
}

/// The others are not behind it, up to 16.
#[tokio::test(start_paused = true)]
async fn an_event_that_is_sent_again_holds_its_turn_and_no_others() {
    let function = in_order(["throttled", "{}", "{}"]);
    let (service, queues) = service(9, &function);
    decisions(&service, 3).await;
    settle().await;
    assert_eq!((sent(&function), queues.len()), (vec![0, 1, 2], 1));
    queues.emptied().await;
    assert_eq!(sent(&function), [0, 1, 2, 0]);
}
