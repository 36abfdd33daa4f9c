//! What came of a request, as it is printed.

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use serde::Serialize;

use super::{host::Tried, sidecar_report::SidecarReport};

/// Everything that is printed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    pub(super) endpoint: String,
    pub(super) sidecars: Vec<SidecarReport>,
    /// What the backend would be sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<ToBackend>,
    /// What the client would be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) response: Option<ToClient>,
    /// Whether there are `post` sidecars that were not asked for want of a response.
    pub(super) response_half_left_out: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct ToBackend {
    pub(super) method: String,
    pub(super) uri: String,
    pub(super) headers: Vec<(String, String)>,
    #[serde(flatten)]
    pub(super) body: ReportBody,
}

#[derive(Debug, Serialize)]
pub(super) struct ToClient {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    #[serde(flatten)]
    pub(super) body: ReportBody,
}

/// A body: as text where it is such, else as base64.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ReportBody {
    Body(String),
    BodyBase64(String),
}

impl Report {
    /// `left_out` says whether response halves lack a response.
    pub(super) fn new(endpoint: String, tried: &Tried, left_out: bool) -> Self {
        let decisions = tried.decisions.iter();
        let reports =
            decisions.map(|(receipt, invoked)| SidecarReport::new(receipt, invoked.as_ref()));
        Self {
            endpoint,
            sidecars: reports.collect(),
            response_half_left_out: left_out && tried.answer.is_none(),
            request: tried.request.as_ref().map(ToBackend::of),
            response: tried.answer.as_ref().map(ToClient::of),
        }
    }

    pub(super) fn to_json(&self) -> String {
        // Nothing in it can fail to be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl ToBackend {
    fn of(request: &Request<Bytes>) -> Self {
        Self {
            method: request.method().to_string(),
            uri: request.uri().to_string(),
            headers: headers(request.headers()),
            body: ReportBody::of(request.body()),
        }
    }
}

impl ToClient {
    fn of(response: &Response<Bytes>) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: headers(response.headers()),
            body: ReportBody::of(response.body()),
        }
    }
}

impl ReportBody {
    fn of(bytes: &Bytes) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Body(text.to_owned()),
            Err(_) => Self::BodyBase64(base64_simd::STANDARD.encode_to_string(bytes)),
        }
    }
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let lines = headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        (name.to_string(), value.into_owned())
    });
    lines.collect()
}
