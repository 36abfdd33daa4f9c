//! All endpoints of a configuration, found by path.

use std::{collections::HashMap, sync::Arc};

use http::Request;
use lambda_sidecar::Functions;

use super::{
    api_key,
    backends::Backends,
    path::{LenientPath, prefixes},
    route::Route,
};
use crate::config::{Caller, Callers, EndpointConfig, KeyPlaces};

/// The endpoints and callers of one configuration.
#[derive(Debug)]
pub(crate) struct Routes {
    as_written: PathMap,
    lenient: PathMap,
    callers: Callers,
}

/// What a path belongs to.
#[derive(Debug)]
pub(super) enum Found<'r, 'p> {
    Endpoint {
        route: &'r Arc<Route>,
        /// The path below the endpoint's; empty for a call to the endpoint itself.
        rest: &'p str,
    },
    Nothing,
    /// A backend could take the path for another endpoint's.
    Unclear,
}

impl Routes {
    /// `functions` is needed where an endpoint has sidecars.
    pub(crate) fn new(
        endpoints: Vec<EndpointConfig>,
        callers: Callers,
        backends: &Arc<Backends>,
        functions: Option<&Functions>,
    ) -> Self {
        let mut as_written = PathMap::default();
        let mut lenient = PathMap::default();
        for config in endpoints {
            let path = config.path.clone();
            let route = Arc::new(Route::new(config, Arc::clone(backends), functions));
            if let Some(path) = LenientPath::of(&path) {
                lenient.insert(path.as_str().to_owned(), Arc::clone(&route));
            }
            as_written.insert(path, route);
        }
        Self {
            as_written,
            lenient,
            callers,
        }
    }

    /// The endpoint with the longest path that this path is, or is below.
    pub(super) fn find<'p>(&self, path: &'p str) -> Found<'_, 'p> {
        let Some(lenient) = LenientPath::of(path) else {
            return Found::Unclear;
        };
        let found = self.as_written.longest(path);
        if !lenient.is_as_written() {
            let also = self.lenient.longest(lenient.as_str());
            let same = match (found, also) {
                (Some((route, _)), Some((other, _))) => Arc::ptr_eq(route, other),
                (None, None) => true,
                _ => false,
            };
            if !same {
                return Found::Unclear;
            }
        }
        match found {
            Some((route, rest)) => Found::Endpoint { route, rest },
            None => Found::Nothing,
        }
    }

    /// Who calls, where the call brings a known package key.
    pub(super) fn caller<B>(&self, places: &KeyPlaces, request: &Request<B>) -> Option<Caller> {
        let key = api_key::find(places, request)?;
        self.callers.find(&key).cloned()
    }
}

/// Routes by path; the root's is empty.
#[derive(Debug, Default)]
struct PathMap {
    routes: HashMap<String, Arc<Route>>,
    longest: usize,
}

impl PathMap {
    fn insert(&mut self, path: String, route: Arc<Route>) {
        self.longest = self.longest.max(path.len());
        self.routes.insert(path, route);
    }

    fn longest<'p>(&self, path: &'p str) -> Option<(&Arc<Route>, &'p str)> {
        if !path.starts_with('/') {
            return None;
        }
        // The root is called as `/`, and as nothing else.
        let path = if path == "/" { "" } else { path };
        let mut prefixes = prefixes(path, self.longest);
        prefixes.find_map(|prefix| Some((self.routes.get(prefix)?, &path[prefix.len()..])))
    }
}
