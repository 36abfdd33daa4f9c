//! Dropping the response future drops everything under way.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::{
    future::{Future, Pending, pending},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use crate::common::{
    BOTH, Backend, Function, Step, TestBody, is_held, layer_of, post, pre, request, send,
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use lambda_sidecar::{
    Answer, ErrorPolicy, Expand, Invocation, Point, Sidecar, SidecarBody, Synchronicity,
};
use tower::{Layer, Service, service_fn};

/// Polls once; the future must not be ready.
fn poll_pending<F: Future>(future: Pin<&mut F>) {
    let mut cx = Context::from_waker(Waker::noop());
    assert!(future.poll(&mut cx).is_pending());
}

#[tokio::test]
async fn dropping_the_response_future_drops_the_function_call() {
    for point in BOTH {
        for synchronicity in [Synchronicity::RequestResponse, Synchronicity::Event] {
            let function = Function::never();
            let sidecar = Sidecar::local(point, "f").synchronicity(synchronicity);
            let mut service = layer_of(sidecar, function.clone()).layer(Backend::new());
            let mut call = Box::pin(service.call(request(TestBody::empty())));
            poll_pending(call.as_mut());
            assert_eq!(function.under_way(), 1, "{point} {synchronicity}");
            drop(call);
            assert_eq!(function.under_way(), 0, "{point} {synchronicity}");
        }
    }
}

/// A service that never gets ready, and can be watched.
#[derive(Clone)]
struct NeverReady {
    _token: Arc<()>,
}

impl Service<Invocation> for NeverReady {
    type Response = Answer;
    type Error = std::convert::Infallible;
    type Future = Pending<Result<Answer, Self::Error>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Pending
    }

    fn call(&mut self, _invocation: Invocation) -> Self::Future {
        panic!("called without being ready")
    }
}

#[tokio::test]
async fn dropping_the_response_future_stops_the_waiting_for_the_functions_readiness() {
    let token = Arc::new(());
    let mut service = layer_of(
        pre("f"),
        NeverReady {
            _token: Arc::clone(&token),
        },
    )
    .layer(Backend::new());
    let mut call = Box::pin(service.call(request(TestBody::empty())));
    drop(service);
    poll_pending(call.as_mut());
    assert!(is_held(&token));
    drop(call);
    assert!(!is_held(&token));
}

#[tokio::test]
async fn dropping_the_response_future_drops_the_body_that_is_being_read() {
    for point in BOTH {
        let function = Function::allows();
        let sidecar = Sidecar::local(point, "f").expand_input([Expand::RequestPayload]);
        let mut service = layer_of(sidecar, function.clone()).layer(Backend::new());
        let body = TestBody::of(["start"]).then(Step::Hang);
        let watch = body.watch();
        let mut call = Box::pin(service.call(request(body)));
        poll_pending(call.as_mut());
        assert!(watch.polls() > 0 && watch.is_alive());
        drop(call);
        assert!(!watch.is_alive());
        assert!(function.asked().is_empty());
    }
}

#[tokio::test]
async fn dropping_the_response_future_drops_the_response_body_that_is_being_read() {
    let slot = Arc::new(std::sync::Mutex::new(None));
    let kept = Arc::clone(&slot);
    let backend = Backend::answers(move || {
        let body = TestBody::of(["start"]).then(Step::Hang);
        *kept.lock().unwrap() = Some(body.watch());
        Response::new(body)
    });
    let sidecar = post("f").expand_input([Expand::ResponsePayload]);
    let mut service = layer_of(sidecar, Function::allows()).layer(backend);
    let mut call = Box::pin(service.call(request(TestBody::empty())));
    poll_pending(call.as_mut());
    let watch = slot.lock().unwrap().take().unwrap();
    assert!(watch.is_alive());
    drop(call);
    assert!(!watch.is_alive());
}

#[tokio::test]
async fn dropping_the_response_future_drops_the_call_of_the_wrapped_service() {
    for sidecar in [pre("f"), post("f")] {
        let token = Arc::new(());
        let held = Arc::clone(&token);
        let inner = service_fn(move |_: Request<SidecarBody<TestBody>>| {
            let held = Arc::clone(&held);
            async move {
                let () = pending().await;
                drop(held);
                Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default()))
            }
        });
        let mut service = layer_of(sidecar, Function::allows()).layer(inner);
        let idle = Arc::strong_count(&token);
        let mut call = Box::pin(service.call(request(TestBody::empty())));
        poll_pending(call.as_mut());
        assert!(Arc::strong_count(&token) > idle);
        drop(call);
        assert_eq!(Arc::strong_count(&token), idle);
    }
}

#[tokio::test(start_paused = true)]
async fn a_function_call_that_timed_out_is_dropped_before_the_call_goes_on() {
    let function = Function::never();
    let asked = function.clone();
    let inner = service_fn(move |_: Request<SidecarBody<TestBody>>| {
        let asked = asked.clone();
        async move {
            assert_eq!((asked.asked().len(), asked.under_way()), (1, 0));
            Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default()))
        }
    });
    let sidecar = pre("f")
        .timeout(Duration::from_millis(5))
        .policy(ErrorPolicy::FAIL_SAFE);
    let got = send(
        layer_of(sidecar, function).layer(inner),
        request(TestBody::empty()),
    )
    .await;
    assert!(got.outcomes()[0].failed_open());
}

#[tokio::test]
async fn a_function_is_not_asked_before_the_future_is_polled() {
    let function = Function::allows();
    let backend = Backend::new();
    for point in [Point::PreProcessor, Point::PostProcessor] {
        let mut service =
            layer_of(Sidecar::local(point, "f"), function.clone()).layer(backend.clone());
        drop(service.call(request(TestBody::empty())));
    }
    assert!(function.asked().is_empty());
    assert_eq!(backend.calls(), 0);
}
