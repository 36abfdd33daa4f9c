//! Functions in the same process, alone and behind Tower's own layers for services.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::{
    error::Error,
    fmt,
    future::{Ready, pending, ready},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::common::{
    Backend, Function, Got, TestBody, call_ready, layer_of, post, pre, read, request, send,
};
use http::{HeaderName, HeaderValue, Request, StatusCode, header::CONTENT_TYPE};
use lambda_sidecar::{
    Answer, Application, BoxError, CallContext, Decision, Endpoint, Envelope, Expand, FailureClass,
    Invocation, InvocationError, LocalFunction, Modify, PackageKey, Point, SidecarBuilder,
    Synchronicity, Terminate, Verdict,
};
use serde_json::{Value, json};
use tower::{
    Layer, Service, ServiceBuilder, ServiceExt,
    retry::{Policy, RetryLayer},
};

/// What a function service makes of a call.
async fn answer<F>(sidecar: SidecarBuilder, function: F, backend: &Backend) -> Got
where
    F: Service<Invocation, Response = Answer, Error: Into<BoxError>> + Clone,
{
    let service = layer_of(sidecar, function).layer(backend.clone());
    send(service, request(TestBody::of(["order"]))).await
}

fn saying(
    verdict: impl Into<Verdict>,
) -> LocalFunction<impl FnMut(Envelope) -> Ready<Verdict> + Clone> {
    let verdict = verdict.into();
    LocalFunction::new(move |_| ready(verdict.clone()))
}

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
        panic!("asked twice")
    };
    for call in [at_request, at_response] {
        assert_eq!(call.header("x-client"), Some("one"));
        assert_eq!(call.header("host"), None);
        assert_eq!((call.eav("tier"), call.eav("other")), (Some("gold"), None));
        assert_eq!(call.param("limit"), Some(&json!(7)));
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
    assert_eq!(at_response.response_header("x-backend"), Some("b"));
    assert_eq!(at_response.response_header("etag"), None);
    assert_eq!(at_request.point(), Some(Point::PreProcessor));
    assert_eq!(at_response.point(), Some(Point::PostProcessor));
}

/// What a closure is given as the envelope.
async fn given(payload: &Value) -> Envelope {
    let seen = Arc::new(Mutex::new(None));
    let kept = Arc::clone(&seen);
    let function = LocalFunction::new(move |call: Envelope| {
        *kept.lock().unwrap() = Some(call);
        ready(Verdict::Allow)
    });
    let invocation = Invocation::new(
        Arc::new(pre("f").build().unwrap()),
        payload.to_string(),
        "m",
    );
    function.oneshot(invocation).await.unwrap();
    seen.lock().unwrap().take().unwrap()
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
        assert_eq!(call.message_id(), Some("m-1"));
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
async fn what_an_envelope_does_not_have_is_nothing() {
    let call = given(&json!({ "point": "elsewhere" })).await;
    assert_eq!(call.point(), None);
    for missing in [
        call.message_id(),
        call.endpoint_id(),
        call.package_key(),
        call.package_key_eav("plan"),
        call.method(),
        call.path(),
    ] {
        assert_eq!(missing, None);
    }
    assert_eq!((call.request_json(), call.response_json()), (None, None));
    let routed = given(&json!({ "routing": { "httpVerb": "put" } })).await;
    assert_eq!(routed.method(), Some("put"));
}

#[tokio::test]
async fn a_body_is_read_as_json_where_it_is_text_and_json() {
    let body = |payload: &str, base64: bool| {
        let body = json!({ "payload": payload, "payloadBase64Encoded": base64 });
        json!({ "request": body, "response": body })
    };
    for (payload, base64, expected) in [
        (r#"{"id":7}"#, false, Some(json!({ "id": 7 }))),
        ("null", false, Some(Value::Null)),
        ("order", false, None),
        (r#"{"id":7} x"#, false, None),
        ("7777", true, None),
    ] {
        let call = given(&body(payload, base64)).await;
        assert_eq!(call.request_json(), expected, "{payload}");
        assert_eq!(call.response_json(), expected, "{payload}");
    }
}

#[tokio::test]
async fn a_closure_may_say_modify_or_terminate_without_calling_it_a_verdict() {
    let modify = Modify::new().complete_with_code(StatusCode::ACCEPTED);
    let function = LocalFunction::new(move |_: Envelope| ready(modify.clone()));
    let got = answer(post("f"), function, &Backend::new()).await;
    assert_eq!(got.status, StatusCode::ACCEPTED);
    let function = LocalFunction::new(|_: Envelope| ready(Terminate::new(StatusCode::FORBIDDEN)));
    let got = answer(pre("f"), function, &Backend::new()).await;
    assert_eq!(got.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_payload_that_travels_as_base64_is_no_text() {
    let function = LocalFunction::new(|call: Envelope| async move {
        assert_eq!(call.payload(), None);
        assert_eq!(call.as_json()["request"]["payload"], "AAE=");
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
    assert!(shown.contains("masheryMessageId"), "{shown}");
    assert!(
        !shown.contains("order") && !shown.contains("one"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_closures_modify_applies_to_the_request() {
    let modify = Modify::new()
        .drop_header(HeaderName::from_static("x-client"))
        .header(
            HeaderName::from_static("x-tier"),
            HeaderValue::from_static("gold"),
        )
        .header(
            HeaderName::from_static("x-tier"),
            HeaderValue::from_static("silver"),
        )
        .json(&json!({ "a": [1, 2] }));
    let backend = Backend::new();
    answer(pre("f"), saying(modify), &backend)
        .await
        .assert_from_backend();
    let seen = backend.only();
    assert_eq!(seen.header("x-client"), None);
    let tiers: Vec<_> = seen.parts.headers.get_all("x-tier").iter().collect();
    assert_eq!(tiers, ["gold", "silver"]);
    assert_eq!(seen.body, r#"{"a":[1,2]}"#);
    assert_eq!(seen.parts.headers[CONTENT_TYPE], "application/json");
}

#[tokio::test]
async fn a_closures_modify_applies_to_the_response() {
    for (modify, body) in [
        (Modify::new().text("süß"), "süß".as_bytes()),
        (Modify::new().binary(vec![0, 255]), &[0, 255]),
    ] {
        let modify = modify.complete_with_code(StatusCode::IM_A_TEAPOT);
        let got = answer(post("f"), saying(modify), &Backend::new()).await;
        assert_eq!((got.status, &got.body[..]), (StatusCode::IM_A_TEAPOT, body));
    }
}

#[tokio::test]
async fn a_closures_terminate_answers_the_client() {
    let header = HeaderName::from_static("www-authenticate");
    let terminate = Terminate::new(StatusCode::UNAUTHORIZED)
        .message("who are you?")
        .header(header, HeaderValue::from_static("Bearer"));
    for sidecar in [pre("f"), post("f")] {
        let got = answer(sidecar, saying(terminate.clone()), &Backend::new()).await;
        assert_eq!(
            (got.status.as_u16(), &got.body[..]),
            (401, &b"who are you?"[..])
        );
        assert_eq!(got.header("www-authenticate"), Some("Bearer"));
    }
    for (terminate, body, content_type) in [
        (
            Terminate::new(StatusCode::OK),
            "Service cannot be provided, code 0x000003BB",
            "text/plain; charset=utf-8",
        ),
        (
            Terminate::new(StatusCode::OK).message("m").text("t"),
            "t",
            "text/plain; charset=utf-8",
        ),
        (
            Terminate::new(StatusCode::OK).message("m").binary("b"),
            "b",
            "application/octet-stream",
        ),
        (
            Terminate::new(StatusCode::OK).json(&json!({})),
            "{}",
            "application/json",
        ),
    ] {
        let got = answer(pre("f"), saying(terminate), &Backend::new()).await;
        assert_eq!(got.body, body);
        assert_eq!(got.headers[CONTENT_TYPE], content_type);
    }
}

#[tokio::test]
async fn a_closure_can_fail_as_a_function_does() {
    let function = LocalFunction::new(|_: Envelope| async {
        Answer::error("java.lang.RuntimeException", "the database is slow")
    });
    let got = answer(pre("f"), function, &Backend::new()).await;
    assert_eq!(
        (got.status.as_u16(), got.error()),
        (502, Some("FunctionError"))
    );
    let message =
        json!({ "detail": "the database is slow", "title": "java.lang.RuntimeException" });
    assert_eq!(got.json(), json!({ "code": 502, "message": message }));
}

#[tokio::test]
async fn a_closures_verdict_is_read_as_strictly_as_any_other() {
    let out_of_range = Terminate::new(StatusCode::from_u16(700).unwrap());
    let got = answer(pre("f"), saying(out_of_range), &Backend::new()).await;
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::WrongAnswer));

    let host = HeaderValue::from_static("evil");
    let modify = Modify::new().header(http::header::HOST, host);
    let backend = Backend::new();
    let got = answer(pre("f"), saying(modify), &backend).await;
    assert_eq!(got.outcomes()[0].refused_headers(), ["host"]);
    assert_eq!(backend.only().header("host"), Some("api.acme.com"));

    // What JSON cannot say a function elsewhere could not have said either.
    let latin_1 = HeaderValue::from_bytes(b"\xe9").unwrap();
    let modify = Modify::new().header(HeaderName::from_static("x-a"), latin_1);
    let got = answer(pre("f"), saying(modify), &Backend::new()).await;
    assert_eq!(
        got.outcomes()[0].failure(),
        Some(FailureClass::FunctionError)
    );
}

#[tokio::test]
async fn the_verdict_of_an_event_has_no_effect() {
    let function = saying(Terminate::new(StatusCode::FORBIDDEN));
    let sidecar = pre("f").synchronicity(Synchronicity::Event);
    let got = answer(sidecar, function, &Backend::new()).await;
    got.assert_from_backend();
    assert_eq!(got.outcomes()[0].decision(), Decision::Event);
}

#[tokio::test]
async fn a_closure_that_changes_what_it_holds_will_do() {
    let mut calls = 0;
    let mut function = LocalFunction::new(move |_: Envelope| {
        calls += 1;
        ready(Answer::ok(format!("{calls}")))
    });
    let sidecar = Arc::new(pre("f").build().unwrap());
    for expected in ["1", "2"] {
        let invocation = Invocation::new(Arc::clone(&sidecar), "{}", "m");
        let answer = function
            .ready()
            .await
            .unwrap()
            .call(invocation)
            .await
            .unwrap();
        assert_eq!(answer.payload, expected);
    }
}

fn assert_connect(got: &Got) {
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::Connect));
    got.assert_problem(
        "InvalidResponseFromAWSLambdaInPreProcess",
        500,
        "Error while connecting to AWS lambda.",
    );
}

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

/// An error with another behind it.
#[derive(Debug)]
struct Wrapped<E>(E);

impl<E> fmt::Display for Wrapped<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrapped")
    }
}

impl<E: Error + 'static> Error for Wrapped<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[tokio::test]
async fn a_call_error_is_found_behind_other_errors() {
    let function = tower::service_fn(|_: Invocation| async {
        Err::<Answer, _>(Wrapped(Wrapped(InvocationError::timeout())))
    });
    let got = answer(pre("f"), function, &Backend::new()).await;
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::Timeout));
    assert_eq!(got.status, 504);
    // Behind Tower's own layers too.
    let function = ServiceBuilder::new()
        .load_shed()
        .concurrency_limit(1)
        .timeout(Duration::from_secs(1))
        .service(Function::fails(|| {
            Wrapped(InvocationError::credentials("x"))
        }));
    let got = answer(pre("f"), function, &Backend::new()).await;
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::Credentials));
}

#[tokio::test]
async fn an_error_without_a_call_error_counts_as_connect() {
    let function =
        tower::service_fn(|_: Invocation| async { Err::<Answer, _>(Wrapped(fmt::Error)) });
    assert_connect(&answer(pre("f"), function, &Backend::new()).await);
}

#[tokio::test]
async fn a_boxed_function_service_will_do() {
    let boxed = tower::util::BoxCloneSyncService::new(saying(Verdict::Allow));
    answer(pre("f"), boxed, &Backend::new())
        .await
        .assert_from_backend();
}
