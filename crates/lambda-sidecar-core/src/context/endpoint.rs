//! The endpoint of a call.

use crate::problem::ErrorSet;

/// The facts that are the same for every call to one endpoint.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use lambda_sidecar::Endpoint;
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
