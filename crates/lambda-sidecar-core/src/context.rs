//! What the application knows of a call beside its HTTP message.

use std::{collections::BTreeMap, fmt, net::IpAddr, sync::Arc, time::Instant};

use http::Uri;

use crate::{MessageId, problem::ErrorSet};

/// Ids, package key, extended attribute values, token and routing of one call.
///
/// An application puts one into the request's extensions before the first sidecar layer; whatever
/// it leaves out is left out of the envelope too. The layers fill in the message id, the peer's
/// address and the deadline where they are missing, so that every sidecar of a chain sees the same.
///
/// Cloning is cheap: what is the same for many calls is shared.
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
pub struct CallContext {
    /// One id for the whole call. Default: tower-http's `RequestId`, else a new UUID.
    pub message_id: Option<MessageId>,
    /// The endpoint that is called, the same for all its calls.
    pub endpoint: Option<Arc<Endpoint>>,
    /// The application that calls. Without one, `require-eavs` cannot be met.
    pub application: Option<Arc<Application>>,
    /// The package key that was presented. Without one, `require-packageKey-eavs` cannot be met.
    pub package_key: Option<Arc<PackageKey>>,
    /// What the access token says, where the application has checked one.
    pub token: Option<Arc<Token>>,
    /// Where the request would be sent.
    pub routing: Option<Uri>,
    /// The peer's IP address. Never taken from a client's header by the layers.
    pub remote_addr: Option<IpAddr>,
    /// When the whole call has to be over. Default: now and the layer's endpoint timeout.
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

    /// Sets the package key that was presented.
    #[must_use]
    pub fn package_key(mut self, key: Arc<PackageKey>) -> Self {
        self.package_key = Some(key);
        self
    }

    /// Sets what the access token says.
    #[must_use]
    pub fn token(mut self, token: Token) -> Self {
        self.token = Some(Arc::new(token));
        self
    }

    /// Sets where the request would be sent.
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

    /// Sets when the whole call has to be over.
    #[must_use]
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
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
            .field("routing", &self.routing.is_some())
            .field("remote_addr", &self.remote_addr)
            .field("deadline", &self.deadline)
            .finish()
    }
}

/// What is the same for every call to one endpoint.
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

    /// The error set, where there is one.
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

/// What an access token says, in the words of the envelope. It is sent where `expand-input` names `token`.
///
/// ```
/// use lambda_sidecar_core::{CallContext, Token};
///
/// let token = Token {
///     scope: Some("orders:read".into()),
///     grant_type: Some("CC".into()),
///     ..Token::default()
/// };
/// let context = CallContext::new().token(token);
/// # assert!(context.token.is_some());
/// ```
#[derive(Clone, Default)]
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

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("grant_type", &self.grant_type)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
