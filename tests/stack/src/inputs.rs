//! Inputs texts of sidecars, put together line by line.

use std::collections::BTreeMap;

use lambda_sidecar::Sidecar;

use crate::real::There;

/// The inputs of a sidecar; setting a key again replaces its value.
#[derive(Debug, Clone)]
pub struct Inputs(BTreeMap<&'static str, String>);

/// Under which error policy a sidecar runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// A failed function call fails the API call.
    SureFire,
    /// A failed function call lets the API call go on.
    FailSafe,
}

impl Policy {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::SureFire, Self::FailSafe];
}

impl Inputs {
    /// A function in a stand-in, invoked under the role there with the right external id.
    pub fn of(there: &There, function: &str) -> Self {
        Self::with_own_credentials(there, function)
            .with("useAssumeRole", "true")
            .with("roleARN", &there.role("sidecar"))
            .with("externalIdKey", "sidecar/right")
    }

    /// A function in a stand-in, invoked under the process's own credentials.
    pub fn with_own_credentials(there: &There, function: &str) -> Self {
        let inputs = Self(BTreeMap::from([("useAssumeRole", "false".to_owned())]));
        inputs
            .with("region", &there.region)
            .with("functionARN", &there.function(function))
    }

    /// A function at a scripted far end, invoked under the process's own credentials.
    pub fn scripted() -> Self {
        Self(BTreeMap::new())
            .with("region", "us-east-1")
            .with(
                "functionARN",
                "arn:aws:lambda:us-east-1:123456789012:function:scripted",
            )
            .with("useAssumeRole", "false")
    }

    /// A function at a scripted far end, invoked under a role.
    pub fn scripted_with_role() -> Self {
        Self::scripted()
            .with("useAssumeRole", "true")
            .with("roleARN", "arn:aws:iam::123456789012:role/scripted")
            .with("externalIdKey", "scripted/id")
    }

    /// One key more, or another value.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: &str) -> Self {
        self.0.insert(key, value.to_owned());
        self
    }

    /// What the function is asked to do.
    #[must_use]
    pub fn behaviour(self, behaviour: &str) -> Self {
        self.with("sidecar-param-behaviour", behaviour)
    }

    /// The timeout of the function call, in milliseconds.
    #[must_use]
    pub fn timeout(self, milliseconds: u32) -> Self {
        self.with("timeout", &milliseconds.to_string())
    }

    /// The error policy.
    #[must_use]
    pub fn policy(self, policy: Policy) -> Self {
        let fail_safe = policy == Policy::FailSafe;
        self.with("failSafe", &fail_safe.to_string())
    }

    /// The sidecar at the request.
    pub fn pre(&self) -> Sidecar {
        Sidecar::pre(&self.text()).expect("the inputs are right")
    }

    /// The sidecar at the response.
    pub fn post(&self) -> Sidecar {
        Sidecar::post(&self.text()).expect("the inputs are right")
    }

    /// The sidecar at the request, and the one at the response.
    pub fn at_both_points(&self) -> Vec<Sidecar> {
        vec![self.pre(), self.post()]
    }

    fn text(&self) -> String {
        let lines = self
            .0
            .iter()
            .map(|(key, value)| format!("{key}: {value}\n"));
        lines.collect()
    }
}
