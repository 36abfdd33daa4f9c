//! The specification said a second time, for property tests and fuzz targets to hold the code against.

pub(crate) mod apply;
pub(crate) mod envelope;
pub(crate) mod session;
pub(crate) mod verdict;

use std::collections::BTreeMap;

use http::HeaderMap;

/// Header names in lower case, each with its lines.
pub(crate) type Lines = BTreeMap<String, Vec<Vec<u8>>>;

pub(crate) fn lines(headers: &HeaderMap) -> Lines {
    let mut lines = Lines::new();
    for (name, value) in headers {
        lines
            .entry(name.to_string())
            .or_default()
            .push(value.as_bytes().to_vec());
    }
    lines
}
