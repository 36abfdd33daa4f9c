//! The sidecars of a route, and what the application decides for them.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Response};

use super::Side;
use crate::{
    CallContext, ErrorContext, Expand, OwnedHeaders, Point, ProtectedHeaders, Sidecar,
    SidecarError, TenantId,
};

type ErrorFormat = dyn Fn(&SidecarError, &ErrorContext<'_>) -> Response<Bytes> + Send + Sync;

/// The sidecars of a route in the order of their turns, and what the application decides for all of them.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use std::sync::Arc;
/// use lambda_sidecar::{Point, Sidecar, session::Route};
///
/// let mut route = Route::new();
/// route.add(Arc::new(Sidecar::local(Point::PostProcessor, "redact").build()?));
/// route.add(Arc::new(Sidecar::local(Point::PreProcessor, "authorize").build()?));
/// let names: Vec<_> = route.sidecars().iter().map(|sidecar| sidecar.name()).collect();
/// assert_eq!(names, ["authorize", "redact"]);
/// # Ok::<(), lambda_sidecar_core::InputsError>(())
/// ```
#[derive(Clone, Default)]
pub struct Route {
    /// The request halves, then the response halves.
    sidecars: Vec<Arc<Sidecar>>,
    /// How many of them are request halves.
    requests: usize,
    /// Whether a response half is sent the response's payload.
    expands_responses: bool,
    /// Whether a response half is sent what request halves left for it.
    expands_relay: bool,
    /// Whether a call may not concern one of them.
    has_scopes: bool,
    /// Whether one of them sends a tenant.
    sends_tenants: bool,
    passes_encoding_and_range: bool,
    owned_in_requests: OwnedHeaders,
    owned_in_responses: OwnedHeaders,
    pub(super) protected: ProtectedHeaders,
    pub(super) error_type_base: Option<Arc<str>>,
    pub(super) error_format: Option<Arc<ErrorFormat>>,
}

impl Route {
    /// A route without sidecars.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a sidecar behind those of its point. Returns its place in [`sidecars`](Self::sidecars).
    pub fn add(&mut self, sidecar: Arc<Sidecar>) -> usize {
        let at = match sidecar.point() {
            Point::PreProcessor => {
                self.requests += 1;
                self.requests - 1
            }
            Point::PostProcessor => self.sidecars.len(),
        };
        let owned = match sidecar.point() {
            Point::PreProcessor => &mut self.owned_in_requests,
            Point::PostProcessor => &mut self.owned_in_responses,
        };
        *owned = OwnedHeaders::new(owned.names().chain(sidecar.owned_headers().names()));
        self.has_scopes |= sidecar.scope().is_some();
        self.sends_tenants |= sidecar.sends_tenant();
        self.expands_relay |= sidecar.expands(Expand::Relay);
        self.expands_responses |= sidecar.expands(Expand::ResponsePayload);
        self.sidecars.insert(at, sidecar);
        at
    }

    /// Sets the headers that no function may change. Default: [`ProtectedHeaders::default`].
    pub fn set_protected_headers(&mut self, protected: ProtectedHeaders) {
        self.protected = protected;
    }

    /// Sets the text before the error name in the member `type` of a problem document. Default:
    /// `urn:lambda-sidecar:error:`.
    pub fn set_error_type_base(&mut self, base: &str) {
        self.error_type_base = Some(base.into());
    }

    /// Leaves it to the client whether the backend answers with a compressed or partial response. Default: if a
    /// response half is sent the response's payload, the request that goes to the backend has no `range` and
    /// `if-range`, and `accept-encoding: identity`, a gRPC call `grpc-accept-encoding: identity` too.
    ///
    /// <div class="warning">A function cannot judge what it cannot read, and a client that asks for a few bytes
    /// at a time gets past a redaction. The functions have to refuse such responses then.</div>
    pub fn pass_encoding_and_range(&mut self) {
        self.passes_encoding_and_range = true;
    }

    /// Sets how the connector's errors look to the client. Default: [`SidecarError::to_response`].
    pub fn set_error_format(
        &mut self,
        format: impl Fn(&SidecarError, &ErrorContext<'_>) -> Response<Bytes> + Send + Sync + 'static,
    ) {
        self.error_format = Some(Arc::new(format));
    }

    /// The sidecars: those of the request halves, then those of the response halves, each in the order in
    /// which they were added.
    #[must_use]
    pub fn sidecars(&self) -> &[Arc<Sidecar>] {
        &self.sidecars
    }

    /// Whether there are no sidecars.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sidecars.is_empty()
    }

    /// Whether there are request halves.
    #[must_use]
    pub fn has_request_halves(&self) -> bool {
        self.requests > 0
    }

    /// Whether there are response halves.
    #[must_use]
    pub fn has_response_halves(&self) -> bool {
        self.requests < self.sidecars.len()
    }

    /// Whether a response half is sent what request halves of the call left for it, those of routes further in
    /// too: a host hands that on with [`Session::take_in_relay`](super::Session::take_in_relay).
    #[must_use]
    pub fn expands_relay(&self) -> bool {
        self.expands_relay
    }

    /// The headers of this side that only functions set, those of all halves together. A session removes them
    /// from the head that comes in, and its [`TrailerRules`](super::TrailerRules) from trailers.
    #[must_use]
    pub fn owned_headers(&self, side: Side) -> &OwnedHeaders {
        match side {
            Side::Request => &self.owned_in_requests,
            Side::Response => &self.owned_in_responses,
        }
    }

    /// Whether a backend has to answer with whole texts.
    pub(super) fn reads_responses(&self) -> bool {
        self.expands_responses && !self.passes_encoding_and_range
    }

    /// Whether a call may not concern one of the sidecars.
    pub(super) fn has_scopes(&self) -> bool {
        self.has_scopes
    }

    /// The tenant of this call for each of the sidecars; empty if none of them sends one.
    pub(super) fn tenants(
        &self,
        context: &CallContext,
        headers: &HeaderMap,
    ) -> Vec<Option<TenantId>> {
        if !self.sends_tenants {
            return Vec::new();
        }
        let sources = self
            .sidecars
            .iter()
            .map(|sidecar| sidecar.tenant.as_deref());
        let tenants = sources.map(|source| source?.tenant(context, headers));
        tenants.collect()
    }

    /// How many request halves there are; they come first.
    pub(super) fn requests(&self) -> usize {
        self.requests
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("sidecars", &self.sidecars)
            .field("passes_encoding_and_range", &self.passes_encoding_and_range)
            .field("protected", &self.protected)
            .field("error_type_base", &self.error_type_base)
            .field("error_format", &self.error_format.is_some())
            .finish()
    }
}
