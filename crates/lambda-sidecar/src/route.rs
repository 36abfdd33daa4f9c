//! The sidecars that a layer, its service and each of its calls share.

use std::sync::Arc;

use lambda_sidecar_core::Sidecar;

use crate::settings::Settings;
#[cfg(feature = "metrics")]
use crate::watch::meters::Meters;

/// The sidecars of a route, and what the application decides for them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Route {
    /// Request halves, in the order in which they are invoked.
    pub(crate) request: Vec<Half>,
    /// Response halves, in the order in which they are invoked.
    pub(crate) response: Vec<Half>,
    pub(crate) settings: Settings,
}

/// One sidecar, and its counts.
#[derive(Debug, Clone)]
pub(crate) struct Half {
    pub(crate) sidecar: Arc<Sidecar>,
    #[cfg(feature = "metrics")]
    pub(crate) meters: Arc<Meters>,
}

impl Half {
    pub(crate) fn new(sidecar: Sidecar) -> Self {
        Self {
            #[cfg(feature = "metrics")]
            meters: Arc::new(Meters::new(&sidecar)),
            sidecar: Arc::new(sidecar),
        }
    }
}
