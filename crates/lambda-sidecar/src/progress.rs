//! How far the sidecars of a call have come, for whoever has to say so if the call is cancelled.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lambda_sidecar_core::{Sidecar, session::Receipt};
use tokio::time::Instant;

/// What the sidecars of one call have decided so far, and which of them waits for its function.
///
/// A call that is cancelled has no response, and so no [`Receipts`](crate::Receipts). Put one of these into the
/// extensions of a request and keep a clone: it tells the same, also after the call was dropped. The access log of
/// the gateway does this. A lock is held for each decision, and never while anything is waited for.
///
/// ```
/// use http::Request;
/// use lambda_sidecar::CallProgress;
///
/// let progress = CallProgress::default();
/// let mut request = Request::new(());
/// request.extensions_mut().insert(progress.clone());
/// // ... the service is called, and the call is dropped ...
/// assert!(progress.receipts().is_empty());
/// assert!(progress.under_way().is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct CallProgress {
    state: Arc<Mutex<ProgressState>>,
}

#[derive(Debug, Default)]
struct ProgressState {
    receipts: Vec<Receipt>,
    under_way: Option<(Arc<Sidecar>, Instant)>,
}

/// A sidecar that waits for its function.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UnderWay {
    /// The sidecar.
    pub sidecar: Arc<Sidecar>,
    /// How long it has waited.
    pub elapsed: Duration,
}

impl CallProgress {
    /// The receipts so far, in the order in which the sidecars decided.
    #[must_use]
    pub fn receipts(&self) -> Vec<Receipt> {
        self.state().receipts.clone()
    }

    /// The sidecar that waits for its function, or waited for it when the call was dropped.
    #[must_use]
    pub fn under_way(&self) -> Option<UnderWay> {
        let state = self.state();
        let (sidecar, since) = state.under_way.as_ref()?;
        Some(UnderWay {
            sidecar: Arc::clone(sidecar),
            elapsed: since.elapsed(),
        })
    }

    pub(crate) fn invoked(&self, sidecar: &Arc<Sidecar>) {
        self.state().under_way = Some((Arc::clone(sidecar), Instant::now()));
    }

    pub(crate) fn decided(&self, receipt: &Receipt) {
        let mut state = self.state();
        state.under_way = None;
        state.receipts.push(receipt.clone());
    }

    fn state(&self) -> MutexGuard<'_, ProgressState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
