//! URLs of the file. What is wrong with one is described and not shown: it can hold a password or a key.

use http::{Uri, uri::Scheme};

use crate::path::LenientPath;

const ALLOWED: &str = "http:// or https://, a host, a port from 1 to 65535 and a path without dot segments, \
                       without user, query and fragment";

/// Where a backend is.
///
/// # Errors
///
/// What is wrong with the text.
pub(super) fn base_uri(text: &str) -> Result<Uri, String> {
    let wrong = |found: &str| format!("found {found}, allowed: {ALLOWED}");
    let rest =
        after_scheme(text).ok_or_else(|| wrong("no http:// or https:// at its beginning"))?;
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let found = if authority.contains('@') {
        "a user before the host"
    } else if text.contains('#') {
        "a fragment (`#`)"
    } else if text.contains('?') {
        "a query (`?`)"
    } else if authority.is_empty() || authority.starts_with(':') {
        "no host"
    } else {
        ""
    };
    if !found.is_empty() {
        return Err(wrong(found));
    }
    let uri: Uri = text
        .parse()
        .map_err(|_| wrong("characters that are in no URL, or a port that is none"))?;
    let is_web = uri.scheme() == Some(&Scheme::HTTP) || uri.scheme() == Some(&Scheme::HTTPS);
    if !is_web || uri.host().is_none() {
        return Err(wrong("no host"));
    }
    if !has_usable_port(&uri) {
        return Err(wrong("a port that is none"));
    }
    if !has_whole_escapes(uri.path()) {
        return Err(wrong("a `%` without two hex digits"));
    }
    if LenientPath::new(uri.path()).is_none() {
        return Err(wrong("a path with dot segments"));
    }
    Ok(uri)
}

/// Scheme and host of the URLs that clients call.
///
/// # Errors
///
/// What is wrong with the text.
pub(super) fn public_base(text: &str) -> Result<String, String> {
    let uri = base_uri(text)?;
    if uri.path() != "/" {
        return Err("found a path, allowed: scheme and host alone".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Whether every `%` begins an escape.
pub(super) fn has_whole_escapes(path: &str) -> bool {
    let mut parts = path.split('%').skip(1);
    parts.all(|part| {
        let digits = part.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

fn after_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    let is_web = ["http", "https"]
        .iter()
        .any(|web| web.eq_ignore_ascii_case(scheme));
    is_web.then_some(rest)
}

/// Whether the port is one, or there is none. [`Uri`] takes any digits, and says of too large a number that
/// there is no port: the calls would go to the scheme's own.
fn has_usable_port(uri: &Uri) -> bool {
    let host = uri.host().map_or(0, str::len);
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    authority.len() == host || uri.port_u16().is_some_and(|port| port > 0)
}
