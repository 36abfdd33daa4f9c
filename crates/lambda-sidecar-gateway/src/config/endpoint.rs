//! The endpoints of the file.

use std::{collections::HashSet, sync::Arc, time::Duration};

use http::{HeaderName, Uri, uri::PathAndQuery, uri::Scheme};
use lambda_sidecar::Endpoint;

use super::{
    defaults,
    document::Field,
    error_sets::ErrorSets,
    inputs::{self, Blocked, Sidecars},
    problem::{ConfigProblem, SetAside},
    reader::{Table, nearest},
};
use crate::path::LenientPath;

/// One endpoint, checked.
#[derive(Debug)]
pub(crate) struct EndpointConfig {
    pub(crate) id: Option<String>,
    /// As in the file, without a slash at its end; `/` alone is empty.
    pub(crate) path: String,
    pub(crate) origin: Origin,
    pub(crate) timeout: Duration,
    pub(crate) endpoint: Arc<Endpoint>,
    /// Whether the file says under which address it is called.
    pub(crate) has_public_base: bool,
    pub(crate) key_places: KeyPlaces,
    pub(crate) require_api_key: bool,
    /// Whether the backend may answer with compressed and partial texts although a function reads them.
    pub(crate) pass_encoding_and_range: bool,
    /// Whether the backend and the functions are not sent the key.
    pub(crate) strip_api_key: bool,
    /// The sidecars, or what is wrong with their inputs.
    pub(crate) sidecars: Result<Sidecars, Blocked>,
}

/// Where the backend is.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) base: Uri,
}

impl Origin {
    pub(crate) fn is_https(&self) -> bool {
        self.base.scheme() == Some(&Scheme::HTTPS)
    }
}

/// Where a call's package key stands.
#[derive(Debug, Clone)]
pub(crate) struct KeyPlaces {
    pub(crate) header: Option<HeaderName>,
    pub(crate) query: Option<String>,
}

pub(super) fn read(
    tables: Vec<Table<'_, '_>>,
    sets: &ErrorSets,
    aside: &mut SetAside,
) -> Vec<EndpointConfig> {
    let mut paths = HashSet::new();
    tables
        .into_iter()
        .filter_map(|table| endpoint(table, sets, &mut paths, aside))
        .collect()
}

fn endpoint(
    mut table: Table<'_, '_>,
    sets: &ErrorSets,
    paths: &mut HashSet<String>,
    aside: &mut SetAside,
) -> Option<EndpointConfig> {
    let path = table.string("path");
    let path = table.require("path", path);
    let path = path.and_then(|field| endpoint_path(&field, paths));
    let origin = table.string("origin");
    let origin = table.require("origin", origin);
    let origin = origin.and_then(|field| field.read(|text| base_uri(text)));
    let timeout = table
        .milliseconds("timeout_ms", 1)
        .unwrap_or(defaults::TIMEOUT);
    let id = table.string("endpoint_id").map(|id| id.value.to_owned());
    let (endpoint, has_public_base) = about(&mut table, sets, path.as_deref().unwrap_or_default());
    let endpoint = match &id {
        Some(id) => endpoint.endpoint_id(id),
        None => endpoint,
    };
    let key_places = key_places(&mut table);
    let require_api_key = table.boolean("require_api_key").unwrap_or(false);
    let pass_encoding_and_range = table.boolean("pass_encoding_and_range").unwrap_or(false);
    let strip_api_key = table.boolean("strip_api_key").unwrap_or(false);
    let sidecars = sidecars(&mut table, timeout, aside);
    table.finish();
    Some(EndpointConfig {
        id,
        path: path?,
        origin: Origin { base: origin? },
        timeout,
        endpoint: Arc::new(endpoint),
        has_public_base,
        key_places,
        require_api_key,
        pass_encoding_and_range,
        strip_api_key,
        sidecars,
    })
}

/// The sidecars; mistakes are reported, or put aside if the endpoint is to be blocked.
fn sidecars(
    table: &mut Table<'_, '_>,
    timeout: Duration,
    aside: &mut SetAside,
) -> Result<Sidecars, Blocked> {
    let on_invalid = table.string("on_invalid_inputs");
    let block = on_invalid.and_then(|field| field.read(|text| on_invalid_inputs(text)));
    inputs::read(table, timeout, &mut aside.warnings).map_err(|mistakes| {
        if block == Some(true) {
            aside.blocked.extend(mistakes);
        } else {
            for problem in mistakes {
                table.document().report(problem);
            }
        }
        Blocked
    })
}

/// Whether the endpoint is to be blocked.
fn on_invalid_inputs(text: &str) -> Result<bool, String> {
    match text {
        "block" => Ok(true),
        "refuse" => Ok(false),
        _ => Err(format!("found `{text}`, allowed: refuse, block")),
    }
}

/// What the envelopes say of the endpoint, and whether that is its public base too.
fn about(table: &mut Table<'_, '_>, sets: &ErrorSets, path: &str) -> (Endpoint, bool) {
    let mut endpoint = Endpoint::new().path(path);
    if let Some(id) = table.string("service_id") {
        endpoint = endpoint.service_id(id.value);
    }
    let base = table.string("public_base");
    let has_public_base = base.is_some();
    if let Some(base) = base.and_then(|field| field.read(|text| public_base(text))) {
        endpoint = endpoint.public_base(base);
    }
    if let Some(name) = table.string("error_set") {
        match sets.get(name.value) {
            Some(set) => endpoint = endpoint.error_set(set.clone()),
            None => name.wrong(unknown_set(name.value, sets)),
        }
    }
    (endpoint, has_public_base)
}

fn unknown_set(name: &str, sets: &ErrorSets) -> String {
    let hint = nearest(name, sets.keys().map(String::as_str))
        .map_or(String::new(), |near| format!(", did you mean `{near}`?"));
    format!("no error set `{name}` in this file{hint}")
}

fn key_places(table: &mut Table<'_, '_>) -> KeyPlaces {
    let default = KeyPlaces {
        header: Some(defaults::KEY_HEADER),
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
                HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| format!("found `{name}`, allowed: the name of a header"))
            })
        }),
        query: query.map(|field| field.value.to_owned()),
    }
}

fn endpoint_path(field: &Field<'_, '_, &str>, paths: &mut HashSet<String>) -> Option<String> {
    let text = field.value;
    let plain = text.starts_with('/')
        && !text.contains(['?', '#', ';', '\\'])
        && !text.contains("//")
        && PathAndQuery::try_from(text).is_ok();
    let lenient = LenientPath::new(text).filter(|lenient| lenient.is_the_only_reading(text));
    let (true, Some(lenient)) = (plain, lenient) else {
        let allowed = "a path that begins with `/` and can be read in one way: without query, empty or dot segments";
        field.wrong(format!("found `{text}`, allowed: {allowed}"));
        return None;
    };
    if !paths.insert(lenient.certain().trim_end_matches('/').to_owned()) {
        field.wrong(format!("a second endpoint at `{text}`"));
        return None;
    }
    Some(text.trim_end_matches('/').to_owned())
}

fn base_uri(text: &str) -> Result<Uri, String> {
    const ALLOWED: &str =
        "http:// or https://, a host, a port from 1 to 65535 and a path, without user and query";
    let uri: Option<Uri> = text.parse().ok();
    let uri = uri.filter(|uri| {
        let scheme = uri.scheme();
        let authority = uri.authority().map(|authority| authority.as_str());
        (scheme == Some(&Scheme::HTTP) || scheme == Some(&Scheme::HTTPS))
            && authority.is_some_and(|text| !text.contains('@') && !text.starts_with(':'))
            && has_usable_port(uri)
            && uri.query().is_none()
            && !text.contains('#')
    });
    match uri {
        Some(uri) => Ok(uri),
        // What stands before an `@` could be a password, and what stands in a query a key.
        None if text.contains('@') => Err(format!("allowed: {ALLOWED}")),
        None if text.contains('?') => {
            Err(format!("found `{}?…`, allowed: {ALLOWED}", path_of(text)))
        }
        None => Err(format!("found `{text}`, allowed: {ALLOWED}")),
    }
}

/// Whether the port is one, or there is none. [`Uri`] takes any digits, and says of too large a number that
/// there is no port: the calls would go to the scheme's own.
fn has_usable_port(uri: &Uri) -> bool {
    let host = uri.host().map_or(0, str::len);
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    authority.len() == host || uri.port_u16().is_some_and(|port| port > 0)
}

/// What stands before the query.
fn path_of(text: &str) -> &str {
    text.split('?').next().unwrap_or_default()
}

fn public_base(text: &str) -> Result<String, String> {
    let uri = base_uri(text)?;
    if uri.path() != "/" {
        return Err(format!("found `{text}`, allowed: scheme and host alone"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}
