//! `max-concurrency`: how many function calls are under way at once.

use std::time::Duration;

use lambda_sidecar::{Answer, BoxError, InvocationError, Point, Sidecar};
use tower::Layer;

use super::{assert_rejected, breaker::in_order, under_way};
use crate::common::{BOTH, Backend, Function, TestBody, layer_of, request, send};

#[tokio::test]
async fn calls_beyond_the_places_are_rejected_at_once_and_a_cancelled_one_gives_its_place_back() {
    for places in [1, 3] {
        let sidecar = Sidecar::local(Point::PreProcessor, "f").max_concurrency(places);
        let function = in_order(["never"; 4]);
        let mut service = layer_of(sidecar, function.clone()).layer(Backend::new());
        let mut calls: Vec<_> = (0..places).map(|_| under_way(&mut service)).collect();
        for _ in 0..3 {
            let got = send(service.clone(), request(TestBody::empty())).await;
            assert_rejected(&got, Point::PreProcessor, "1");
        }
        assert_eq!(function.asked().len(), calls.len());
        calls.pop();
        calls.push(under_way(&mut service));
        assert_eq!(function.under_way(), calls.len());
        let got = send(service, request(TestBody::empty())).await;
        assert_rejected(&got, Point::PreProcessor, "1");
    }
}

#[tokio::test]
async fn a_place_is_free_again_after_a_call_however_it_ends() {
    for point in BOTH {
        let sidecar = Sidecar::local(point, "f").max_concurrency(1);
        let function = in_order(["{}", "[]", "", "connect", "throttled", "{}", "{}"]);
        let service = layer_of(sidecar, function.clone()).layer(Backend::new());
        for asked in 1..=7 {
            let got = send(service.clone(), request(TestBody::empty())).await;
            assert_ne!(got.status, 503);
            assert_eq!(function.asked().len(), asked);
        }
    }
}

/// Also while somebody keeps the response future that has said so.
#[tokio::test(start_paused = true)]
async fn a_call_whose_time_is_over_gives_its_place_back_at_once() {
    for timeout in [Some(Duration::from_millis(5)), None] {
        let sidecar = Sidecar::local(Point::PreProcessor, "f").max_concurrency(1);
        let sidecar = match timeout {
            Some(timeout) => sidecar.timeout(timeout),
            None => sidecar,
        };
        let function = in_order(["never"]);
        let layer = layer_of(sidecar, function.clone()).endpoint_timeout(Duration::from_secs(1));
        let mut service = layer.layer(Backend::new());
        let mut call = under_way(&mut service);
        assert_eq!(call.as_mut().await.unwrap().status(), 504);
        assert_eq!(function.under_way(), 0);
        let got = send(service, request(TestBody::empty())).await;
        got.assert_from_backend();
        drop(call);
    }
}

#[tokio::test]
async fn waiting_for_the_functions_readiness_takes_a_place() {
    let (function, mut functions) = tower_test::mock::pair::<_, Answer>();
    functions.allow(0);
    let sidecar = Sidecar::local(Point::PreProcessor, "f").max_concurrency(1);
    let mut service = layer_of(sidecar, function).layer(Backend::new());
    let first = under_way(&mut service);
    let got = send(service, request(TestBody::empty())).await;
    assert_rejected(&got, Point::PreProcessor, "1");
    drop(first);
}

#[tokio::test]
async fn every_sidecar_has_places_of_its_own_and_a_new_layer_has_new_ones() {
    let sidecar = || Sidecar::local(Point::PreProcessor, "f").max_concurrency(1);
    let function = in_order(["never", "never"]);
    let mut service = layer_of(sidecar(), function.clone()).layer(Backend::new());
    let first = under_way(&mut service);
    let anew = layer_of(sidecar(), function.clone()).layer(Backend::new());
    let second = under_way(&mut anew.clone());
    let got = send(anew, request(TestBody::empty())).await;
    assert_rejected(&got, Point::PreProcessor, "1");
    assert_eq!(function.under_way(), 2);
    drop((first, second));
}

#[tokio::test]
async fn without_the_key_any_number_of_calls_is_under_way() {
    let function = Function::new(|_| Box::pin(std::future::pending()));
    let sidecar = Sidecar::local(Point::PreProcessor, "f");
    let mut service = layer_of(sidecar, function.clone()).layer(Backend::new());
    let calls: Vec<_> = (0..50).map(|_| under_way(&mut service)).collect();
    assert_eq!(function.under_way(), calls.len());
}

/// A panic of the function takes its call with it, and nothing else.
#[tokio::test]
async fn a_function_that_panics_gives_its_place_back() {
    let function = in_order(["panic", "{}"]);
    let sidecar = Sidecar::local(Point::PreProcessor, "f").max_concurrency(1);
    let service = layer_of(sidecar, function).layer(Backend::new());
    let call = send(service.clone(), request(TestBody::empty()));
    assert!(tokio::spawn(call).await.unwrap_err().is_panic());
    let got = send(service, request(TestBody::empty())).await;
    got.assert_from_backend();
}

/// A function service of one's own can reject too, and says after what time to come again.
#[tokio::test]
async fn a_function_service_that_rejects_is_heard() {
    let wait = Duration::from_millis(2500);
    let function = Function::fails(move || -> BoxError {
        InvocationError::rejected("busy").retry_after(wait).into()
    });
    let sidecar = Sidecar::local(Point::PreProcessor, "f").max_concurrency(1);
    let service = layer_of(sidecar, function).layer(Backend::new());
    let got = send(service, request(TestBody::empty())).await;
    assert_rejected(&got, Point::PreProcessor, "3");
}
