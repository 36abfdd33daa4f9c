//! Equal questions that are asked at the same time make one function call.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use futures_util::future::join_all;
use lambda_sidecar::{Answer, BoxError, ErrorPolicy, FailureClass, Invocation};
use tokio::{sync::Semaphore, time::advance};
use tower::Service;

use super::*;
use crate::guards::{in_order, poll_pending, under_way};

/// A function that answers when it may.
fn gated(json: &'static str) -> (Function, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let function = Function::new({
        let gate = Arc::clone(&gate);
        move |_| {
            let gate = Arc::clone(&gate);
            Box::pin(async move {
                gate.acquire().await.unwrap().forget();
                Ok(Answer::ok(json))
            })
        }
    });
    (function, gate)
}

const SHARED: &str = r#"{"unchangedFor":60,"terminate":{"code":403,"message":"shared"}}"#;

#[tokio::test]
async fn a_thousand_equal_calls_at_once_make_one_function_call() {
    let (function, gate) = gated(SHARED);
    let mut service = service(cached(Point::PreProcessor), &function);
    let calls: Vec<_> = (0..1000).map(|_| under_way(&mut service)).collect();
    assert_eq!(function.under_way(), 1);
    gate.add_permits(1);
    for response in join_all(calls).await {
        assert_eq!(response.unwrap().status(), 403);
    }
    assert_eq!(function.asked().len(), 1);
}

#[tokio::test]
async fn different_questions_are_asked_one_by_one() {
    let (function, gate) = gated(SHARED);
    let sidecar = cached(Point::PreProcessor).include_request_headers(["x-role"]);
    let mut service = service(sidecar, &function);
    let mut calls = Vec::new();
    for role in ["a", "b", "a", "c", "b"] {
        let mut call = Box::pin(service.call(asking(role)));
        poll_pending(call.as_mut());
        calls.push(call);
    }
    assert_eq!(function.under_way(), 3);
    gate.add_permits(3);
    join_all(calls).await;
}

/// A function that becomes ready, and answers, in steps of its own.
#[derive(Clone)]
struct Slow {
    called: Arc<AtomicUsize>,
    /// How many polls are left until it is ready, and then until it answers.
    pending: usize,
}

/// Pending so many times, and ready then.
fn count_down(left: &mut usize, cx: &Context<'_>) -> Poll<()> {
    if *left == 0 {
        return Poll::Ready(());
    }
    *left -= 1;
    cx.waker().wake_by_ref();
    Poll::Pending
}

impl Service<Invocation> for Slow {
    type Response = Answer;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        count_down(&mut self.pending, cx).map(Ok)
    }

    fn call(&mut self, _: Invocation) -> Self::Future {
        self.called.fetch_add(1, Ordering::SeqCst);
        Box::pin(async {
            let mut left = 3;
            std::future::poll_fn(|cx| count_down(&mut left, cx)).await;
            Ok(Answer::ok(SHARED))
        })
    }
}

/// Wherever it is dropped: while the function gets ready, while it is called, or before anything was polled.
#[tokio::test]
async fn the_call_goes_on_for_the_others_wherever_the_one_that_made_it_is_cancelled() {
    for polls in 1..8 {
        let called = Arc::new(AtomicUsize::new(0));
        let function = Slow {
            called: Arc::clone(&called),
            pending: 3,
        };
        let layer = layer_of(cached(Point::PreProcessor), function);
        let mut service = layer.layer(Backend::new());
        let mut first = Box::pin(service.call(request(TestBody::empty())));
        poll_pending(first.as_mut());
        let mut second = under_way(&mut service);
        let mut is_over = false;
        for _ in 1..polls {
            let mut cx = Context::from_waker(std::task::Waker::noop());
            is_over |= first.as_mut().poll(&mut cx).is_ready();
            if is_over {
                break;
            }
        }
        drop(first);
        let response = second.as_mut().await.unwrap();
        assert_eq!(response.status(), 403, "{polls}");
        assert_eq!(called.load(Ordering::SeqCst), 1, "{polls}");
    }
}

#[tokio::test]
async fn whoever_is_left_is_handed_the_answer_by_the_runtime() {
    let (function, gate) = gated(SHARED);
    let service = service(cached(Point::PreProcessor), &function);
    let spawn = || {
        let service = service.clone();
        tokio::spawn(async move { call(&service).await.status })
    };
    let first = spawn();
    tokio::task::yield_now().await;
    let others = [spawn(), spawn()];
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    gate.add_permits(1);
    for other in others {
        assert_eq!(other.await.unwrap(), 403);
    }
    assert_eq!(function.asked().len(), 1);
}

#[tokio::test]
async fn the_call_ends_when_nobody_waits_for_it_any_more_and_the_next_one_asks_anew() {
    let (function, gate) = gated(SHARED);
    let mut service = service(cached(Point::PreProcessor), &function);
    let (first, second) = (under_way(&mut service), under_way(&mut service));
    drop(first);
    assert_eq!(function.under_way(), 1);
    drop(second);
    assert_eq!(function.under_way(), 0);
    gate.add_permits(1);
    assert_eq!(call(&service).await.status, 403);
    assert_eq!(function.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_waiters_timeout_ends_only_its_own_wait() {
    let (function, gate) = gated(SHARED);
    let cache = lambda_sidecar::VerdictCache::default();
    let service = |seconds| {
        let sidecar = cached(Point::PreProcessor).timeout(Duration::from_secs(seconds));
        let layer = layer_of(sidecar, function.clone());
        layer.cache(cache.clone()).layer(Backend::new())
    };
    let (mut patient, mut impatient) = (service(10), service(2));
    let mut first = under_way(&mut patient);
    let waiter = under_way(&mut impatient);
    let mut third = under_way(&mut patient);
    assert_eq!(waiter.await.unwrap().status(), 504);
    assert_eq!(function.under_way(), 1);
    gate.add_permits(1);
    assert_eq!(third.as_mut().await.unwrap().status(), 403);
    assert_eq!(first.as_mut().await.unwrap().status(), 403);
    assert_eq!(function.asked().len(), 1);
}

/// One at a time, and each within what is left of its own time.
#[tokio::test(start_paused = true)]
async fn a_waiter_with_time_left_asks_itself_when_the_one_before_it_ran_into_its_timeout() {
    let function = in_order(["never", "never", SHARED]);
    let sidecar = cached(Point::PreProcessor).timeout(Duration::from_secs(10));
    let mut service = service(sidecar, &function);
    let began = tokio::time::Instant::now();
    let first = under_way(&mut service);
    advance(Duration::from_secs(4)).await;
    let second = under_way(&mut service);
    advance(Duration::from_secs(4)).await;
    let others = [under_way(&mut service), under_way(&mut service)];
    let (first, second, others) = tokio::join!(first, second, join_all(others));
    assert_eq!(first.unwrap().status(), 504);
    assert_eq!(second.unwrap().status(), 504);
    for other in others {
        assert_eq!(other.unwrap().status(), 403);
    }
    assert_eq!(function.asked().len(), 3);
    assert_eq!(began.elapsed(), Duration::from_secs(14));
}

#[tokio::test]
async fn a_verdict_of_zero_seconds_is_for_the_call_that_made_it_and_the_others_ask_for_themselves()
{
    for json in [r#"{"unchangedFor":0}"#, "{}"] {
        let (function, gate) = gated(json);
        let mut service = service(cached(Point::PreProcessor), &function);
        let calls: Vec<_> = (0..5).map(|_| under_way(&mut service)).collect();
        let calls = tokio::spawn(join_all(calls));
        gate.add_permits(1);
        // All of them at once, not one after the other.
        while function.asked().len() < 5 {
            tokio::task::yield_now().await;
        }
        assert_eq!(function.under_way(), 4, "{json}");
        gate.add_permits(4);
        for response in calls.await.unwrap() {
            assert_eq!(response.unwrap().status(), 201);
        }
        assert_eq!(function.asked().len(), 5);
    }
}

#[tokio::test]
async fn all_get_the_failure_each_under_its_own_policy() {
    for (json, class) in [
        ("[]", FailureClass::WrongAnswer),
        (r#"{"unchangedFor":-1}"#, FailureClass::WrongAnswer),
        ("", FailureClass::WrongAnswer),
    ] {
        let (function, gate) = gated(json);
        let cache = lambda_sidecar::VerdictCache::default();
        let mut services = [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE].map(|policy| {
            let layer = layer_of(cached(Point::PreProcessor).policy(policy), function.clone());
            layer.cache(cache.clone()).layer(Backend::new())
        });
        let calls: Vec<_> = services.iter_mut().map(under_way).collect();
        gate.add_permits(1);
        let mut responses = Vec::new();
        for response in join_all(calls).await {
            responses.push(crate::common::read(response.unwrap()).await);
        }
        assert_eq!(function.asked().len(), 1);
        assert_eq!(responses[0].status, 500);
        responses[1].assert_from_backend();
        for got in &responses {
            assert_eq!(got.outcomes()[0].failure(), Some(class));
        }
    }
}

#[tokio::test]
async fn a_panic_of_the_function_is_that_of_the_call_that_made_it() {
    let function = in_order(["panic", SHARED]);
    let service = service(cached(Point::PreProcessor), &function);
    let spawn = || {
        let service = service.clone();
        tokio::spawn(async move { call(&service).await.status })
    };
    let (first, second) = (spawn(), spawn());
    assert!(first.await.unwrap_err().is_panic());
    assert_eq!(second.await.unwrap(), 403);
    assert_eq!(call(&service).await.status, 403);
    assert_eq!(function.asked().len(), 2);
}

/// A hit, and a call that waits for another one's, need no place; and a call is one call for the breaker.
#[tokio::test]
async fn who_waits_takes_no_place() {
    let (function, gate) = gated(SHARED);
    let sidecar = cached(Point::PreProcessor).max_concurrency(1);
    let mut service = service(sidecar, &function);
    let calls: Vec<_> = (0..3).map(|_| under_way(&mut service)).collect();
    gate.add_permits(1);
    for response in join_all(calls).await {
        assert_eq!(response.unwrap().status(), 403);
    }
    assert_eq!(call(&service).await.status, 403);
    assert_eq!(function.asked().len(), 1);
}
