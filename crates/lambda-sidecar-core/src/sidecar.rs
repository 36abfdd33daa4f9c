//! One validated sidecar: what is asked, of which function, and what a failure means.

mod selection;
mod target;

use std::{collections::BTreeSet, time::Duration};

pub use self::{
    selection::{Expand, HeaderSelection, PayloadCondition, RequiredHeader},
    target::{AssumedRole, AwsFunction, Connection, Target},
};
use crate::{
    inputs::{self, InputsError, Params, SidecarBuilder},
    point::{Point, Synchronicity},
    policy::ErrorPolicy,
};

/// One sidecar at one point of a call, its configuration read and checked.
///
/// It is made from the connector's text form ([`pre`](Self::pre), [`post`](Self::post)) or with a
/// typed builder ([`builder`](Self::builder), [`local`](Self::local)); both are checked by the same
/// rules. What makes no difference, such as a default that is written down or an item named twice,
/// makes none between two sidecars that are compared either.
///
/// `Display` prints the text form, every key that is not at its default on a line of its own.
/// Reading that text gives an equal sidecar, save for what only the builder can say: a local
/// function and an error policy of one's own stand in it as a comment line.
///
/// ```
/// use lambda_sidecar_core::{Expand, Point, Sidecar};
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
    pub(crate) synchronicity: Synchronicity,
    pub(crate) policy: ErrorPolicy,
    pub(crate) required_request_headers: Vec<RequiredHeader>,
    pub(crate) request_headers: HeaderSelection,
    pub(crate) response_headers: HeaderSelection,
    pub(crate) required_eavs: Vec<String>,
    pub(crate) eavs: Vec<String>,
    pub(crate) required_package_key_eavs: Vec<String>,
    pub(crate) package_key_eavs: Vec<String>,
    pub(crate) expand: BTreeSet<Expand>,
    pub(crate) max_payload_size: u32,
    pub(crate) payload_condition: PayloadCondition,
    pub(crate) params: Params,
    pub(crate) uses_error_set: bool,
    pub(crate) timeout: Option<Duration>,
}

impl Sidecar {
    /// Reads the inputs of a `PreProcessor` sidecar.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the text at once, see [`InputsError`].
    pub fn pre(text: &str) -> Result<Self, InputsError> {
        Self::parse(Point::PreProcessor, text)
    }

    /// Reads the inputs of a `PostProcessor` sidecar.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the text at once, see [`InputsError`].
    pub fn post(text: &str) -> Result<Self, InputsError> {
        Self::parse(Point::PostProcessor, text)
    }

    /// Reads the inputs of a sidecar at this point: one `key: value` a line, empty lines and lines
    /// that begin with `#` skipped.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the text at once, see [`InputsError`].
    pub fn parse(point: Point, text: &str) -> Result<Self, InputsError> {
        inputs::parse(point, text)
    }

    /// A builder for a sidecar that asks a function of AWS Lambda.
    ///
    /// Region, function and, unless the process's own credentials are used, role and external-id
    /// key are required.
    pub fn builder(point: Point) -> SidecarBuilder {
        SidecarBuilder::aws(point)
    }

    /// A builder for a sidecar that asks a function without AWS, known by this name in logs and
    /// metrics. What concerns AWS (region, ARNs, credentials) cannot be set on it.
    ///
    /// ```
    /// use lambda_sidecar_core::{Point, Sidecar};
    ///
    /// let sidecar = Sidecar::local(Point::PreProcessor, "authz")
    ///     .require_request_headers(["Authorization"])
    ///     .build()?;
    /// assert_eq!(sidecar.name(), "authz");
    /// # Ok::<(), lambda_sidecar_core::InputsError>(())
    /// ```
    pub fn local(point: Point, name: impl Into<String>) -> SidecarBuilder {
        SidecarBuilder::local(point, name.into())
    }

    /// Where in a call the function is asked.
    #[must_use]
    pub fn point(&self) -> Point {
        self.point
    }

    /// The function that is asked.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The short name of the function, for logs and metrics: NAME of its ARN, or the local name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.target.name()
    }

    /// Whether the call waits for the verdict.
    #[must_use]
    pub fn synchronicity(&self) -> Synchronicity {
        self.synchronicity
    }

    /// What a failed function call does to the API call.
    #[must_use]
    pub fn policy(&self) -> ErrorPolicy {
        self.policy
    }

    /// The request headers that go into the envelope: included and required ones, less the
    /// skipped ones.
    #[must_use]
    pub fn request_headers(&self) -> &HeaderSelection {
        &self.request_headers
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

    /// Whether this part of the envelope is asked for.
    #[must_use]
    pub fn expands(&self, part: Expand) -> bool {
        self.expand.contains(&part)
    }

    /// How large a payload may be, in bytes.
    #[must_use]
    pub fn max_payload(&self) -> usize {
        self.max_payload_size as usize * 1024
    }

    /// What happens when a payload is larger than that.
    #[must_use]
    pub fn payload_condition(&self) -> PayloadCondition {
        self.payload_condition
    }

    /// `params` of the envelope as JSON text; empty when there are none. Numbers stand in it as
    /// they were written.
    ///
    /// ```
    /// use lambda_sidecar_core::{Point, Sidecar};
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
        self.uses_error_set
    }

    /// How long the whole function call may take; none: what is left of the endpoint's time.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }
}
