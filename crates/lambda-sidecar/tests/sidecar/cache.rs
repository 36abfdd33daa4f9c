//! Verdicts that are kept.

mod flights;
mod kept;
mod shared;
mod stale;

use std::time::Duration;

use http::Request;
use lambda_sidecar::{AnswerSource, LambdaSidecar, Point, Sidecar, SidecarBuilder};
use tower::Layer;

use crate::common::{Backend, Function, Got, TestBody, layer_of, request, send};

type Cached = LambdaSidecar<Backend, Function>;

const MAX: Duration = Duration::from_secs(60);

/// A sidecar whose verdicts are kept for a minute at most.
fn cached(point: Point) -> SidecarBuilder {
    Sidecar::local(point, "f").cache_max(MAX)
}

fn service(sidecar: SidecarBuilder, function: &Function) -> Cached {
    layer_of(sidecar, function.clone()).layer(Backend::new())
}

async fn call(service: &Cached) -> Got {
    send(service.clone(), request(TestBody::empty())).await
}

/// A request that asks something else than others: its header is in the envelope.
fn asking(role: &str) -> Request<TestBody> {
    let mut request = request(TestBody::empty());
    request
        .headers_mut()
        .insert("x-role", role.parse().unwrap());
    request
}

#[track_caller]
fn source(got: &Got) -> AnswerSource {
    let source = got.outcomes()[0].source();
    source.expect("there is a verdict")
}

/// A verdict of so many seconds, which says which one it is.
fn numbered(number: usize, seconds: f64) -> String {
    format!(r#"{{"unchangedFor":{seconds},"terminate":{{"code":403,"message":"{number}"}}}}"#)
}

/// A function that says with every verdict which one it is.
fn counting(seconds: f64) -> Function {
    let count = std::sync::atomic::AtomicUsize::new(0);
    Function::new(move |_| {
        let number = 1 + count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let answer = lambda_sidecar::Answer::ok(numbered(number, seconds)).version("7".to_owned());
        Box::pin(std::future::ready(Ok(answer)))
    })
}
