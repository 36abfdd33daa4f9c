//! The connector's own form of an error.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use serde::Serialize;

use super::{ErrorSet, SidecarError, grpc::grpc_answer};

/// Carries the error name on every answer that is an error of the connector.
pub const X_SIDECAR_ERROR: HeaderName = HeaderName::from_static("x-sidecar-error");
/// Carries `header` of the error set's entry.
pub const X_ERROR_DETAIL_HEADER: HeaderName = HeaderName::from_static("x-error-detail-header");

/// The content type of an error that is a problem document (RFC 9457).
pub const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

const DEFAULT_TYPE_BASE: &str = "urn:lambda-sidecar:error:";

/// Everything but the error itself that the form of an error depends on.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use lambda_sidecar::{ErrorContext, SidecarError};
///
/// let context = ErrorContext::new("7632924a-8d8d-4d35-8a77-b57c4bb450af")
///     .type_base("https://acme.com/errors/");
/// let response = SidecarError::invalid_inputs("AWS Region Not Specified").to_response(&context);
/// assert_eq!(response.status(), 500);
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct ErrorContext<'a> {
    /// The id of the call.
    pub message_id: &'a str,
    /// The content type of the request, if it is a gRPC call (see [`is_grpc`](super::is_grpc)).
    pub grpc: Option<&'a HeaderValue>,
    /// The error set to use, if the sidecar has `enable_error_set: true`.
    pub error_set: Option<&'a ErrorSet>,
    /// What the error name follows in `type`. Default: `urn:lambda-sidecar:error:`.
    pub type_base: Option<&'a str>,
}

impl<'a> ErrorContext<'a> {
    /// The context of an error in the call with this id, without gRPC and error set.
    #[must_use]
    pub fn new(message_id: &'a str) -> Self {
        Self {
            message_id,
            ..Self::default()
        }
    }

    /// Sets the content type of a gRPC request. Default: the call is no gRPC call.
    #[must_use]
    pub fn grpc(mut self, content_type: impl Into<Option<&'a HeaderValue>>) -> Self {
        self.grpc = content_type.into();
        self
    }

    /// Sets the error set to use. Default: none.
    #[must_use]
    pub fn error_set(mut self, set: impl Into<Option<&'a ErrorSet>>) -> Self {
        self.error_set = set.into();
        self
    }

    /// Sets what the error name follows in `type`. Default: `urn:lambda-sidecar:error:`.
    #[must_use]
    pub fn type_base(mut self, base: impl Into<Option<&'a str>>) -> Self {
        self.type_base = base.into();
        self
    }
}

impl SidecarError {
    /// The answer to the client: the error set's if it has one, else problem+json (RFC 9457), or the
    /// connector's 502 body for a function error. A gRPC call gets a trailers-only answer.
    #[must_use]
    pub fn to_response(&self, context: &ErrorContext<'_>) -> Response<Bytes> {
        let entry = context
            .error_set
            .and_then(|set| set.entry(self.name(), self.status()));
        let status = entry
            .and_then(|entry| entry.status)
            .unwrap_or(self.status());
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(X_SIDECAR_ERROR, HeaderValue::from_static(self.name()));
        if let Some(detail) = entry.and_then(|entry| entry.header.clone()) {
            headers.insert(X_ERROR_DETAIL_HEADER, detail);
        }
        if let Some(time) = self.retry_after() {
            headers.insert(RETRY_AFTER, whole_seconds(time).into());
        }
        if let Some(content_type) = context.grpc {
            return grpc_answer(status, self.detail(), content_type, headers);
        }
        let (content_type, body) = match entry.and_then(|entry| entry.body.clone()) {
            Some(body) => {
                let of_set = context.error_set.and_then(ErrorSet::body_type).cloned();
                (of_set.unwrap_or_else(|| self.content_type()), body)
            }
            None => (self.content_type(), self.body(status, context)),
        };
        headers.insert(CONTENT_TYPE, content_type);
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response
    }

    fn content_type(&self) -> HeaderValue {
        match self.function_error_title() {
            Some(_) => HeaderValue::from_static("application/json"),
            None => PROBLEM_JSON,
        }
    }

    fn body(&self, status: StatusCode, context: &ErrorContext<'_>) -> Bytes {
        let json = match self.function_error_title() {
            Some(title) => serde_json::to_vec(&FunctionErrorBody {
                code: self.status().as_u16(),
                message: FunctionErrorMessage {
                    detail: self.detail(),
                    title,
                },
            }),
            None => serde_json::to_vec(&ProblemDocument {
                kind: [context.type_base.unwrap_or(DEFAULT_TYPE_BASE), self.name()].concat(),
                title: self.name(),
                status: status.as_u16(),
                detail: self.detail(),
                instance: instance(context.message_id),
            }),
        };
        json.unwrap_or_default().into()
    }
}

/// As `Retry-After` has it: a client told to wait for no time at all would be told nothing.
fn whole_seconds(time: Duration) -> u64 {
    let started = u64::from(time.subsec_nanos() > 0);
    time.as_secs().saturating_add(started).max(1)
}

/// A problem document (RFC 9457, section 3).
#[derive(Serialize)]
struct ProblemDocument<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: String,
}

/// The connector's 502 body.
#[derive(Serialize)]
struct FunctionErrorBody<'a> {
    code: u16,
    message: FunctionErrorMessage<'a>,
}

#[derive(Serialize)]
struct FunctionErrorMessage<'a> {
    detail: &'a str,
    title: &'a str,
}

/// `urn:uuid:ID`, or the id as it is, when it is no UUID.
fn instance(message_id: &str) -> String {
    let is_uuid = message_id.len() == 36
        && message_id.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    if is_uuid {
        format!("urn:uuid:{message_id}")
    } else {
        message_id.to_owned()
    }
}
