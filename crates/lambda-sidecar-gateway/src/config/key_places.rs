//! Where the package key of a call stands.

use std::sync::Arc;

use http::HeaderName;
use lambda_sidecar::OwnedHeaders;

use super::{defaults, problem::ConfigProblem, reader::Table};

/// Where a call's package key stands.
#[derive(Debug, Clone)]
pub(crate) struct KeyPlaces {
    /// A header, in every spelling that a lenient backend takes for it.
    pub(crate) header: Option<Arc<OwnedHeaders>>,
    pub(crate) query: Option<String>,
}

impl KeyPlaces {
    pub(crate) fn in_header(name: &HeaderName) -> Arc<OwnedHeaders> {
        Arc::new(OwnedHeaders::new([name]))
    }
}

pub(super) fn read(table: &mut Table<'_, '_>) -> KeyPlaces {
    let default = KeyPlaces {
        header: Some(KeyPlaces::in_header(&defaults::KEY_HEADER)),
        query: Some(defaults::KEY_QUERY.to_owned()),
    };
    let Some(mut place) = table.table("api_key") else {
        return default;
    };
    let header = place.string("header");
    let query = place.string("query");
    if header.is_some() == query.is_some() {
        let message = "allowed: one of `header` and `query`";
        let problem = ConfigProblem::new(place.line(), "endpoints.api_key", message);
        place.document().report(problem);
    }
    place.finish();
    KeyPlaces {
        header: header.and_then(|field| {
            field.read(|name| {
                // The name is not shown: whoever takes it for the place of the key writes the key.
                let header = HeaderName::from_bytes(name.as_bytes());
                header.map(|name| KeyPlaces::in_header(&name)).map_err(|_| {
                    let length = name.chars().count();
                    format!("found a text of {length} characters that is no name, allowed: the name of a header")
                })
            })
        }),
        query: query.and_then(|field| {
            field.read(|name| match name.is_empty() {
                true => Err("is empty, allowed: the name of a query parameter"),
                false => Ok((*name).to_owned()),
            })
        }),
    }
}
