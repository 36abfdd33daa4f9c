//! A verdict, and what stands beside it.

use serde_json::Value;

use super::{Relay, Unchanged, Verdict};

/// A verdict, and what the function said beside it.
///
/// ```
/// use lambda_sidecar_core::{Point, ProtectedHeaders, Ruling, Verdict};
/// use serde_json::json;
///
/// let ruling = Ruling::parse(
///     Point::PreProcessor,
///     &br#"{"relay":{"tier":"gold"}}"#[..].into(),
///     &ProtectedHeaders::default(),
/// )?;
/// assert_eq!(ruling.verdict, Verdict::Allow);
/// assert_eq!(ruling, Verdict::Allow.relay("tier", &json!("gold")));
/// # Ok::<(), lambda_sidecar_core::Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ruling {
    /// What becomes of the call.
    pub verdict: Verdict,
    /// What the response halves of the call are handed. Without members: nothing, as of every answer at
    /// `PostProcessor`, and beside a Terminate.
    pub relay: Relay,
    pub(super) unchanged: Option<Unchanged>,
}

impl Ruling {
    /// The same, and this for the response halves of the call, if it is the ruling of a request half. A member of the
    /// same name is replaced. More than [`Relay::MAX_LENGTH`] as JSON makes the answer a wrong one.
    #[must_use]
    pub fn relay(mut self, name: &str, value: &Value) -> Self {
        self.relay.insert(name, value);
        self
    }

    /// How long the function says that it would answer the same; `None` if it does not say.
    #[must_use]
    pub fn unchanged(&self) -> Option<Unchanged> {
        self.unchanged
    }
}

impl Verdict {
    /// This verdict, and something for the response halves of the call. See [`Ruling::relay`].
    #[must_use]
    pub fn relay(self, name: &str, value: &Value) -> Ruling {
        Ruling::from(self).relay(name, value)
    }
}

impl From<Verdict> for Ruling {
    fn from(verdict: Verdict) -> Self {
        Self {
            verdict,
            relay: Relay::new(),
            unchanged: None,
        }
    }
}
