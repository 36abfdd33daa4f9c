//! Which function a half invokes, and which halves a layer takes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::{
    future::Future,
    panic::{self, AssertUnwindSafe},
    sync::{Mutex, PoisonError},
    task::{Context, Waker},
    time::Duration,
};

use crate::common::{Backend, Function, TestBody, call_ready, post, pre, read, request, send};
use http::{HeaderName, Response};
use lambda_sidecar::{
    Answer, Decision, ErrorContext, FailureClass, Invocation, InvocationError, LambdaSidecarLayer,
    ProtectedHeaders, RequestSidecarLayer, ResponseSidecarLayer, Sidecar, SidecarBuilder,
    SidecarError,
};
use tower::{Layer, ServiceExt};
use tower_test::mock;

fn built(sidecar: SidecarBuilder) -> Sidecar {
    sidecar.build().unwrap()
}

#[tokio::test]
async fn a_shared_function_is_invoked_for_both_halves_and_an_own_one_for_its_own() {
    let [shared, own_request, own_response] = [(); 3].map(|()| Function::allows());
    let layer = LambdaSidecarLayer::new(shared.clone())
        .request(built(pre("a")))
        .request_with(built(pre("b")), own_request.clone())
        .response_with(built(post("c")), own_response.clone())
        .response(built(post("d")));
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    got.assert_from_backend();
    assert_eq!(shared.names(), ["a", "d"]);
    assert_eq!(own_request.names(), ["b"]);
    assert_eq!(own_response.names(), ["c"]);
}

#[tokio::test]
async fn a_layer_needs_no_shared_function() {
    let [first, second, third] = [(); 3].map(|()| Function::allows());
    let layer = LambdaSidecarLayer::with_own_functions()
        .request_with(built(pre("a")), first.clone())
        .request_with(built(pre("b")), second.clone())
        .response_with(built(post("c")), third.clone())
        .endpoint_timeout(Duration::from_secs(9));
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    got.assert_from_backend();
    assert_eq!(first.names(), ["a"]);
    assert_eq!(second.names(), ["b"]);
    assert_eq!(third.names(), ["c"]);
}

#[tokio::test]
async fn equal_sidecars_keep_their_own_functions() {
    let [first, second] = [(); 2].map(|()| Function::allows());
    let layer = LambdaSidecarLayer::with_own_functions()
        .request_with(built(pre("same")), first.clone())
        .request_with(built(pre("same")), second.clone());
    // A layer that is cloned and extended has the same sidecars.
    let longer = layer.clone().response_with(built(post("c")), first.clone());
    send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    send(longer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_eq!(first.names(), ["same", "same", "c"]);
    assert_eq!(second.names(), ["same", "same"]);
}

#[tokio::test]
async fn the_error_of_an_own_function_is_classified_as_any_other() {
    let failing =
        Function::fails(|| InvocationError::throttled("TooManyRequestsException", "full"));
    let layer = LambdaSidecarLayer::with_own_functions().request_with(built(pre("f")), failing);
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::Throttled));
}

#[tokio::test(start_paused = true)]
async fn only_the_function_that_a_half_invokes_has_to_be_ready() {
    let never_ready = || {
        let (function, mut handle) = mock::pair::<Invocation, Answer>();
        handle.allow(0);
        (function, handle)
    };
    let (shared, _shared) = never_ready();
    let (other, _other) = never_ready();
    let own = Function::allows();
    let layer = LambdaSidecarLayer::new(shared)
        .request_with(built(pre("f")), own.clone())
        .response_with(built(post("g").timeout(Duration::from_secs(1))), other);
    let mut service = layer.layer(Backend::new());
    // The route does not look busy either.
    let call = call_ready(&mut service, request(TestBody::empty())).await;
    let got = read(call.await.unwrap()).await;
    assert_eq!(own.names(), ["f"]);
    let decisions = got.outcomes().iter().map(|receipt| receipt.decision());
    assert_eq!(
        decisions.collect::<Vec<_>>(),
        [Decision::Allow, Decision::Error]
    );
    assert_eq!(got.outcomes()[1].failure(), Some(FailureClass::Timeout));
}

#[tokio::test]
async fn dropping_a_call_drops_the_invocation_of_an_own_function() {
    let own = Function::never();
    let layer = LambdaSidecarLayer::with_own_functions().request_with(built(pre("f")), own.clone());
    let call = layer
        .layer(Backend::new())
        .oneshot(request(TestBody::empty()));
    let mut call = Box::pin(call);
    let mut context = Context::from_waker(Waker::noop());
    assert!(call.as_mut().poll(&mut context).is_pending());
    assert_eq!(own.under_way(), 1);
    drop(call);
    assert_eq!(own.under_way(), 0);
}

/// Answers of both half layers, each with this setter called.
macro_rules! of_both {
    ($function:expr, $setter:ident($($value:expr)?)) => {{
        let request_half = RequestSidecarLayer::new(built(pre("f")), $function);
        let response_half = ResponseSidecarLayer::new(built(post("f")), $function);
        let at_request = request_half.$setter($($value)?).layer(Backend::new());
        let at_response = response_half.$setter($($value)?).layer(Backend::new());
        [
            send(at_request, request(TestBody::empty())).await,
            send(at_response, request(TestBody::empty())).await,
        ]
    }};
}

#[tokio::test]
async fn the_half_layers_have_the_settings_of_the_layer() {
    let failing = || {
        Function::fails(|| {
            let code = Some("AccessDeniedException".to_owned());
            InvocationError::service(403, code, "arn:aws:iam::190954361614:role/secret")
        })
    };
    for got in of_both!(failing(), error_type_base("https://acme.com/")) {
        let kind = got.json()["type"].to_string();
        assert!(kind.starts_with("\"https://acme.com/Invalid"), "{kind}");
    }
    for got in of_both!(failing(), expose_exception_text()) {
        assert!(got.detail().contains("role/secret"), "{}", got.detail());
    }
    let form = |error: &SidecarError, _: &ErrorContext<'_>| Response::new(error.name().into());
    for got in of_both!(failing(), error_format(form)) {
        assert!(got.body.starts_with(b"InvalidResponse"), "{:?}", got.body);
    }
    let adding = || Function::answers(r#"{"modify":{"addHeaders":{"x-own":"1"}}}"#);
    let protected = ProtectedHeaders::default().with(HeaderName::from_static("x-own"));
    for got in of_both!(adding(), protected_headers(protected.clone())) {
        assert_eq!(got.outcomes()[0].refused_headers(), ["x-own"]);
    }
}

/// Where a call panics, and with which message.
fn panic_of<T>(call: impl FnOnce() -> T) -> (String, String) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    static SEEN: Mutex<Option<(String, String)>> = Mutex::new(None);

    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let before = panic::take_hook();
    panic::set_hook(Box::new(|panicked| {
        let place = panicked.location().unwrap().to_string();
        let message = panicked.payload_as_str().unwrap().to_owned();
        *SEEN.lock().unwrap() = Some((place, message));
    }));
    let result = panic::catch_unwind(AssertUnwindSafe(call));
    panic::set_hook(before);
    assert!(result.is_err(), "it did not panic");
    SEEN.lock().unwrap().take().unwrap()
}

/// Asserts that each call panics in its own line, with a message that names the way out.
macro_rules! assert_points_here {
    ($($call:expr => $way_out:literal),* $(,)?) => {$({
        let here = line!();
        let (place, message) = panic_of(|| { let _ = $call; });
        assert!(place.starts_with(file!()), "{place} is not in this file");
        let line: u32 = place.split(':').nth(1).unwrap().parse().unwrap();
        assert!(line.abs_diff(here) <= 12, "{place} is not near line {here}");
        assert!(message.contains($way_out), "{message:?} does not name {}", $way_out);
    })*};
}

#[test]
fn a_half_at_the_wrong_place_panics_at_the_caller_and_says_what_to_do() {
    let shared = || LambdaSidecarLayer::new(Function::allows());
    let own = LambdaSidecarLayer::with_own_functions;
    let [before, after] = [built(pre("before")), built(post("after"))];
    let (before, after) = (|| before.clone(), || after.clone());
    assert_points_here! {
        shared().request(after()) => "the sidecar `after` of the point PostProcessor is no request half",
        shared().request(after()) => "`response`",
        shared().request(after()) => "`ResponseSidecarLayer`",
        shared().response(before()) => "the sidecar `before` of the point PreProcessor is no response half",
        shared().response(before()) => "`request`",
        shared().response(before()) => "`RequestSidecarLayer`",
        own().request_with(after(), Function::allows()) => "`response_with`",
        own().response_with(before(), Function::allows()) => "`request_with`",
        own().request(before()) => "`request_with`",
        own().response(after()) => "`response_with`",
        RequestSidecarLayer::new(after(), Function::allows()) => "`ResponseSidecarLayer`",
        ResponseSidecarLayer::new(before(), Function::allows()) => "`RequestSidecarLayer`",
    }
}
