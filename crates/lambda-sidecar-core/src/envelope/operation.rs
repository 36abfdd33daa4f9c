//! The member `operation`: the call as the client made it.

use std::borrow::Cow;

use http::{HeaderMap, Uri, header::HOST, uri::PathAndQuery};
use smallvec::SmallVec;

use super::{EnvelopeSource, json::Json, sink::Sink, write_verb};
use crate::{CallContext, Endpoint, Expand};

pub(super) fn write(json: &mut Json<impl Sink>, source: &EnvelopeSource<'_>, query: &Query<'_>) {
    let (request, endpoint) = (source.request, source.context.endpoint.as_deref());
    json.key("operation").object(|json| {
        write_verb(json, request.method);
        json.key("path").text(path(source.context, request.uri));
        query.write(json);
        let called = source.context.uri.as_deref().unwrap_or(request.uri);
        write_uri(json, endpoint, called, request.headers);
    });
}

/// `operation.path` of a call that the layer sees with this URI.
pub(crate) fn path<'c>(context: &'c CallContext, uri: &'c Uri) -> &'c str {
    let called = context.uri.as_deref().unwrap_or(uri);
    let public_path = context
        .endpoint
        .as_deref()
        .map_or("", |endpoint| &endpoint.path);
    let path = below(public_path, called.path());
    path.unwrap_or_else(|| own(uri.path()))
}

/// The path below the endpoint's public path, starting with `/`, if the endpoint has one and it fits.
fn below<'u>(public_path: &str, path: &'u str) -> Option<&'u str> {
    if public_path.is_empty() {
        return None;
    }
    match path.strip_prefix(public_path)? {
        "" => Some("/"),
        rest => rest.starts_with('/').then_some(rest),
    }
}

/// The path as the layer sees it: a target like `*` has none.
fn own(path: &str) -> &str {
    if path.starts_with('/') { path } else { "/" }
}

type Pair<'q> = (Cow<'q, str>, Cow<'q, str>);

/// The names and values of a query, decoded as those of a form.
pub(super) struct Query<'q> {
    /// Sorted by name. Few of them need no allocation.
    pairs: SmallVec<[Pair<'q>; 8]>,
}

impl<'q> Query<'q> {
    /// The query of a call, where the envelope shows it.
    pub(super) fn of(source: &EnvelopeSource<'q>) -> Self {
        let query = source.request.uri.query();
        let query = query.filter(|_| source.sidecar.expands(Expand::Operation));
        let query = query.unwrap_or_default().as_bytes();
        let mut pairs: SmallVec<[Pair<'q>; 8]> = form_urlencoded::parse(query).collect();
        // Sorted, the same names stand together; comparing each with each would be a client's to abuse.
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        Self { pairs }
    }

    /// A name that stands twice becomes an array.
    fn write(&self, json: &mut Json<impl Sink>) {
        let by_name = self.pairs.chunk_by(|a, b| a.0 == b.0);
        json.object_of("query", by_name, |json, same_name| match same_name {
            [(name, value)] => json.name(name).text(value),
            several => json
                .name(&several[0].0)
                .list(several, |json, (_, value)| json.text(value)),
        });
    }
}

/// The public URI: the endpoint's base, else the scheme and host of the call.
fn write_uri(
    json: &mut Json<impl Sink>,
    endpoint: Option<&Endpoint>,
    uri: &Uri,
    headers: &HeaderMap,
) {
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    json.key("uri");
    if let Some(base) = endpoint.and_then(|endpoint| endpoint.public_base.as_deref()) {
        return json.texts([base.trim_end_matches('/'), path]);
    }
    let host = || headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = uri.authority().map(|authority| authority.as_str());
    let scheme = uri.scheme_str().unwrap_or("http");
    match authority.or_else(host) {
        Some(host) => json.texts([scheme, "://", host, path]),
        None => json.text(path),
    }
}
