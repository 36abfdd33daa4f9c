//! The host that a request names.

use http::{HeaderValue, Request, Uri, header::HOST};

/// Makes the host of an absolute target the request's `host` header: HTTP/2 has it in `:authority` alone, and
/// over HTTP/1 it decides over another `Host` (RFC 9112, section 3.2.2). `called` is the URI as the client
/// called it, if something has rewritten the request's own. A request that names no host is left alone if no
/// sidecar looks at it.
pub(crate) fn name_host<B>(request: &mut Request<B>, called: Option<&Uri>, is_looked_at: bool) {
    if !is_looked_at && !request.headers().contains_key(HOST) {
        return;
    }
    let Some(authority) = called.unwrap_or(request.uri()).authority() else {
        return;
    };
    let authority = authority.as_str();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let mut named = request.headers().get_all(HOST).iter();
    let is_named = named.next().is_some_and(|named| named == host) && named.next().is_none();
    if !is_named && let Ok(host) = HeaderValue::from_str(host) {
        request.headers_mut().insert(HOST, host);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absolute_target_names_the_host_and_nothing_else_does() {
        for (uri, called, given, expected) in [
            ("http://a:1/x", None, &[][..], &["a:1"][..]),
            ("http://a/x", None, &["b", "c"], &["a"]),
            ("http://user:secret@a/x", None, &[], &["a"]),
            ("/x", None, &["b"], &["b"]),
            ("/x", None, &[], &[]),
            ("http://backend/x", Some("/shop/x"), &["b"], &["b"]),
            ("/x", Some("http://a/shop/x"), &["b"], &["a"]),
        ] {
            let request = Request::builder().uri(uri);
            let request = given
                .iter()
                .fold(request, |request, host| request.header(HOST, *host));
            let mut request = request.body(()).unwrap();
            let called: Option<Uri> = called.map(|uri| uri.parse().unwrap());
            name_host(&mut request, called.as_ref(), true);
            let named: Vec<_> = request.headers().get_all(HOST).iter().collect();
            assert_eq!(named, expected, "{uri} {given:?}");
        }
    }
}
