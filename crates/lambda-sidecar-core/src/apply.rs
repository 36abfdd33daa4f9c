//! A plan applied to the parts of a message, whole or not at all.

use std::{error::Error, fmt};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{self, CONTENT_LENGTH, CONTENT_TYPE},
    request, response,
};

use crate::{
    MAX_HEADER_LINES,
    problem::{GrpcWords, grpc_answer},
    verdict::{AddedHeaders, DEFAULT_TEXT, Modify, Terminate, VerdictBody},
};

/// How many header lines a message may have before a verdict adds its own; a map holds about 24,000.
const MAX_LINES_BEFORE: usize = 16_384;

/// What describes a body, and goes with it when it is replaced.
const OF_ANY_BODY: [HeaderName; 7] = [
    header::TRANSFER_ENCODING,
    header::TRAILER,
    header::CONTENT_ENCODING,
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
];

/// What describes the body of a response beside that.
const OF_A_RESPONSE_BODY: [HeaderName; 4] = [
    header::ETAG,
    header::LAST_MODIFIED,
    header::ACCEPT_RANGES,
    header::CONTENT_RANGE,
];

/// Whether an answer with this status to this method has no body (RFC 9110, sections 6.4.1 and 15.3.6).
#[must_use]
pub fn keeps_no_body(method: &Method, status: StatusCode) -> bool {
    method == Method::HEAD || status_has_no_body(status)
}

fn status_has_no_body(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    )
}

impl Modify {
    /// Changes a request. Returns the new body, where there is one; it has no trailers.
    ///
    /// # Errors
    ///
    /// [`NoRoom`] if the message could get more header lines than a map holds; it is unchanged then.
    pub fn apply_to_request(&self, parts: &mut request::Parts) -> Result<Option<Bytes>, NoRoom> {
        check_room(&parts.headers)?;
        let body = self.content.as_ref().map(VerdictBody::bytes).cloned();
        self.change_headers(&mut parts.headers, body.as_ref(), &[]);
        Ok(body)
    }

    /// Changes a response to a request of this method. Returns the new body, where there is one; it
    /// has no trailers. A body that replaces one of status 206 makes it 200.
    ///
    /// A server that keeps the backend's reason phrase beside the parts has to drop it if the status changes.
    ///
    /// # Errors
    ///
    /// As [`apply_to_request`](Self::apply_to_request).
    pub fn apply_to_response(
        &self,
        method: &Method,
        parts: &mut response::Parts,
    ) -> Result<Option<Bytes>, NoRoom> {
        check_room(&parts.headers)?;
        let body = self.content.as_ref().map(VerdictBody::bytes).cloned();
        self.change_headers(&mut parts.headers, body.as_ref(), &OF_A_RESPONSE_BODY);
        let before = parts.status;
        parts.status = self.status.unwrap_or(match before {
            // The new body is no part of anything.
            StatusCode::PARTIAL_CONTENT if body.is_some() => StatusCode::OK,
            before => before,
        });
        let (had_none, has_none) = (status_has_no_body(before), status_has_no_body(parts.status));
        let says_another_length = before != parts.status && (had_none || has_none);
        if (has_none && body.is_some()) || (body.is_none() && says_another_length) {
            parts.headers.remove(CONTENT_LENGTH);
            parts.headers.remove(header::TRANSFER_ENCODING);
        }
        Ok(match body {
            _ if has_none && !had_none => Some(Bytes::new()),
            Some(_) if keeps_no_body(method, parts.status) => Some(Bytes::new()),
            body => body,
        })
    }

    /// `dropHeaders`, then what the new body makes wrong, then `addHeaders`.
    fn change_headers(
        &self,
        headers: &mut HeaderMap,
        body: Option<&Bytes>,
        also_of_body: &[HeaderName],
    ) {
        for name in &self.drop_headers {
            headers.remove(name);
        }
        if let Some(body) = body {
            for name in OF_ANY_BODY.iter().chain(also_of_body) {
                headers.remove(name);
            }
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        if matches!(self.content, Some(VerdictBody::Json(_))) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        add(headers, &self.add_headers);
    }
}

impl Terminate {
    /// The answer to the client: trailers-only for a gRPC call (see [`is_grpc`](crate::is_grpc)). Of such a call
    /// a `grpc-status` from 1 to 16 and a `grpc-message` among the headers are the answer's; others are
    /// [refused](Self::refused_of_grpc).
    ///
    /// An answer that keeps no body ([`keeps_no_body`]) has one here all the same; it is for the caller
    /// to leave it out.
    #[must_use]
    pub fn to_response(&self, grpc: Option<&HeaderValue>) -> Response<Bytes> {
        let mut headers = HeaderMap::new();
        if let Some(content_type) = grpc {
            add(&mut headers, &self.add_headers);
            let own = GrpcWords::take(&mut headers);
            let message = self.message.as_deref().unwrap_or(DEFAULT_TEXT);
            let mut answer = grpc_answer(self.status, message, content_type, headers);
            own.put(answer.headers_mut());
            return answer;
        }
        let (content_type, body) = match (&self.content, &self.message) {
            (Some(VerdictBody::Json(json)), _) => ("application/json", json.clone()),
            (Some(VerdictBody::Binary(bytes)), _) => ("application/octet-stream", bytes.clone()),
            (Some(VerdictBody::Text(text)), _) => (TEXT, text.clone()),
            (None, Some(message)) => (TEXT, Bytes::copy_from_slice(message.as_bytes())),
            (None, None) => (TEXT, Bytes::from_static(DEFAULT_TEXT.as_bytes())),
        };
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        add(&mut headers, &self.add_headers);
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        response
    }
}

impl Terminate {
    /// Names of headers that a gRPC call's answer cannot have as the function set them: a `grpc-status` that is no
    /// number from 1 to 16, or a `grpc-status` or `grpc-message` of several lines.
    #[must_use]
    pub fn refused_of_grpc(&self) -> Vec<String> {
        let mut headers = HeaderMap::new();
        add(&mut headers, &self.add_headers);
        let refused = GrpcWords::take(&mut headers).refused;
        refused.into_iter().map(|name| name.to_string()).collect()
    }
}

const TEXT: &str = "text/plain; charset=utf-8";

/// Each name replaces what is there.
fn add(headers: &mut HeaderMap, added: &AddedHeaders) {
    for (name, values) in &added.0 {
        headers.remove(name);
        for value in values {
            headers.append(name, value.clone());
        }
    }
}

/// Inserting into a full header map panics, so there is room for a whole verdict or it is not applied.
fn check_room(headers: &HeaderMap) -> Result<(), NoRoom> {
    const { assert!(MAX_LINES_BEFORE + MAX_HEADER_LINES + 16 < 24_000) };
    if headers.len() > MAX_LINES_BEFORE {
        return Err(NoRoom { _private: () });
    }
    Ok(())
}

/// A message has so many header lines that there is no room for a verdict's.
///
/// The message is unchanged. Its sender brought that about, so the call is blocked under every policy
/// ([`Outcome::NoRoom`](crate::Outcome::NoRoom)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoRoom {
    _private: (),
}

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "more than {MAX_LINES_BEFORE} header lines, which leaves no room for the verdict's"
        )
    }
}

impl Error for NoRoom {}
