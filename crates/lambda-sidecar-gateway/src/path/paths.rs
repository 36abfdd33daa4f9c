//! What belongs to a path: the endpoint with the longest path that it is, or is below.

use std::{collections::HashMap, sync::Arc};

use super::{
    lenient::{LenientPath, prefixes},
    normal::normal,
};

/// Endpoints by path, in its normal form and read leniently.
#[derive(Debug)]
pub(crate) struct Paths<T> {
    normal: PathMap<T>,
    lenient: PathMap<T>,
}

/// What a path belongs to.
#[derive(Debug)]
pub(crate) enum PathMatch<'r, 'p, T> {
    Endpoint {
        endpoint: &'r Arc<T>,
        /// The path below the endpoint's as it is written; empty for a call to the endpoint itself.
        rest: &'p str,
    },
    Nothing,
    /// A backend could take the path for another endpoint's.
    Unclear,
}

impl<T> Paths<T> {
    /// Adds an endpoint at a path of its own.
    pub(crate) fn insert(&mut self, path: &str, endpoint: T) {
        let endpoint = Arc::new(endpoint);
        if let Some(path) = LenientPath::new(path) {
            self.lenient.insert(
                path.certain().trim_end_matches('/').to_owned(),
                Arc::clone(&endpoint),
            );
        }
        self.normal.insert(normal(path).into_owned(), endpoint);
    }

    /// The endpoint with the longest path that this path is, or is below.
    pub(crate) fn find<'p>(&self, path: &'p str) -> PathMatch<'_, 'p, T> {
        let Some(lenient) = LenientPath::new(path) else {
            return PathMatch::Unclear;
        };
        let normal = normal(path);
        let found = self.normal.longest(&normal);
        if !lenient.is_as_written() && !self.is_in_every_reading(found, path, &lenient) {
            return PathMatch::Unclear;
        }
        match found {
            Some((endpoint, prefix)) => PathMatch::Endpoint {
                endpoint,
                rest: below(path, prefix),
            },
            None => PathMatch::Nothing,
        }
    }

    /// Whether all backends take the path for this endpoint's, or for no endpoint's.
    fn is_in_every_reading(
        &self,
        found: Option<(&Arc<T>, &str)>,
        path: &str,
        lenient: &LenientPath<'_>,
    ) -> bool {
        self.is_in_reading(found, lenient)
            && LenientPath::behind_authority(path)
                .is_none_or(|behind| self.is_in_reading(found, &behind))
    }

    fn is_in_reading(&self, found: Option<(&Arc<T>, &str)>, path: &LenientPath<'_>) -> bool {
        let is_same = match (found, self.lenient.longest(path.certain())) {
            (Some((endpoint, _)), Some((other, _))) => Arc::ptr_eq(endpoint, other),
            (None, None) => true,
            _ => false,
        };
        let mut others = self.lenient.endpoints.keys();
        is_same && !(path.may_be_longer() && others.any(|other| path.may_be(other)))
    }
}

impl<T> Default for Paths<T> {
    fn default() -> Self {
        Self {
            normal: PathMap::default(),
            lenient: PathMap::default(),
        }
    }
}

/// What is below the first segments of a path: as many of them as this prefix of its normal form has.
fn below<'p>(path: &'p str, prefix: &str) -> &'p str {
    if path == "/" {
        return "";
    }
    let slashes = prefix.bytes().filter(|byte| *byte == b'/').count();
    let mut starts = path.match_indices('/').skip(slashes);
    starts.next().map_or("", |(start, _)| &path[start..])
}

/// Endpoints by one reading of their paths; the root's is empty.
#[derive(Debug)]
struct PathMap<T> {
    endpoints: HashMap<String, Arc<T>>,
    longest: usize,
}

impl<T> PathMap<T> {
    fn insert(&mut self, path: String, endpoint: Arc<T>) {
        self.longest = self.longest.max(path.len());
        self.endpoints.insert(path, endpoint);
    }

    /// The endpoint, and the part of the path that is its own.
    fn longest<'p>(&self, path: &'p str) -> Option<(&Arc<T>, &'p str)> {
        if !path.starts_with('/') {
            return None;
        }
        // The root is called as `/`, and as nothing else.
        let path = if path == "/" { "" } else { path };
        let mut prefixes = prefixes(path, self.longest);
        prefixes.find_map(|prefix| Some((self.endpoints.get(prefix)?, prefix)))
    }
}

impl<T> Default for PathMap<T> {
    fn default() -> Self {
        Self {
            endpoints: HashMap::new(),
            longest: 0,
        }
    }
}
