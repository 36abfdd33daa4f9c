//! The receipt of every decision, in the extensions of request and response.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::time::Duration;

use crate::common::{Backend, Function, TestBody, layer_of, post, pre, request, send};
use lambda_sidecar::{
    Answer, Decision, ErrorPolicy, FailureClass, InvocationError, LambdaSidecarLayer, Point,
    Receipts, RequestSidecarLayer, ResponseSidecarLayer, SidecarBuilder, Synchronicity,
};
use tower::Layer;

fn built(sidecar: SidecarBuilder) -> lambda_sidecar::Sidecar {
    sidecar.build().unwrap()
}

fn names(outcomes: &Receipts) -> Vec<&str> {
    outcomes.iter().map(|outcome| outcome.function()).collect()
}

fn decisions(outcomes: &Receipts) -> Vec<Decision> {
    outcomes.iter().map(|outcome| outcome.decision()).collect()
}

/// Answers by name: `modify…`, `terminate…`, everything else allows.
fn by_name() -> Function {
    Function::by(|name, _| {
        if name.starts_with("modify") {
            r#"{"modify":{"addHeaders":{"x-a":"1","te":"x"}}}"#.into()
        } else if name.starts_with("terminate") {
            r#"{"terminate":{"code":403}}"#.into()
        } else {
            "{}".into()
        }
    })
}

#[tokio::test]
async fn every_sidecar_that_was_consulted_leaves_a_receipt_in_order() {
    let layer = LambdaSidecarLayer::new(by_name())
        .request(built(pre("allow-1")))
        .request(built(pre("modify-2")))
        .request(built(pre("event-3").synchronicity(Synchronicity::Event)))
        .response(built(post("modify-4")))
        .response(built(post("terminate-5")))
        .response(built(post("never-6")));
    let backend = Backend::new();
    let got = send(layer.layer(backend.clone()), request(TestBody::empty())).await;
    let outcomes = got.outcomes();
    let expected = ["allow-1", "modify-2", "event-3", "modify-4", "terminate-5"];
    assert_eq!(names(outcomes), expected);
    let expected = [
        Decision::Allow,
        Decision::Modify,
        Decision::Event,
        Decision::Modify,
        Decision::Terminate,
    ];
    assert_eq!(decisions(outcomes), expected);
    let points: Vec<_> = outcomes.iter().map(|outcome| outcome.point()).collect();
    assert_eq!(points[..3], [Point::PreProcessor; 3]);
    assert_eq!(points[3..], [Point::PostProcessor; 2]);
    for outcome in outcomes {
        assert_eq!(
            (outcome.error(), outcome.failure(), outcome.failed_open()),
            (None, None, false)
        );
        assert!(outcome.latency().is_some() && outcome.envelope_length() > 0);
    }
    assert_eq!(outcomes[1].refused_headers(), ["te"]);
    // The backend gets those of the request.
    let seen = backend.only();
    assert_eq!(
        names(seen.outcomes().unwrap()),
        ["allow-1", "modify-2", "event-3"]
    );
}

#[tokio::test]
async fn the_receipts_of_nested_layers_are_in_the_order_of_the_decisions() {
    let both = |pre_name, post_name| {
        LambdaSidecarLayer::new(by_name())
            .request(built(pre(pre_name)))
            .response(built(post(post_name)))
    };
    let layers = (both("a", "f"), both("b", "e"), both("c", "d"));
    let backend = Backend::new();
    let got = send(layers.layer(backend.clone()), request(TestBody::empty())).await;
    assert_eq!(names(got.outcomes()), ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(names(backend.only().outcomes().unwrap()), ["a", "b", "c"]);
}

#[tokio::test]
async fn the_receipts_of_layers_of_one_half_are_in_the_order_of_the_decisions() {
    let layers = (
        RequestSidecarLayer::new(built(pre("a")), by_name()),
        ResponseSidecarLayer::new(built(post("d")), by_name()),
        RequestSidecarLayer::new(built(pre("b")), by_name()),
        ResponseSidecarLayer::new(built(post("c")), by_name()),
    );
    let got = send(layers.layer(Backend::new()), request(TestBody::empty())).await;
    assert_eq!(names(got.outcomes()), ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn the_receipts_of_inner_layers_are_kept_when_an_inner_request_half_ends_the_call() {
    let layers = (
        LambdaSidecarLayer::new(by_name())
            .request(built(pre("a")))
            .response(built(post("c"))),
        RequestSidecarLayer::new(built(pre("terminate-b")), by_name()),
    );
    let got = send(layers.layer(Backend::new()), request(TestBody::empty())).await;
    assert_eq!(names(got.outcomes()), ["a", "terminate-b", "c"]);
}

#[tokio::test]
async fn the_receipts_of_inner_layers_are_kept_when_an_outer_response_half_ends_the_call() {
    let failing = || Function::fails(|| InvocationError::connect("x"));
    for (outer, decision) in [
        (by_name(), Decision::Terminate),
        (failing(), Decision::Error),
    ] {
        let layers = (
            ResponseSidecarLayer::new(built(post("terminate-outer")), outer),
            LambdaSidecarLayer::new(by_name())
                .request(built(pre("a")))
                .response(built(post("b"))),
        );
        let got = send(layers.layer(Backend::new()), request(TestBody::empty())).await;
        assert_eq!(names(got.outcomes()), ["a", "b", "terminate-outer"]);
        let expected = [Decision::Allow, Decision::Allow, decision];
        assert_eq!(decisions(got.outcomes()), expected);
    }
}

#[tokio::test]
async fn a_refused_header_is_told_in_the_receipt_at_both_points() {
    for sidecar in [pre("modify"), post("modify")] {
        let service = layer_of(sidecar, by_name()).layer(Backend::new());
        let got = send(service, request(TestBody::empty())).await;
        assert_eq!(got.outcomes()[0].refused_headers(), ["te"]);
    }
}

#[tokio::test(start_paused = true)]
async fn the_latency_is_that_of_the_function_call() {
    let took = Duration::from_millis(120);
    for sidecar in [pre("f"), post("f")] {
        let service = layer_of(sidecar, Function::allows_after(took)).layer(Backend::new());
        let got = send(service, request(TestBody::empty())).await;
        assert_eq!(got.outcomes()[0].latency(), Some(took));
    }
}

#[tokio::test(start_paused = true)]
async fn the_latency_of_a_function_that_timed_out_is_its_timeout() {
    let timeout = Duration::from_millis(120);
    for policy in [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE] {
        let sidecar = pre("f").timeout(timeout).policy(policy);
        let service = layer_of(sidecar, Function::never()).layer(Backend::new());
        let got = send(service, request(TestBody::empty())).await;
        let outcome = &got.outcomes()[0];
        assert_eq!(outcome.latency(), Some(timeout));
        assert_eq!(outcome.failure(), Some(FailureClass::Timeout));
        assert_eq!(outcome.failed_open(), policy == ErrorPolicy::FAIL_SAFE);
    }
}

#[tokio::test]
async fn the_executed_version_is_told_where_the_function_says_so() {
    let answer = Answer::ok("{}").version("7".to_owned());
    for (answer, expected) in [(answer, Some("7")), (Answer::ok("{}"), None)] {
        let service = layer_of(pre("f"), Function::answer(answer)).layer(Backend::new());
        let got = send(service, request(TestBody::empty())).await;
        assert_eq!(got.outcomes()[0].executed_version(), expected);
    }
}

#[tokio::test]
async fn the_envelope_length_is_that_of_what_was_sent() {
    let function = Function::allows();
    let service = layer_of(pre("f"), function.clone()).layer(Backend::new());
    let got = send(service, request(TestBody::empty())).await;
    assert_eq!(
        got.outcomes()[0].envelope_length(),
        function.asked()[0].payload.len()
    );
}

#[tokio::test]
async fn a_client_cannot_forge_a_receipt() {
    let backend = Backend::new();
    let service = layer_of(post("f"), Function::allows()).layer(backend.clone());
    let mut call = request(TestBody::empty());
    call.headers_mut()
        .insert("x-sidecar-outcomes", "allow".parse().unwrap());
    let got = send(service, call).await;
    assert!(backend.only().outcomes().is_none());
    assert_eq!(names(got.outcomes()), ["f"]);
}

#[tokio::test]
async fn receipts_do_not_pass_from_one_call_to_the_next() {
    let service = layer_of(pre("f"), Function::allows()).layer(Backend::new());
    for _ in 0..2 {
        let got = send(service.clone(), request(TestBody::empty())).await;
        assert_eq!(got.outcomes().len(), 1);
    }
}

#[test]
fn the_names_of_decisions_are_those_of_logs_and_metrics() {
    let names = [
        Decision::Allow,
        Decision::Modify,
        Decision::Terminate,
        Decision::Event,
        Decision::Error,
        Decision::Skipped,
    ]
    .map(Decision::as_str);
    let expected = ["allow", "modify", "terminate", "event", "error", "skipped"];
    assert_eq!(names, expected);
}
