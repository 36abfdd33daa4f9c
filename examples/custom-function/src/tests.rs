//! What goes around the function: the retry and the limit.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use lambda_sidecar::{Answer, FailureClass, Invocation, InvocationError};
use tokio::{
    sync::{Semaphore, watch},
    task::JoinSet,
};
use tower::{ServiceExt as _, service_fn};

use super::*;

fn invocation() -> Invocation {
    let sidecar = Sidecar::local(Point::PreProcessor, "policy").build();
    Invocation::new(Arc::new(sidecar.unwrap()), "{}", "id")
}

/// How often a function that always fails thus is asked, and with what class the call ends.
async fn attempts(fail: fn() -> InvocationError) -> (usize, FailureClass) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let function = service_fn(move |_: Invocation| {
        count.fetch_add(1, Ordering::Relaxed);
        async move { Err::<Answer, _>(fail()) }
    });
    let error = guarded(function, 1)
        .oneshot(invocation())
        .await
        .unwrap_err();
    (asked.load(Ordering::Relaxed), error.class())
}

#[tokio::test]
async fn a_busy_function_is_asked_three_times_and_no_more() {
    let busy = attempts(|| InvocationError::throttled("Busy", "test")).await;
    assert_eq!(busy, (3, FailureClass::Throttled));
    let gone = attempts(|| InvocationError::connect("test")).await;
    assert_eq!(gone, (3, FailureClass::Connect));
}

#[tokio::test]
async fn a_wrong_answer_is_not_asked_for_again() {
    let wrong = attempts(|| InvocationError::wrong_answer("test")).await;
    assert_eq!(wrong, (1, FailureClass::WrongAnswer));
}

#[tokio::test]
async fn the_limit_holds_however_many_calls_come() {
    let (running, gate) = (watch::Sender::new(0_usize), Arc::new(Semaphore::new(0)));
    let most = Arc::new(AtomicUsize::new(0));
    let function = {
        let (running, gate, most) = (running.clone(), Arc::clone(&gate), Arc::clone(&most));
        service_fn(move |_: Invocation| {
            let (running, gate) = (running.clone(), Arc::clone(&gate));
            running.send_modify(|running| *running += 1);
            most.fetch_max(*running.borrow(), Ordering::Relaxed);
            async move {
                gate.acquire().await.unwrap().forget();
                running.send_modify(|running| *running -= 1);
                Ok::<_, InvocationError>(Answer::ok("{}"))
            }
        })
    };
    let function = guarded(function, 2);
    let mut calls: JoinSet<_> = (0..5)
        .map(|_| function.clone().oneshot(invocation()))
        .collect();
    let mut watched = running.subscribe();
    watched.wait_for(|running| *running == 2).await.unwrap();
    gate.add_permits(5);
    while let Some(answer) = calls.join_next().await {
        answer.unwrap().unwrap();
    }
    assert_eq!(most.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_policy_server_that_is_not_there_is_a_failure_to_connect() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let function = PolicyServer::new(uri.parse().unwrap());
    let error = function.oneshot(invocation()).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Connect);
}
