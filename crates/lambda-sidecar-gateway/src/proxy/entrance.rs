//! What the gateway gives a call before the sidecars of its endpoint see it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Request, Uri, uri::PathAndQuery};
use lambda_sidecar::{CallContext, Endpoint};

use super::{
    answers::{AnswerForm, Refusal},
    api_key,
    connection::ConnectionGuard,
    framing, headers,
    hop::Hop,
    host, method, upgrade,
    via::{self, Pseudonym},
};
use crate::config::{Caller, EndpointConfig, KeyPlaces};

/// Takes a request in as one that can be read in one way only, and without what belongs to the client's
/// connection. Returns whether it comes in chunks.
///
/// # Errors
///
/// If it cannot be taken in.
pub(super) fn admit<B>(request: &mut Request<B>) -> Result<bool, Refusal> {
    if !method::is_call(request.method()) {
        return Err(Refusal::NO_SUCH_METHOD);
    }
    let chunked = framing::clear_request(request)?;
    host::clear(request)?;
    headers::at_entrance(request);
    Ok(chunked)
}

/// The way into one endpoint.
#[derive(Debug)]
pub(super) struct Entrance {
    base: Uri,
    timeout: Duration,
    endpoint: Arc<Endpoint>,
    has_public_base: bool,
    /// The endpoint's path as in the file.
    path: String,
    require_api_key: bool,
    /// Where the key is taken out, if it is.
    stripped: Option<KeyPlaces>,
    pseudonym: Pseudonym,
}

/// What is known of one call before its endpoint takes over.
#[derive(Debug)]
pub(super) struct ClientCall<'c> {
    /// The path below the endpoint's.
    pub(super) rest: &'c str,
    pub(super) caller: Option<Caller>,
    /// Whether the request comes in chunks.
    pub(super) chunked: bool,
    pub(super) peer: IpAddr,
    pub(super) connection: Arc<ConnectionGuard>,
    pub(super) form: &'c AnswerForm,
}

impl Entrance {
    pub(super) fn new(config: &EndpointConfig, pseudonym: Pseudonym) -> Self {
        Self {
            base: config.origin.base.clone(),
            timeout: config.timeout,
            endpoint: Arc::clone(&config.endpoint),
            has_public_base: config.has_public_base,
            path: config.path.clone(),
            require_api_key: config.require_api_key,
            stripped: config.strip_api_key.then(|| config.key_places.clone()),
            pseudonym,
        }
    }

    /// Puts the call's context and its way to the backend into the request. Returns the call's deadline.
    ///
    /// # Errors
    ///
    /// When the call may not enter.
    pub(super) fn enter<B>(
        &self,
        request: &mut Request<B>,
        call: ClientCall<'_>,
    ) -> Result<Instant, Refusal> {
        self.pseudonym.refuse_loop(request.headers())?;
        if self.require_api_key && call.caller.is_none() {
            return Err(Refusal::NO_KEY);
        }
        via::count_forward(request)?;
        if let Some(places) = &self.stripped {
            api_key::strip(places, request).map_err(|_| Refusal::TOO_LONG)?;
        }
        let deadline = Instant::now() + self.timeout;
        let host = host::called(request);
        let reached = match host {
            Some(_) => None,
            None => call.connection.local(),
        };
        let target = self.target(call.rest, request.uri().query())?;
        let hop = Hop {
            target: target.clone(),
            deadline,
            peer: call.peer,
            connection: call.connection,
            host,
            websocket: upgrade::wants_websocket(request),
            chunked: call.chunked,
            via: self.pseudonym.entry(request.version()),
        };
        let mut context = CallContext::new()
            .message_id(call.form.message_id())
            .endpoint(self.endpoint_as_called(request.uri().path(), call.rest, reached))
            .routing(target)
            .remote_addr(call.peer)
            .deadline(deadline);
        if let Some(caller) = call.caller {
            context = context
                .application(caller.application)
                .package_key(caller.package_key);
        }
        request.extensions_mut().insert(context);
        request.extensions_mut().insert(Arc::new(hop));
        Ok(deadline)
    }

    /// The endpoint, at its path as the client wrote it: what is below it begins where that ends. A client that
    /// names no host calls the address that it has `reached` (RFC 9112, section 3.3).
    fn endpoint_as_called(
        &self,
        path: &str,
        rest: &str,
        reached: Option<SocketAddr>,
    ) -> Arc<Endpoint> {
        let reached = reached.filter(|_| !self.has_public_base);
        let called = path.strip_suffix(rest).unwrap_or(path);
        let is_as_in_the_file = called.trim_end_matches('/') == self.path;
        if is_as_in_the_file && reached.is_none() {
            return Arc::clone(&self.endpoint);
        }
        let mut endpoint = Endpoint::clone(&self.endpoint);
        if !is_as_in_the_file {
            endpoint = endpoint.path(called);
        }
        if let Some(address) = reached {
            endpoint = endpoint.public_base(format!("http://{address}"));
        }
        Arc::new(endpoint)
    }

    fn target(&self, rest: &str, query: Option<&str>) -> Result<Uri, Refusal> {
        let path = at_origin(self.base.path(), rest, query);
        let mut parts = self.base.clone().into_parts();
        parts.path_and_query = PathAndQuery::try_from(path).ok();
        Uri::from_parts(parts).map_err(|_| Refusal::TOO_LONG)
    }
}

/// The path at the backend: the origin's, and below it the part below the endpoint's own path.
fn at_origin(origin: &str, rest: &str, query: Option<&str>) -> String {
    let origin = match rest {
        "" => origin,
        _ => origin.trim_end_matches('/'),
    };
    let capacity = origin.len() + rest.len() + query.map_or(0, |query| query.len() + 1);
    let mut path = String::with_capacity(capacity);
    path.push_str(origin);
    path.push_str(rest);
    if let Some(query) = query {
        path.push('?');
        path.push_str(query);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rest_of_the_path_and_query_are_appended() {
        assert_eq!(at_origin("/backend", "/op", None), "/backend/op");
        assert_eq!(
            at_origin("/backend", "/op", Some("a=%20&a")),
            "/backend/op?a=%20&a"
        );
        assert_eq!(at_origin("/", "/op", Some("")), "/op?");
        assert_eq!(at_origin("/backend/", "/op", None), "/backend/op");
        assert_eq!(at_origin("/backend", "/", None), "/backend/");
    }

    #[test]
    fn a_call_to_the_endpoint_itself_goes_to_the_origin_path_as_it_stands() {
        assert_eq!(at_origin("/backend", "", None), "/backend");
        assert_eq!(at_origin("/backend/", "", Some("q")), "/backend/?q");
    }
}
