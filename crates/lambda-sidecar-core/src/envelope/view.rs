//! The messages of a call, as an envelope sees them.

use std::fmt;

use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

use super::{Payload, headers::selected};
use crate::Sidecar;

/// A request, borrowed.
#[derive(Clone, Copy)]
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
#[derive(Clone, Copy)]
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
#[derive(Clone)]
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

    /// Leaves the payload out.
    pub(crate) fn leave_out_payload(&mut self) {
        self.payload = self.payload.left_out();
    }
}

/// Header values, queries and payloads can be secrets: names and lengths are shown.
impl fmt::Debug for RequestView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestView")
            .field("method", self.method)
            .field("path", &self.uri.path())
            .field("headers", &Names(self.headers))
            .field("payload", self.payload)
            .finish()
    }
}

/// As [`RequestView`].
impl fmt::Debug for RequestSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestSnapshot")
            .field(&self.view())
            .finish()
    }
}

/// As [`RequestView`].
impl fmt::Debug for ResponseView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseView")
            .field("status", &self.status)
            .field("headers", &Names(self.headers))
            .field("payload", self.payload)
            .finish()
    }
}

struct Names<'a>(&'a HeaderMap);

impl fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}
