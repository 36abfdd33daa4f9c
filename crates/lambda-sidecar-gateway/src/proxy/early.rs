//! Answers given before the request's body was read.
//!
//! On HTTP/1 the rest of that body stands between this answer and the next request, so the server closes
//! the connection. It has to say so (RFC 9112, section 9.6), or a client that keeps it would lose its next
//! request without an answer.

use http::{HeaderValue, Request, Response, Version, header::CONNECTION};
use http_body::Body;
use lambda_sidecar::{Decision, Receipts};

/// Whether a body that is not read would be in the way of the next request.
pub(super) fn is_in_the_way<B: Body>(request: &Request<B>) -> bool {
    request.version() < Version::HTTP_2 && !request.body().is_end_stream()
}

/// Whether a sidecar answered in place of the backend.
pub(super) fn is_of_a_sidecar<B>(response: &Response<B>) -> bool {
    let receipts = response.extensions().get::<Receipts>();
    receipts
        .into_iter()
        .flatten()
        .any(|receipt| matches!(receipt.decision(), Decision::Terminate | Decision::Error))
}

/// Says that the connection ends with this answer.
pub(super) fn say_close<B>(response: &mut Response<B>) {
    let close = HeaderValue::from_static("close");
    response.headers_mut().insert(CONNECTION, close);
}
