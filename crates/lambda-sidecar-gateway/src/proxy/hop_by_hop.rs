//! The headers that belong to a connection (RFC 9110, section 7.6.1).

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{CONNECTION, TE, TRANSFER_ENCODING, UPGRADE},
};

/// Of one connection even if `Connection` does not name them.
const HOP_BY_HOP: [HeaderName; 6] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// The headers that `Connection` names, with their values.
pub(super) fn listed(headers: &HeaderMap) -> Vec<(HeaderName, Vec<HeaderValue>)> {
    let names = tokens(headers, &CONNECTION);
    names
        .filter_map(|name| HeaderName::from_bytes(name.as_bytes()).ok())
        .filter(|name| !HOP_BY_HOP.contains(name))
        .map(|name| {
            let values = headers.get_all(&name).iter().cloned().collect();
            (name, values)
        })
        .collect()
}

/// Removes those that every connection has of its own.
pub(super) fn remove(headers: &mut HeaderMap) {
    for name in &HOP_BY_HOP {
        headers.remove(name);
    }
}

/// The elements of a header that is a list.
pub(super) fn tokens<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'h str> + use<'h> {
    let lines = headers.get_all(name).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .map(str::trim)
}
