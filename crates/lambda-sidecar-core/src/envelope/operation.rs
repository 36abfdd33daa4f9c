//! The member `operation`: the call as the client made it.

use std::borrow::Cow;

use http::{HeaderMap, Method, Uri, header::HOST, uri::PathAndQuery};

use super::{json::Json, write_verb};
use crate::Endpoint;

pub(super) fn write(
    json: &mut Json,
    endpoint: Option<&Endpoint>,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) {
    json.key("operation").begin();
    write_verb(json, method);
    let below = below(endpoint.map_or("", |endpoint| &endpoint.path), uri.path());
    json.key("path").text(below);
    if let Some(query) = uri.query() {
        write_query(json, query);
    }
    write_uri(json, endpoint, uri, headers);
    json.end();
}

/// The path below the endpoint's public path, starting with `/`.
fn below<'u>(public_path: &str, path: &'u str) -> &'u str {
    match path.strip_prefix(public_path) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ if path.starts_with('/') => path,
        _ => "/",
    }
}

/// Names and values decoded as a form is; a name that stands twice becomes an array.
fn write_query(json: &mut Json, query: &str) {
    let mut pairs: Vec<(Cow<'_, str>, Cow<'_, str>)> =
        form_urlencoded::parse(query.as_bytes()).collect();
    // Sorted, the same names stand together; comparing each with each would be a client's to abuse.
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    json.key("query").begin();
    for same_name in pairs.chunk_by(|a, b| a.0 == b.0) {
        match same_name {
            [(name, value)] => json.name(name).text(value),
            several => json
                .name(&several[0].0)
                .list(several.iter().map(|(_, value)| value)),
        }
    }
    json.end_unless_empty("query");
}

/// The public URI: the endpoint's base, else the request's own scheme and host.
fn write_uri(json: &mut Json, endpoint: Option<&Endpoint>, uri: &Uri, headers: &HeaderMap) {
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    json.key("uri");
    if let Some(base) = endpoint.and_then(|endpoint| endpoint.public_base.as_deref()) {
        return json.texts([base.trim_end_matches('/'), path]);
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = uri.authority().map(|authority| authority.as_str());
    let scheme = uri.scheme_str().unwrap_or("http");
    match authority.or(host) {
        Some(host) => json.texts([scheme, "://", host, path]),
        None => json.text(path),
    }
}
