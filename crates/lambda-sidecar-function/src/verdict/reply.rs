//! A verdict, and what a function says beside it.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use serde::{Serialize, Serializer};

use super::{
    Modify, Terminate, Verdict, VerdictMembers,
    unchanged::{DateTime, Seconds},
};

/// A verdict with something beside it: what a request half relays to the response halves of the same call, and how
/// long the function would answer the same.
///
/// Handlers may return it in the place of a [`Verdict`].
///
/// ```
/// # #[cfg(feature = "json")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use lambda_sidecar_function::{Envelope, Reply, Verdict, VerdictError};
///
/// fn request_half(user: &str) -> Result<Reply, VerdictError> {
///     Verdict::Allow.relay("user", user)
/// }
///
/// fn response_half(envelope: &Envelope) -> Option<&str> {
///     envelope.relay("user")?.as_str() // with `expand-input: relay`
/// }
///
/// assert_eq!(serde_json::to_string(&request_half("u-1")?)?, r#"{"relay":{"user":"u-1"}}"#);
/// # let _ = response_half;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "json"))]
/// # fn main() {}
/// ```
///
/// Its `Debug` shows the names of what is relayed, not the values.
#[derive(Clone, PartialEq)]
pub struct Reply {
    verdict: Verdict,
    #[cfg(feature = "json")]
    relay: serde_json::Map<String, serde_json::Value>,
    unchanged: Option<HowLong>,
}

/// How long the function would answer the same.
#[derive(Debug, Clone, Copy, PartialEq)]
enum HowLong {
    For(Seconds),
    Until(DateTime),
}

impl Reply {
    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    /// What is relayed, by its names.
    #[cfg(feature = "json")]
    #[must_use]
    pub fn relayed(&self) -> &serde_json::Map<String, serde_json::Value> {
        &self.relay
    }

    /// Says that the function would answer the same for so long. A sidecar with `cache-max-seconds` keeps the verdict
    /// that long, and does not ask the same again. No time at all: the verdict is not to be kept.
    ///
    /// It takes the place of [`unchanged_until`](Self::unchanged_until).
    ///
    /// ```
    /// use std::time::Duration;
    /// use lambda_sidecar_function::Verdict;
    ///
    /// let reply = Verdict::Allow.unchanged_for(Duration::from_secs(60));
    /// assert_eq!(serde_json::to_string(&reply)?, r#"{"unchangedFor":60}"#);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn unchanged_for(mut self, time: Duration) -> Self {
        self.unchanged = Some(HowLong::For(Seconds(time)));
        self
    }

    /// Says that the function would answer the same until this time, to the millisecond, as
    /// [`unchanged_for`](Self::unchanged_for), whose place it takes. A time that is past: the verdict is not to be kept.
    #[must_use]
    pub fn unchanged_until(mut self, time: SystemTime) -> Self {
        self.unchanged = Some(HowLong::Until(DateTime(time)));
        self
    }

    /// Relays a value to the response halves of the same call, as a member of the envelope's `relay`. A member of the
    /// same name is replaced, one of an earlier request half of the call too.
    ///
    /// It is of no effect at `PostProcessor`, and beside a [`Terminate`].
    ///
    /// # Errors
    ///
    /// [`VerdictError::RelayTooLong`] if the members would be longer than [`MAX_RELAY`](crate::MAX_RELAY) as JSON,
    /// [`VerdictError::RelayJson`] for what is no JSON.
    ///
    /// [`VerdictError::RelayTooLong`]: crate::VerdictError::RelayTooLong
    /// [`VerdictError::RelayJson`]: crate::VerdictError::RelayJson
    #[cfg(feature = "json")]
    pub fn relay<T: Serialize + ?Sized>(
        mut self,
        name: impl Into<String>,
        value: &T,
    ) -> Result<Self, crate::VerdictError> {
        use crate::{MAX_RELAY, VerdictError};

        let no_json = |error: serde_json::Error| VerdictError::RelayJson(error.to_string());
        let value = serde_json::to_value(value).map_err(no_json)?;
        self.relay.insert(name.into(), value);
        let length = serde_json::to_vec(&self.relay).map_err(no_json)?.len();
        if length > MAX_RELAY {
            return Err(VerdictError::RelayTooLong(length));
        }
        Ok(self)
    }
}

impl Verdict {
    /// This verdict, and for how long the function would answer the same: see [`Reply::unchanged_for`].
    #[must_use]
    pub fn unchanged_for(self, time: Duration) -> Reply {
        Reply::from(self).unchanged_for(time)
    }

    /// This verdict, and until when the function would answer the same: see [`Reply::unchanged_until`].
    #[must_use]
    pub fn unchanged_until(self, time: SystemTime) -> Reply {
        Reply::from(self).unchanged_until(time)
    }
}

#[cfg(feature = "json")]
impl Verdict {
    /// This verdict, and a value for the response halves of the same call: see [`Reply::relay`].
    ///
    /// # Errors
    ///
    /// As [`Reply::relay`].
    pub fn relay<T: Serialize + ?Sized>(
        self,
        name: impl Into<String>,
        value: &T,
    ) -> Result<Reply, crate::VerdictError> {
        Reply::from(self).relay(name, value)
    }
}

impl From<Verdict> for Reply {
    fn from(verdict: Verdict) -> Self {
        Self {
            verdict,
            #[cfg(feature = "json")]
            relay: serde_json::Map::new(),
            unchanged: None,
        }
    }
}

impl From<Modify> for Reply {
    fn from(modify: Modify) -> Self {
        Verdict::from(modify).into()
    }
}

impl From<Terminate> for Reply {
    fn from(terminate: Terminate) -> Self {
        Verdict::from(terminate).into()
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Reply");
        shown.field("verdict", &self.verdict);
        #[cfg(feature = "json")]
        shown.field("relay", &self.relay.keys().collect::<Vec<_>>());
        shown.field("unchanged", &self.unchanged);
        shown.finish()
    }
}

impl Serialize for Reply {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (unchanged_for, unchanged_until) = match self.unchanged {
            None => (None, None),
            Some(HowLong::For(time)) => (Some(time), None),
            Some(HowLong::Until(time)) => (None, Some(time)),
        };
        VerdictMembers {
            unchanged_for,
            unchanged_until,
            #[cfg(feature = "json")]
            relay: Some(&self.relay).filter(|relay| !relay.is_empty()),
            ..VerdictMembers::of(&self.verdict)
        }
        .serialize(serializer)
    }
}
