//! The sample functions: their own tests, and each of them, in each language, behind a sidecar.

use std::{collections::BTreeMap, process::Command, sync::Arc};

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use lambda_sidecar::{Application, CallContext, Decision, Functions, Token};
use lambda_sidecar_tests::{
    failures::layer,
    inputs::Inputs,
    real::{self, StandIn},
    route::{BACKEND_BODY, Called, REQUEST_BODY, call, get, over_each_transport, post},
    samples::{Language, Sample},
};
use serde_json::{Value, json};

use crate::written::{file, lines_once_there};

const AUTHORIZE: Sample = Sample::new("authorize", env!("CARGO_BIN_EXE_sample-authorize"));
const ENRICH: Sample = Sample::new("enrich", env!("CARGO_BIN_EXE_sample-enrich"));
const REDACT: Sample = Sample::new("redact", env!("CARGO_BIN_EXE_sample-redact"));
const PLAN: Sample = Sample::new("plan", env!("CARGO_BIN_EXE_sample-plan"));
const ANALYTICS: Sample = Sample::new("analytics", env!("CARGO_BIN_EXE_sample-analytics"));

const MESSAGE_ID: &str = "7632924a-8d8d-4d35-8a77-b57c4bb450af";

// Their own tests. Those of the samples in Rust are tests of their package.

#[test]
fn the_own_tests_of_the_samples_in_python_pass() {
    pass(Language::Python, &["-m", "unittest"]);
}

#[test]
fn the_own_tests_of_the_samples_in_javascript_pass() {
    pass(Language::JavaScript, &["--test"]);
}

fn pass(language: Language, arguments: &[&str]) {
    let Some(program) = language.program() else {
        return language.left_out();
    };
    let mut command = Command::new(program);
    // What Python compiles would lie among the sources.
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    let output = command
        .args(arguments)
        .current_dir(language.folder())
        .output();
    let output = output.expect("the program starts");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success(), "{text}");
    // No tests found is no success.
    let count = text.lines().find_map(|line| {
        let count = line.strip_prefix("# tests ");
        let count = count.or_else(|| line.strip_prefix("Ran ")?.split(' ').next());
        count?.parse::<usize>().ok()
    });
    assert!(count.is_some_and(|count| count >= 8), "{text}");
}

// Behind a sidecar

fn aws() -> Option<&'static StandIn> {
    let function = env!("CARGO_BIN_EXE_sidecar-function");
    real::ministack(function, env!("CARGO_TARGET_TMPDIR"))
}

/// A call that meets a sample, and what has to come of it; the same in each language.
struct Case {
    inputs: fn(Inputs) -> Inputs,
    at_response: bool,
    request: Request<Full<Bytes>>,
    then: fn(&Called),
}

/// The cases of a sample, in each language.
async fn holds(sample: Sample, cases: impl Fn() -> Vec<Case>) {
    let Some(aws) = aws() else { return };
    let functions = Functions::new(&aws.there().access().sdk_config().await);
    for language in Language::ALL {
        let scratch = env!("CARGO_TARGET_TMPDIR");
        let Some(function) = sample.put_into(aws, language, scratch, &BTreeMap::new()) else {
            language.left_out();
            continue;
        };
        for case in cases() {
            let inputs = Inputs::with_own_credentials(aws.there(), &function);
            let inputs = (case.inputs)(inputs);
            let sidecar = if case.at_response {
                inputs.post()
            } else {
                inputs.pre()
            };
            for functions in over_each_transport(&functions) {
                let layer = layer(&functions, sidecar.clone());
                let called = call(&layer, case.request.clone()).await;
                assert_eq!(called.outcome().failure(), None, "{language:?}: {called:?}");
                (case.then)(&called);
            }
        }
    }
}

fn of_tier(tier: &str, mut request: Request<Full<Bytes>>) -> Request<Full<Bytes>> {
    let context = CallContext::new()
        .message_id(MESSAGE_ID)
        .application(Arc::new(Application::new([("tier", tier)])))
        .token(Token::new().scope("orders").user_context("ada"));
    request.extensions_mut().insert(context);
    request
}

#[tokio::test]
async fn authorize_lets_a_tier_use_its_methods_and_no_others() {
    holds(AUTHORIZE, || {
        let case = |tier, request, then| Case {
            inputs: |inputs| {
                inputs
                    .with("require-eavs", "tier")
                    .with("expand-input", "operation")
                    .with("sidecar-param-methods-free", "get")
                    .with("sidecar-param-methods-gold", "get, post")
            },
            at_response: false,
            request: of_tier(tier, request),
            then,
        };
        vec![
            case("free", get(), passed),
            case("gold", get(), passed),
            case("gold", post(), passed),
            case("free", post(), |called| {
                forbidden(called, "POST is not for tier free")
            }),
            case("none", get(), |called| {
                forbidden(called, "GET is not for tier none")
            }),
        ]
    })
    .await;
}

fn passed(called: &Called) {
    assert_eq!(called.outcome().decision(), Decision::Allow, "{called:?}");
    assert_eq!(called.status, StatusCode::OK);
    assert_eq!(called.text(), BACKEND_BODY);
    assert!(called.backend.is_some());
}

fn forbidden(called: &Called, message: &str) {
    assert_eq!(called.status, StatusCode::FORBIDDEN, "{called:?}");
    assert_eq!(called.error(), None);
    assert_eq!(called.text(), message);
    assert!(called.backend.is_none());
}

#[tokio::test]
async fn enrich_tells_the_backend_who_calls_whatever_the_client_says() {
    holds(ENRICH, || {
        let mut request = of_tier("gold", post());
        for (name, value) in [("authorization", "Bearer qwerty"), ("x-user", "mallory")] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        vec![Case {
            inputs: |inputs| {
                inputs
                    .with("include-eavs", "tier")
                    .with("expand-input", "token")
                    .with("sidecar-param-header-x-region", "eu")
                    .with("sidecar-param-header-x-quota", "100")
            },
            at_response: false,
            request,
            then: |called| {
                assert_eq!(called.status, StatusCode::OK, "{called:?}");
                let seen = called.backend.as_ref().expect("the backend is called");
                assert_eq!(seen.body(), REQUEST_BODY);
                let headers = seen.headers();
                assert!(!headers.contains_key("authorization"));
                for (name, value) in [
                    ("x-user", "ada"),
                    ("x-scope", "orders"),
                    ("x-tier", "gold"),
                    ("x-region", "eu"),
                    ("x-quota", "100"),
                    ("x-drop-me", "client"),
                ] {
                    let values: Vec<_> = headers.get_all(name).iter().collect();
                    assert_eq!(values, [value], "{name}");
                }
            },
        }]
    })
    .await;
}

#[tokio::test]
async fn redact_hides_members_of_the_response_and_stops_what_it_cannot_read() {
    holds(REDACT, || {
        let case = |inputs, then| Case {
            inputs,
            at_response: true,
            request: get(),
            then,
        };
        vec![
            case(
                |inputs| {
                    inputs
                        .with("expand-input", "responsePayload")
                        .with("sidecar-param-members", "password, from")
                },
                |called| {
                    assert_eq!(called.status, StatusCode::OK, "{called:?}");
                    let body: Value = serde_json::from_slice(&called.body).unwrap();
                    assert_eq!(body, json!({ "from": "[redacted]" }));
                    assert_eq!(called.header("x-drop-me"), Some("backend"));
                },
            ),
            case(
                |inputs| {
                    inputs
                        .with("expand-input", "responsePayload")
                        .with("sidecar-param-members", "password")
                },
                passed,
            ),
            case(
                |inputs| inputs.with("sidecar-param-members", "password"),
                stopped,
            ),
            // Misspelt, none, and one that is no text.
            case(
                |inputs| {
                    inputs
                        .with("expand-input", "responsePayload")
                        .with("sidecar-param-member", "from")
                },
                stopped,
            ),
            case(
                |inputs| {
                    inputs
                        .with("expand-input", "responsePayload")
                        .with("sidecar-param-members", ",")
                },
                stopped,
            ),
            case(
                |inputs| {
                    inputs
                        .with("expand-input", "responsePayload")
                        .with("sidecar-param-members", "7")
                },
                stopped,
            ),
        ]
    })
    .await;
}

fn stopped(called: &Called) {
    assert_eq!(called.status, StatusCode::BAD_GATEWAY, "{called:?}");
    assert_eq!(called.error(), None);
    let text = "the response cannot be read, so it is not passed on";
    assert_eq!(called.text(), text);
}

#[tokio::test]
async fn plan_looks_up_a_plan_at_the_request_and_tells_of_it_at_the_response() {
    let Some(aws) = aws() else { return };
    let functions = Functions::new(&aws.there().access().sdk_config().await);
    for language in Language::ALL {
        let scratch = env!("CARGO_TARGET_TMPDIR");
        let Some(function) = PLAN.put_into(aws, language, scratch, &BTreeMap::new()) else {
            language.left_out();
            continue;
        };
        let inputs = || Inputs::with_own_credentials(aws.there(), &function);
        let pre = inputs().with("include-eavs", "tier").pre();
        let post = inputs().with("expand-input", "relay").post();
        for functions in over_each_transport(&functions) {
            let layer = layer(&functions, pre.clone()).response(post.clone());
            let called = call(&layer, of_tier("gold", get())).await;
            assert_eq!(called.status, StatusCode::OK, "{language:?}: {called:?}");
            assert_eq!(called.text(), BACKEND_BODY);
            assert_eq!(called.header("x-plan"), Some("Business"), "{language:?}");
            assert_eq!(called.header("x-quota"), Some("10000"), "{language:?}");
            forbidden(&call(&layer, of_tier("none", get())).await, "no plan");
        }
    }
}

#[tokio::test]
async fn analytics_writes_a_line_for_each_call_that_has_gone_on() {
    let Some(aws) = aws() else { return };
    let functions = Functions::new(&aws.there().access().sdk_config().await);
    for language in Language::ALL {
        let scratch = env!("CARGO_TARGET_TMPDIR");
        let file = file(&format!("analytics-{language:?}"));
        let environment = BTreeMap::from([("ANALYTICS_FILE", file.display().to_string())]);
        let Some(function) = ANALYTICS.put_into(aws, language, scratch, &environment) else {
            language.left_out();
            continue;
        };
        let sidecar = Inputs::with_own_credentials(aws.there(), &function)
            .with("synchronicity", "event")
            .with("include-eavs", "tier")
            .with("expand-input", "operation, responsePayload")
            .post();
        for (functions, count) in over_each_transport(&functions).iter().zip(1..) {
            let layer = layer(functions, sidecar.clone());
            let called = call(&layer, of_tier("gold", get())).await;
            assert_eq!(called.outcome().decision(), Decision::Event, "{called:?}");
            assert_eq!(called.text(), BACKEND_BODY);
            let lines = lines_once_there(&file, count).await;
            let lines = lines.iter().map(|line| serde_json::from_str(line));
            let lines: Vec<Value> = lines.map(|line| line.expect("a line of JSON")).collect();
            let expected = json!({
                "id": MESSAGE_ID, "method": "get", "path": "/orders", "status": 200,
                "bytes": BACKEND_BODY.len(), "tier": "gold",
            });
            assert_eq!(lines, vec![expected; count], "{language:?}");
        }
    }
}

#[tokio::test]
async fn a_sample_that_fails_is_a_function_error_in_each_language() {
    let Some(aws) = aws() else { return };
    let functions = Functions::new(&aws.there().access().sdk_config().await);
    for language in Language::ALL {
        let failing = Sample {
            alias: "failing",
            ..ANALYTICS
        };
        let nowhere = env!("CARGO_BIN_EXE_sidecar-function").to_owned() + "/no folder";
        let environment = BTreeMap::from([("ANALYTICS_FILE", nowhere)]);
        let scratch = env!("CARGO_TARGET_TMPDIR");
        let Some(function) = failing.put_into(aws, language, scratch, &environment) else {
            language.left_out();
            continue;
        };
        let sidecar = Inputs::with_own_credentials(aws.there(), &function).pre();
        for functions in over_each_transport(&functions) {
            let called = call(&layer(&functions, sidecar.clone()), get()).await;
            assert_eq!(
                called.status,
                StatusCode::BAD_GATEWAY,
                "{language:?}: {called:?}"
            );
            assert_eq!(called.error(), Some("FunctionError"));
            assert!(called.backend.is_none());
            let body: Value = serde_json::from_slice(&called.body).unwrap();
            let title = match language {
                // The name of the type, as `lambda_runtime` writes it.
                Language::Rust => "&std::io::error::Error",
                Language::Python => "NotADirectoryError",
                Language::JavaScript => "Error",
            };
            assert_eq!(body["message"]["title"], title, "{body}");
            let detail = body["message"]["detail"].as_str().unwrap().to_lowercase();
            assert!(detail.contains("not a directory"), "{body}");
        }
    }
}
