//! What a function answers.
//!
//! Whatever can be built here is a legal verdict: the sidecar accepts it and does what it says.

mod body;
mod error;
mod headers;
mod modify;
mod reply;
mod status;
mod terminate;
mod unchanged;

use serde::{Serialize, Serializer};

use self::unchanged::{DateTime, Seconds};
pub use self::{
    error::VerdictError, modify::Modify, reply::Reply, status::StatusCode, terminate::Terminate,
};

/// The function's answer to *may I?*
///
/// Serialised, it is the JSON that the sidecar reads.
///
/// ```
/// use lambda_sidecar_function::{Modify, StatusCode, Terminate, Verdict};
///
/// assert_eq!(serde_json::to_string(&Verdict::Allow)?, "{}");
///
/// let verdict = Verdict::from(Modify::new().drop_header("authorization")?.header("x-tier", "gold")?);
/// assert_eq!(
///     serde_json::to_string(&verdict)?,
///     r#"{"modify":{"dropHeaders":["authorization"],"addHeaders":{"x-tier":"gold"}}}"#
/// );
///
/// let verdict = Verdict::from(Terminate::new(StatusCode::FORBIDDEN).message("not for you"));
/// assert_eq!(
///     serde_json::to_string(&verdict)?,
///     r#"{"terminate":{"code":403,"message":"not for you"}}"#
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// Yes, as it is.
    Allow,
    /// Yes, with these changes.
    Modify(Modify),
    /// No: answer the client with this.
    Terminate(Terminate),
}

impl Verdict {
    /// *No*, with this status and the connector's default text. [`Terminate`] says more.
    #[must_use]
    pub fn terminate(status: StatusCode) -> Self {
        Terminate::new(status).into()
    }
}

impl From<Modify> for Verdict {
    fn from(modify: Modify) -> Self {
        Self::Modify(modify)
    }
}

impl From<Terminate> for Verdict {
    fn from(terminate: Terminate) -> Self {
        Self::Terminate(terminate)
    }
}

/// What a function answers. An object without members is an Allow.
#[derive(Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "schema",
    schemars(rename = "Verdict", transform = crate::schema_rules::verdict_rules)
)]
struct VerdictMembers<'a> {
    /// No: answer the client with this. It wins if both are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    terminate: Option<&'a Terminate>,
    /// Yes, with these changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    modify: Option<&'a Modify>,
    /// Members for the response halves of the same call, at most 8,192 bytes long as it stands in the answer; ignored
    /// at `PostProcessor`, and beside `terminate`.
    #[cfg(feature = "json")]
    #[serde(skip_serializing_if = "Option::is_none")]
    relay: Option<&'a serde_json::Map<String, serde_json::Value>>,
    // The schema's rules say more of these than their types.
    #[cfg_attr(feature = "schema", schemars(skip))]
    #[serde(rename = "unchangedFor", skip_serializing_if = "Option::is_none")]
    unchanged_for: Option<Seconds>,
    #[cfg_attr(feature = "schema", schemars(skip))]
    #[serde(rename = "unchangedUntil", skip_serializing_if = "Option::is_none")]
    unchanged_until: Option<DateTime>,
}

impl<'a> VerdictMembers<'a> {
    fn of(verdict: &'a Verdict) -> Self {
        let (terminate, modify) = match verdict {
            Verdict::Allow => (None, None),
            Verdict::Modify(modify) => (None, Some(modify)),
            Verdict::Terminate(terminate) => (Some(terminate), None),
        };
        Self {
            terminate,
            modify,
            #[cfg(feature = "json")]
            relay: None,
            unchanged_for: None,
            unchanged_until: None,
        }
    }
}

impl Serialize for Verdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        VerdictMembers::of(self).serialize(serializer)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Verdict {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        VerdictMembers::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        VerdictMembers::json_schema(generator)
    }
}
