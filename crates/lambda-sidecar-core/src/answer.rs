//! The answer of a function, before it is understood.

use std::{fmt, time::Duration};

use bytes::Bytes;

use crate::FailureClass;

/// An answer of a function, right or wrong, however it was carried.
///
/// Its `Debug` does not show the payload.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Answer {
    /// How the invocation ended.
    pub result: AnswerResult,
    /// Which version of the function ran, if its service says so. `None` by default.
    pub version: Option<String>,
    /// What the function answered; nothing if it only accepted an event.
    pub payload: Bytes,
    /// Where it comes from. [`AnswerSource::Function`] by default.
    pub source: AnswerSource,
}

/// Where an [`Answer`] comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerSource {
    /// The function: it was asked by this call, or by one that asked the same at the same time.
    #[default]
    Function,
    /// It was kept, and its time is not over.
    Cache {
        /// How long it has been kept.
        age: Duration,
    },
    /// It was kept, its time is over, and it stands in for a function call that failed.
    Stale {
        /// How long it has been kept.
        age: Duration,
        /// How the function call failed.
        failure: FailureClass,
    },
}

impl AnswerSource {
    /// The name used in logs and metrics.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// assert_eq!(lambda_sidecar::AnswerSource::Function.as_str(), "function");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Cache { .. } => "cache",
            Self::Stale { .. } => "stale",
        }
    }

    /// How long the answer has been kept, if it was.
    #[must_use]
    pub const fn age(self) -> Option<Duration> {
        match self {
            Self::Function => None,
            Self::Cache { age } | Self::Stale { age, .. } => Some(age),
        }
    }
}

/// How an invocation ended that brought an [`Answer`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnswerResult {
    /// The function ran to its end. Whether it answered a verdict is another question.
    Ok,
    /// The function ran and failed. The kind says how, in the words of its service: `Unhandled`, for instance.
    Failed(String),
    /// The event was accepted; nobody waits for the function.
    Accepted,
}

impl Answer {
    /// The longest payload that is taken from a function, in bytes: what AWS Lambda lets a function answer.
    pub const MAX_PAYLOAD: usize = 6_291_456;

    /// The answer of a function that ran to its end.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use lambda_sidecar::{Answer, AnswerResult};
    ///
    /// let answer = Answer::ok("{}");
    /// assert_eq!(answer.result, AnswerResult::Ok);
    /// ```
    pub fn ok(payload: impl Into<Bytes>) -> Self {
        Self {
            result: AnswerResult::Ok,
            version: None,
            payload: payload.into(),
            source: AnswerSource::Function,
        }
    }

    /// The answer of a function that ran and failed: how, and what it said of it.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use lambda_sidecar::{Answer, AnswerResult};
    ///
    /// let answer = Answer::failed("Handled", r#"{"errorMessage":"the database is slow"}"#);
    /// assert_eq!(answer.result, AnswerResult::Failed("Handled".into()));
    /// ```
    pub fn failed(kind: impl Into<String>, payload: impl Into<Bytes>) -> Self {
        Self {
            result: AnswerResult::Failed(kind.into()),
            ..Self::ok(payload)
        }
    }

    /// The same with an error's type and message, in the form that AWS Lambda gives an error nobody caught.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// let answer = lambda_sidecar::Answer::error("Timeout", "the database is slow");
    /// let payload = r#"{"errorMessage":"the database is slow","errorType":"Timeout"}"#;
    /// assert_eq!(answer.payload, payload);
    /// ```
    #[must_use]
    pub fn error(error_type: &str, message: &str) -> Self {
        let payload = serde_json::json!({ "errorType": error_type, "errorMessage": message });
        Self::failed("Unhandled", payload.to_string())
    }

    /// The answer to an event that was accepted.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// assert!(lambda_sidecar::Answer::accepted().payload.is_empty());
    /// ```
    #[must_use]
    pub fn accepted() -> Self {
        Self {
            result: AnswerResult::Accepted,
            ..Self::ok(Bytes::new())
        }
    }

    /// The same from this version of the function, or from one that is not known.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// let answer = lambda_sidecar::Answer::ok("{}").version("7".to_owned());
    /// assert_eq!(answer.version.as_deref(), Some("7"));
    /// ```
    #[must_use]
    pub fn version(mut self, version: impl Into<Option<String>>) -> Self {
        self.version = version.into();
        self
    }

    /// The same from this source.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use std::time::Duration;
    /// use lambda_sidecar::{Answer, AnswerSource};
    ///
    /// let age = Duration::from_secs(12);
    /// let answer = Answer::ok("{}").source(AnswerSource::Cache { age });
    /// assert_eq!(answer.source.age(), Some(age));
    /// ```
    #[must_use]
    pub fn source(mut self, source: AnswerSource) -> Self {
        self.source = source;
        self
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("result", &self.result)
            .field("version", &self.version)
            .field("payload_length", &self.payload.len())
            .field("source", &self.source)
            .finish()
    }
}
