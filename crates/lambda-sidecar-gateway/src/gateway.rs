//! The running gateway: a configuration made into routes, again at every reload.

use std::{fmt, io, sync::Arc};

use lambda_sidecar::Functions;
use tokio::sync::OnceCell;

use crate::{
    config::Config,
    proxy::{Backends, Routes},
};

/// What outlives a reload: connections to backends and functions.
#[derive(Debug)]
pub(crate) struct Gateway {
    backends: Arc<Backends>,
    functions: OnceCell<Functions>,
}

impl Gateway {
    /// With AWS as the process's environment describes it, looked at when the first sidecar asks for it.
    pub(crate) fn new() -> Self {
        Self {
            backends: Arc::new(Backends::new()),
            functions: OnceCell::new(),
        }
    }

    /// With these functions, whatever the environment says.
    pub(crate) fn with_functions(functions: Functions) -> Self {
        Self {
            functions: OnceCell::new_with(Some(functions)),
            ..Self::new()
        }
    }

    /// The routes of a configuration.
    ///
    /// # Errors
    ///
    /// When a backend needs TLS and the system has no trusted roots.
    pub(crate) async fn routes(&self, config: Config) -> Result<Routes, NoTls> {
        let endpoints = config.endpoints;
        if endpoints.iter().any(|endpoint| endpoint.origin.is_https()) {
            self.backends.prepare_tls().map_err(NoTls)?;
        }
        let has_sidecars = endpoints
            .iter()
            .any(|endpoint| endpoint.sidecars.as_ref().is_ok_and(|all| !all.is_empty()));
        let functions = if has_sidecars {
            let functions = self.functions.get_or_init(Functions::from_env).await;
            Some(functions.clone().transport(config.transport))
        } else {
            None
        };
        let (callers, functions) = (config.callers, functions.as_ref());
        Ok(Routes::new(endpoints, callers, &self.backends, functions))
    }
}

/// TLS cannot be spoken to backends.
#[derive(Debug)]
pub(crate) struct NoTls(io::Error);

impl fmt::Display for NoTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no TLS to backends: {}", self.0)
    }
}
