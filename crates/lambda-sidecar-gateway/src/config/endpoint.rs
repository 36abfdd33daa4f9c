//! The endpoints of the file.

use std::{collections::HashSet, net::SocketAddr, sync::Arc, time::Duration};

use http::{Uri, uri::Scheme};
use lambda_sidecar::{Endpoint, Sidecar};

use super::{
    defaults,
    document::Field,
    endpoint_path::endpoint_path,
    error_sets::ErrorSets,
    inputs::{self, Blocked, Sidecars},
    key_places::{self, KeyPlaces},
    origins::{self, OriginLine},
    problem::{ConfigProblem, SetAside},
    reader::{Table, nearest},
    url::{base_uri, public_base},
};

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

/// What the rest of the file has for endpoints, and what those before one have.
#[derive(Debug)]
pub(super) struct Around<'s> {
    pub(super) sets: &'s ErrorSets,
    /// Whether a package key can be known at all.
    pub(super) has_callers: bool,
    paths: HashSet<String>,
    ids: HashSet<String>,
    origins: Vec<OriginLine>,
}

impl<'s> Around<'s> {
    pub(super) fn new(sets: &'s ErrorSets, has_callers: bool) -> Self {
        Self {
            sets,
            has_callers,
            paths: HashSet::new(),
            ids: HashSet::new(),
            origins: Vec::new(),
        }
    }
}

pub(super) fn read(
    tables: Vec<Table<'_, '_>>,
    mut around: Around<'_>,
    listen: Option<SocketAddr>,
    aside: &mut SetAside,
) -> Vec<EndpointConfig> {
    let endpoints = tables
        .into_iter()
        .filter_map(|table| endpoint(table, &mut around, aside))
        .collect();
    let mut warnings = origins::warnings(&around.origins, listen);
    aside.warnings.append(&mut warnings);
    endpoints
}

fn endpoint(
    mut table: Table<'_, '_>,
    around: &mut Around<'_>,
    aside: &mut SetAside,
) -> Option<EndpointConfig> {
    let (path, origin) = path_and_origin(&mut table, around, aside);
    let timeout = table
        .milliseconds("timeout_ms", 1)
        .unwrap_or(defaults::TIMEOUT);
    let id = table.string("endpoint_id");
    let id = id.map(|field| endpoint_id(&field, &mut around.ids, aside));
    let error_set = table.string("error_set");
    let path_shown = path.as_deref().unwrap_or_default();
    let (endpoint, has_public_base) =
        about(&mut table, error_set.as_ref(), around.sets, path_shown);
    let endpoint = match &id {
        Some(id) => endpoint.endpoint_id(id),
        None => endpoint,
    };
    let key_places = key_places::read(&mut table);
    let require_api_key = required_key(&mut table, around.has_callers, aside);
    let pass_encoding_and_range = table.boolean("pass_encoding_and_range").unwrap_or(false);
    let strip_api_key = table.boolean("strip_api_key").unwrap_or(false);
    let sidecars = sidecars(&mut table, timeout, error_set.is_some(), aside);
    let known_set = error_set.filter(|set| around.sets.contains_key(set.value));
    if let (Some(set), Ok(sidecars)) = (known_set, &sidecars) {
        aside.warnings.extend(unused_set(&set, sidecars));
    }
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
    has_error_set: bool,
    aside: &mut SetAside,
) -> Result<Sidecars, Blocked> {
    let on_invalid = table.string("on_invalid_inputs");
    let block = on_invalid.and_then(|field| field.read(|text| on_invalid_inputs(text)));
    let sidecars = inputs::read(table, timeout, has_error_set, &mut aside.warnings);
    sidecars.map_err(|mistakes| {
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

fn unused_set(set: &Field<'_, '_, &str>, sidecars: &Sidecars) -> Option<ConfigProblem> {
    let is_used = sidecars.iter().any(Sidecar::uses_error_set);
    (!is_used).then(|| {
        set.warning("has no effect: no sidecar of the endpoint has `enable_error_set: true`")
    })
}

/// None: it is wrong, which is reported.
fn path_and_origin(
    table: &mut Table<'_, '_>,
    around: &mut Around<'_>,
    aside: &mut SetAside,
) -> (Option<String>, Option<Uri>) {
    let path = table.string("path");
    let path = table.require("path", path);
    let path = path.and_then(|field| endpoint_path(&field, &mut around.paths, aside));
    let origin = table.string("origin");
    let origin = table.require("origin", origin);
    let line = origin.as_ref().map(Field::line);
    let origin = origin.and_then(|field| field.read(|text| base_uri(text)));
    if let (Some(path), Some(base), Some(line)) = (&path, &origin, line) {
        around.origins.push(OriginLine {
            line,
            path: path.clone(),
            base: base.clone(),
        });
    }
    (path, origin)
}

/// What the envelopes say of the endpoint, and whether that is its public base too.
fn about(
    table: &mut Table<'_, '_>,
    error_set: Option<&Field<'_, '_, &str>>,
    sets: &ErrorSets,
    path: &str,
) -> (Endpoint, bool) {
    let mut endpoint = Endpoint::new().path(path);
    if let Some(id) = table.string("service_id") {
        endpoint = endpoint.service_id(id.value);
    }
    let base = table.string("public_base");
    let has_public_base = base.is_some();
    if let Some(base) = base.and_then(|field| field.read(|text| public_base(text))) {
        endpoint = endpoint.public_base(base);
    }
    if let Some(name) = error_set {
        match sets.get(name.value) {
            Some(set) => endpoint = endpoint.error_set(set.clone()),
            None => name.wrong(unknown_set(name.value, sets)),
        }
    }
    (endpoint, has_public_base)
}

/// Whether calls need a known key.
fn required_key(table: &mut Table<'_, '_>, has_callers: bool, aside: &mut SetAside) -> bool {
    let required = table.boolean("require_api_key").unwrap_or(false);
    if required && !has_callers {
        let line = table.line_of("require_api_key");
        aside.warnings.push(ConfigProblem::warning(
            line.unwrap_or_else(|| table.line()),
            "endpoints.require_api_key",
            "the file has no package key: every call is answered 403",
        ));
    }
    required
}

/// `ask` finds an endpoint by its id.
fn endpoint_id(
    field: &Field<'_, '_, &str>,
    ids: &mut HashSet<String>,
    aside: &mut SetAside,
) -> String {
    let id = field.value;
    if !ids.insert(id.to_owned()) {
        let message = format!("a second endpoint with the id `{id}`: `ask` finds the first");
        aside.warnings.push(field.warning(message));
    }
    id.to_owned()
}

fn unknown_set(name: &str, sets: &ErrorSets) -> String {
    let hint = nearest(name, sets.keys().map(String::as_str))
        .map_or(String::new(), |near| format!(", did you mean `{near}`?"));
    format!("no error set `{name}` in this file{hint}")
}
