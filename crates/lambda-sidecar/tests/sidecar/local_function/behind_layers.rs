//! A function behind Tower's own layers for services.

use std::{
    fmt,
    future::{Ready, pending, ready},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{answer, saying};
use crate::common::{Backend, Function, TestBody, call_ready, layer_of, pre, read, request};
use http::Request;
use lambda_sidecar::{
    Answer, BoxError, Envelope, FailureClass, Invocation, InvocationError, LocalFunction, Verdict,
};
use tower::{
    Layer, Service, ServiceBuilder,
    retry::{Policy, RetryLayer},
};

#[tokio::test(start_paused = true)]
async fn a_function_behind_a_timeout_layer_works_and_its_elapsed_counts_as_timeout() {
    let limit = Duration::from_millis(20);
    let in_time = ServiceBuilder::new()
        .timeout(limit)
        .service(saying(Verdict::Allow));
    answer(pre("f"), in_time, &Backend::new())
        .await
        .assert_from_backend();
    let late = LocalFunction::new(|_: Envelope| pending::<Verdict>());
    let late = ServiceBuilder::new().timeout(limit).service(late);
    let start = tokio::time::Instant::now();
    let got = answer(pre("f"), late, &Backend::new()).await;
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::Timeout));
    assert_eq!(got.status, 504);
    assert_eq!(start.elapsed(), limit);
}

/// Sends a call that stays with its function.
async fn occupy<S>(service: &mut S) -> tokio::task::JoinHandle<()>
where
    S: Service<Request<TestBody>, Future: Send + 'static>,
    S::Error: fmt::Debug,
{
    let call = call_ready(service, request(TestBody::empty())).await;
    let task = tokio::spawn(async move {
        let _response = call.await;
    });
    tokio::task::yield_now().await;
    task
}

#[tokio::test]
async fn a_function_behind_a_concurrency_limit_is_waited_for_and_the_route_stays_ready() {
    let function = Function::never();
    let limited = ServiceBuilder::new()
        .concurrency_limit(1)
        .service(function.clone());
    let mut service = layer_of(pre("f"), limited).layer(Backend::new());
    let first = occupy(&mut service).await;
    let second = occupy(&mut service).await;
    assert_eq!(function.asked().len(), 1);
    // The place is free again as soon as the first call is cancelled.
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    tokio::task::yield_now().await;
    assert_eq!(function.asked().len(), 2);
    second.abort();
}

#[tokio::test]
async fn a_call_that_load_shed_refuses_is_rejected() {
    let function = Function::never();
    let shedding = ServiceBuilder::new()
        .load_shed()
        .concurrency_limit(1)
        .service(function.clone());
    let mut service = layer_of(pre("f"), shedding).layer(Backend::new());
    let first = occupy(&mut service).await;
    let call = call_ready(&mut service, request(TestBody::empty())).await;
    let got = read(call.await.unwrap()).await;
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::Rejected));
    assert_eq!(got.status, 503);
    assert_eq!(got.headers["retry-after"], "1");
    assert_eq!(function.asked().len(), 1);
    first.abort();
}

/// Tries a failed call again, so many times.
#[derive(Clone)]
struct Again(usize);

impl Policy<Invocation, Answer, BoxError> for Again {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _invocation: &mut Invocation,
        result: &mut Result<Answer, BoxError>,
    ) -> Option<Ready<()>> {
        if result.is_ok() || self.0 == 0 {
            return None;
        }
        self.0 -= 1;
        Some(ready(()))
    }

    fn clone_request(&mut self, invocation: &Invocation) -> Option<Invocation> {
        Some(invocation.clone())
    }
}

#[tokio::test]
async fn a_function_behind_a_retry_layer_is_asked_again_with_the_same_envelope() {
    for (failures, retries, goes_on) in [(2, 2, true), (2, 1, false)] {
        let calls = Arc::new(AtomicUsize::new(0));
        let function = Function::new(move |_| {
            let failed = calls.fetch_add(1, Ordering::SeqCst) < failures;
            Box::pin(ready(if failed {
                Err(InvocationError::throttled("TooManyRequestsException", "x").into())
            } else {
                Ok(Answer::ok("{}"))
            }))
        });
        let retrying = RetryLayer::new(Again(retries)).layer(function.clone());
        let backend = Backend::new();
        let got = answer(pre("f"), retrying, &backend).await;
        let asked = function.asked();
        assert_eq!(asked.len(), retries + 1);
        assert!(
            asked
                .windows(2)
                .all(|pair| pair[0].payload == pair[1].payload)
        );
        assert_eq!(backend.calls(), usize::from(goes_on));
        let failure = (!goes_on).then_some(FailureClass::Throttled);
        assert_eq!(got.outcomes()[0].failure(), failure);
    }
}

#[tokio::test]
async fn a_boxed_function_service_will_do() {
    let boxed = tower::util::BoxCloneSyncService::new(saying(Verdict::Allow));
    answer(pre("f"), boxed, &Backend::new())
        .await
        .assert_from_backend();
}
