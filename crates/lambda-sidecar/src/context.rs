//! What a call carries from its first sidecar to its last: id, peer, deadline.

use std::time::Duration;

use http::Extensions;
use lambda_sidecar_core::{CallContext, MessageId, session::Facts};
use tokio::time::Instant;
use uuid::Uuid;

/// The longest message id that is taken over. Lambda's client context holds 3,583 bytes; a longer id
/// would make the function call fail, and no client may bring that about.
const MAX_MESSAGE_ID: usize = 256;

/// Takes what is known of a call from its request's extensions, fills in what is missing, and puts it back for
/// the sidecars further in.
pub(crate) fn facts(extensions: &mut Extensions, endpoint_timeout: Duration) -> Facts {
    let given = extensions.get::<CallContext>();
    let mut context = given.cloned().unwrap_or_default();
    let message_id = message_id(&context, extensions);
    let deadline = context
        .deadline
        .unwrap_or_else(|| after(endpoint_timeout).into_std());
    context.message_id = Some(message_id.clone());
    context.deadline = Some(deadline);
    if context.remote_addr.is_none() {
        context.remote_addr = peer(extensions);
    }
    // In the place that the application's own has, where there is one.
    *extensions.get_or_insert_with(CallContext::default) = context.clone();
    Facts::new(context, message_id, deadline)
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

#[cfg(test)]
mod tests {
    use super::*;

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
