//! Sections 6 and 7 of the connector: what a failed function call is called, and how an error looks to
//! the client.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod document;
mod error_set;
mod failures;
mod function_error;
mod grpc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use lambda_sidecar_core::{
    ErrorContext, ErrorSetEntry, Failure, Point, Precondition, SidecarError,
};
use serde_json::Value;

const POINTS: [Point; 2] = [Point::PreProcessor, Point::PostProcessor];

const MESSAGE_ID: &str = "7632924a-8d8d-4d35-8a77-b57c4bb450af";

fn plain() -> ErrorContext<'static> {
    ErrorContext::new(MESSAGE_ID)
}

fn timeout() -> SidecarError {
    SidecarError::from_failure(&Failure::Timeout, Point::PreProcessor)
}

fn function_error() -> SidecarError {
    let failure = Failure::FunctionError {
        detail: "An error occurred during JSON parsing".into(),
        title: "java.lang.RuntimeException".into(),
    };
    SidecarError::from_failure(&failure, Point::PreProcessor)
}

/// Errors of every kind.
fn errors() -> Vec<SidecarError> {
    let of_failure = |failure| SidecarError::from_failure(&failure, Point::PostProcessor);
    vec![
        timeout(),
        function_error(),
        of_failure(Failure::Connect),
        of_failure(Failure::NoResources),
        of_failure(Failure::EmptyAnswer),
        SidecarError::from_precondition(&Precondition::NoApplicationData, Point::PreProcessor),
        SidecarError::invalid_inputs("AWS Region Not Specified"),
    ]
}

fn document(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

/// A header map as text, in the order of the names.
fn shown(headers: &HeaderMap) -> String {
    let mut lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()))
        .collect();
    lines.sort();
    lines.concat()
}

fn entry() -> ErrorSetEntry {
    ErrorSetEntry::new()
}

fn body(text: &'static str) -> ErrorSetEntry {
    entry().body(text)
}

fn status(status: u16) -> ErrorSetEntry {
    entry().status(StatusCode::from_u16(status).unwrap())
}

fn soap() -> HeaderValue {
    HeaderValue::from_static("application/soap+xml")
}
