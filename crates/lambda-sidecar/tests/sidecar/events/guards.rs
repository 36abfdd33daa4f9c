//! An open breaker holds the queue.

use std::time::Duration;

use lambda_sidecar::{Decision, SidecarBuilder};
use tokio::time::{Instant, advance};

use super::{decided, decisions, failing, queueing, seconds, sent, service_of, settle};
use crate::{common::BOTH, guards::in_order};

const OPEN: Duration = Duration::from_secs(100);

fn with_breaker(length: u32, failures: u32) -> SidecarBuilder {
    queueing(BOTH[0], length)
        .breaker_failures(failures)
        .breaker_open(OPEN)
}

/// Those that it holds are in the queue, so they count for its length.
#[tokio::test(start_paused = true)]
async fn an_open_breaker_holds_the_queue_and_then_one_event_tries() {
    let function = in_order(["service_exception", "never"]);
    let sidecar = with_breaker(2, 1).timeout(Duration::from_secs(7));
    let (service, queues) = service_of(sidecar, &function);
    decided(&service, 0).await;
    settle().await;
    assert_eq!((sent(&function), queues.len()), (vec![0], 0));
    let expected = [Decision::Queued, Decision::Queued, Decision::Dropped];
    assert_eq!(decisions(&service, 3).await, expected);
    advance(OPEN - Duration::from_millis(50)).await;
    settle().await;
    assert_eq!((sent(&function), queues.len()), (vec![0], 2));
    advance(Duration::from_millis(100)).await;
    settle().await;
    assert_eq!(sent(&function), [0, 0], "one tries");
    assert_eq!((function.under_way(), queues.len()), (1, 2));
    // It fails, which opens the breaker anew.
    advance(Duration::from_secs(8)).await;
    settle().await;
    assert_eq!((sent(&function), queues.len()), (vec![0, 0], 1));
    queues.emptied().await;
    assert_eq!(sent(&function), [0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn the_success_of_the_one_that_tries_lets_the_others_go() {
    let function = in_order(["service_exception"]);
    let (service, queues) = service_of(with_breaker(50, 1), &function);
    decided(&service, 99).await;
    settle().await;
    decisions(&service, 20).await;
    let since = Instant::now();
    queues.emptied().await;
    assert!(since.elapsed() < OPEN + Duration::from_secs(1));
    let mut all = sent(&function);
    assert_eq!(all.remove(0), 99);
    assert!(all.into_iter().eq(0..20));
}

/// It would be 100 seconds old at its second attempt, and is sent 0.5 seconds after its third.
#[tokio::test(start_paused = true)]
async fn events_do_not_age_while_an_open_breaker_holds_them() {
    let function = in_order(["throttled", "throttled", "{}", "throttled"]);
    let (service, queues) = service_of(with_breaker(9, 1), &function);
    decided(&service, 0).await;
    queues.emptied().await;
    assert_eq!(sent(&function), [0, 0, 0]);
    // The same for one that waits in the queue all the time.
    let function = in_order(["service_exception", "{}", "throttled", "{}"]);
    let (service, queues) = service_of(with_breaker(9, 1), &function);
    decided(&service, 0).await;
    settle().await;
    decisions(&service, 2).await;
    queues.emptied().await;
    assert_eq!(sent(&function).len(), 4);
}

/// A breaker that has not opened stops no clock.
#[tokio::test(start_paused = true)]
async fn events_age_under_a_closed_breaker() {
    let (function, times) = failing("throttled");
    let (service, queues) = service_of(with_breaker(9, 1000), &function);
    decided(&service, 0).await;
    queues.emptied().await;
    assert_eq!(seconds(&times).len(), 8);
}

#[tokio::test(start_paused = true)]
async fn attempts_in_a_row_open_the_breaker_and_a_timeout_is_one() {
    let function = in_order(["never", "never", "{}"]);
    let sidecar = with_breaker(9, 2).max_concurrency(1);
    let (service, queues) = service_of(sidecar.timeout(Duration::from_secs(3)), &function);
    let since = Instant::now();
    decisions(&service, 3).await;
    queues.emptied().await;
    assert_eq!(sent(&function), [0, 1, 2]);
    let held = since.elapsed().saturating_sub(OPEN).as_secs_f64();
    assert!((6.0..7.0).contains(&held), "{held}");
}
