//! Which function a sidecar invokes, and over which connection.

use std::{sync::Arc, time::Duration};

/// The function that a sidecar invokes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// A function of AWS Lambda.
    Aws(AwsFunction),
    /// A function without AWS, known by this name in logs and metrics.
    Local(String),
}

impl Target {
    /// The short name of the function: NAME of its ARN, or the local name.
    pub(super) fn name(&self) -> &str {
        match self {
            // arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]
            Self::Aws(function) => function.arn.split(':').nth(6).unwrap_or_default(),
            Self::Local(name) => name,
        }
    }

    /// The function, if it is one of AWS Lambda.
    pub(crate) fn aws(&self) -> Option<&AwsFunction> {
        match self {
            Self::Aws(function) => Some(function),
            Self::Local(_) => None,
        }
    }

    /// The role that is assumed for the call.
    pub(crate) fn role(&self) -> Option<&AssumedRole> {
        self.aws()?.connection.role.as_ref()
    }
}

/// A function of AWS Lambda, and the connection it is called over.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AwsFunction {
    /// The function's ARN, with its version or alias if it has one.
    pub arn: String,
    /// The region it is invoked in, and the role it is invoked with.
    pub connection: Arc<Connection>,
}

/// Everything that an AWS client depends on: sidecars with equal connections can share a client.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Connection {
    /// The AWS region of the function.
    pub region: String,
    /// The role that is assumed for the call; none: the process's own credentials.
    pub role: Option<AssumedRole>,
}

/// A role to assume, and the values that STS gets with it.
///
/// The external id itself is a secret and is not here, only the name it is stored under.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AssumedRole {
    /// `arn:PARTITION:iam::ACCOUNT:role/NAME`.
    pub arn: String,
    /// The name of the Parameter Store entry that holds the external id.
    pub external_id_key: String,
    /// The role session name.
    pub session_name: String,
    /// The lifetime of the assumed credentials.
    pub duration: Duration,
}
