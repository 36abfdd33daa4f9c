//! All endpoints of a configuration, found by path.

use std::sync::Arc;

use http::Request;

use super::{answers::Refusal, api_key, backends::Backends, route::EndpointRoute};
use crate::{
    config::{Caller, Callers, EndpointConfig, KeyPlaces},
    functions::FunctionAccess,
    path::{PathMatch, Paths},
};

/// The endpoints and callers of one configuration.
#[derive(Debug)]
pub(crate) struct Routes {
    paths: Paths<EndpointRoute>,
    callers: Callers,
}

impl Routes {
    /// `functions` is needed if an endpoint has sidecars.
    pub(crate) fn new(
        endpoints: Vec<EndpointConfig>,
        callers: Callers,
        backends: &Arc<Backends>,
        functions: Option<&FunctionAccess>,
    ) -> Self {
        let mut paths = Paths::default();
        for config in endpoints {
            let path = config.path.clone();
            paths.insert(
                &path,
                EndpointRoute::new(config, Arc::clone(backends), functions),
            );
        }
        Self { paths, callers }
    }

    /// The endpoint with the longest path that this path is, or is below.
    pub(super) fn find<'p>(&self, path: &'p str) -> PathMatch<'_, 'p, EndpointRoute> {
        self.paths.find(path)
    }

    /// Who calls, if the call brings a known package key.
    ///
    /// # Errors
    ///
    /// If it brings two of them that differ.
    pub(super) fn caller<B>(
        &self,
        places: &KeyPlaces,
        request: &Request<B>,
    ) -> Result<Option<Caller>, Refusal> {
        Ok(api_key::caller(places, &self.callers, request)?.cloned())
    }
}
