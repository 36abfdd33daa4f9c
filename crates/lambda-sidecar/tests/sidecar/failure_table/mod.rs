//! Section 6 of the connector, every cell: what happened x point x policy x synchronicity.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod answers;
mod function_errors;
mod policies;
mod services;

use std::time::Duration;

use crate::common::{BOTH, Backend, Function, Got, TestBody, layer_of, request, send, trailers};
use http::{HeaderValue, header::CONTENT_TYPE};
use lambda_sidecar::{
    Answer, Decision, ErrorPolicy, Expand, FailureClass, Point, Receipt, Sidecar, Synchronicity,
};
use serde_json::json;
use tower::Layer;

const TIMEOUT: Duration = Duration::from_millis(250);

const NO_CONNECTION: &str = "Error while connecting to AWS lambda.";

/// One row of the table.
struct Row {
    what: String,
    function: Function,
    class: FailureClass,
    expected: Expected,
    /// Whether it is a failure of an event too; what an event's function answers is not looked at.
    of_event: bool,
    version: Option<&'static str>,
}

enum Expected {
    /// `InvalidResponseFromAWSLambdaIn…Process`, 500.
    Invalid(&'static str),
    Timeout,
    /// `FunctionError`, 502, with this detail and title.
    FunctionError(String, &'static str),
}

fn row(
    what: impl Into<String>,
    function: Function,
    class: FailureClass,
    expected: Expected,
) -> Row {
    Row {
        what: what.into(),
        function,
        class,
        expected,
        of_event: true,
        version: None,
    }
}

/// A row of an answer that came, with the function's version.
fn answered(what: &str, answer: Answer, class: FailureClass, expected: Expected) -> Row {
    let answer = answer.version("42".to_owned());
    Row {
        of_event: false,
        version: Some("42"),
        ..row(what, Function::answer(answer), class, expected)
    }
}

#[derive(Clone, Copy)]
struct Cell {
    point: Point,
    fail_safe: bool,
    synchronicity: Synchronicity,
}

fn cells() -> impl Iterator<Item = Cell> {
    let synchronicities = [Synchronicity::RequestResponse, Synchronicity::Event];
    BOTH.into_iter().flat_map(move |point| {
        [false, true].into_iter().flat_map(move |fail_safe| {
            synchronicities.map(|synchronicity| Cell {
                point,
                fail_safe,
                synchronicity,
            })
        })
    })
}

async fn check(row: &Row) {
    for cell in cells() {
        let Cell {
            point,
            fail_safe,
            synchronicity,
        } = cell;
        println!(
            "{}: {point}, fail-safe {fail_safe}, {synchronicity}",
            row.what
        );
        check_cell(row, cell).await;
    }
}

async fn check_cell(row: &Row, cell: Cell) {
    let sidecar = Sidecar::local(cell.point, "authz")
        .synchronicity(cell.synchronicity)
        .policy(if cell.fail_safe {
            ErrorPolicy::FAIL_SAFE
        } else {
            ErrorPolicy::SURE_FIRE
        })
        .timeout(TIMEOUT)
        // Both bodies are read, so that it shows whether they go on as they came.
        .expand_input(match cell.point {
            Point::PreProcessor => vec![Expand::RequestPayload],
            Point::PostProcessor => vec![Expand::RequestPayload, Expand::ResponsePayload],
        });
    let backend = Backend::new();
    let asked_before = row.function.asked().len();
    let call = request(TestBody::of(["an ", "order"]).with_trailers());
    let mut sent_headers = call.headers().clone();
    if cell.point == Point::PostProcessor {
        // Its function reads the response.
        sent_headers.insert("accept-encoding", HeaderValue::from_static("identity"));
    }
    let service = layer_of(sidecar, row.function.clone()).layer(backend.clone());
    let got = send(service, call).await;

    assert_eq!(row.function.asked().len(), asked_before + 1, "asked once");
    let is_event = cell.synchronicity == Synchronicity::Event;
    let goes_on = cell.fail_safe || is_event;
    let [receipt] = &got.outcomes()[..] else {
        panic!("one receipt, not {:?}", got.outcomes())
    };
    check_receipt(row, cell, goes_on, receipt);

    if cell.point == Point::PostProcessor || goes_on {
        let seen = backend.only();
        assert_eq!(seen.parts.headers, sent_headers);
        assert_eq!(seen.parts.uri, "/orders?a=b");
        assert_eq!((&seen.body[..], seen.broken), (&b"an order"[..], false));
        assert_eq!(seen.trailers, Some(trailers()));
        match (cell.point, seen.outcomes()) {
            (Point::PreProcessor, Some(outcomes)) => {
                check_receipt(row, cell, goes_on, &outcomes[0]);
            }
            (Point::PostProcessor, None) => {}
            (_, other) => panic!("receipts in the request: {other:?}"),
        }
    } else {
        assert_eq!(backend.calls(), 0);
    }
    if goes_on {
        got.assert_from_backend();
    } else {
        check_error(&row.expected, cell.point, &got);
    }
}

fn check_receipt(row: &Row, cell: Cell, goes_on: bool, receipt: &Receipt) {
    let is_event = cell.synchronicity == Synchronicity::Event;
    let failure = (!is_event || row.of_event).then_some(row.class);
    assert_eq!((receipt.point(), receipt.function()), (cell.point, "authz"));
    assert_eq!(receipt.failure(), failure);
    assert_eq!(receipt.failed_open(), goes_on && failure.is_some());
    let decision = match (goes_on, is_event) {
        (false, _) => Decision::Error,
        (true, true) => Decision::Event,
        (true, false) => Decision::Allow,
    };
    assert_eq!(receipt.decision(), decision);
    let error = (!goes_on).then(|| error_name(&row.expected, cell.point));
    assert_eq!(receipt.error(), error);
    assert!(receipt.latency().is_some());
    assert_eq!(receipt.executed_version(), row.version);
    assert!(receipt.refused_headers().is_empty());
    assert!(receipt.envelope_length() > 100);
}

fn error_name(expected: &Expected, point: Point) -> &'static str {
    match (expected, point) {
        (Expected::Invalid(_), Point::PreProcessor) => "InvalidResponseFromAWSLambdaInPreProcess",
        (Expected::Invalid(_), Point::PostProcessor) => "InvalidResponseFromAWSLambdaInPostProcess",
        (Expected::Timeout, _) => "GatewayTimeout",
        (Expected::FunctionError(..), _) => "FunctionError",
    }
}

fn check_error(expected: &Expected, point: Point, got: &Got) {
    let name = error_name(expected, point);
    match expected {
        Expected::Invalid(detail) => got.assert_problem(name, 500, detail),
        Expected::Timeout => {
            got.assert_problem(
                name,
                504,
                "Timeout occurred while connecting to AWS Service",
            );
        }
        Expected::FunctionError(detail, title) => {
            assert_eq!((got.error(), got.status.as_u16()), (Some(name), 502));
            assert_eq!(got.headers[CONTENT_TYPE], "application/json");
            let body = json!({ "code": 502, "message": { "detail": detail, "title": title } });
            assert_eq!(got.json(), body);
        }
    }
    assert_eq!(
        got.header("x-backend"),
        None,
        "nothing of the backend's answer"
    );
    assert_eq!(got.trailers, None);
}
