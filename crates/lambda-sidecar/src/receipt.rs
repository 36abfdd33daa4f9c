//! The receipt of every decision.

use std::{ops::Deref, sync::Arc, time::Duration};

use http::Extensions;
use lambda_sidecar_core::{CallContext, FailureClass, Point, Sidecar};

/// What became of the call at one sidecar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Decision {
    /// It went on as it was: the function allowed it, or its failure was let pass
    /// ([`failed_open`](Receipt::failed_open)).
    Allow,
    /// It went on with the function's changes.
    Modify,
    /// The function ended it.
    Terminate,
    /// It went on; the function was told and not waited for.
    Event,
    /// It was answered with an error of the connector.
    Error,
}

impl Decision {
    /// All decisions.
    pub const ALL: [Self; 5] = [
        Self::Allow,
        Self::Modify,
        Self::Terminate,
        Self::Event,
        Self::Error,
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
        }
    }
}

/// What one sidecar decided, and why. It never holds payloads, header values or secrets.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub(crate) sidecar: Arc<Sidecar>,
    pub(crate) decision: Decision,
    pub(crate) error: Option<&'static str>,
    pub(crate) failure: Option<FailureClass>,
    pub(crate) refused_headers: Vec<String>,
    pub(crate) latency: Option<Duration>,
    pub(crate) executed_version: Option<String>,
    pub(crate) envelope_length: usize,
}

impl Receipt {
    pub(crate) fn new(sidecar: &Arc<Sidecar>) -> Self {
        Self {
            sidecar: Arc::clone(sidecar),
            decision: Decision::Error,
            error: None,
            failure: None,
            refused_headers: Vec::new(),
            latency: None,
            executed_version: None,
            envelope_length: 0,
        }
    }

    /// At which point it was decided.
    #[must_use]
    pub fn point(&self) -> Point {
        self.sidecar.point()
    }

    /// The short name of the function.
    #[must_use]
    pub fn function(&self) -> &str {
        self.sidecar.name()
    }

    /// What became of the call.
    #[must_use]
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// The error name, where the client was answered with an error of the connector.
    #[must_use]
    pub fn error(&self) -> Option<&'static str> {
        self.error
    }

    /// Why the function call failed, where it did. A precondition that is not met is no failure.
    #[must_use]
    pub fn failure(&self) -> Option<FailureClass> {
        self.failure
    }

    /// Whether the call went on although the function call failed.
    #[must_use]
    pub fn failed_open(&self) -> bool {
        self.failure.is_some() && self.decision != Decision::Error
    }

    /// Names of headers the function wanted to change and may not.
    #[must_use]
    pub fn refused_headers(&self) -> &[String] {
        &self.refused_headers
    }

    /// How long the function call took; none where the function was not asked.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        self.latency
    }

    /// Which version of the function answered, where it says so.
    #[must_use]
    pub fn executed_version(&self) -> Option<&str> {
        self.executed_version.as_deref()
    }

    /// How long the envelope was, in bytes; 0 where the function was not asked.
    #[must_use]
    pub fn envelope_length(&self) -> usize {
        self.envelope_length
    }
}

/// The receipts of one call, in the order in which its sidecars decided.
///
/// The layers leave it in the extensions of the request, for the backend, and of the response, for
/// access logs and metrics further out. No client can forge it, and no backend in another process
/// receives it.
///
/// ```
/// use lambda_sidecar::Receipts;
///
/// fn log(response: &http::Response<()>) {
///     for outcome in response.extensions().get::<Receipts>().into_iter().flatten() {
///         println!("{}: {}", outcome.function(), outcome.decision().as_str());
///     }
/// }
/// # log(&http::Response::new(()));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Receipts {
    // Request and response share them. They are few, so each that is added makes a new slice.
    kept: Arc<[Receipt]>,
    /// The call that they belong to, in a request: for the sidecars further in.
    context: Option<CallContext>,
}

impl Receipts {
    pub(crate) fn push(&mut self, outcome: Receipt) {
        self.kept = self.kept.iter().cloned().chain([outcome]).collect();
    }

    /// The context of the call, as the sidecars further out know it.
    pub(crate) fn context(&self) -> Option<&CallContext> {
        self.context.as_ref()
    }

    pub(crate) fn keep_context(&mut self, context: CallContext) {
        self.context = Some(context);
    }

    /// Adds these receipts to those of the sidecars further out, in the request.
    pub(crate) fn leave_in_request(&self, extensions: &mut Extensions) {
        match extensions.get_mut::<Self>() {
            Some(earlier) if earlier.is_empty() => earlier.kept = Arc::clone(&self.kept),
            Some(earlier) => earlier.kept = earlier.iter().chain(self).cloned().collect(),
            None => {
                extensions.insert(self.clone());
            }
        }
    }

    /// Puts these receipts, of which the first `before` were made on the way in, around those that the
    /// sidecars further in left in the response.
    pub(crate) fn leave_in_response(mut self, before: usize, extensions: &mut Extensions) {
        if let Some(inner) = extensions.remove::<Self>() {
            let (before, after) = self.kept.split_at(before);
            self.kept = before.iter().chain(&inner).chain(after).cloned().collect();
        }
        extensions.insert(self);
    }
}

impl Deref for Receipts {
    type Target = [Receipt];

    fn deref(&self) -> &Self::Target {
        &self.kept
    }
}

impl<'a> IntoIterator for &'a Receipts {
    type Item = &'a Receipt;
    type IntoIter = std::slice::Iter<'a, Receipt>;

    fn into_iter(self) -> Self::IntoIter {
        self.kept.iter()
    }
}
