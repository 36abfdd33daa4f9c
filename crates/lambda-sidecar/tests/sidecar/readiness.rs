//! Tower's readiness, kept: of the wrapped service and of the function service.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use crate::common::{
    Backend, Function, TestBody, call_ready, layer_of, post, pre, read, request, send, trailers,
};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Empty, Full};
use lambda_sidecar::{
    Answer, BoxError, Decision, Envelope, FailureClass, Invocation, InvocationError, LambdaSidecar,
    LambdaSidecarLayer, LocalFunction, Receipts, RequestSidecarLayer, SidecarBody, Verdict,
};
use tower::{Layer, Service, ServiceExt};
use tower_test::mock;

type Inner = mock::Mock<Request<SidecarBody<Empty<Bytes>>>, Response<Full<Bytes>>>;
type InnerHandle = mock::Handle<Request<SidecarBody<Empty<Bytes>>>, Response<Full<Bytes>>>;

fn layered<F: Clone>(
    layer: &LambdaSidecarLayer<F>,
) -> (mock::Spawn<LambdaSidecar<Inner, F>>, InnerHandle) {
    mock::spawn_with(|inner| layer.layer(inner))
}

/// The next request of a mock. Time is paused, so a request that never comes is known at once.
async fn next<T, U>(handle: &mut mock::Handle<T, U>) -> (T, mock::SendResponse<U>) {
    let next = tokio::time::timeout(Duration::from_secs(1), handle.next_request());
    next.await.expect("there is no request").unwrap()
}

/// An error of the application's own.
#[derive(Debug, PartialEq)]
struct Own;

impl std::fmt::Display for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("own")
    }
}

impl std::error::Error for Own {}

#[tokio::test(start_paused = true)]
async fn the_inner_service_is_polled_ready_before_it_is_called() {
    for sidecar in [pre("f"), post("f")] {
        let (mut service, mut handle) = layered(&layer_of(sidecar, Function::allows()));
        handle.allow(0);
        assert!(service.poll_ready().is_pending());
        handle.allow(1);
        assert!(service.is_woken());
        assert!(matches!(service.poll_ready(), Poll::Ready(Ok(()))));
        // The mock panics when an instance is called that was not polled ready.
        let answer = tokio::spawn(service.call(request(Empty::new())));
        let (seen, send) = next(&mut handle).await;
        assert_eq!(seen.headers()["x-client"], "one");
        send.send_response(Response::new("yes".into()));
        assert_eq!(read(answer.await.unwrap().unwrap()).await.body, "yes");
        // The one place is taken; the clone that took the service's place is not ready.
        assert!(service.poll_ready().is_pending());
    }
}

/// A service that knows which instance it is: the first is number 0, each clone has the next number.
#[derive(Debug)]
struct Numbered {
    number: usize,
    ready: bool,
    made: Arc<AtomicUsize>,
}

impl Numbered {
    fn new() -> Self {
        Self {
            number: 0,
            ready: false,
            made: Arc::new(AtomicUsize::new(1)),
        }
    }
}

impl Clone for Numbered {
    fn clone(&self) -> Self {
        Self {
            number: self.made.fetch_add(1, Ordering::SeqCst),
            ready: false,
            made: Arc::clone(&self.made),
        }
    }
}

impl<R> Service<R> for Numbered {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: R) -> Self::Future {
        assert!(self.ready, "instance {} was not polled ready", self.number);
        self.ready = false;
        ready(Ok(Response::new(self.number.to_string().into())))
    }
}

#[tokio::test(start_paused = true)]
async fn the_instance_that_was_polled_ready_is_the_one_called() {
    let mut service = layer_of(pre("f"), Function::allows()).layer(Numbered::new());
    for expected in ["0", "1", "2"] {
        let call = call_ready(&mut service, request(Full::<Bytes>::default())).await;
        assert_eq!(read(call.await.unwrap()).await.body, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_inner_services_readiness_passes_through() {
    let (mut service, mut handle) = layered(&layer_of(pre("f"), Function::allows()));
    handle.send_error(Own);
    let Poll::Ready(Err(error)) = service.poll_ready() else {
        panic!("no error")
    };
    assert_eq!(error.downcast_ref(), Some(&Own));
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_inner_service_passes_through_and_no_response_half_runs() {
    for sidecar in [pre("f"), post("f")] {
        let point = sidecar.clone().build().unwrap().point();
        let function = Function::allows();
        let (mut service, mut handle) = layered(&layer_of(sidecar, function.clone()));
        assert!(service.poll_ready().is_ready());
        let answer = tokio::spawn(service.call(request(Empty::new())));
        let (_, send) = next(&mut handle).await;
        send.send_error(Own);
        let error = answer.await.unwrap().unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&Own));
        let asked = usize::from(point == lambda_sidecar::Point::PreProcessor);
        assert_eq!(function.asked().len(), asked, "{point}");
    }
}

async fn assert_inner_is_not_called(layer: LambdaSidecarLayer<Function>, status: u16) {
    let (mut service, mut handle) = layered(&layer);
    assert!(service.poll_ready().is_ready());
    let response = service.call(request(Empty::new())).await.unwrap();
    assert_eq!(response.status(), status);
    assert!(handle.poll_request().is_pending());
}

#[tokio::test(start_paused = true)]
async fn the_inner_service_is_not_called_after_a_terminate() {
    let function = Function::answers(r#"{"terminate":{"code":403}}"#);
    assert_inner_is_not_called(layer_of(pre("f"), function), 403).await;
}

#[tokio::test(start_paused = true)]
async fn the_inner_service_is_not_called_after_a_failed_sure_fire_call() {
    let function = Function::fails(|| InvocationError::connect("refused"));
    assert_inner_is_not_called(layer_of(pre("f"), function), 500).await;
}

#[tokio::test(start_paused = true)]
async fn the_inner_service_is_not_called_after_a_failed_precondition() {
    for sidecar in [pre("f"), post("f")] {
        let function = Function::allows();
        let sidecar = sidecar.require_request_headers(["x-missing"]);
        assert_inner_is_not_called(layer_of(sidecar, function.clone()), 400).await;
        assert!(function.asked().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_functions_readiness_is_waited_for_inside_the_future() {
    let (function, mut functions) = mock::pair::<Invocation, Answer>();
    functions.allow(0);
    let backend = Backend::new();
    let mut service = layer_of(pre("f"), function).layer(backend.clone());
    // The route is ready although the function is not, again and again.
    let first = tokio::spawn(call_ready(&mut service, request(TestBody::empty())).await);
    let second = tokio::spawn(call_ready(&mut service, request(TestBody::empty())).await);
    tokio::task::yield_now().await;
    assert!(functions.poll_request().is_pending());
    assert_eq!(backend.calls(), 0);
    functions.allow(2);
    for _ in 0..2 {
        let (_, send) = next(&mut functions).await;
        send.send_response(Answer::ok("{}"));
    }
    for answer in [first, second] {
        read(answer.await.unwrap().unwrap())
            .await
            .assert_from_backend();
    }
}

#[tokio::test(start_paused = true)]
async fn each_sidecar_waits_for_a_function_service_of_its_own() {
    let (function, mut functions) = mock::pair::<Invocation, Answer>();
    functions.allow(0);
    let layer = LambdaSidecarLayer::new(function)
        .request(pre("a").build().unwrap())
        .request(pre("b").build().unwrap())
        .response(post("c").build().unwrap());
    let answer = tokio::spawn(
        layer
            .layer(Backend::new())
            .oneshot(request(TestBody::empty())),
    );
    for name in ["a", "b", "c"] {
        tokio::task::yield_now().await;
        assert!(functions.poll_request().is_pending(), "{name}");
        functions.allow(1);
        let (asked, send) = next(&mut functions).await;
        assert_eq!(asked.sidecar.name(), name);
        send.send_response(Answer::ok("{}"));
    }
    read(answer.await.unwrap().unwrap())
        .await
        .assert_from_backend();
}

#[tokio::test(start_paused = true)]
async fn a_function_service_that_cannot_get_ready_is_a_failed_call() {
    let (function, mut functions) = mock::pair::<Invocation, Answer>();
    functions.send_error(InvocationError::credentials("none"));
    let got = send(
        layer_of(pre("f"), function).layer(Backend::new()),
        request(TestBody::empty()),
    )
    .await;
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::Credentials));
    assert!(!matches!(functions.poll_request(), Poll::Ready(Some(_))));
}

#[tokio::test(start_paused = true)]
async fn a_function_service_that_closed_counts_as_connect() {
    let (function, functions) = mock::pair::<Invocation, Answer>();
    drop(functions);
    let got = send(
        layer_of(pre("f"), function).layer(Backend::new()),
        request(TestBody::empty()),
    )
    .await;
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::Connect));
    got.assert_problem(
        "InvalidResponseFromAWSLambdaInPreProcess",
        500,
        "Error while connecting to AWS lambda.",
    );
}

/// A service that counts how often it is cloned.
#[derive(Debug)]
struct CountsClones<S> {
    service: S,
    clones: Arc<AtomicUsize>,
}

impl<S> CountsClones<S> {
    fn new(service: S) -> (Self, Arc<AtomicUsize>) {
        let clones = Arc::new(AtomicUsize::new(0));
        let counting = Self {
            service,
            clones: Arc::clone(&clones),
        };
        (counting, clones)
    }
}

impl<S: Clone> Clone for CountsClones<S> {
    fn clone(&self) -> Self {
        self.clones.fetch_add(1, Ordering::SeqCst);
        Self {
            service: self.service.clone(),
            clones: Arc::clone(&self.clones),
        }
    }
}

impl<S: Service<R>, R> Service<R> for CountsClones<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.service.call(request)
    }
}

/// How often one call clones the inner service and the function service.
async fn clones_of_a_call(
    with_sidecars: impl Fn(
        LambdaSidecarLayer<CountsClones<Function>>,
    ) -> LambdaSidecarLayer<CountsClones<Function>>,
) -> (usize, usize) {
    let (inner, inner_clones) = CountsClones::new(Backend::new());
    let (function, function_clones) = CountsClones::new(Function::allows());
    let layer = with_sidecars(LambdaSidecarLayer::new(function));
    let mut service = layer.layer(inner);
    inner_clones.store(0, Ordering::SeqCst);
    function_clones.store(0, Ordering::SeqCst);
    let call = call_ready(&mut service, request(TestBody::of(["body"]))).await;
    read(call.await.unwrap()).await.assert_from_backend();
    (
        inner_clones.load(Ordering::SeqCst),
        function_clones.load(Ordering::SeqCst),
    )
}

#[tokio::test(start_paused = true)]
async fn without_sidecars_nothing_is_cloned() {
    assert_eq!(clones_of_a_call(|layer| layer).await, (0, 0));
}

/// As `LambdaSidecar` documents it.
#[tokio::test(start_paused = true)]
async fn with_sidecars_the_inner_service_is_cloned_once_and_the_function_service_once_and_once_for_each()
 {
    let pre = || pre("f").build().unwrap();
    let post = || post("f").build().unwrap();
    assert_eq!(clones_of_a_call(|layer| layer.request(pre())).await, (1, 2));
    assert_eq!(
        clones_of_a_call(|layer| layer.response(post())).await,
        (1, 2)
    );
    let clones = clones_of_a_call(|layer| layer.request(pre()).request(pre()).response(post()));
    assert_eq!(clones.await, (1, 4));
}

#[tokio::test(start_paused = true)]
async fn without_sidecars_a_body_is_not_touched_and_the_call_is_as_it_was() {
    let service = LambdaSidecarLayer::new(Function::allows()).layer(tower::service_fn(
        |request: Request<SidecarBody<TestBody>>| async move {
            assert!(request.extensions().get::<Receipts>().is_none());
            Ok::<_, Infallible>(Response::new(request.into_body()))
        },
    ));
    let body = TestBody::of(["a"]).with_trailers().announced(1);
    let watch = body.watch();
    let response = service.oneshot(request(body)).await.unwrap();
    assert_eq!(watch.polls(), 0);
    assert!(response.extensions().get::<Receipts>().is_none());
    assert_eq!(response.body().size_hint().exact(), Some(1));
    let collected = response.into_body().collect().await.unwrap();
    assert_eq!(collected.trailers(), Some(&trailers()));
    assert_eq!(collected.to_bytes(), "a");
}

#[tokio::test(start_paused = true)]
async fn without_a_payload_asked_for_a_body_is_not_touched() {
    for sidecar in [pre("f"), post("f")] {
        let service = layer_of(sidecar, Function::allows()).layer(tower::service_fn(
            |request: Request<SidecarBody<TestBody>>| async move {
                Ok::<_, Infallible>(Response::new(request.into_body()))
            },
        ));
        let body = TestBody::of(["a"]);
        let watch = body.watch();
        let response = service.oneshot(request(body)).await.unwrap();
        assert_eq!(watch.polls(), 0);
        assert_eq!(response.extensions().get::<Receipts>().unwrap().len(), 1);
    }
}

#[test]
fn service_and_future_are_send_and_sync_when_their_parts_are() {
    fn clone_send_sync<T: Clone + Send + Sync>(_: &T) {}
    fn send_sync<T: Send + Sync>(_: &T) {}
    fn send<T: Send>(_: &T) {}
    let layer = layer_of(
        pre("f"),
        LocalFunction::new(|_: Envelope| async { Verdict::Allow }),
    );
    clone_send_sync(&layer);
    let mut service = layer.layer(Backend::new());
    clone_send_sync(&service);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let _entered = runtime.enter();
    let future = service.call(request(TestBody::empty()));
    send(&future);
    send_sync(&SidecarBody::<TestBody>::default());
}

#[tokio::test(start_paused = true)]
async fn the_wrapped_service_can_be_reached_and_taken_out() {
    let layer = RequestSidecarLayer::new(pre("f").build().unwrap(), Function::allows());
    let mut service = layer.layer(Numbered::new());
    assert_eq!(service.get_ref().number, 0);
    service.get_mut().number = 7;
    assert_eq!(service.into_inner().number, 7);
}

#[tokio::test(start_paused = true)]
async fn a_function_error_type_of_any_kind_will_do() {
    let function = tower::service_fn(|_: Invocation| async {
        Err::<Answer, BoxError>(
            InvocationError::throttled("TooManyRequestsException", "rate").into(),
        )
    });
    let got = send(
        layer_of(pre("f"), function).layer(Backend::new()),
        request(TestBody::empty()),
    )
    .await;
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::Throttled));
    assert_eq!(got.outcomes()[0].decision(), Decision::Error);
}
