//! What a closure reads of a call.

use std::{
    future::{Ready, ready},
    sync::{Arc, Mutex},
};

use super::{answer, invocation};
use crate::common::{Backend, TestBody, layer_of, post, pre, request, send};
use lambda_sidecar::{
    Answer, Application, BoxError, CallContext, Endpoint, Envelope, Expand, Invocation,
    LocalFunction, PackageKey, SidecarBuilder, Token, Verdict,
    lambda_sidecar_function::{Param, Point},
};
use tower::{Layer, Service, ServiceExt};

#[tokio::test]
async fn a_closure_reads_of_the_call_what_its_sidecar_selects() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let function = LocalFunction::new(move |call: Envelope| {
        kept.lock().unwrap().push(call);
        async { Verdict::Allow }
    });
    let selecting = |sidecar: SidecarBuilder| {
        sidecar
            .include_request_headers(["X-Client"])
            .include_eavs(["tier"])
            .param("limit", 7)
    };
    let at_request = selecting(pre("f")).expand_input([Expand::RequestPayload]);
    let at_response = selecting(post("f"))
        .include_response_headers(["x-backend"])
        .expand_input([Expand::ResponsePayload]);
    for sidecar in [at_request, at_response] {
        let mut call = request(TestBody::of(["order"]));
        let application = Application::new([("tier", "gold"), ("other", "x")]);
        let context = CallContext::new().application(Arc::new(application));
        call.extensions_mut().insert(context);
        let got = send(
            layer_of(sidecar, function.clone()).layer(Backend::new()),
            call,
        )
        .await;
        got.assert_from_backend();
    }
    let [at_request, at_response] = &seen.lock().unwrap()[..] else {
        panic!("two invocations")
    };
    for call in [at_request, at_response] {
        for name in ["x-client", "X-Client"] {
            assert_eq!(call.header(name), Some("one"));
        }
        assert_eq!(call.header("host"), None);
        assert_eq!((call.eav("tier"), call.eav("other")), (Some("gold"), None));
        assert_eq!(call.param("limit"), Some(&Param::from(7)));
        assert_eq!(call.param("none"), None);
    }
    assert_eq!(
        (at_request.payload(), at_request.response_payload()),
        (Some("order"), None)
    );
    assert_eq!(
        (
            at_request.response_code(),
            at_request.response_header("x-backend")
        ),
        (None, None)
    );
    assert_eq!(at_response.response_payload(), Some(Backend::TEXT));
    assert_eq!(at_response.payload(), None);
    assert_eq!(at_response.response_code(), Some(201));
    assert_eq!(at_response.response_header("X-Backend"), Some("b"));
    assert_eq!(at_response.response_header("etag"), None);
    assert_eq!(at_request.point(), Point::PreProcessor);
    assert_eq!(at_response.point(), Point::PostProcessor);
}

#[tokio::test]
async fn a_closure_reads_ids_operation_and_the_package_keys_values() {
    let mut call = request(TestBody::empty());
    let endpoint = Endpoint::new().endpoint_id("orders");
    let key = PackageKey::new("key-1", [("plan", "free"), ("other", "x")]);
    let context = CallContext::new()
        .message_id("m-1")
        .endpoint(Arc::new(endpoint))
        .package_key(Arc::new(key));
    call.extensions_mut().insert(context);
    let (verb, path) = (
        call.method().as_str().to_lowercase(),
        call.uri().path().to_owned(),
    );
    let function = LocalFunction::new(move |call: Envelope| {
        assert_eq!(call.message_id(), "m-1");
        assert_eq!(call.endpoint_id(), Some("orders"));
        assert_eq!(call.package_key(), Some("key-1"));
        assert_eq!(call.package_key_eav("plan"), Some("free"));
        assert_eq!(call.package_key_eav("other"), None);
        assert_eq!(call.method(), Some(&*verb));
        assert_eq!(call.path(), Some(&*path));
        ready(Verdict::Allow)
    });
    let sidecar = pre("f")
        .include_package_key_eavs(["plan"])
        .expand_input([Expand::Operation]);
    send(layer_of(sidecar, function).layer(Backend::new()), call)
        .await
        .assert_from_backend();
}

#[tokio::test]
async fn a_payload_that_is_no_envelope_is_a_function_error_and_the_closure_is_not_called() {
    let function = LocalFunction::new(|_: Envelope| -> Ready<Verdict> { unreachable!() });
    for payload in ["", "{}", "[]", r#"{"point":"elsewhere"}"#] {
        let answer = function.oneshot(invocation(payload)).await.unwrap();
        let message = "the payload is no envelope";
        assert_eq!(
            answer,
            Answer::error("InvalidEnvelope", message),
            "{payload}"
        );
    }
}

#[tokio::test]
async fn a_closure_reads_token_query_uri_and_remote_address() {
    let mut call = request(TestBody::empty());
    let token = Token::new().scope("orders");
    let context = CallContext::new()
        .token(token)
        .remote_addr([203, 0, 113, 7].into());
    call.extensions_mut().insert(context);
    let function = LocalFunction::new(|call: Envelope| {
        assert_eq!(call.token().unwrap().scope.as_deref(), Some("orders"));
        assert_eq!(call.query("a"), Some("b"));
        assert!(call.uri().unwrap().ends_with("/orders?a=b"));
        assert_eq!(call.remote_addr(), Some("203.0.113.7"));
        ready(Verdict::Allow)
    });
    let sidecar = pre("f").expand_input([Expand::Operation, Expand::Token, Expand::RemoteAddress]);
    send(layer_of(sidecar, function).layer(Backend::new()), call)
        .await
        .assert_from_backend();
}

#[tokio::test]
async fn a_payload_that_travels_as_base64_is_no_text() {
    let function = LocalFunction::new(|call: Envelope| async move {
        assert_eq!(call.payload(), None);
        assert_eq!(call.payload_bytes().as_deref(), Some(&[0, 1][..]));
        Verdict::Allow
    });
    let sidecar = pre("f").expand_input([Expand::RequestPayload]);
    let service = layer_of(sidecar, function).layer(Backend::new());
    send(service, request(TestBody::of(["\0\u{1}"])))
        .await
        .assert_from_backend();
}

#[tokio::test]
async fn the_debug_of_an_envelope_and_an_invocation_shows_no_values() {
    let shown = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&shown);
    let function = tower::service_fn(move |invocation: Invocation| {
        let kept = Arc::clone(&kept);
        let mut closure =
            LocalFunction::new(|call: Envelope| ready(Answer::error("E", &format!("{call:?}"))));
        async move {
            let invocation_shown = format!("{invocation:?}");
            let answer = closure.call(invocation).await.unwrap();
            let envelope_shown = String::from_utf8_lossy(&answer.payload).into_owned();
            *kept.lock().unwrap() = invocation_shown + &envelope_shown;
            Ok::<_, BoxError>(Answer::ok("{}"))
        }
    });
    let sidecar = pre("f")
        .include_request_headers(["x-client"])
        .expand_input([Expand::RequestPayload]);
    answer(sidecar, function, &Backend::new())
        .await
        .assert_from_backend();
    let shown = shown.lock().unwrap();
    assert!(shown.contains("message_id"), "{shown}");
    assert!(
        !shown.contains("order") && !shown.contains("\"one\""),
        "{shown}"
    );
}
