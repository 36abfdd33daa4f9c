//! The facts of a call that its HTTP message does not hold.

use std::{collections::BTreeMap, fmt, net::IpAddr, sync::Arc, time::Instant};

use http::Uri;

use crate::{MessageId, problem::ErrorSet};

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
/// use lambda_sidecar_core::{CallContext, Endpoint};
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
    pub uri: Option<Uri>,
    /// The URI that the request will be sent to.
    pub routing: Option<Uri>,
    /// The peer's IP address. The layers never take it from a client's header.
    pub remote_addr: Option<IpAddr>,
    /// The end of the whole call's time. A layer's endpoint timeout can only make it earlier. Default: the
    /// layer's endpoint timeout, counted from now.
    pub deadline: Option<Instant>,
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
    /// use http::Uri;
    /// use lambda_sidecar_core::CallContext;
    ///
    /// // A proxy of yours has taken `/shop` off the path.
    /// let context = CallContext::new().uri(Uri::from_static("/shop/orders/7"));
    /// # assert!(context.uri.is_some());
    /// ```
    #[must_use]
    pub fn uri(mut self, uri: Uri) -> Self {
        self.uri = Some(uri);
        self
    }

    /// Sets the URI that the request will be sent to.
    #[must_use]
    pub fn routing(mut self, uri: Uri) -> Self {
        self.routing = Some(uri);
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

    /// This context with the parts of `earlier` that it leaves out; the message id is that of `earlier`, and
    /// the earlier deadline of the two holds.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use lambda_sidecar_core::{Application, CallContext, Token};
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
        fn or<T: Clone>(named: Option<T>, earlier: &Option<T>) -> Option<T> {
            named.or_else(|| earlier.clone())
        }
        Self {
            message_id: or(earlier.message_id.clone(), &self.message_id),
            endpoint: or(self.endpoint, &earlier.endpoint),
            application: or(self.application, &earlier.application),
            package_key: or(self.package_key, &earlier.package_key),
            token: or(self.token, &earlier.token),
            uri: or(self.uri, &earlier.uri),
            routing: or(self.routing, &earlier.routing),
            remote_addr: or(self.remote_addr, &earlier.remote_addr),
            deadline: self.deadline.into_iter().chain(earlier.deadline).min(),
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
            .finish()
    }
}

/// The facts that are the same for every call to one endpoint.
///
/// ```
/// use lambda_sidecar_core::Endpoint;
///
/// // `/my/op?p1=a` is sent as `operation.path: /op` and `operation.uri: https://api.acme.com/my/op?p1=a`.
/// let endpoint = Endpoint::new()
///     .service_id("0123456789")
///     .endpoint_id("9876543210")
///     .path("/my")
///     .public_base("https://api.acme.com");
/// # assert!(endpoint.errors().is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Endpoint {
    pub(crate) service_id: Option<String>,
    pub(crate) endpoint_id: Option<String>,
    pub(crate) path: String,
    pub(crate) public_base: Option<String>,
    pub(crate) error_set: Option<ErrorSet>,
}

impl Endpoint {
    /// An endpoint at `/` without ids.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets `serviceId` of the envelope. Default: left out.
    #[must_use]
    pub fn service_id(mut self, id: impl Into<String>) -> Self {
        self.service_id = Some(id.into());
        self
    }

    /// Sets `endpointId` of the envelope. Default: left out.
    #[must_use]
    pub fn endpoint_id(mut self, id: impl Into<String>) -> Self {
        self.endpoint_id = Some(id.into());
        self
    }

    /// Sets the public path, which `operation.path` is below. Default: `/`.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self.path.truncate(self.path.trim_end_matches('/').len());
        self
    }

    /// Sets scheme and authority of `operation.uri`, such as `https://api.acme.com`.
    /// Default: the request's own scheme and `Host`.
    #[must_use]
    pub fn public_base(mut self, base: impl Into<String>) -> Self {
        self.public_base = Some(base.into());
        self
    }

    /// Sets the error set that sidecars with `enable_error_set: true` use. Default: none.
    #[must_use]
    pub fn error_set(mut self, set: ErrorSet) -> Self {
        self.error_set = Some(set);
        self
    }

    /// The error set, if there is one.
    #[must_use]
    pub fn errors(&self) -> Option<&ErrorSet> {
        self.error_set.as_ref()
    }
}

/// The application that calls, with its extended attribute values (EAVs).
///
/// ```
/// let application = lambda_sidecar_core::Application::new([("tier", "gold")]);
/// assert_eq!(format!("{application:?}"), r#"Application { eavs: ["tier"] }"#);
/// ```
#[derive(Clone, Default)]
pub struct Application {
    pub(crate) eavs: BTreeMap<String, String>,
}

impl Application {
    /// An application with these attribute values; names are case-sensitive.
    pub fn new<N, V>(eavs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        Self { eavs: owned(eavs) }
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.eavs.keys().collect();
        f.debug_struct("Application").field("eavs", &names).finish()
    }
}

/// A package key with its extended attribute values (EAVs).
///
/// ```
/// let key = lambda_sidecar_core::PackageKey::new("abc123", [("plan", "trial")]);
/// assert_eq!(format!("{key:?}"), r#"PackageKey { eavs: ["plan"], .. }"#);
/// ```
#[derive(Clone, Default)]
pub struct PackageKey {
    pub(crate) key: String,
    pub(crate) eavs: BTreeMap<String, String>,
}

impl PackageKey {
    /// A package key with these attribute values; names are case-sensitive.
    pub fn new<N, V>(key: impl Into<String>, eavs: impl IntoIterator<Item = (N, V)>) -> Self
    where
        N: Into<String>,
        V: Into<String>,
    {
        Self {
            key: key.into(),
            eavs: owned(eavs),
        }
    }
}

impl fmt::Debug for PackageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.eavs.keys().collect();
        f.debug_struct("PackageKey")
            .field("eavs", &names)
            .finish_non_exhaustive()
    }
}

fn owned<N: Into<String>, V: Into<String>>(
    pairs: impl IntoIterator<Item = (N, V)>,
) -> BTreeMap<String, String> {
    pairs
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

/// The contents of an access token, in the words of the envelope. Sidecars whose `expand-input` names
/// `token` send it.
///
/// ```
/// use lambda_sidecar_core::{CallContext, Token};
///
/// let token = Token::new().scope("orders:read").grant_type("CC");
/// let context = CallContext::new().token(token);
/// # assert!(context.token.is_some());
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Token {
    /// The scope.
    pub scope: Option<String>,
    /// Whatever the issuer stored of the user.
    pub user_context: Option<String>,
    /// How the token was granted, `CC` for instance.
    pub grant_type: Option<String>,
    /// When it expires, as RFC 3339 writes it.
    pub expires: Option<String>,
}

impl Token {
    /// A token that says nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the scope.
    #[must_use]
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// Sets whatever the issuer stored of the user.
    #[must_use]
    pub fn user_context(mut self, user_context: impl Into<String>) -> Self {
        self.user_context = Some(user_context.into());
        self
    }

    /// Sets how the token was granted, `CC` for instance.
    #[must_use]
    pub fn grant_type(mut self, grant_type: impl Into<String>) -> Self {
        self.grant_type = Some(grant_type.into());
        self
    }

    /// Sets when the token expires, as RFC 3339 writes it: `2020-03-24T13:48:09Z`.
    #[must_use]
    pub fn expires(mut self, expires: impl Into<String>) -> Self {
        self.expires = Some(expires.into());
        self
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("grant_type", &self.grant_type)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
