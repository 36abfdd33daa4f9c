//! The facts of a call that its HTTP message does not hold.

mod caller;
mod endpoint;

use std::{fmt, net::IpAddr, sync::Arc, time::Instant};

use http::Uri;

pub use self::{
    caller::{Application, PackageKey},
    endpoint::Endpoint,
};
use crate::{MessageId, Relay, Token};

/// Ids, package key, extended attribute values, token and routing of one call.
///
/// An application puts one into the request's extensions, outside the first sidecar layer. The
/// envelope leaves out what the context leaves out. The layers fill in a missing message id, peer
/// address and deadline, so that every sidecar of a chain sees the same.
///
/// A context that an application puts between two sidecar layers updates the call: the parts that it
/// names hold for the layers inside, and every other part stays as it was. The message id stays in any
/// case, and the earlier of the two deadlines holds.
///
/// Cloning is cheap: clones share the large parts.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use lambda_sidecar::{CallContext, Endpoint};
/// use std::sync::Arc;
///
/// let endpoint = Arc::new(Endpoint::new().service_id("0123456789").endpoint_id("9876543210"));
/// let mut request = http::Request::new(());
/// request.extensions_mut().insert(CallContext::new().endpoint(endpoint));
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct CallContext {
    /// One id for the whole call. Default: tower-http's `RequestId`, else a new UUID.
    pub message_id: Option<MessageId>,
    /// The endpoint of the call. All calls of an endpoint can share it.
    pub endpoint: Option<Arc<Endpoint>>,
    /// The application that calls. A call without one meets no `require-eavs`.
    pub application: Option<Arc<Application>>,
    /// The package key that the client presented. A call without one meets no `require-packageKey-eavs`.
    pub package_key: Option<Arc<PackageKey>>,
    /// The contents of the access token, if the application has checked one.
    pub token: Option<Arc<Token>>,
    /// The URI as the client called it, for `operation.uri`. Default: axum's `OriginalUri`, else the
    /// request's own.
    pub uri: Option<Arc<Uri>>,
    /// The URI that the request will be sent to.
    pub routing: Option<Arc<Uri>>,
    /// The peer's IP address. The layers never take it from a client's header.
    pub remote_addr: Option<IpAddr>,
    /// The end of the whole call's time. A layer's endpoint timeout can only make it earlier. Default: the
    /// layer's endpoint timeout, counted from now.
    pub deadline: Option<Instant>,
    /// What the request halves so far left for the response halves. Only sidecars set it.
    pub(crate) relay: Option<Arc<Relay>>,
}

impl CallContext {
    /// A context that says nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the endpoint.
    #[must_use]
    pub fn endpoint(mut self, endpoint: Arc<Endpoint>) -> Self {
        self.endpoint = Some(endpoint);
        self
    }

    /// Sets the id of the call. At most 256 visible ASCII characters, else it is ignored.
    #[must_use]
    pub fn message_id(mut self, id: &str) -> Self {
        self.message_id = Some(id.into());
        self
    }

    /// Sets the calling application.
    #[must_use]
    pub fn application(mut self, application: Arc<Application>) -> Self {
        self.application = Some(application);
        self
    }

    /// Sets the package key that the client presented.
    #[must_use]
    pub fn package_key(mut self, key: Arc<PackageKey>) -> Self {
        self.package_key = Some(key);
        self
    }

    /// Sets the contents of the access token.
    #[must_use]
    pub fn token(mut self, token: Token) -> Self {
        self.token = Some(Arc::new(token));
        self
    }

    /// Sets the URI as the client called it, if something has rewritten the request's own.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use http::Uri;
    /// use lambda_sidecar::CallContext;
    ///
    /// // A proxy of yours has taken `/shop` off the path.
    /// let context = CallContext::new().uri(Uri::from_static("/shop/orders/7"));
    /// # assert!(context.uri.is_some());
    /// ```
    #[must_use]
    pub fn uri(mut self, uri: Uri) -> Self {
        self.uri = Some(Arc::new(uri));
        self
    }

    /// Sets the URI that the request will be sent to.
    #[must_use]
    pub fn routing(mut self, uri: Uri) -> Self {
        self.routing = Some(Arc::new(uri));
        self
    }

    /// Sets the peer's address.
    #[must_use]
    pub fn remote_addr(mut self, address: IpAddr) -> Self {
        self.remote_addr = Some(address);
        self
    }

    /// Sets the end of the whole call's time. A layer's endpoint timeout can only make it earlier.
    #[must_use]
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// What the request halves of the call have left for its response halves, if they left something.
    #[doc(hidden)]
    #[must_use]
    pub fn relay(&self) -> Option<&Arc<Relay>> {
        self.relay.as_ref()
    }

    /// Puts this in the place of what the request halves have left so far.
    #[doc(hidden)]
    pub fn set_relay(&mut self, relay: Option<Arc<Relay>>) {
        self.relay = relay;
    }

    /// This context with the parts of `earlier` that it leaves out; the message id, and what request halves
    /// left for response halves, are those of `earlier`, and the earlier deadline of the two holds.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use std::sync::Arc;
    /// use lambda_sidecar::{Application, CallContext, Token};
    ///
    /// let outside = CallContext::new().message_id("call-7").token(Token::new().scope("orders:read"));
    /// let gold = Arc::new(Application::new([("tier", "gold")]));
    /// let between = CallContext::new().message_id("another").application(gold);
    /// let updated = between.updating(&outside);
    /// assert_eq!(updated.message_id.as_deref(), Some("call-7"));
    /// assert!(updated.token.is_some() && updated.application.is_some());
    /// ```
    #[must_use]
    pub fn updating(self, earlier: &Self) -> Self {
        Self {
            message_id: earlier.message_id.clone().or(self.message_id),
            endpoint: self.endpoint.or_else(|| earlier.endpoint.clone()),
            application: self.application.or_else(|| earlier.application.clone()),
            package_key: self.package_key.or_else(|| earlier.package_key.clone()),
            token: self.token.or_else(|| earlier.token.clone()),
            uri: self.uri.or_else(|| earlier.uri.clone()),
            routing: self.routing.or_else(|| earlier.routing.clone()),
            remote_addr: self.remote_addr.or(earlier.remote_addr),
            deadline: self.deadline.into_iter().chain(earlier.deadline).min(),
            relay: earlier.relay.clone().or(self.relay),
        }
    }
}

/// Shows which parts are there, not what they hold: keys and attribute values can be secrets.
impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext")
            .field("message_id", &self.message_id)
            .field("endpoint", &self.endpoint)
            .field("application", &self.application.is_some())
            .field("package_key", &self.package_key.is_some())
            .field("token", &self.token.is_some())
            .field("uri", &self.uri.is_some())
            .field("routing", &self.routing.is_some())
            .field("remote_addr", &self.remote_addr)
            .field("deadline", &self.deadline)
            .field("relay", &self.relay)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::*;

    fn whole(name: &str, deadline: Instant) -> CallContext {
        let pair = [(name, name)];
        CallContext::new()
            .message_id(name)
            .endpoint(Arc::new(Endpoint::new().service_id(name)))
            .application(Arc::new(Application::new(pair)))
            .package_key(Arc::new(PackageKey::new(name, pair)))
            .token(Token::new().scope(name))
            .uri(Uri::try_from(format!("/{name}")).unwrap())
            .routing(Uri::try_from(format!("/{name}")).unwrap())
            .remote_addr([127, 0, 0, 1].into())
            .deadline(deadline)
    }

    /// The endpoint's id, the application's and package key's names, the token's scope, both paths.
    fn named(context: &CallContext) -> [String; 6] {
        let eavs = |eavs: &BTreeMap<String, String>| eavs.keys().cloned().collect::<String>();
        [
            context
                .endpoint
                .as_ref()
                .unwrap()
                .service_id
                .clone()
                .unwrap(),
            eavs(&context.application.as_ref().unwrap().eavs),
            eavs(&context.package_key.as_ref().unwrap().eavs),
            context.token.as_ref().unwrap().scope.clone().unwrap(),
            context.uri.as_ref().unwrap().path()[1..].to_owned(),
            context.routing.as_ref().unwrap().path()[1..].to_owned(),
        ]
    }

    #[test]
    fn an_update_holds_for_the_parts_that_it_names_and_keeps_the_id_and_the_earlier_deadline() {
        let (soon, late) = (Instant::now(), Instant::now() + Duration::from_secs(60));
        for (first, second) in [(soon, late), (late, soon)] {
            let earlier = whole("a", first);
            for (update, name) in [(CallContext::new(), "a"), (whole("b", second), "b")] {
                let names_one = update.deadline.is_some();
                let updated = update.updating(&earlier);
                assert_eq!(named(&updated), [name; 6]);
                assert_eq!(updated.message_id.as_deref(), Some("a"));
                assert_eq!(updated.remote_addr, Some([127, 0, 0, 1].into()));
                assert_eq!(updated.deadline, Some(if names_one { soon } else { first }));
            }
            let updated = whole("b", second).updating(&CallContext::new());
            assert_eq!(updated.message_id.as_deref(), Some("b"));
            assert_eq!(updated.deadline, Some(second));
        }
    }
}
