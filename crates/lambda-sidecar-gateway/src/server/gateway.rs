//! The running gateway: it makes routes of a configuration, again at every reload.

use std::{fmt, io, sync::Arc};

use crate::{
    config::{Config, Limits},
    functions::FunctionSource,
    proxy::{Backends, Routes},
};

/// What outlives a reload: connections to backends and functions.
#[derive(Debug)]
pub(crate) struct Gateway {
    backends: Arc<Backends>,
    functions: FunctionSource,
}

impl Gateway {
    pub(crate) fn new(functions: FunctionSource, limits: Limits) -> Self {
        Self {
            backends: Arc::new(Backends::new(limits.max_headers)),
            functions,
        }
    }

    /// The routes of a configuration. The function source is not used unless an endpoint has sidecars.
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
            Some(self.functions.functions(config.transport).await)
        } else {
            None
        };
        let (callers, functions) = (config.callers, functions.as_ref());
        Ok(Routes::new(endpoints, callers, &self.backends, functions))
    }
}

/// The gateway cannot speak TLS to backends.
#[derive(Debug)]
pub(crate) struct NoTls(io::Error);

impl fmt::Display for NoTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no TLS to backends: {}", self.0)
    }
}
