//! The time of the whole call, whose end is 504 under any policy: which deadline holds and what counts.

use std::convert::Infallible;
use std::time::Duration;

use super::{
    ENDPOINT, OWN, POLICIES, assert_deadline_passed, assert_gateway_timeout,
    send_within_endpoint_time,
};
use crate::common::{BOTH, Backend, Function, TestBody, layer_of, post, pre, request, send};
use http::{Request, Response};
use lambda_sidecar::{
    CallContext, LambdaSidecarLayer, Point, RequestSidecarLayer, ResponseSidecarLayer, Sidecar,
    SidecarBody, SidecarBuilder, Synchronicity,
};
use tokio::time::{Instant, sleep};
use tower::util::MapRequestLayer;
use tower::{Layer, service_fn};

#[tokio::test(start_paused = true)]
async fn a_slow_function_without_a_timeout_is_504_under_either_policy_and_synchronicity() {
    for point in BOTH {
        for synchronicity in [Synchronicity::RequestResponse, Synchronicity::Event] {
            let sidecar = Sidecar::local(point, "f").synchronicity(synchronicity);
            let call = || request(TestBody::empty());
            send_within_endpoint_time(&sidecar, &Function::never(), call, |got, backend| {
                let of_response = usize::from(point == Point::PostProcessor);
                assert_eq!(backend.calls(), of_response);
                assert_eq!(got.outcomes()[0].latency(), Some(ENDPOINT));
            })
            .await;
        }
    }
}

/// A wrapped service that takes its time.
fn slow_inner(
    takes: Duration,
) -> impl tower::Service<
    Request<SidecarBody<TestBody>>,
    Response = Response<TestBody>,
    Error = Infallible,
> + Clone {
    service_fn(move |_: Request<SidecarBody<TestBody>>| async move {
        sleep(takes).await;
        Ok::<_, Infallible>(Backend::response())
    })
}

#[tokio::test(start_paused = true)]
async fn the_time_that_the_wrapped_service_takes_is_not_limited() {
    let layer = layer_of(pre("f"), Function::allows()).endpoint_timeout(ENDPOINT);
    let start = Instant::now();
    let got = send(
        layer.layer(slow_inner(2 * ENDPOINT)),
        request(TestBody::empty()),
    )
    .await;
    got.assert_from_backend();
    assert_eq!(start.elapsed(), 2 * ENDPOINT);
}

#[tokio::test(start_paused = true)]
async fn what_the_wrapped_service_took_is_gone_for_the_response_half() {
    for (takes, until) in [(ENDPOINT / 2, ENDPOINT), (2 * ENDPOINT, 2 * ENDPOINT)] {
        for policy in POLICIES {
            let sidecar = post("f").policy(policy);
            let layer = layer_of(sidecar, Function::never()).endpoint_timeout(ENDPOINT);
            let start = Instant::now();
            let got = send(layer.layer(slow_inner(takes)), request(TestBody::empty())).await;
            assert_deadline_passed(&got);
            assert_eq!(start.elapsed(), until);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_one_sidecar_took_is_gone_for_the_next() {
    let function = Function::allows_after(ENDPOINT / 4 * 3);
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(pre("a").build().unwrap())
        .request(pre("b").build().unwrap())
        .endpoint_timeout(ENDPOINT);
    let backend = Backend::new();
    let start = Instant::now();
    let got = send(layer.layer(backend.clone()), request(TestBody::empty())).await;
    assert_deadline_passed(&got);
    assert_eq!(start.elapsed(), ENDPOINT);
    assert_eq!(function.names(), ["a", "b"]);
    assert_eq!(backend.calls(), 0);
}

/// How long a call may take: the endpoint timeout of the layer outside, which allows at once, that of the
/// layer inside, whose function never answers, and the time of the call's context.
async fn time_of_call(
    outer: Option<Duration>,
    inner: Option<Duration>,
    context: Option<Duration>,
) -> Duration {
    let layer = |function: Function, timeout: Option<Duration>| {
        let layer = layer_of(pre("f"), function);
        match timeout {
            Some(timeout) => layer.endpoint_timeout(timeout),
            None => layer,
        }
    };
    let layers = (
        layer(Function::allows(), outer),
        layer(Function::never(), inner),
    );
    let start = Instant::now();
    let mut call = request(TestBody::empty());
    if let Some(context) = context {
        let deadline = (start + context).into_std();
        let context = CallContext::new().message_id(crate::common::MESSAGE_ID);
        call.extensions_mut().insert(context.deadline(deadline));
    }
    assert_deadline_passed(&send(layers.layer(Backend::new()), call).await);
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn the_earliest_deadline_of_layers_and_context_holds() {
    let (short, long, longer) = (ENDPOINT, 2 * ENDPOINT, 3 * ENDPOINT);
    for (outer, inner, context) in [
        (Some(short), Some(long), None),
        (Some(long), Some(short), None),
        (Some(short), None, None),
        (None, Some(short), None),
        (Some(short), Some(long), Some(longer)),
        (Some(long), Some(short), Some(longer)),
        (Some(longer), Some(short), Some(long)),
        (Some(longer), Some(long), Some(short)),
        (None, Some(long), Some(short)),
        (Some(long), None, Some(short)),
        (None, None, Some(short)),
    ] {
        let time = time_of_call(outer, inner, context).await;
        assert_eq!(time, short, "{outer:?} {inner:?} {context:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_default_time_shortens_no_time_that_is_named() {
    let long = Duration::from_secs(300);
    for (outer, context) in [(Some(long), None), (None, Some(long))] {
        assert_eq!(time_of_call(outer, None, context).await, long);
    }
}

#[tokio::test(start_paused = true)]
async fn an_inner_timeout_counts_from_the_inner_layer_and_within_the_outer() {
    for (inner, until) in [(ENDPOINT / 4, ENDPOINT / 4 * 3), (ENDPOINT, ENDPOINT)] {
        let layers = (
            layer_of(pre("a"), Function::allows_after(ENDPOINT / 2)).endpoint_timeout(ENDPOINT),
            layer_of(pre("b"), Function::never()).endpoint_timeout(inner),
        );
        let start = Instant::now();
        let got = send(layers.layer(Backend::new()), request(TestBody::empty())).await;
        assert_deadline_passed(&got);
        assert_eq!(start.elapsed(), until);
    }
}

#[tokio::test(start_paused = true)]
async fn a_context_between_two_layers_can_shorten_the_time_and_not_lengthen_it() {
    for (context, until) in [
        (None, ENDPOINT),
        (Some(ENDPOINT / 2), ENDPOINT / 2),
        (Some(2 * ENDPOINT), ENDPOINT),
    ] {
        let start = Instant::now();
        let between = MapRequestLayer::new(move |mut request: Request<SidecarBody<TestBody>>| {
            let mut anew = CallContext::new();
            anew.deadline = context.map(|context| (start + context).into_std());
            request.extensions_mut().insert(anew);
            request
        });
        let layers = (
            layer_of(pre("a"), Function::allows()).endpoint_timeout(ENDPOINT),
            between,
            layer_of(pre("b"), Function::never()).endpoint_timeout(3 * ENDPOINT),
        );
        let got = send(layers.layer(Backend::new()), request(TestBody::empty())).await;
        assert_deadline_passed(&got);
        assert_eq!(start.elapsed(), until, "{context:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_half_layers_have_an_endpoint_timeout() {
    let built = |sidecar: SidecarBuilder| sidecar.build().unwrap();
    let layer = RequestSidecarLayer::new(built(pre("f")), Function::never());
    let layer = layer.endpoint_timeout(ENDPOINT);
    let start = Instant::now();
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_deadline_passed(&got);
    assert_eq!(start.elapsed(), ENDPOINT);
    let layer = ResponseSidecarLayer::new(built(post("f")), Function::never());
    let layer = layer.endpoint_timeout(ENDPOINT);
    let start = Instant::now();
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_deadline_passed(&got);
    assert_eq!(start.elapsed(), ENDPOINT);
}

#[tokio::test(start_paused = true)]
async fn the_endpoints_time_is_60_seconds_if_nobody_names_one() {
    let start = Instant::now();
    let layer = layer_of(pre("f"), Function::never());
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_deadline_passed(&got);
    assert_eq!(start.elapsed(), Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_time_is_over_when_it_comes_in_is_504() {
    for policy in POLICIES {
        let function = Function::never();
        let context = CallContext::new().message_id(crate::common::MESSAGE_ID);
        let past = Instant::now().into_std();
        sleep(OWN).await;
        let mut call = request(TestBody::empty());
        call.extensions_mut().insert(context.deadline(past));
        let backend = Backend::new();
        let layer = layer_of(pre("f").policy(policy).timeout(OWN), function);
        let start = Instant::now();
        let got = send(layer.layer(backend.clone()), call).await;
        assert_deadline_passed(&got);
        assert_eq!((start.elapsed(), backend.calls()), (Duration::ZERO, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_may_have_all_the_time_there_is() {
    let layer = layer_of(pre("f").timeout(OWN), Function::never()).endpoint_timeout(Duration::MAX);
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_gateway_timeout(&got);
}
