//! Section 5 of the connector: which answers of a function are which verdict, and which are none.

#![expect(clippy::panic, reason = "helpers of tests")]

mod aliases;
mod beside;
mod from_answer;
mod header_lines;
mod members;
mod no_json;
mod precedence;
mod printing;
mod protected_headers;
mod unusual;
mod wrong;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use lambda_sidecar_core::{
    Answer, Failure, FailureClass, Point, ProtectedHeaders, Synchronicity, Terminate, Verdict,
};

const POINTS: [Point; 2] = [Point::PreProcessor, Point::PostProcessor];

fn parse(point: Point, answer: impl AsRef<[u8]>) -> Result<Verdict, Failure> {
    let answer = Bytes::copy_from_slice(answer.as_ref());
    Verdict::parse(point, &answer, &ProtectedHeaders::default())
}

fn shown(answer: &[u8]) -> String {
    answer
        .escape_ascii()
        .to_string()
        .chars()
        .take(200)
        .collect()
}

/// The answer is this verdict at both points.
#[track_caller]
fn is(answer: impl AsRef<[u8]>, verdict: impl Into<Verdict>) {
    let (answer, verdict) = (answer.as_ref(), verdict.into());
    for point in POINTS {
        assert_eq!(
            parse(point, answer),
            Ok(verdict.clone()),
            "{point}: {}",
            shown(answer)
        );
    }
}

/// The answer is a wrong one at both points, and is called what `docs/failures.md` calls it.
#[track_caller]
fn is_wrong(answer: impl AsRef<[u8]>) {
    for point in POINTS {
        is_wrong_at(point, answer.as_ref());
    }
}

#[track_caller]
fn is_wrong_at(point: Point, answer: impl AsRef<[u8]>) {
    let answer = answer.as_ref();
    match parse(point, answer) {
        Err(failure @ Failure::WrongAnswer(_)) => {
            assert_eq!(failure.message(), "Invalid output from AWS Lambda function");
            assert_eq!(failure.class(), FailureClass::WrongAnswer);
        }
        other => panic!("{point}: {} is {other:?}", shown(answer)),
    }
}

/// The answer ends the call at both points.
#[track_caller]
fn ended(answer: impl AsRef<[u8]>) -> Terminate {
    let answer = answer.as_ref();
    let [pre, post] = POINTS.map(|point| match parse(point, answer) {
        Ok(Verdict::Terminate(terminate)) => terminate,
        other => panic!("{point}: {} is {other:?}", shown(answer)),
    });
    assert_eq!(pre, post);
    pre
}

fn name(name: &'static str) -> HeaderName {
    HeaderName::from_static(name)
}

fn value(value: &'static str) -> HeaderValue {
    HeaderValue::from_static(value)
}

fn forbidden() -> Terminate {
    Terminate::new(StatusCode::FORBIDDEN)
}

fn from_answer(synchronicity: Synchronicity, answer: &Answer) -> Result<Verdict, Failure> {
    let verdict =
        |point| Verdict::from_answer(point, synchronicity, answer, &ProtectedHeaders::default());
    assert_eq!(verdict(Point::PreProcessor), verdict(Point::PostProcessor));
    verdict(Point::PreProcessor)
}
