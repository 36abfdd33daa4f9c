//! What a call carries from its first sidecar to its last: id, peer, deadline.

use std::time::Duration;

use http::{Extensions, HeaderMap, HeaderValue};
use lambda_sidecar_core::{CallContext, MessageId};
use tokio::time::Instant;
use uuid::Uuid;

/// The longest message id that is taken over. Lambda's client context holds 3,583 bytes; a longer id
/// would make the function call fail, and no client may bring that about.
const MAX_MESSAGE_ID: usize = 256;

/// The context of a call whose id and deadline are known.
pub(crate) struct KnownContext {
    pub(crate) context: CallContext,
    pub(crate) message_id: MessageId,
    pub(crate) deadline: Instant,
}

impl KnownContext {
    /// Takes the context from a request's extensions, fills in what is missing, and puts it back for
    /// the sidecars further in.
    pub(crate) fn of_request(extensions: &mut Extensions, endpoint_timeout: Duration) -> Self {
        let given = extensions.get::<CallContext>();
        let mut context = given.cloned().unwrap_or_default();
        let message_id = message_id(&context, extensions);
        let deadline = context
            .deadline
            .map_or_else(|| after(endpoint_timeout), Instant::from_std);
        context.message_id = Some(message_id.clone());
        context.deadline = Some(deadline.into_std());
        if context.remote_addr.is_none() {
            context.remote_addr = peer(extensions);
        }
        // In the place that the application's own has, where there is one.
        *extensions.get_or_insert_with(CallContext::default) = context.clone();
        Self {
            context,
            message_id,
            deadline,
        }
    }
}

/// A timeout longer than the clock can tell is as good as thirty years.
fn after(timeout: Duration) -> Instant {
    const FAR_OFF: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    let now = Instant::now();
    now.checked_add(timeout).unwrap_or(now + FAR_OFF)
}

/// The application's id, else tower-http's, else a new UUID.
fn message_id(context: &CallContext, extensions: &Extensions) -> MessageId {
    if let Some(id) = context.message_id.as_ref().filter(|id| is_message_id(id)) {
        return id.clone();
    }
    if let Some(id) = request_id(extensions).filter(|id| is_message_id(id)) {
        return id.into();
    }
    let mut buffer = Uuid::encode_buffer();
    let id = Uuid::new_v4().hyphenated().encode_lower(&mut buffer);
    MessageId::from(&*id)
}

fn is_message_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= MAX_MESSAGE_ID && id.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(feature = "tower-http")]
fn request_id(extensions: &Extensions) -> Option<&str> {
    let id = extensions.get::<tower_http::request_id::RequestId>()?;
    id.header_value().to_str().ok()
}

#[cfg(not(feature = "tower-http"))]
fn request_id(_extensions: &Extensions) -> Option<&str> {
    None
}

#[cfg(feature = "axum")]
fn peer(extensions: &Extensions) -> Option<std::net::IpAddr> {
    let info = extensions.get::<axum::extract::ConnectInfo<std::net::SocketAddr>>()?;
    Some(info.0.ip())
}

#[cfg(not(feature = "axum"))]
fn peer(_extensions: &Extensions) -> Option<std::net::IpAddr> {
    None
}

/// The W3C trace context of a request, where it is a valid one (<https://www.w3.org/TR/trace-context/>).
pub(crate) fn traceparent(headers: &HeaderMap) -> Option<HeaderValue> {
    let value = headers.get("traceparent")?;
    is_traceparent(value.as_bytes()).then(|| value.clone())
}

/// `version-traceid-parentid-flags` in lower-case hexadecimal digits, no id all zeros. Longer forms of
/// later versions are left out: what a client sends must not make the function call fail.
fn is_traceparent(value: &[u8]) -> bool {
    let is_hex = |digits: &[u8]| {
        digits
            .iter()
            .all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_id = |digits: &[u8]| is_hex(digits) && digits.iter().any(|b| *b != b'0');
    let mut fields = value.split(|byte| *byte == b'-');
    match [(); 5].map(|()| fields.next()) {
        [Some(version), Some(trace), Some(parent), Some(flags), None] => {
            (version.len(), trace.len(), parent.len(), flags.len()) == (2, 32, 16, 2)
                && is_hex(version)
                && version != b"ff"
                && is_id(trace)
                && is_id(parent)
                && is_hex(flags)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_taken_over_only_where_it_is_valid() {
        for (value, expected) in [
            (
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                true,
            ),
            (
                "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
                true,
            ),
            (
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                false,
            ),
            (
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                false,
            ),
            (
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                false,
            ),
            (
                "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                false,
            ),
            (
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                false,
            ),
            ("00-0af7-b7ad-01", false),
            ("", false),
        ] {
            assert_eq!(is_traceparent(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn a_message_id_that_would_not_fit_is_replaced_by_a_new_one() {
        for id in ["", "with space", "new\nline", &"x".repeat(257)] {
            let context = CallContext::new().message_id(id);
            let taken = message_id(&context, &Extensions::new());
            assert_eq!(taken.len(), 36, "{id:?} became {taken}");
        }
        let context = CallContext::new().message_id("mine");
        assert_eq!(&*message_id(&context, &Extensions::new()), "mine");
    }
}
