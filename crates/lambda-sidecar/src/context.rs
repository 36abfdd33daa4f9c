//! The facts that a call carries from its first sidecar to its last: id, peer, deadline.

use std::{mem, sync::Arc, time::Duration};

use http::{Extensions, Request, Uri};
use lambda_sidecar_core::{CallContext, MessageId, session::CallFacts};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{Receipts, host::name_host, route::SharedRoute};

/// The time of a call for which no layer and no context names one: 60 seconds.
const DEFAULT_ENDPOINT_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest message id that the layers take over. Lambda's client context holds 3,583 bytes; a longer
/// id would make the invocation fail, and no client may bring that about.
const MAX_MESSAGE_ID: usize = 256;

/// Takes the facts of a call from its request, fills in the missing ones, and puts them back for the sidecars
/// further in.
pub(crate) fn facts<B>(request: &mut Request<B>, route: &SharedRoute) -> CallFacts {
    let extensions = request.extensions_mut();
    let given = extensions.get_mut::<CallContext>();
    let mut context = given.map(mem::take).unwrap_or_default();
    if let Some(earlier) = earlier_context(extensions) {
        context = context.updating(earlier);
    }
    let message_id = message_id(&context, extensions);
    let deadline = deadline(&context, route.endpoint_timeout).into_std();
    context.message_id = Some(message_id.clone());
    context.deadline = Some(deadline);
    if context.remote_addr.is_none() {
        context.remote_addr = peer(extensions);
    }
    if context.uri.is_none() {
        context.uri = original_uri(extensions).cloned().map(Arc::new);
    }
    // In the place of the application's own, if there is one.
    let shown = extensions.get_or_insert_with(CallContext::default);
    *shown = context.clone();
    // What is relayed is for sidecars alone.
    shown.set_relay(None);
    keep_context(extensions, route, context.clone());
    name_host(request, context.uri.as_deref(), route.looks_at_host);
    CallFacts::new(context, message_id, deadline)
}

/// The context of a call, beside the one that the application may replace further in.
#[derive(Clone)]
struct KeptContext(CallContext);

/// Keeps the context for the sidecars further in. A request half leaves its receipts in the request anyway,
/// which nobody else touches: a context kept with them costs no allocation.
fn keep_context(extensions: &mut Extensions, route: &SharedRoute, context: CallContext) {
    match extensions.get_mut::<Receipts>() {
        Some(receipts) => receipts.keep_context(context),
        None if !route.halves.has_request_halves() => {
            extensions.insert(KeptContext(context));
        }
        None => {
            let mut receipts = Receipts::default();
            receipts.keep_context(context);
            extensions.insert(receipts);
        }
    }
}

/// The context of a call as the sidecars further out know it.
pub(crate) fn earlier_context(extensions: &Extensions) -> Option<&CallContext> {
    // Once there are receipts, every later context is with them.
    let with_receipts = extensions.get::<Receipts>().and_then(Receipts::context);
    with_receipts.or_else(|| extensions.get::<KeptContext>().map(|kept| &kept.0))
}

/// The earliest of all that were named: by the layers further out, the application and this layer.
fn deadline(context: &CallContext, endpoint_timeout: Option<Duration>) -> Instant {
    let named = context.deadline.map(Instant::from_std);
    let own = endpoint_timeout.map(after);
    let earliest = named.into_iter().chain(own).min();
    earliest.unwrap_or_else(|| after(DEFAULT_ENDPOINT_TIMEOUT))
}

/// Thirty years stand for a timeout that is longer than the clock can tell.
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

/// Both versions in use are looked for: an id of the other one would silently not be the message id.
#[cfg(feature = "tower-http")]
fn request_id(extensions: &Extensions) -> Option<&str> {
    let id = match extensions.get::<tower_http::request_id::RequestId>() {
        Some(id) => id.header_value(),
        None => extensions
            .get::<tower_http_06::request_id::RequestId>()?
            .header_value(),
    };
    id.to_str().ok()
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

/// The URI as the client called it: `Router::nest` takes the prefix off the request's own.
#[cfg(feature = "axum")]
fn original_uri(extensions: &Extensions) -> Option<&Uri> {
    let original = extensions.get::<axum::extract::OriginalUri>()?;
    Some(&original.0)
}

#[cfg(not(feature = "axum"))]
fn original_uri(_extensions: &Extensions) -> Option<&Uri> {
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
