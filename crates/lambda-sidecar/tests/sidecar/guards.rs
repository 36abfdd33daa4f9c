//! Function calls that are not made: places, and a breaker.

mod breaker;
mod concurrency;

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Waker},
    time::Duration,
};

use http::Request;
use lambda_sidecar::{Decision, ErrorPolicy, FailureClass, Point, Sidecar, Synchronicity};
use tower::{Layer, Service};

pub(crate) use self::breaker::{failure, in_order};
use crate::common::{BOTH, Backend, Function, Got, TestBody, layer_of, request, send};

/// Polls once; the future must not be ready.
#[track_caller]
pub(crate) fn poll_pending<F: Future>(future: Pin<&mut F>) {
    let mut cx = Context::from_waker(Waker::noop());
    assert!(future.poll(&mut cx).is_pending());
}

/// A call whose function call is under way.
#[track_caller]
pub(crate) fn under_way<S: Service<Request<TestBody>>>(service: &mut S) -> Pin<Box<S::Future>> {
    let mut call = Box::pin(service.call(request(TestBody::empty())));
    poll_pending(call.as_mut());
    call
}

#[track_caller]
fn assert_rejected(got: &Got, point: Point, retry_after: &str) {
    let name = match point {
        Point::PreProcessor => "InvalidResponseFromAWSLambdaInPreProcess",
        Point::PostProcessor => "InvalidResponseFromAWSLambdaInPostProcess",
    };
    got.assert_problem(name, 503, "AWS Lambda function is not called");
    assert_eq!(got.header("retry-after"), Some(retry_after));
}

/// The receipt of a call that was not made names no time and no envelope, as there was none.
#[tokio::test]
async fn the_policy_decides_over_a_call_that_was_not_made() {
    for point in BOTH {
        for policy in [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE] {
            for synchronicity in [Synchronicity::RequestResponse, Synchronicity::Event] {
                let sidecar = Sidecar::local(point, "f")
                    .max_concurrency(1)
                    .policy(policy)
                    .synchronicity(synchronicity);
                let function = Function::never();
                let mut service = layer_of(sidecar, function.clone()).layer(Backend::new());
                let first = under_way(&mut service);
                let got = send(service, request(TestBody::empty())).await;
                assert_eq!(function.asked().len(), 1);
                let receipt = &got.outcomes()[0];
                assert_eq!(receipt.failure(), Some(FailureClass::Rejected));
                assert_eq!((receipt.latency(), receipt.envelope_length()), (None, 0));
                let is_event = synchronicity == Synchronicity::Event;
                let blocks = policy == ErrorPolicy::SURE_FIRE && !is_event;
                assert_eq!(receipt.failed_open(), !blocks);
                if blocks {
                    assert_rejected(&got, point, "1");
                    assert_eq!(receipt.decision(), Decision::Error);
                } else {
                    got.assert_from_backend();
                    let goes_on = [Decision::Allow, Decision::Event][usize::from(is_event)];
                    assert_eq!(receipt.decision(), goes_on);
                }
                drop(first);
            }
        }
    }
}

/// The breaker is asked first, so an open one takes no place, and one that finds no place keeps its turn to try.
#[tokio::test(start_paused = true)]
async fn the_breaker_stands_before_the_places() {
    let open = Duration::from_secs(10);
    let sidecar = Sidecar::local(Point::PreProcessor, "f")
        .max_concurrency(2)
        .breaker_failures(1)
        .breaker_open(open)
        .timeout(Duration::from_secs(60));
    let function = breaker::in_order(["never", "never", "connect", "never", "{}"]);
    let mut service = layer_of(sidecar, function.clone()).layer(Backend::new());
    let call = |service: &_| send(Clone::clone(service), request(TestBody::empty()));
    let (first, second) = (under_way(&mut service), under_way(&mut service));
    // The breaker is closed, and there is no place.
    assert_rejected(&call(&service).await, Point::PreProcessor, "1");
    drop(first);
    assert_eq!(call(&service).await.status, 500);
    // Both would reject now if there were no place: the breaker says how long.
    assert_rejected(&call(&service).await, Point::PreProcessor, "10");
    tokio::time::advance(open).await;
    let trial = under_way(&mut service);
    assert_rejected(&call(&service).await, Point::PreProcessor, "1");
    drop(trial);
    call(&service).await.assert_from_backend();
    assert_eq!(function.asked().len(), 5);
    drop(second);
}
