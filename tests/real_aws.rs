//! The whole stack against MiniStack: client, layer, AWS SDK, and functions that are real processes.

#![allow(
    clippy::expect_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::{fs, path::PathBuf, time::Duration};

use http::StatusCode;
use lambda_sidecar::{CallContext, Decision, FailureClass, Functions, LambdaSidecarLayer};
use lambda_sidecar_tests::{
    failures::{
        EMPTY_ANSWER, Expected, NO_CREDENTIALS, THROTTLED, TIMEOUT, WRONG_ANSWER, check,
        check_function_error, layer,
    },
    inputs::{Inputs, Policy},
    real::{self, StandIn},
    route::{BACKEND_BODY, Called, REQUEST_BODY, call, get, over_each_transport, post},
    scripted::{Leg, Reply, ScriptedAws},
};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

const FUNCTIONS: [(&str, &str); 2] = [("sidecar-rust", "rust"), ("sidecar-python", "python")];

fn aws() -> Option<&'static StandIn> {
    real::ministack(
        env!("CARGO_BIN_EXE_sidecar-function"),
        env!("CARGO_TARGET_TMPDIR"),
    )
}

async fn functions(aws: &StandIn) -> Functions {
    Functions::new(&aws.there().sdk_config().await)
}

/// Each function over each transport; with its name, and its language as it says it itself.
async fn each_way(aws: &StandIn) -> Vec<(Functions, &'static str, &'static str)> {
    let mut ways = Vec::new();
    for functions in over_each_transport(&functions(aws).await) {
        for (name, language) in FUNCTIONS {
            ways.push((functions.clone(), name, language));
        }
    }
    ways
}

#[tokio::test]
async fn allow_changes_nothing_at_both_points() {
    let Some(aws) = aws() else { return };
    for (functions, function, _) in each_way(aws).await {
        let inputs = Inputs::of(aws.there(), function).behaviour("allow");
        for sidecar in [inputs.pre(), inputs.post()] {
            let called = call(&layer(&functions, sidecar), post()).await;
            assert_eq!(called.outcome().decision(), Decision::Allow, "{called:?}");
            assert_eq!(called.outcome().failure(), None);
            assert_eq!(called.status, StatusCode::OK);
            assert_eq!(called.text(), BACKEND_BODY);
            let seen = called.backend.expect("the backend is called");
            assert_eq!(seen.body(), REQUEST_BODY);
            assert_eq!(seen.headers()["x-drop-me"], "client");
        }
    }
}

#[tokio::test]
async fn modify_changes_the_request_at_the_request() {
    let Some(aws) = aws() else { return };
    for (functions, function, language) in each_way(aws).await {
        let sidecar = Inputs::of(aws.there(), function).behaviour("modify").pre();
        let called = call(&layer(&functions, sidecar), post()).await;
        assert_eq!(called.outcome().decision(), Decision::Modify, "{called:?}");
        assert_eq!(called.status, StatusCode::OK);
        assert_eq!(called.text(), BACKEND_BODY);
        let (seen, body) = called.backend.expect("the backend is called").into_parts();
        assert!(!seen.headers.contains_key("x-drop-me"));
        assert_eq!(seen.headers["x-function"], language);
        assert_eq!(seen.headers["x-point"], "PreProcessor");
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body, json!({ "changed_by": language }));
    }
}

#[tokio::test]
async fn modify_changes_the_response_at_the_response() {
    let Some(aws) = aws() else { return };
    for (functions, function, language) in each_way(aws).await {
        let sidecar = Inputs::of(aws.there(), function).behaviour("modify").post();
        let called = call(&layer(&functions, sidecar), post()).await;
        assert_eq!(called.outcome().decision(), Decision::Modify, "{called:?}");
        assert_eq!(called.status, StatusCode::NON_AUTHORITATIVE_INFORMATION);
        assert_eq!(called.header("x-drop-me"), None);
        assert_eq!(called.header("x-function"), Some(language));
        assert_eq!(called.header("x-point"), Some("PostProcessor"));
        assert_eq!(called.header("content-type"), Some("application/json"));
        let body: Value = serde_json::from_slice(&called.body).unwrap();
        assert_eq!(body, json!({ "changed_by": language }));
        let seen = called.backend.expect("the backend is called");
        assert_eq!(seen.body(), REQUEST_BODY);
    }
}

#[tokio::test]
async fn terminate_answers_the_client_at_both_points() {
    let Some(aws) = aws() else { return };
    for (functions, function, language) in each_way(aws).await {
        for policy in Policy::BOTH {
            let inputs = Inputs::of(aws.there(), function)
                .behaviour("terminate")
                .policy(policy);
            let at_request = call(&layer(&functions, inputs.pre()), post()).await;
            assert!(at_request.backend.is_none());
            let at_response = call(&layer(&functions, inputs.post()), post()).await;
            assert!(at_response.backend.is_some());
            for called in [at_request, at_response] {
                assert_eq!(
                    called.outcome().decision(),
                    Decision::Terminate,
                    "{called:?}"
                );
                assert_eq!(called.status, StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS);
                assert_eq!(called.error(), None);
                assert_eq!(called.header("x-function"), Some(language));
                assert_eq!(called.header("x-drop-me"), None);
                assert_eq!(called.text(), format!("not today, says {language}"));
            }
        }
    }
}

#[tokio::test]
async fn the_function_is_sent_the_envelope() {
    let Some(aws) = aws() else { return };
    for (functions, function, _) in each_way(aws).await {
        let sidecar = Inputs::of(aws.there(), function)
            .behaviour("echo")
            .with("include-request-headers", "x-drop-me")
            .with("expand-input", "requestPayload, responsePayload, operation")
            .post();
        let mut request = post();
        let context = CallContext::new().message_id("7632924a-8d8d-4d35-8a77-b57c4bb450af");
        request.extensions_mut().insert(context);
        let called = call(&layer(&functions, sidecar), request).await;
        let envelope = called
            .header("x-envelope")
            .expect("the envelope comes back");
        let envelope: Value = serde_json::from_str(envelope).unwrap();
        let expected = json!({
            "point": "PostProcessor",
            "masheryMessageId": "7632924a-8d8d-4d35-8a77-b57c4bb450af",
            "synchronicity": "RequestResponse",
            "params": { "behaviour": "echo" },
            "request": {
                "headers": { "x-drop-me": "client" },
                "payloadLength": REQUEST_BODY.len(),
                "payload": REQUEST_BODY,
                "payloadBase64Encoded": false,
            },
            "response": {
                "code": 200,
                "payloadLength": BACKEND_BODY.len(),
                "payload": BACKEND_BODY,
                "payloadBase64Encoded": false,
            },
            "operation": { "httpVerb": "post", "path": "/orders", "uri": "/orders" },
        });
        assert_eq!(envelope, expected);
    }
}

#[tokio::test]
async fn in_a_chain_a_function_sees_what_the_one_before_changed() {
    let Some(aws) = aws() else { return };
    let echo = Inputs::of(aws.there(), "sidecar-python")
        .behaviour("echo")
        .with("include-request-headers", "x-function, x-drop-me")
        .with("expand-input", "requestPayload");
    let layer = LambdaSidecarLayer::new(functions(aws).await)
        .request(
            Inputs::of(aws.there(), "sidecar-rust")
                .behaviour("modify")
                .pre(),
        )
        .request(echo.pre());
    let called = call(&layer, post()).await;
    let seen = called.backend.expect("the backend is called");
    let envelope = seen.headers()["x-envelope"].to_str().unwrap();
    let envelope: Value = serde_json::from_str(envelope).unwrap();
    assert_eq!(
        envelope["request"]["headers"],
        json!({ "x-function": "rust" })
    );
    let payload = envelope["request"]["payload"].as_str().unwrap();
    let payload: Value = serde_json::from_str(payload).unwrap();
    assert_eq!(payload, json!({ "changed_by": "rust" }));
}

#[tokio::test]
async fn an_event_is_accepted_and_its_function_really_runs() {
    let Some(aws) = aws() else { return };
    for (functions, function, _) in each_way(aws).await {
        for policy in Policy::BOTH {
            let mark = mark(&format!("event-{function}-{policy:?}"));
            let inputs = Inputs::of(aws.there(), function)
                // What the function answers is of no interest.
                .behaviour("terminate")
                .with("synchronicity", "event")
                .with("sidecar-param-mark", mark.to_str().unwrap())
                .policy(policy);
            for (count, sidecar) in [inputs.pre(), inputs.post()].into_iter().enumerate() {
                let called = call(&layer(&functions, sidecar), get()).await;
                assert_eq!(called.outcome().decision(), Decision::Event, "{called:?}");
                assert_eq!(called.outcome().failure(), None);
                passed_untouched(&called);
                until_marked(&mark, count + 1).await;
            }
        }
    }
}

#[tokio::test]
async fn an_event_that_fails_lets_the_call_pass_under_both_policies() {
    let Some(aws) = aws() else { return };
    let missing = Inputs::of(aws.there(), "sidecar-missing");
    let wrong_id = Inputs::of(aws.there(), "sidecar-rust").with("externalIdKey", "sidecar/wrong");
    for functions in over_each_transport(&functions(aws).await) {
        for (inputs, class) in [
            (&missing, FailureClass::ServiceException),
            (&wrong_id, FailureClass::Credentials),
        ] {
            for policy in Policy::BOTH {
                let inputs = inputs.clone().with("synchronicity", "event").policy(policy);
                for sidecar in [inputs.pre(), inputs.post()] {
                    let called = call(&layer(&functions, sidecar), get()).await;
                    assert_eq!(called.outcome().failure(), Some(class), "{called:?}");
                    passed_untouched(&called);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_wrong_external_id_is_a_failure_of_credentials() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-rust").with("externalIdKey", "sidecar/wrong");
    check(&functions(aws).await, &inputs, &NO_CREDENTIALS).await;
}

#[tokio::test]
async fn a_missing_external_id_is_a_failure_of_credentials() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-rust").with("externalIdKey", "sidecar/absent");
    check(&functions(aws).await, &inputs, &NO_CREDENTIALS).await;
}

#[tokio::test]
async fn an_external_id_that_may_not_be_read_is_a_failure_of_credentials() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-rust").with("externalIdKey", "other/id");
    check(&functions(aws).await, &inputs, &NO_CREDENTIALS).await;
}

#[tokio::test]
async fn a_missing_role_is_a_failure_of_credentials() {
    let Some(aws) = aws() else { return };
    let there = aws.there();
    let inputs = Inputs::of(there, "sidecar-rust").with("roleARN", &there.role("nowhere"));
    check(&functions(aws).await, &inputs, &NO_CREDENTIALS).await;
}

#[tokio::test]
async fn a_wrong_secret_key_is_a_failure_of_credentials_where_a_role_is_assumed() {
    let Some(aws) = aws() else { return };
    let there = aws.there();
    let config = there.sdk_config_with_wrong_secret(&there.endpoint).await;
    let inputs = Inputs::of(there, "sidecar-rust");
    check(&Functions::new(&config), &inputs, &NO_CREDENTIALS).await;
}

#[tokio::test]
async fn a_wrong_secret_key_is_what_aws_calls_it_where_no_role_is_assumed() {
    let Some(aws) = aws() else { return };
    let there = aws.there();
    let config = there.sdk_config_with_wrong_secret(&there.endpoint).await;
    let inputs = Inputs::with_own_credentials(there, "sidecar-rust");
    let expected = Expected::exception("InvalidSignatureException");
    check(&Functions::new(&config), &inputs, &expected).await;
}

#[tokio::test]
async fn the_own_credentials_serve_where_no_role_is_assumed() {
    let Some(aws) = aws() else { return };
    let sidecar = Inputs::with_own_credentials(aws.there(), "sidecar-rust").pre();
    for functions in over_each_transport(&functions(aws).await) {
        allowed(&call(&layer(&functions, sidecar.clone()), get()).await);
    }
}

#[tokio::test]
async fn a_function_that_is_not_allowed_is_a_service_exception() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "forbidden");
    let expected = Expected::exception("AccessDeniedException");
    check(&functions(aws).await, &inputs, &expected).await;
}

#[tokio::test]
async fn a_missing_function_is_a_service_exception() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-missing");
    let expected = Expected::exception("ResourceNotFoundException");
    check(&functions(aws).await, &inputs, &expected).await;
}

#[tokio::test]
async fn a_function_without_concurrency_is_throttled() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-throttled");
    check(&functions(aws).await, &inputs, &THROTTLED).await;
}

#[tokio::test]
async fn an_error_that_the_function_returns_is_a_function_error() {
    let Some(aws) = aws() else { return };
    let functions = functions(aws).await;
    for (function, _) in FUNCTIONS {
        let inputs = Inputs::of(aws.there(), function).behaviour("error");
        check_function_error(&functions, &inputs, "AskedToFail", "asked to fail").await;
    }
}

#[tokio::test]
async fn a_panic_is_a_function_error() {
    let Some(aws) = aws() else { return };
    let functions = functions(aws).await;
    let inputs = Inputs::of(aws.there(), "sidecar-rust").behaviour("panic");
    let title = "&alloc::boxed::Box<dyn core::any::Any + core::marker::Send>";
    check_function_error(
        &functions,
        &inputs,
        title,
        "Lambda panicked: asked to panic",
    )
    .await;
    let inputs = Inputs::of(aws.there(), "sidecar-python").behaviour("panic");
    check_function_error(&functions, &inputs, "KeyError", "'no such member'").await;
}

#[tokio::test]
async fn the_end_of_the_functions_process_is_a_function_error() {
    let Some(aws) = aws() else { return };
    let functions = functions(aws).await;
    let detail = "Runtime exited before returning a response";
    for (function, _) in FUNCTIONS {
        let inputs = Inputs::of(aws.there(), function).behaviour("exit");
        check_function_error(&functions, &inputs, "Runtime.ExitError", detail).await;
    }
}

#[tokio::test]
async fn a_time_out_inside_the_function_is_a_function_error() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-impatient").behaviour("hang");
    let detail = "Task timed out after 1.00 seconds";
    check_function_error(&functions(aws).await, &inputs, "Sandbox.Timedout", detail).await;
}

#[tokio::test]
async fn a_function_slower_than_our_timeout_is_a_timeout() {
    let Some(aws) = aws() else { return };
    let functions = functions(aws).await;
    let inputs = Inputs::of(aws.there(), "sidecar-rust").timeout(400);
    // The credentials are there when the clock starts.
    functions.warm_up(&inputs.pre()).await.unwrap();
    let inputs = inputs
        .behaviour("slow")
        .with("sidecar-param-milliseconds", "2000");
    for called in check(&functions, &inputs, &TIMEOUT).await {
        assert!(called.took >= Duration::from_millis(400), "{called:?}");
        assert!(called.took < Duration::from_millis(1500), "{called:?}");
    }
}

#[tokio::test]
async fn a_slow_function_within_our_timeout_is_waited_for() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-rust")
        .timeout(10_000)
        .behaviour("slow");
    let sidecar = inputs.with("sidecar-param-milliseconds", "300").pre();
    for functions in over_each_transport(&functions(aws).await) {
        let called = call(&layer(&functions, sidecar.clone()), get()).await;
        allowed(&called);
        assert!(called.took >= Duration::from_millis(300), "{called:?}");
    }
}

#[tokio::test]
async fn a_misspelt_verdict_is_a_wrong_answer() {
    let Some(aws) = aws() else { return };
    let functions = functions(aws).await;
    for (function, _) in FUNCTIONS {
        let inputs = Inputs::of(aws.there(), function).behaviour("misspelt");
        check(&functions, &inputs, &WRONG_ANSWER).await;
    }
}

#[tokio::test]
async fn null_is_an_empty_answer() {
    let Some(aws) = aws() else { return };
    let functions = functions(aws).await;
    for (function, _) in FUNCTIONS {
        let inputs = Inputs::of(aws.there(), function).behaviour("null");
        check(&functions, &inputs, &EMPTY_ANSWER).await;
    }
}

/// The shortest lifetime of credentials is 15 minutes, so a small server between makes it seconds.
#[tokio::test]
async fn a_rotated_external_id_is_picked_up_at_the_next_refresh() {
    let Some(aws) = aws() else { return };
    let there = aws.there();
    let between = ScriptedAws::answering([Reply::forward(&there.endpoint)]);
    between.script(Leg::ParameterStore, [Reply::forward(&there.endpoint)]);
    let short_lived = Reply::forward_short_lived(&there.endpoint, Duration::from_secs(3));
    between.script(Leg::Sts, [short_lived]);
    let functions = Functions::new(&there.sdk_config_at(&between.endpoint()).await);
    let sidecar = Inputs::of(there, "sidecar-rust")
        .with("roleARN", &there.role("rotated"))
        .with("externalIdKey", "sidecar/rotated")
        .pre();
    let layer = layer(&functions, sidecar);
    allowed(&call(&layer, get()).await);
    let old_credentials = credentials_in_use(&between);

    rotate(aws);
    let refreshed = async {
        while credentials_in_use(&between) == old_credentials {
            allowed(&call(&layer, get()).await);
        }
    };
    let refreshed = timeout(Duration::from_secs(30), refreshed).await;
    refreshed.expect("the credentials are refreshed");
    let assume_role = between.received(Leg::Sts).pop().expect("a call of STS");
    let assume_role = String::from_utf8_lossy(&assume_role.body);
    assert!(
        assume_role.contains("ExternalId=rotated-id"),
        "{assume_role}"
    );
}

/// The access key of the latest call.
fn credentials_in_use(between: &ScriptedAws) -> String {
    let latest = between.received(Leg::Lambda).pop();
    latest.expect("a call of Lambda").access_key_id().to_owned()
}

/// What an operator does: the role demands another external id, and Parameter Store holds it.
fn rotate(aws: &StandIn) {
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Principal": { "AWS": aws.there().user },
        "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": "rotated-id" } },
    }] });
    let role = json!({ "RoleName": "rotated", "PolicyDocument": policy.to_string() });
    aws.administer("iam", "update_assume_role_policy", &role);
    let parameter = json!({
        "Name": "/sidecar/rotated", "Value": "rotated-id", "Type": "SecureString", "Overwrite": true,
    });
    aws.administer("ssm", "put_parameter", &parameter);
}

fn allowed(called: &Called) {
    assert_eq!(called.outcome().failure(), None, "{called:?}");
    assert_eq!(called.status, StatusCode::OK, "{called:?}");
}

fn passed_untouched(called: &Called) {
    assert_eq!(called.status, StatusCode::OK, "{called:?}");
    assert_eq!(called.error(), None, "{called:?}");
    assert_eq!(called.text(), BACKEND_BODY);
    assert!(called.backend.is_some(), "{called:?}");
}

/// A file for the marks that a function leaves, which is not there yet.
fn mark(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_file(&path);
    path
}

async fn until_marked(mark: &PathBuf, count: usize) {
    let marked = async {
        while fs::read_to_string(mark).unwrap_or_default().lines().count() < count {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let marked = timeout(Duration::from_secs(20), marked).await;
    marked.expect("the function runs");
}
