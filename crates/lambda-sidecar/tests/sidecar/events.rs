//! Events that are sent in the background.

mod attempts;
mod calls;
mod guards;
mod queue;
mod shutdown;

use std::{
    future::{pending, ready},
    sync::{Arc, Mutex},
    time::Duration,
};

use http::Request;
use lambda_sidecar::{
    Answer, Decision, EventQueues, LambdaSidecar, Point, Sidecar, SidecarBuilder, Synchronicity,
};
use tokio::{sync::Semaphore, time::Instant};
use tower::Layer;

use crate::{
    common::{Backend, Function, Got, TestBody, layer_of, request, send},
    guards::failure,
};

type Service = LambdaSidecar<Backend, Function>;

/// A sidecar whose events wait in a queue of this length.
fn queueing(point: Point, length: u32) -> SidecarBuilder {
    Sidecar::local(point, "f")
        .synchronicity(Synchronicity::Event)
        .include_request_headers(["x-number"])
        .event_queue(length)
}

/// A queue of this length before the function, at `PreProcessor`.
fn service(length: u32, function: &Function) -> (Service, EventQueues) {
    service_of(queueing(Point::PreProcessor, length), function)
}

fn service_of(sidecar: SidecarBuilder, function: &Function) -> (Service, EventQueues) {
    let queues = EventQueues::new();
    let layer = layer_of(sidecar, function.clone()).event_queues(queues.clone());
    (layer.layer(Backend::new()), queues)
}

/// A request that says which one it is.
fn numbered(number: usize) -> Request<TestBody> {
    let mut request = request(TestBody::empty());
    request.headers_mut().insert("x-number", number.into());
    request
}

async fn call(service: &Service, number: usize) -> Got {
    send(service.clone(), numbered(number)).await
}

/// Makes one call. It reaches the backend, whatever becomes of its event.
async fn decided(service: &Service, number: usize) -> Decision {
    let got = call(service, number).await;
    got.assert_from_backend();
    got.outcomes()[0].decision()
}

/// Makes so many calls, one after the other.
async fn decisions(service: &Service, count: usize) -> Vec<Decision> {
    let mut decisions = Vec::new();
    for number in 0..count {
        decisions.push(decided(service, number).await);
    }
    decisions
}

/// Which events the function was sent, in order.
fn sent(function: &Function) -> Vec<usize> {
    let numbers = function.envelopes().into_iter().map(|envelope| {
        let number = &envelope["request"]["headers"]["x-number"];
        number.as_str().unwrap().parse().unwrap()
    });
    numbers.collect()
}

/// Lets everything run that can without time passing.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// A function that accepts once it has a permit.
fn by_permits() -> (Function, Arc<Semaphore>) {
    let permits = Arc::new(Semaphore::new(0));
    let given = Arc::clone(&permits);
    let function = Function::new(move |_| {
        let given = Arc::clone(&given);
        Box::pin(async move {
            given.acquire().await.unwrap().forget();
            Ok(Answer::accepted())
        })
    });
    (function, permits)
}

type Times = Arc<Mutex<Vec<Duration>>>;

/// A function that fails in this way, and when it was called.
fn failing(end: &'static str) -> (Function, Times) {
    let (times, since) = (Times::default(), Instant::now());
    let function = Function::new({
        let times = Arc::clone(&times);
        move |_| {
            times.lock().unwrap().push(since.elapsed());
            match end {
                "never" => Box::pin(pending()),
                "accepted" => Box::pin(ready(Ok(Answer::accepted()))),
                end => Box::pin(ready(Err(failure(end).unwrap().into()))),
            }
        }
    });
    (function, times)
}

fn seconds(times: &Times) -> Vec<f64> {
    let times = times.lock().unwrap();
    times.iter().map(Duration::as_secs_f64).collect()
}
