//! The three verdicts at both points, under both policies.

use http::StatusCode;
use lambda_sidecar::Decision;
use lambda_sidecar_tests::{
    inputs::{Inputs, Policy},
    route::{BACKEND_BODY, Called, REQUEST_BODY, post},
    stack::Stack,
};
use serde_json::{Value, json};

use super::{aws, each_way};

/// One call for each policy, at the request and at the response.
async fn at_both_points(stack: &Stack, inputs: &Inputs) -> Vec<[Called; 2]> {
    let sidecars = Policy::BOTH.map(|policy| inputs.clone().policy(policy).at_both_points());
    let routes = stack.routes(sidecars.concat()).await;
    let mut called = Vec::new();
    for routes in routes.chunks(2) {
        let at_request = routes[0].call(post()).await;
        let at_response = routes[1].call(post()).await;
        called.push([at_request, at_response]);
    }
    assert_eq!(called.len(), Policy::BOTH.len());
    called
}

fn decided(called: &Called, decision: Decision) {
    assert_eq!(called.outcome().decision(), decision, "{called:?}");
    assert_eq!(called.outcome().failure(), None, "{called:?}");
    assert!(!called.outcome().failed_open(), "{called:?}");
    assert_eq!(called.error(), None, "{called:?}");
}

#[tokio::test]
async fn allow_changes_nothing_at_both_points() {
    let Some(aws) = aws() else { return };
    for (stack, function, _) in each_way(aws).await {
        let inputs = Inputs::of(aws.there(), function).behaviour("allow");
        for called in at_both_points(&stack, &inputs).await.into_iter().flatten() {
            decided(&called, Decision::Allow);
            assert_eq!(called.status, StatusCode::OK);
            assert_eq!(called.text(), BACKEND_BODY);
            let seen = called.backend.expect("the backend is called");
            assert_eq!(seen.body(), REQUEST_BODY);
            assert_eq!(seen.headers()["x-drop-me"], "client");
        }
    }
}

#[tokio::test]
async fn modify_changes_the_request_at_the_request_and_the_response_at_the_response() {
    let Some(aws) = aws() else { return };
    for (stack, function, language) in each_way(aws).await {
        let inputs = Inputs::of(aws.there(), function).behaviour("modify");
        for [at_request, at_response] in at_both_points(&stack, &inputs).await {
            changed_the_request(at_request, language);
            changed_the_response(at_response, language);
        }
    }
}

fn changed_the_request(called: Called, language: &str) {
    decided(&called, Decision::Modify);
    assert_eq!(called.status, StatusCode::OK);
    assert_eq!(called.text(), BACKEND_BODY);
    let (seen, body) = called.backend.expect("the backend is called").into_parts();
    assert!(!seen.headers.contains_key("x-drop-me"));
    assert_eq!(seen.headers["x-function"], language);
    assert_eq!(seen.headers["x-point"], "PreProcessor");
    let body: Value = serde_json::from_slice(&body).expect("a JSON body");
    assert_eq!(body, json!({ "changed_by": language }));
}

fn changed_the_response(called: Called, language: &str) {
    decided(&called, Decision::Modify);
    assert_eq!(called.status, StatusCode::NON_AUTHORITATIVE_INFORMATION);
    assert_eq!(called.header("x-drop-me"), None);
    assert_eq!(called.header("x-function"), Some(language));
    assert_eq!(called.header("x-point"), Some("PostProcessor"));
    assert_eq!(called.header("content-type"), Some("application/json"));
    let body: Value = serde_json::from_slice(&called.body).expect("a JSON body");
    assert_eq!(body, json!({ "changed_by": language }));
    let seen = called.backend.expect("the backend is called");
    assert_eq!(seen.body(), REQUEST_BODY);
}

#[tokio::test]
async fn terminate_answers_the_client_at_both_points() {
    let Some(aws) = aws() else { return };
    for (stack, function, language) in each_way(aws).await {
        let inputs = Inputs::of(aws.there(), function).behaviour("terminate");
        for [at_request, at_response] in at_both_points(&stack, &inputs).await {
            assert!(at_request.backend.is_none());
            assert!(at_response.backend.is_some());
            for called in [at_request, at_response] {
                decided(&called, Decision::Terminate);
                assert_eq!(called.status, StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS);
                assert_eq!(called.header("x-function"), Some(language));
                assert_eq!(called.header("x-drop-me"), None);
                assert_eq!(called.text(), format!("not today, says {language}"));
            }
        }
    }
}
