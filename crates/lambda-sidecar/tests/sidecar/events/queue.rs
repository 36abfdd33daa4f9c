//! The queue: its order, its bound, and how many are sent at a time.

use lambda_sidecar::{Answer, Decision};
use std::time::Duration;

use super::{by_permits, decided, decisions, queueing, sent, service, service_of, settle};
use crate::common::{BOTH, Function};

#[tokio::test(start_paused = true)]
async fn events_are_sent_in_the_order_in_which_they_come() {
    for places in [1, 3, 10_000] {
        let sidecar = queueing(BOTH[0], 100).max_concurrency(places);
        let (function, permits) = by_permits();
        let (service, queues) = service_of(sidecar, &function);
        assert_eq!(decisions(&service, 50).await, [Decision::Queued; 50]);
        permits.add_permits(50);
        queues.emptied().await;
        assert!(sent(&function).into_iter().eq(0..50), "{places}");
    }
}

#[tokio::test(start_paused = true)]
async fn up_to_16_are_sent_at_a_time_and_those_are_not_in_the_length_of_the_queue() {
    let (function, permits) = by_permits();
    let (service, queues) = service(5, &function);
    let mut expected = vec![Decision::Queued; 16 + 5];
    expected.extend([Decision::Dropped; 2]);
    assert_eq!(decisions(&service, 23).await, expected);
    settle().await;
    assert_eq!((function.under_way(), queues.len()), (16, 21));
    // One that is sent makes room for one.
    permits.add_permits(1);
    settle().await;
    assert_eq!((function.under_way(), queues.len()), (16, 20));
    assert_eq!(decided(&service, 30).await, Decision::Queued);
    assert_eq!(decided(&service, 31).await, Decision::Dropped);
    permits.add_permits(21);
    queues.emptied().await;
    assert!(sent(&function).into_iter().eq((0..21).chain([30])));
}

/// Nothing has begun when the second call comes: what can be sent takes no room.
#[tokio::test(start_paused = true)]
async fn a_queue_of_one_has_room_for_16_and_one_at_once() {
    let (function, permits) = by_permits();
    let (service, queues) = service(1, &function);
    let mut calls: Vec<_> = (0..18)
        .map(|number| Box::pin(decided(&service, number)))
        .collect();
    let mut queued = 0;
    for call in &mut calls {
        queued += usize::from(call.as_mut().await == Decision::Queued);
    }
    assert_eq!(queued, 17);
    permits.add_permits(17);
    queues.emptied().await;
}

#[tokio::test(start_paused = true)]
async fn max_concurrency_bounds_how_many_are_sent_at_a_time() {
    for (places, at_once) in [(1, 1), (2, 2), (16, 16), (17, 16)] {
        let function = Function::allows_after(Duration::from_secs(1));
        let sidecar = queueing(BOTH[0], 100).max_concurrency(places);
        let (service, queues) = service_of(sidecar, &function);
        decisions(&service, 40).await;
        let mut left = 40_usize;
        while left > 0 {
            settle().await;
            assert_eq!(function.under_way(), at_once.min(left), "{places}");
            tokio::time::advance(Duration::from_secs(1)).await;
            left = left.saturating_sub(at_once);
        }
        queues.emptied().await;
    }
}

/// The fault is the first event's alone.
#[tokio::test(start_paused = true)]
async fn a_function_that_panics_loses_its_event_and_gives_its_turn_back() {
    let function = Function::new(|invocation| {
        let envelope = String::from_utf8_lossy(&invocation.payload).into_owned();
        Box::pin(async move {
            assert!(
                !envelope.contains(r#""x-number":"0""#),
                "the function panics"
            );
            Ok(Answer::accepted())
        })
    });
    let sidecar = queueing(BOTH[0], 9).max_concurrency(1);
    let (service, queues) = service_of(sidecar, &function);
    decisions(&service, 3).await;
    queues.emptied().await;
    assert_eq!(sent(&function), [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn each_sidecar_has_a_queue_of_its_own_and_clones_of_a_layer_share_it() {
    use tower::Layer;

    use crate::common::{Backend, post, pre};
    let event = |sidecar: lambda_sidecar::SidecarBuilder| {
        let sidecar = sidecar.synchronicity(lambda_sidecar::Synchronicity::Event);
        sidecar.max_concurrency(1).event_queue(1).build().unwrap()
    };
    let layer = lambda_sidecar::LambdaSidecarLayer::new(Function::never())
        .request(event(pre("first")))
        .response(event(post("second")));
    let mut decided = Vec::new();
    for layer in [layer.clone(), layer.clone(), layer] {
        let service = layer.layer(Backend::new());
        let got = super::call(&service, 0).await;
        decided.extend(got.outcomes().iter().map(|receipt| receipt.decision()));
    }
    let expected = [Decision::Queued, Decision::Queued, Decision::Dropped];
    assert_eq!(decided, expected.map(|it| [it; 2]).concat());
}
