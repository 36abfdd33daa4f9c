//! Section 5 of the connector: what a verdict does to a request, to a response, and what the client
//! of a Terminate is answered.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod body;
mod grpc;
mod headers;
mod status;
mod terminate;
mod whole;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, request, response};
use lambda_sidecar_core::{Modify, Point, ProtectedHeaders, Verdict};
use serde_json::{Value, json};

const PRE: Point = Point::PreProcessor;

const POST: Point = Point::PostProcessor;

fn verdict(point: Point, verdict: &Value) -> Verdict {
    let json = Bytes::from(verdict.to_string());
    Verdict::parse(point, &json, &ProtectedHeaders::default()).unwrap()
}

fn modify(point: Point, members: &Value) -> Modify {
    match verdict(point, &json!({ "modify": members })) {
        Verdict::Modify(modify) => modify,
        other => panic!("{other:?}"),
    }
}

fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

fn request(lines: &[(&'static str, &'static str)]) -> request::Parts {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers = headers(lines);
    parts
}

fn response(status: u16, lines: &[(&'static str, &'static str)]) -> response::Parts {
    let (mut parts, ()) = Response::new(()).into_parts();
    parts.status = StatusCode::from_u16(status).unwrap();
    parts.headers = headers(lines);
    parts
}

/// What a request with these headers has for headers afterwards, and its new body.
fn changed_request(
    members: &Value,
    lines: &[(&'static str, &'static str)],
) -> (HeaderMap, Option<Bytes>) {
    let mut parts = request(lines);
    let body = modify(PRE, members).apply_to_request(&mut parts).unwrap();
    (parts.headers, body)
}

/// What a response with these headers to a GET has for headers afterwards, and its new body.
fn changed_response(
    members: &Value,
    lines: &[(&'static str, &'static str)],
) -> (HeaderMap, Option<Bytes>) {
    let mut parts = response(200, lines);
    let body = modify(POST, members)
        .apply_to_response(&Method::GET, &mut parts)
        .unwrap();
    assert_eq!(parts.status, 200);
    (parts.headers, body)
}

/// The members do the same to a request and to a response.
#[track_caller]
fn both_become(
    members: &Value,
    before: &[(&'static str, &'static str)],
    after: &[(&'static str, &'static str)],
    body: Option<&[u8]>,
) {
    for (changed, new_body) in [
        changed_request(members, before),
        changed_response(members, before),
    ] {
        assert_eq!(changed, headers(after), "{members}");
        assert_eq!(new_body.as_deref(), body, "{members}");
    }
}

const OLD: &[(&str, &str)] = &[
    ("x-a", "1"),
    ("x-b", "2"),
    ("x-b", "3"),
    ("content-length", "5"),
];
