//! The running gateway: it makes routes of a configuration, again at every reload.

use std::{fmt, io, sync::Arc};

use lambda_sidecar::Resolver;

use crate::{
    config::{Config, EndpointConfig, Limits},
    functions::{AwsSettingsError, EventQueues, FunctionAccess, FunctionSource, VerdictCache},
    proxy::{Backends, Routes},
};

/// What outlives a reload: connections to backends and functions, and events that are still to be sent.
#[derive(Debug)]
pub(crate) struct Gateway {
    backends: Arc<Backends>,
    functions: FunctionSource,
    events: EventQueues,
}

impl Gateway {
    pub(crate) fn new(functions: FunctionSource, limits: Limits) -> Self {
        Self {
            backends: Arc::new(Backends::new(limits.max_headers, Resolver::from_system())),
            functions,
            events: EventQueues::new(),
        }
    }

    /// The routes of a configuration. The function source is not used unless an endpoint has sidecars.
    ///
    /// # Errors
    ///
    /// When a backend needs TLS and the system has no trusted roots, or the settings of AWS cannot be used.
    pub(crate) async fn routes(&self, config: Config) -> Result<Routes, NoRoutes> {
        let endpoints = config.endpoints;
        if endpoints.iter().any(|endpoint| endpoint.origin.is_https()) {
            self.backends.prepare_tls().map_err(NoRoutes::NoTls)?;
        }
        let has_sidecars = endpoints
            .iter()
            .any(|endpoint| endpoint.sidecars.as_ref().is_ok_and(|all| !all.is_empty()));
        let functions = if has_sidecars {
            let functions = self.functions.functions(config.transport).await;
            Some(FunctionAccess {
                functions: functions.map_err(NoRoutes::Aws)?,
                // A new one, so that a reload empties it.
                cache: keeps_verdicts(&endpoints).then(|| VerdictCache::new(config.cache_bytes)),
                events: self.events.clone(),
            })
        } else {
            None
        };
        let (callers, functions) = (config.callers, functions.as_ref());
        Ok(Routes::new(endpoints, callers, &self.backends, functions))
    }

    /// The events that are sent in the background, of this configuration and of earlier ones.
    pub(crate) fn events(&self) -> &EventQueues {
        &self.events
    }

    /// Reads the credentials of AWS again, if any are in use.
    pub(crate) async fn read_credentials_again(&self) {
        self.functions.read_credentials_again().await;
    }
}

/// Whether verdicts of one of these endpoints' sidecars are kept.
fn keeps_verdicts(endpoints: &[EndpointConfig]) -> bool {
    let sidecars = endpoints.iter().filter_map(|it| it.sidecars.as_ref().ok());
    let mut sidecars = sidecars.flat_map(|it| it.pre.iter().chain(&it.post));
    sidecars.any(|sidecar| sidecar.cache_max().is_some())
}

/// Why a configuration cannot be served.
#[derive(Debug)]
pub(crate) enum NoRoutes {
    /// The gateway cannot speak TLS to backends.
    NoTls(io::Error),
    Aws(AwsSettingsError),
}

impl fmt::Display for NoRoutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTls(error) => write!(f, "no TLS to backends: {error}"),
            Self::Aws(error) => error.fmt(f),
        }
    }
}
