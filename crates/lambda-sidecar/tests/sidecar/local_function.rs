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
use http::{HeaderName, HeaderValue, Request, header::CONTENT_TYPE};
use lambda_sidecar::{
    Answer, AnswerResult, Application, BoxError, CallContext, Decision, Endpoint, Envelope, Expand,
    FailureClass, IntoAnswer, Invocation, InvocationError, LocalFunction, Modify, PackageKey,
    SidecarBuilder, StatusCode, Synchronicity, Terminate, Token, Verdict, VerdictError,
    lambda_sidecar_function::{Param, Point},
};
use serde_json::json;
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

fn invocation(payload: &'static str) -> Invocation {
    Invocation::new(Arc::new(pre("f").build().unwrap()), payload, "m")
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

/// A handler as `lambda_sidecar_function::run` takes it.
async fn answer_by_tier(envelope: Envelope) -> Result<Verdict, VerdictError> {
    let tier = envelope.eav("tier").unwrap_or("none");
    Ok(Modify::new().header("x-tier", tier)?.into())
}

#[tokio::test]
async fn a_handler_for_aws_lambda_is_a_closure_unchanged() {
    let backend = Backend::new();
    let function = LocalFunction::new(answer_by_tier);
    answer(pre("f"), function, &backend)
        .await
        .assert_from_backend();
    assert_eq!(backend.only().header("x-tier"), Some("none"));

    let mut call = request(TestBody::empty());
    let application = Application::new([("tier", "a\nb")]);
    let context = CallContext::new().application(Arc::new(application));
    call.extensions_mut().insert(context);
    let sidecar = pre("f").include_eavs(["tier"]);
    let service = layer_of(sidecar, function).layer(Backend::new());
    let got = send(service, call).await;
    assert_eq!(
        (got.status.as_u16(), got.error()),
        (502, Some("FunctionError"))
    );
    let message =
        json!({ "detail": "illegal value for the header `x-tier`", "title": "VerdictError" });
    assert_eq!(got.json(), json!({ "code": 502, "message": message }));
}

#[tokio::test]
async fn a_closure_may_return_a_result_of_whatever_is_an_answer() {
    async fn of<T: IntoAnswer + Clone>(said: Result<T, BoxError>) -> u16 {
        let said = Mutex::new(Some(said));
        let function =
            LocalFunction::new(|_: Envelope| ready(said.lock().unwrap().take().unwrap()));
        let envelope = r#"{"point":"PreProcessor","masheryMessageId":"m","synchronicity":"Event"}"#;
        let mut function = function;
        let answer = function.call(invocation(envelope)).await.unwrap();
        u16::from(matches!(answer.result, AnswerResult::Failed(_)))
    }
    assert_eq!(of(Ok(Verdict::Allow)).await, 0);
    assert_eq!(of(Ok(Modify::new())).await, 0);
    assert_eq!(of(Ok(Terminate::new(StatusCode::FORBIDDEN))).await, 0);
    assert_eq!(of(Ok(Answer::ok("{}"))).await, 0);
    assert_eq!(of(Err::<Verdict, _>("broken".into())).await, 1);
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
async fn a_closure_may_say_modify_or_terminate_without_calling_it_a_verdict() {
    let modify = Modify::new().complete_with_code(StatusCode::ACCEPTED);
    let function = LocalFunction::new(move |_: Envelope| ready(modify.clone()));
    let got = answer(post("f"), function, &Backend::new()).await;
    assert_eq!(got.status, 202);
    let function = LocalFunction::new(|_: Envelope| ready(Terminate::new(StatusCode::FORBIDDEN)));
    let got = answer(pre("f"), function, &Backend::new()).await;
    assert_eq!(got.status, 403);
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

#[tokio::test]
async fn a_closures_modify_applies_to_the_request() {
    let modify = Modify::new()
        .drop_header("X-Client")
        .and_then(|modify| modify.header("x-tier", "gold"))
        .and_then(|modify| {
            let name = HeaderName::from_static("x-tier");
            modify.header(name, HeaderValue::from_static("silver"))
        })
        .and_then(|modify| modify.json(&json!({ "a": [1, 2] })))
        .unwrap();
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
        let modify = modify.complete_with_code(StatusCode::ACCEPTED);
        let got = answer(post("f"), saying(modify), &Backend::new()).await;
        assert_eq!((got.status.as_u16(), &got.body[..]), (202, body));
    }
}

#[tokio::test]
async fn a_closures_terminate_answers_the_client() {
    let terminate = Terminate::new(StatusCode::UNAUTHORIZED)
        .message("who are you?")
        .header("www-authenticate", "Bearer")
        .unwrap();
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
            Terminate::new(StatusCode::OK).json(&json!({})).unwrap(),
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
async fn a_closures_answer_is_read_as_strictly_as_any_other() {
    let says = |json: &'static str| LocalFunction::new(move |_: Envelope| ready(Answer::ok(json)));
    let out_of_range = says(r#"{"terminate":{"code":700}}"#);
    let got = answer(pre("f"), out_of_range, &Backend::new()).await;
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::WrongAnswer));

    let host = says(r#"{"modify":{"addHeaders":{"host":"evil"}}}"#);
    let backend = Backend::new();
    let got = answer(pre("f"), host, &backend).await;
    assert_eq!(got.outcomes()[0].refused_headers(), ["host"]);
    assert_eq!(backend.only().header("host"), Some("api.acme.com"));
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
    let envelope = r#"{"point":"PreProcessor","masheryMessageId":"m","synchronicity":"Event"}"#;
    for expected in ["1", "2"] {
        let ready = function.ready().await.unwrap();
        let answer = ready.call(invocation(envelope)).await.unwrap();
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
