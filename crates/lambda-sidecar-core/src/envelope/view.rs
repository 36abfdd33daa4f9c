//! The messages of a call, as an envelope sees them.

use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

use super::{Payload, headers::selected};
use crate::Sidecar;

/// A request, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct RequestView<'a> {
    /// The method.
    pub method: &'a Method,
    /// The URI as the client called it.
    pub uri: &'a Uri,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, where it was asked for.
    pub payload: &'a Payload,
}

/// A response, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct ResponseView<'a> {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The body, where it was asked for.
    pub payload: &'a Payload,
}

/// A request as it came in, kept for the envelope of a response half: of the headers only those that
/// the sidecar sends.
#[derive(Debug, Clone)]
pub struct RequestSnapshot {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    payload: Payload,
}

impl RequestSnapshot {
    /// Keeps what this sidecar will send of a request.
    #[must_use]
    pub fn of(sidecar: &Sidecar, request: &http::request::Parts, payload: Payload) -> Self {
        let mut headers: HeaderMap<HeaderValue> = HeaderMap::new();
        let host = http::header::HOST;
        // `operation.uri` needs the host, whether or not it is sent as a header.
        let names = selected(sidecar.request_headers(), &request.headers)
            .chain(request.headers.contains_key(&host).then_some(&host));
        for name in names {
            if !headers.contains_key(name) {
                for value in request.headers.get_all(name) {
                    headers.append(name, value.clone());
                }
            }
        }
        Self {
            method: request.method.clone(),
            uri: request.uri.clone(),
            headers,
            payload,
        }
    }

    /// The request as an envelope sees it.
    #[must_use]
    pub fn view(&self) -> RequestView<'_> {
        RequestView {
            method: &self.method,
            uri: &self.uri,
            headers: &self.headers,
            payload: &self.payload,
        }
    }

    /// The method of the request.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }
}
