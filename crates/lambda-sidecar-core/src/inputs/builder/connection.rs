//! The function of AWS Lambda, and as whom it is called.

use std::time::Duration;

use super::SidecarBuilder;
use crate::inputs::{keys::InputsKey, values};

/// Which function of AWS Lambda is invoked, and with whose credentials. None of these can be set for
/// a local function.
impl SidecarBuilder {
    /// Sets the AWS region of the function (`region`). Required.
    pub fn region(self, region: impl AsRef<str>) -> Self {
        self.text(InputsKey::Region, region)
    }

    /// Sets the function to invoke (`functionARN`); the ARN can end in a version or an alias.
    /// Required. Its region must be the one of [`region`](Self::region).
    pub fn function_arn(self, arn: impl AsRef<str>) -> Self {
        self.text(InputsKey::FunctionArn, arn)
    }

    /// Uses the process's own AWS credentials (`useAssumeRole: false`). Default: a role is assumed.
    ///
    /// Role, external-id key, session name and expiration are then not needed, and without effect.
    pub fn process_credentials(self) -> Self {
        self.text(InputsKey::UseAssumeRole, "false")
    }

    /// Sets the role to assume (`roleARN`). Required, save with
    /// [`process_credentials`](Self::process_credentials).
    ///
    /// `arn:aws:sts::ACCOUNT:role/NAME` is read as `arn:aws:iam::ACCOUNT:role/NAME`.
    pub fn role_arn(self, arn: impl AsRef<str>) -> Self {
        self.text(InputsKey::RoleArn, arn)
    }

    /// Sets the name of the Parameter Store entry that holds the external id (`externalIdKey`).
    /// Required, save with [`process_credentials`](Self::process_credentials).
    ///
    /// A hierarchical name without its leading `/` gets one. This is never the external id itself,
    /// which is a secret: names are shown in messages and in `Debug`.
    pub fn external_id_key(self, name: impl AsRef<str>) -> Self {
        self.text(InputsKey::ExternalId, name)
    }

    /// Sets the role session name (`sessionName`). Default: `TIBCO_Mashery_SideCar_Connector`.
    pub fn session_name(self, name: impl AsRef<str>) -> Self {
        self.text(InputsKey::SessionName, name)
    }

    /// Sets the lifetime of the assumed credentials (`expirationDuration`), whole minutes from 15
    /// to 720. Default: 60 minutes.
    pub fn expiration_duration(self, lifetime: Duration) -> Self {
        let minutes = values::in_minutes(lifetime);
        self.text(InputsKey::ExpirationDuration, minutes)
    }

    /// Sets what names the tenant that a function with tenant isolation is invoked for (`tenant-id`): `packageKey`,
    /// `eav NAME`, `packageKey-eav NAME`, `header NAME` or `value TEXT`. Default: no tenant.
    ///
    /// A call without a tenant, or with a text that AWS Lambda does not take, is answered 400 under every policy.
    ///
    /// <div class="warning">A header of the request is the client's to choose. If tenants must not see each other,
    /// take the package key, one of its attributes, or one of the application's.</div>
    pub fn tenant_id(self, source: impl AsRef<str>) -> Self {
        self.text(InputsKey::TenantId, source)
    }

    /// Gives each event the message id as the name of a durable execution (`durable-execution: true`), so that AWS runs
    /// it once however often it is sent. For events alone, and for a function with a version or alias.
    pub fn durable_execution(self) -> Self {
        self.text(InputsKey::DurableExecution, "true")
    }
}
