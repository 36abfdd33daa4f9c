//! The end of a process, and of a layer.

use std::time::Duration;

use lambda_sidecar::{Decision, EventQueues};
use tokio::time::{Instant, timeout};
use tower::Layer;

use super::{by_permits, decided, decisions, failing, queueing, sent, service, settle};
use crate::common::{BOTH, Backend, Function, layer_of};

#[tokio::test(start_paused = true)]
async fn emptied_waits_for_what_is_queued_under_way_and_to_be_sent_again() {
    let (function, permits) = by_permits();
    let (service, queues) = service(100, &function);
    queues.emptied().await;
    decisions(&service, 40).await;
    let mut emptied = Box::pin(queues.emptied());
    for given in [16, 16, 7] {
        permits.add_permits(given);
        let waited = timeout(Duration::from_secs(1), emptied.as_mut()).await;
        assert!(waited.is_err());
    }
    permits.add_permits(1);
    emptied.await;
    assert_eq!((sent(&function).len(), queues.close()), (40, 0));

    let (function, _) = failing("throttled");
    let (service, queues) = super::service(100, &function);
    decided(&service, 0).await;
    let since = Instant::now();
    queues.emptied().await;
    assert_eq!(since.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_is_given_up_and_nothing_more_is_taken() {
    let function = Function::never();
    let (service, queues) = service(100, &function);
    decisions(&service, 30).await;
    settle().await;
    assert_eq!(queues.len(), 30);
    assert_eq!(queues.close(), 30, "16 of them under way");
    settle().await;
    assert_eq!(function.under_way(), 0);
    assert_eq!((queues.len(), queues.close()), (0, 0));
    assert_eq!(decided(&service, 0).await, Decision::Dropped);
    queues.emptied().await;
}

/// As after a reload.
#[tokio::test(start_paused = true)]
async fn a_queue_outlives_its_layer_until_it_is_empty() {
    let queues = EventQueues::new();
    let layered = |function: &Function| {
        let layer = layer_of(queueing(BOTH[0], 100), function.clone());
        layer.event_queues(queues.clone()).layer(Backend::new())
    };
    let ((old, permits), new) = (by_permits(), Function::allows());
    let service = layered(&old);
    decisions(&service, 20).await;
    drop(service);
    let service = layered(&new);
    decisions(&service, 1).await;
    settle().await;
    assert_eq!((sent(&new), queues.len()), (vec![0], 20));
    permits.add_permits(20);
    queues.emptied().await;
    assert!(sent(&old).into_iter().eq(0..20));
}

#[tokio::test(start_paused = true)]
async fn a_layer_is_known_whether_its_sidecar_was_added_before_or_after() {
    let sidecar = || queueing(BOTH[0], 9).build().unwrap();
    let empty = || lambda_sidecar::LambdaSidecarLayer::new(Function::never());
    let queues = EventQueues::new();
    let before = empty().request(sidecar()).event_queues(queues.clone());
    let after = empty().event_queues(queues.clone()).request(sidecar());
    for (count, layer) in (1..).zip([before, after]) {
        decided(&layer.layer(Backend::new()), 0).await;
        assert_eq!(queues.len(), count);
    }
    assert_eq!(queues.close(), 2);
    // One that comes too late takes nothing.
    let late = empty().request(sidecar()).event_queues(queues);
    assert_eq!(
        decided(&late.layer(Backend::new()), 0).await,
        Decision::Dropped
    );
}
