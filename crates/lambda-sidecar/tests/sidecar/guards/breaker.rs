//! `breaker-failures`: a function that fails again and again is left alone for a while.

use std::{
    collections::VecDeque,
    future::{pending, ready},
    io,
    sync::Mutex,
    time::Duration,
};

use lambda_sidecar::{
    Answer, FailureClass, InvocationError, LambdaSidecar, Point, Sidecar, SidecarBuilder,
};
use tokio::time::advance;
use tower::Layer;

use super::{assert_rejected, under_way};
use crate::common::{BOTH, Backend, Function, Got, TestBody, layer_of, request, send};

const OPEN: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(2);

/// A function that ends its calls so, one after the other, and allows afterwards: with JSON, by a failure of a class,
/// or `never`.
pub(crate) fn in_order<const N: usize>(ends: [&'static str; N]) -> Function {
    let ends = Mutex::new(VecDeque::from(ends));
    Function::new(move |_| {
        let end = ends.lock().unwrap().pop_front().unwrap_or("{}");
        let error = match end {
            "never" => return Box::pin(pending()),
            "panic" => return Box::pin(async { panic!("the function panics") }),
            "failed" => return Box::pin(ready(Ok(Answer::error("Fault", "no")))),
            end => match failure(end) {
                Some(error) => error,
                None => return Box::pin(ready(Ok(Answer::ok(end)))),
            },
        };
        Box::pin(ready(Err(error.into())))
    })
}

/// A failure of this class; none if it is no class.
pub(crate) fn failure(class: &str) -> Option<InvocationError> {
    Some(match class {
        "connect" => InvocationError::connect("no way"),
        "credentials" => InvocationError::credentials("none"),
        "throttled" => InvocationError::throttled("TooManyRequestsException", "rate"),
        "service_exception" => InvocationError::service(500, None, "fault"),
        "timeout" => InvocationError::timeout(),
        "wrong_answer" => InvocationError::wrong_answer("too large"),
        "rejected" => InvocationError::rejected("busy"),
        "no_resources" => InvocationError::no_resources("no descriptor"),
        _ => return None,
    })
}

fn with_breaker(failures: u32) -> SidecarBuilder {
    Sidecar::local(Point::PreProcessor, "f")
        .breaker_failures(failures)
        .breaker_open(OPEN)
        .timeout(TIMEOUT)
}

type Guarded = LambdaSidecar<Backend, Function>;

fn guarded<const N: usize>(failures: u32, ends: [&'static str; N]) -> (Guarded, Function) {
    let function = in_order(ends);
    let layer = layer_of(with_breaker(failures), function.clone());
    (layer.layer(Backend::new()), function)
}

async fn call(service: &Guarded) -> Got {
    send(service.clone(), request(TestBody::empty())).await
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_of_five_classes_open_it() {
    let classes = [
        "connect",
        "credentials",
        "throttled",
        "service_exception",
        "timeout",
        "never", // The sidecar's own timeout ends it.
    ];
    for class in classes {
        for point in BOTH {
            let function = in_order([class; 2]);
            let sidecar = Sidecar::local(point, "f").breaker_failures(2);
            let sidecar = sidecar.timeout(TIMEOUT);
            let service = layer_of(sidecar, function.clone()).layer(Backend::new());
            for _ in 0..2 {
                let got = call(&service).await;
                assert_ne!(got.outcomes()[0].failure(), Some(FailureClass::Rejected));
            }
            // The default is 5 seconds.
            assert_rejected(&call(&service).await, point, "5");
            assert_eq!(function.asked().len(), 2, "{class}");
        }
    }
}

#[tokio::test]
async fn any_other_end_begins_the_row_anew() {
    for other in [
        "{}",
        "failed",
        "[]",
        "",
        "wrong_answer",
        r#"{"terminate":{"code":503}}"#,
    ] {
        let (service, function) = guarded(2, ["connect", other, "throttled", "connect"]);
        for _ in 0..4 {
            call(&service).await;
        }
        assert_eq!(function.asked().len(), 4, "{other}");
        assert_rejected(&call(&service).await, Point::PreProcessor, "10");
    }
}

/// Neither does it count, nor does it begin the row anew.
#[tokio::test]
async fn a_call_that_was_not_made_or_whose_caller_left_tells_nothing() {
    for nothing in ["rejected", "no_resources", "never", "panic"] {
        let (mut service, function) = guarded(2, ["connect", nothing, "connect"]);
        call(&service).await;
        if nothing == "never" {
            drop(under_way(&mut service));
        } else {
            let call = send(service.clone(), request(TestBody::empty()));
            let _panicked = tokio::spawn(call).await;
        }
        assert_eq!(call(&service).await.status, 500, "{nothing}");
        assert_rejected(&call(&service).await, Point::PreProcessor, "10");
        assert_eq!(function.asked().len(), 3);
    }
}

/// A client that sends its body slowly would open it, so the end of the whole call's time is a caller's who left.
#[tokio::test(start_paused = true)]
async fn the_end_of_the_whole_calls_time_tells_nothing() {
    for timeout in [None, Some(TIMEOUT)] {
        let sidecar = Sidecar::local(Point::PreProcessor, "f").breaker_failures(1);
        let sidecar = match timeout {
            Some(timeout) => sidecar.timeout(timeout),
            None => sidecar,
        };
        let function = in_order(["never"; 3]);
        let layer = layer_of(sidecar, function.clone()).endpoint_timeout(TIMEOUT);
        let service = layer.layer(Backend::new());
        for _ in 0..3 {
            assert_eq!(call(&service).await.status, 504);
        }
        call(&service).await.assert_from_backend();
        assert_eq!(function.asked().len(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn the_seconds_left_are_rounded_up() {
    let (service, _) = guarded(1, ["connect"]);
    call(&service).await;
    for (after, left) in [(0, "10"), (1, "10"), (999, "9"), (8001, "1"), (998, "1")] {
        advance(Duration::from_millis(after)).await;
        assert_rejected(&call(&service).await, Point::PreProcessor, left);
    }
    advance(Duration::from_millis(1)).await;
    call(&service).await.assert_from_backend();
}

#[tokio::test(start_paused = true)]
async fn one_call_tries_and_its_success_closes_it() {
    let (mut service, function) = guarded(2, ["connect", "connect", "never", "[]", "connect"]);
    call(&service).await;
    call(&service).await;
    advance(OPEN).await;
    let trial = under_way(&mut service);
    for _ in 0..2 {
        assert_rejected(&call(&service).await, Point::PreProcessor, "1");
    }
    // A cancelled trial leaves its turn to the next caller; one that the function answers wrongly is an answer.
    drop(trial);
    assert_eq!(call(&service).await.status, 500);
    // Closed, with a row that begins anew.
    assert_eq!(call(&service).await.status, 500);
    call(&service).await.assert_from_backend();
    assert_eq!(function.asked().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_fails_opens_it_for_the_whole_time() {
    for fails in ["connect", "never"] {
        let (service, function) = guarded(3, ["connect", "connect", "connect", fails]);
        for _ in 0..3 {
            call(&service).await;
        }
        advance(OPEN).await;
        call(&service).await;
        assert_eq!(function.asked().len(), 4);
        assert_rejected(&call(&service).await, Point::PreProcessor, "10");
        advance(OPEN).await;
        call(&service).await.assert_from_backend();
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_began_before_it_opened_neither_closes_it_nor_opens_it_longer() {
    for late in ["{}", "connect"] {
        let (release, released) = tokio::sync::watch::channel(false);
        let begun = Mutex::new(0);
        let function = Function::new(move |_| {
            let mut released = released.clone();
            let mut begun = begun.lock().unwrap();
            *begun += 1;
            match *begun {
                1 => Box::pin(async move {
                    released.wait_for(|released| *released).await?;
                    match late {
                        "connect" => Err(io::Error::other("no way").into()),
                        json => Ok(Answer::ok(json)),
                    }
                }),
                2 => Box::pin(ready(Err("no way".into()))),
                _ => Box::pin(ready(Ok(Answer::ok("{}")))),
            }
        });
        let sidecar = with_breaker(1).timeout(2 * OPEN);
        let mut service = layer_of(sidecar, function).layer(Backend::new());
        let early = under_way(&mut service);
        call(&service).await;
        advance(OPEN / 2).await;
        release.send(true).unwrap();
        drop(early.await.unwrap());
        assert_rejected(&call(&service).await, Point::PreProcessor, "5");
        advance(OPEN / 2).await;
        call(&service).await.assert_from_backend();
    }
}

#[tokio::test]
async fn every_sidecar_has_a_breaker_of_its_own_and_a_new_layer_has_a_new_one() {
    let function = in_order(["connect"]);
    let layer = || layer_of(with_breaker(1), function.clone());
    let service = layer().layer(Backend::new());
    call(&service).await;
    assert_rejected(&call(&service).await, Point::PreProcessor, "10");
    call(&layer().layer(Backend::new()))
        .await
        .assert_from_backend();
}
