//! The receipt of every decision.

use std::{sync::Arc, time::Duration};

use crate::{AnswerSource, FailureClass, Point, Sidecar};

/// What became of the call at one sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decision {
    /// It continued unchanged: the function allowed it, or the function call failed and the error policy
    /// let it pass ([`failed_open`](Receipt::failed_open)).
    Allow,
    /// It continued with the function's changes.
    Modify,
    /// The function ended it.
    Terminate,
    /// It continued; the function was sent an event, whose verdict nobody waits for.
    Event,
    /// The client was answered with an error of the connector.
    Error,
    /// It continued unchanged: it is not in the sidecar's scope.
    Skipped,
    /// It continued; an event for the function is in the sidecar's queue.
    Queued,
    /// It continued; the event was dropped, for the sidecar's queue had no room for it.
    Dropped,
}

impl Decision {
    /// All decisions.
    pub const ALL: &'static [Self] = &[
        Self::Allow,
        Self::Modify,
        Self::Terminate,
        Self::Event,
        Self::Error,
        Self::Skipped,
        Self::Queued,
        Self::Dropped,
    ];

    /// The name used in logs and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Modify => "modify",
            Self::Terminate => "terminate",
            Self::Event => "event",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::Queued => "queued",
            Self::Dropped => "dropped",
        }
    }
}

/// What one sidecar decided, and why. It never holds payloads, header values or secrets.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub(super) sidecar: Arc<Sidecar>,
    pub(super) decision: Decision,
    pub(super) error: Option<&'static str>,
    pub(super) failure: Option<FailureClass>,
    pub(super) reason: Option<String>,
    pub(super) refused_headers: Vec<String>,
    pub(super) latency: Option<Duration>,
    pub(super) executed_version: Option<String>,
    pub(super) envelope_length: usize,
    pub(super) source: Option<AnswerSource>,
}

impl Receipt {
    pub(super) fn new(sidecar: &Arc<Sidecar>) -> Self {
        Self {
            sidecar: Arc::clone(sidecar),
            decision: Decision::Error,
            error: None,
            failure: None,
            reason: None,
            refused_headers: Vec::new(),
            latency: None,
            executed_version: None,
            envelope_length: 0,
            source: None,
        }
    }

    /// The receipt of a sidecar that the call does not concern.
    pub(super) fn skipped(sidecar: &Arc<Sidecar>) -> Self {
        Self {
            decision: Decision::Skipped,
            ..Self::new(sidecar)
        }
    }

    /// The verdict comes from here. What was not sent took no time.
    pub(super) fn answered_by(&mut self, source: AnswerSource) {
        self.source = Some(source);
        let (failure, is_sent) = match source {
            AnswerSource::Function => (None, true),
            AnswerSource::Cache { .. } => (None, false),
            AnswerSource::Stale { failure, .. } => {
                (Some(failure), failure != FailureClass::Rejected)
            }
        };
        self.failure = failure;
        if !is_sent {
            self.latency = None;
            self.envelope_length = 0;
        }
    }

    /// The sidecar that decided.
    #[must_use]
    pub fn sidecar(&self) -> &Arc<Sidecar> {
        &self.sidecar
    }

    /// The point at which it was decided.
    #[must_use]
    pub fn point(&self) -> Point {
        self.sidecar.point()
    }

    /// The short name of the function.
    #[must_use]
    pub fn function(&self) -> &str {
        self.sidecar.name()
    }

    /// How the call continued.
    #[must_use]
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// The error name, if the client was answered with an error of the connector.
    #[must_use]
    pub fn error(&self) -> Option<&'static str> {
        self.error
    }

    /// The class of the failed function call, also if a verdict that was kept stands in for it. A precondition that is
    /// not met is not a failure.
    #[must_use]
    pub fn failure(&self) -> Option<FailureClass> {
        self.failure
    }

    /// What is wrong with the answer, for the log, if the function answered: the fault in a wrong answer, the error
    /// type of a function that failed, or which part of a Terminate could not be used. It quotes neither payloads
    /// nor header values.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// Whether the call continued although the function call failed, and without a verdict.
    #[must_use]
    pub fn failed_open(&self) -> bool {
        let has_verdict = self.source.is_some();
        self.failure.is_some() && !has_verdict && self.decision != Decision::Error
    }

    /// Where the verdict comes from; none if there is none.
    #[must_use]
    pub fn source(&self) -> Option<AnswerSource> {
        self.source
    }

    /// How long the verdict has been kept, if it was.
    #[must_use]
    pub fn age(&self) -> Option<Duration> {
        self.source?.age()
    }

    /// Names of headers that the function tried to change and may not.
    #[must_use]
    pub fn refused_headers(&self) -> &[String] {
        &self.refused_headers
    }

    /// How long the function call took; none if the function was not invoked, or is invoked in the background.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.latency
    }

    /// Which version of the function answered, if it says so.
    #[must_use]
    pub fn executed_version(&self) -> Option<&str> {
        self.executed_version.as_deref()
    }

    /// How long the envelope was, in bytes; 0 if the function was not invoked and no event was queued.
    #[must_use]
    pub fn envelope_length(&self) -> usize {
        self.envelope_length
    }
}
