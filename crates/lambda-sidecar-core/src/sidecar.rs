//! One validated sidecar: its function, what the function gets, and what a failure means.

mod guards;
mod owned;
mod params;
mod selection;
mod target;
mod tenant;

use std::{collections::BTreeSet, time::Duration};

use http::header::HOST;

pub use self::{
    owned::OwnedHeaders,
    selection::{Expand, HeaderSelection, PayloadCondition, RequiredHeader},
    target::{AssumedRole, AwsFunction, Connection, Target},
    tenant::TenantId,
};
pub(crate) use self::{params::Params, tenant::TenantSource};
use crate::{Point, Synchronicity, policy::ErrorPolicy, scope::Scope};

/// One sidecar at one point of a call, its configuration read and checked.
///
/// You make it from the connector's text form ([`pre`](Self::pre), [`post`](Self::post)) or with a
/// typed builder ([`builder`](Self::builder), [`local`](Self::local)). The same rules hold for both.
/// Two sidecars are equal if they behave the same: a default that is written down, or an item named
/// twice, makes no difference.
///
/// `Display` prints the text form, with a line for every key that is not at its default. Reading
/// that text gives an equal sidecar. One thing that only the builder can say is printed as a comment
/// line and is lost: a local function.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use lambda_sidecar::{Expand, Point, Sidecar};
///
/// let sidecar = Sidecar::pre(
///     "region: eu-west-1
///      functionARN: arn:aws:lambda:eu-west-1:190954361614:function:authz
///      useAssumeRole: false
///      expand-input: operation",
/// )?;
/// assert_eq!(sidecar.name(), "authz");
/// assert!(sidecar.expands(Expand::Operation));
/// assert_eq!(Sidecar::pre(&sidecar.to_string())?, sidecar);
/// # Ok::<(), lambda_sidecar_core::InputsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sidecar {
    pub(crate) point: Point,
    pub(crate) target: Target,
    /// Boxed: few sidecars have one.
    pub(crate) tenant: Option<Box<TenantSource>>,
    pub(crate) durable_execution: bool,
    pub(crate) handling: Handling,
    pub(crate) owned_headers: OwnedHeaders,
    /// None: every call is in scope. Boxed: few sidecars have one.
    pub(crate) scope: Option<Box<Scope>>,
    pub(crate) required_request_headers: Vec<RequiredHeader>,
    pub(crate) request_headers: HeaderSelection,
    pub(crate) response_headers: HeaderSelection,
    pub(crate) required_eavs: Vec<String>,
    pub(crate) eavs: Vec<String>,
    pub(crate) required_package_key_eavs: Vec<String>,
    pub(crate) package_key_eavs: Vec<String>,
    pub(crate) expand: BTreeSet<Expand>,
    pub(crate) params: Params,
}

/// The settings that are one value each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Handling {
    pub(crate) synchronicity: Synchronicity,
    pub(crate) policy: ErrorPolicy,
    /// In KB of 1,024 bytes.
    pub(crate) max_payload_size: u32,
    pub(crate) payload_condition: PayloadCondition,
    pub(crate) error_set: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_concurrency: Option<u32>,
    pub(crate) breaker_failures: Option<u32>,
    /// None, in a sidecar that was checked: the default.
    pub(crate) breaker_open: Option<Duration>,
    pub(crate) cache_max: Option<Duration>,
    /// None, in a sidecar that was checked: the default, as below.
    pub(crate) cache_default: Option<Duration>,
    pub(crate) cache_stale: Option<Duration>,
    pub(crate) event_queue: Option<u32>,
}

impl Handling {
    pub(crate) const DEFAULT: Self = Self {
        synchronicity: Synchronicity::RequestResponse,
        policy: ErrorPolicy::SURE_FIRE,
        max_payload_size: 10,
        payload_condition: PayloadCondition::Blocking,
        error_set: false,
        timeout: None,
        max_concurrency: None,
        breaker_failures: None,
        breaker_open: None,
        cache_max: None,
        cache_default: None,
        cache_stale: None,
        event_queue: None,
    };

    /// How long a breaker is open where nothing else is said.
    pub(crate) const BREAKER_OPEN: Duration = Duration::from_secs(5);

    /// How long an event from a queue may take to be sent where nothing else is said.
    const SEND_TIMEOUT: Duration = Duration::from_secs(10);
}

impl Sidecar {
    /// The point of a call at which the function is invoked.
    #[must_use]
    pub fn point(&self) -> Point {
        self.point
    }

    /// The function that is invoked.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The short name of the function, for logs and metrics: NAME of its ARN, or the local name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.target.name()
    }

    /// Whether each call of the function is for a tenant (`tenant-id`).
    #[must_use]
    pub fn sends_tenant(&self) -> bool {
        self.tenant.is_some()
    }

    /// Whether each event is a durable execution of its own, with the message id as its name (`durable-execution`), so
    /// that AWS runs it once however often it is sent. Default: `false`.
    #[must_use]
    pub fn durable_execution(&self) -> bool {
        self.durable_execution
    }

    /// Whether the call waits for the verdict.
    #[must_use]
    pub fn synchronicity(&self) -> Synchronicity {
        self.handling.synchronicity
    }

    /// What happens to the API call if the function call fails.
    #[must_use]
    pub fn policy(&self) -> ErrorPolicy {
        self.handling.policy
    }

    /// The headers that only functions set: of the request at `PreProcessor`
    /// (`own-request-headers`), of the response at `PostProcessor` (`own-response-headers`).
    ///
    /// Whoever makes the call removes them on entry, for all request sidecars of the call at once,
    /// and from the response when it arrives; from trailers too.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use lambda_sidecar::{Point, Sidecar};
    ///
    /// let sidecar = Sidecar::local(Point::PreProcessor, "authn")
    ///     .own_request_headers(["x-user"])
    ///     .build()?;
    /// assert!(sidecar.owned_headers().owns("X_User"));
    /// # Ok::<(), lambda_sidecar_core::InputsError>(())
    /// ```
    #[must_use]
    pub fn owned_headers(&self) -> &OwnedHeaders {
        &self.owned_headers
    }

    /// The same, if the sidecar is at this point.
    pub(crate) fn owned_at(&self, point: Point) -> Option<&OwnedHeaders> {
        (self.point == point).then_some(&self.owned_headers)
    }

    /// Which calls concern this sidecar, if not all of them (`when-…`, `unless-…`).
    pub(crate) fn scope(&self) -> Option<&Scope> {
        self.scope.as_deref()
    }

    /// The request headers that go into the envelope: included and required ones, less the
    /// skipped ones.
    #[must_use]
    pub fn request_headers(&self) -> &HeaderSelection {
        &self.request_headers
    }

    /// Whether the `host` of a request matters: it is sent to the function, or can decide whether the call concerns it.
    #[doc(hidden)]
    #[must_use]
    pub fn looks_at_host(&self) -> bool {
        let is_sent = match &self.request_headers {
            HeaderSelection::None => false,
            HeaderSelection::Only(names) => names.contains(&HOST),
            HeaderSelection::AllBut(_) => true,
        };
        let mut required = self.required_request_headers.iter();
        let names_tenant =
            matches!(self.tenant.as_deref(), Some(TenantSource::Header(name)) if *name == HOST);
        let is_required = required.any(|header| header.name == HOST);
        is_sent || is_required || names_tenant || self.scope().is_some()
    }

    /// The request headers that must be present and not empty, in the order written.
    #[must_use]
    pub fn required_request_headers(&self) -> &[RequiredHeader] {
        &self.required_request_headers
    }

    /// The response headers that go into the envelope.
    #[must_use]
    pub fn response_headers(&self) -> &HeaderSelection {
        &self.response_headers
    }

    /// The application attributes that go into the envelope: required ones, then included ones.
    #[must_use]
    pub fn eavs(&self) -> &[String] {
        &self.eavs
    }

    /// The application attributes that must be set and not empty.
    #[must_use]
    pub fn required_eavs(&self) -> &[String] {
        &self.required_eavs
    }

    /// The package-key attributes that go into the envelope: required ones, then included ones.
    #[must_use]
    pub fn package_key_eavs(&self) -> &[String] {
        &self.package_key_eavs
    }

    /// The package-key attributes that must be set and not empty.
    #[must_use]
    pub fn required_package_key_eavs(&self) -> &[String] {
        &self.required_package_key_eavs
    }

    /// Whether this part of the envelope is sent.
    #[must_use]
    pub fn expands(&self, part: Expand) -> bool {
        self.expand.contains(&part)
    }

    /// How large a payload may be, in bytes. Default: 10,240.
    #[must_use]
    pub fn max_payload(&self) -> usize {
        self.handling.max_payload_size as usize * 1024
    }

    /// What happens if a payload is larger than [`max_payload`](Self::max_payload).
    #[must_use]
    pub fn payload_condition(&self) -> PayloadCondition {
        self.handling.payload_condition
    }

    /// `params` of the envelope as JSON text; empty if there are none. Numbers stay as they were
    /// written.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use lambda_sidecar::{Point, Sidecar};
    ///
    /// let sidecar = Sidecar::local(Point::PreProcessor, "authz")
    ///     .param("price", "1.50")
    ///     .param("code", "007")
    ///     .build()?;
    /// assert_eq!(sidecar.params(), r#"{"price":1.50,"code":"007"}"#);
    /// # Ok::<(), lambda_sidecar_core::InputsError>(())
    /// ```
    #[must_use]
    pub fn params(&self) -> &str {
        self.params.json()
    }

    /// Whether the connector's own errors take the form of the endpoint's error set.
    #[must_use]
    pub fn uses_error_set(&self) -> bool {
        self.handling.error_set
    }

    /// How long the whole function call may take; none: what is left of the endpoint's time.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.handling.timeout
    }
}
