//! What a closure may answer, and what comes of it.

use std::{
    future::ready,
    sync::{Arc, Mutex},
};

use super::{answer, invocation, saying};
use crate::common::{Backend, TestBody, layer_of, post, pre, request, send};
use http::{HeaderName, HeaderValue, header::CONTENT_TYPE};
use lambda_sidecar::{
    Answer, AnswerResult, Application, BoxError, CallContext, Decision, Envelope, FailureClass,
    IntoAnswer, LocalFunction, Modify, StatusCode, Synchronicity, Terminate, Verdict, VerdictError,
};
use serde_json::json;
use tower::{Layer, Service, ServiceExt};

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
