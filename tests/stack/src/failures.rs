//! What a failed function call has to look like by `docs/failures.md`, under both policies.

use lambda_sidecar::{Decision, FailureClass, Functions, LambdaSidecarLayer, Point, Sidecar};
use serde_json::{Value, json};

use crate::{
    inputs::{Inputs, Policy},
    route::{BACKEND_BODY, Called, get},
    stack::Stack,
};

/// A row of the table of failures.
#[derive(Debug, Clone, Copy)]
pub struct Expected {
    /// The row of the error policy.
    pub class: FailureClass,
    /// The status under a blocking policy.
    pub status: u16,
    /// The error name, without the point where it has one.
    name: &'static str,
    /// The message.
    detail: &'static str,
}

const INVALID_RESPONSE: &str = "InvalidResponseFromAWSLambdaIn";

/// No connection, or it broke.
pub const NOT_CONNECTED: Expected = Expected::invalid_response(
    FailureClass::Connect,
    "Error while connecting to AWS lambda.",
);
/// No credentials, or STS or Parameter Store refuse.
pub const NO_CREDENTIALS: Expected = Expected::invalid_response(
    FailureClass::Credentials,
    "Error while connecting to AWS lambda.",
);
/// The far end refused for load.
pub const THROTTLED: Expected =
    Expected::invalid_response(FailureClass::Throttled, "TooManyRequestsException");
/// An answer that is no verdict.
pub const WRONG_ANSWER: Expected = Expected::invalid_response(
    FailureClass::WrongAnswer,
    "Invalid output from AWS Lambda function",
);
/// An answer without content.
pub const EMPTY_ANSWER: Expected = Expected::invalid_response(
    FailureClass::WrongAnswer,
    "AWS Lambda Response is not returned",
);
/// A status that is no success, and does not say why.
pub const NO_SUCCESS: Expected = Expected::invalid_response(
    FailureClass::ServiceException,
    "Success Response not returned from AWS Lambda",
);
/// No answer in time.
pub const TIMEOUT: Expected = Expected {
    class: FailureClass::Timeout,
    status: 504,
    name: "GatewayTimeout",
    detail: "Timeout occurred while connecting to AWS Service",
};

impl Expected {
    /// A service exception with this code.
    pub const fn exception(code: &'static str) -> Self {
        Self::invalid_response(FailureClass::ServiceException, code)
    }

    const fn invalid_response(class: FailureClass, detail: &'static str) -> Self {
        Self {
            class,
            status: 500,
            name: INVALID_RESPONSE,
            detail,
        }
    }

    fn name_at(&self, point: Point) -> String {
        match (self.name, point) {
            (INVALID_RESPONSE, Point::PreProcessor) => format!("{INVALID_RESPONSE}PreProcess"),
            (INVALID_RESPONSE, Point::PostProcessor) => format!("{INVALID_RESPONSE}PostProcess"),
            (name, _) => name.to_owned(),
        }
    }

    /// Checks an answer under sure-fire.
    pub fn check_blocked(&self, called: &Called, point: Point) {
        check_blocked(called, point, self.class, self.status, &self.name_at(point));
        let problem: Value = serde_json::from_slice(&called.body).expect("a problem document");
        assert_eq!(problem["detail"], self.detail, "{called:?}");
        assert_eq!(problem["title"], self.name_at(point), "{called:?}");
        assert_eq!(
            called.header("content-type"),
            Some("application/problem+json")
        );
    }

    /// Checks an answer under fail-safe.
    pub fn check_let_pass(&self, called: &Called) {
        check_let_pass(called, self.class);
    }
}

/// Asks a function through the layer over every transport, at both points, under both policies, and
/// checks what becomes of the calls.
pub async fn check(functions: &Functions, inputs: &Inputs, expected: &Expected) -> Vec<Called> {
    check_in(&Stack::layers(functions), inputs, expected).await
}

/// The same through these stacks.
pub async fn check_in(stacks: &[Stack], inputs: &Inputs, expected: &Expected) -> Vec<Called> {
    let mut calls = Vec::new();
    for (policy, point, called) in in_every_way(stacks, inputs).await {
        match policy {
            Policy::SureFire => expected.check_blocked(&called, point),
            Policy::FailSafe => expected.check_let_pass(&called),
        }
        calls.push(called);
    }
    calls
}

/// The same for an error of the function, which has a form of its own.
pub async fn check_function_error(stacks: &[Stack], inputs: &Inputs, title: &str, detail: &str) {
    const CLASS: FailureClass = FailureClass::FunctionError;
    for (policy, point, called) in in_every_way(stacks, inputs).await {
        if policy == Policy::FailSafe {
            check_let_pass(&called, CLASS);
            continue;
        }
        check_blocked(&called, point, CLASS, 502, "FunctionError");
        let body: Value = serde_json::from_slice(&called.body).expect("the body is JSON");
        let expected = json!({ "code": 502, "message": { "detail": detail, "title": title } });
        assert_eq!(body, expected);
        assert_eq!(called.header("content-type"), Some("application/json"));
    }
}

async fn in_every_way(stacks: &[Stack], inputs: &Inputs) -> Vec<(Policy, Point, Called)> {
    let mut calls = Vec::new();
    for stack in stacks {
        let sidecars = Policy::BOTH.map(|policy| inputs.clone().policy(policy).at_both_points());
        let routes = stack.routes(sidecars.concat()).await;
        let ways = Policy::BOTH.into_iter().flat_map(|policy| {
            let points = [Point::PreProcessor, Point::PostProcessor];
            points.map(|point| (policy, point))
        });
        for (route, (policy, point)) in routes.iter().zip(ways) {
            let called = route.call(get()).await;
            // Shown where the checks fail.
            println!("{stack:?}, {policy:?}, {point}: {called:?}");
            calls.push((policy, point, called));
        }
    }
    calls
}

/// A route with this one sidecar.
pub fn layer(functions: &Functions, sidecar: Sidecar) -> LambdaSidecarLayer<Functions> {
    let layer = LambdaSidecarLayer::new(functions.clone());
    match sidecar.point() {
        Point::PreProcessor => layer.request(sidecar),
        Point::PostProcessor => layer.response(sidecar),
    }
}

fn check_blocked(called: &Called, point: Point, class: FailureClass, status: u16, name: &str) {
    assert_eq!(called.status, status, "{called:?}");
    assert_eq!(called.error(), Some(name), "{called:?}");
    let outcome = called.outcome();
    assert_eq!(outcome.failure(), Some(class), "{called:?}");
    assert_eq!(outcome.decision(), Decision::Error, "{called:?}");
    assert!(!outcome.failed_open(), "{called:?}");
    let backend_called = called.backend.is_some();
    assert_eq!(backend_called, point == Point::PostProcessor, "{called:?}");
}

fn check_let_pass(called: &Called, class: FailureClass) {
    assert_eq!(called.status, 200, "{called:?}");
    assert_eq!(called.error(), None, "{called:?}");
    assert_eq!(called.text(), BACKEND_BODY);
    assert!(called.backend.is_some(), "{called:?}");
    let outcome = called.outcome();
    assert_eq!(outcome.failure(), Some(class), "{called:?}");
    assert!(outcome.failed_open(), "{called:?}");
}
