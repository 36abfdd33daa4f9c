//! Where a call's package key stands.

use std::str;

use http::{
    Request, Uri,
    uri::{InvalidUriParts, PathAndQuery},
};

use super::answers::Refusal;
use crate::config::{Caller, Callers, KeyPlaces};

/// Who calls, if the call brings a known package key. Unknown keys beside it are not looked at. A header is looked
/// for in every spelling, as a backend may read it.
///
/// # Errors
///
/// If it brings two known keys that differ: gateway and backend could each take another one for the call's.
pub(super) fn caller<'c, B>(
    places: &KeyPlaces,
    callers: &'c Callers,
    request: &Request<B>,
) -> Result<Option<&'c Caller>, Refusal> {
    let headers = places.header.iter();
    let lines = headers.flat_map(|key| {
        let lines = request.headers().iter();
        lines.filter(|(name, _)| key.owns(name.as_str()))
    });
    let in_headers =
        lines.filter_map(|(_, line)| callers.find(str::from_utf8(line.as_bytes()).ok()?));
    let query = places.query.as_deref().zip(request.uri().query());
    let in_query = query.into_iter().flat_map(|(wanted, query)| {
        let pairs = form_urlencoded::parse(query.as_bytes());
        pairs.filter_map(move |(name, key)| (name == wanted).then(|| callers.find(&key))?)
    });
    let mut known = in_headers.chain(in_query);
    let Some(first) = known.next() else {
        return Ok(None);
    };
    if known.all(|other| std::ptr::eq(first, other)) {
        Ok(Some(first))
    } else {
        Err(Refusal::UNCLEAR_KEY)
    }
}

/// Takes every key out of a request. The rest of the query stays as the client wrote it.
///
/// # Errors
///
/// If what is left is no URI, which a part of one always is.
pub(super) fn strip<B>(
    places: &KeyPlaces,
    request: &mut Request<B>,
) -> Result<(), InvalidUriParts> {
    if let Some(header) = &places.header {
        header.remove_from(request.headers_mut());
    }
    let query = places.query.as_deref().zip(request.uri().query());
    if let Some((name, query)) = query {
        let path = request.uri().path();
        let stripped = without(name, path, query);
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = PathAndQuery::try_from(stripped).ok();
        *request.uri_mut() = Uri::from_parts(parts)?;
    }
    Ok(())
}

/// The path with its query, but for the pairs of this name.
fn without(name: &str, path: &str, query: &str) -> String {
    let is_other = |pair: &&str| {
        let mut read = form_urlencoded::parse(pair.as_bytes());
        read.next().is_none_or(|(read, _)| read != name)
    };
    let mut stripped = String::with_capacity(path.len() + 1 + query.len());
    stripped.push_str(path);
    let mut separator = '?';
    for pair in query.split('&').filter(is_other) {
        stripped.push(separator);
        stripped.push_str(pair);
        separator = '&';
    }
    stripped
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;
    use crate::config::Config;

    fn places() -> KeyPlaces {
        KeyPlaces {
            header: Some(KeyPlaces::in_header(&HeaderName::from_static("x-api-key"))),
            query: Some("api_key".to_owned()),
        }
    }

    fn callers() -> Callers {
        let file = "listen = '127.0.0.1:0'\n[[applications]]\n\
                    [[applications.package_keys]]\nkey = 'one'\n\
                    [[applications.package_keys]]\nkey = 'a b'\n";
        Config::parse("f.toml", file).unwrap().callers
    }

    fn request(uri: &str, headers: &[&str]) -> Request<()> {
        let request = Request::builder().uri(uri);
        let request = headers
            .iter()
            .fold(request, |request, key| request.header("x-api-key", *key));
        request.body(()).unwrap()
    }

    /// The known key of a call, or `differ`.
    fn key(places: &KeyPlaces, uri: &str, headers: &[&str]) -> Option<String> {
        let callers = callers();
        match caller(places, &callers, &request(uri, headers)) {
            Ok(caller) => {
                let known = ["one", "a b"].into_iter();
                let mut known = known.filter(|key| {
                    let found = callers.find(key).unwrap();
                    caller.is_some_and(|caller| std::ptr::eq(caller, found))
                });
                known.next().map(str::to_owned)
            }
            Err(_) => Some("differ".to_owned()),
        }
    }

    #[test]
    fn a_known_key_is_found_wherever_it_stands() {
        for (uri, headers, expected) in [
            ("/", &[][..], None),
            ("/", &["one"], Some("one")),
            ("/?api_key=one", &[], Some("one")),
            ("/?api_key=a+b", &[], Some("a b")),
            ("/?x&api%5Fkey=a%20b", &[], Some("a b")),
            ("/?API_KEY=one", &[], None),
            ("/?api_key=nobody", &["one"], Some("one")),
            ("/?api_key=one", &["nobody", ""], Some("one")),
            ("/?api_key=nobody&api_key=one", &[], Some("one")),
            ("/?api_key=one&api_key=one", &["one", "one"], Some("one")),
            ("/?api_key=nobody", &["other"], None),
        ] {
            let found = key(&places(), uri, headers);
            assert_eq!(found.as_deref(), expected, "{uri} {headers:?}");
        }
        let nowhere = KeyPlaces {
            header: None,
            query: None,
        };
        assert_eq!(key(&nowhere, "/?api_key=one", &["one"]), None);
    }

    #[test]
    fn a_key_is_one_in_every_spelling_that_a_backend_may_read() {
        let spelled = |lines: &[(&str, &str)]| {
            let lines = lines.iter();
            lines.fold(request("/p", &[]), |mut request, (name, key)| {
                let name: HeaderName = name.parse().unwrap();
                request.headers_mut().append(name, key.parse().unwrap());
                request
            })
        };
        let callers = callers();
        for (lines, is_clear) in [
            (&[("x_api_key", "one")][..], true),
            (&[("x-api-key", "one"), ("X_Api.Key", "one")], true),
            (&[("x-api-key", "one"), ("x_api_key", "nobody")], true),
            (&[("x-api-key", "one"), ("x_api_key", "a b")], false),
            (&[("x.api.key", "one"), ("x_api_key", "a b")], false),
        ] {
            let mut request = spelled(lines);
            let found = caller(&places(), &callers, &request);
            let is_one = found.as_ref().is_ok_and(|found| {
                found.is_some_and(|found| std::ptr::eq(found, callers.find("one").unwrap()))
            });
            assert_eq!(is_one, is_clear, "{lines:?}");
            assert_eq!(found.is_err(), !is_clear, "{lines:?}");
            strip(&places(), &mut request).unwrap();
            assert!(request.headers().is_empty(), "{lines:?}");
        }
    }

    #[test]
    fn two_known_keys_that_differ_are_refused_wherever_they_stand() {
        for (uri, headers) in [
            ("/?api_key=a+b", &["one"][..]),
            ("/?api_key=a+b&api_key=one", &[]),
            ("/?api_key=a+b&api_key=nobody&api_key=one", &[]),
            ("/", &["one", "a b"]),
        ] {
            let found = key(&places(), uri, headers);
            assert_eq!(found.as_deref(), Some("differ"), "{uri} {headers:?}");
        }
    }

    #[test]
    fn a_stripped_request_has_no_key_and_keeps_the_rest_as_it_was() {
        for (uri, expected) in [
            ("/p?api_key=one", "/p"),
            ("/p?a=%20&api_key=one&&b", "/p?a=%20&&b"),
            ("/p?api%5Fkey=x&a+b&api_key", "/p?a+b"),
            ("/p?api_keys=1", "/p?api_keys=1"),
            ("/p?", "/p?"),
            ("http://h/p?api_key=one&a", "http://h/p?a"),
        ] {
            let mut request = request(uri, &["one", "x"]);
            strip(&places(), &mut request).unwrap();
            assert_eq!(request.uri().to_string(), expected);
            assert!(request.headers().is_empty());
        }
    }

    #[test]
    fn looking_for_keys_allocates_in_proportion_to_the_query() {
        let (places, callers) = (places(), callers());
        let allocated = |pairs: usize| {
            let query = "a%20=%20&api_key=%20x&".repeat(pairs);
            let request = request(&format!("/?{query}"), &[]);
            let counted = allocation_counter::measure(|| {
                assert!(matches!(caller(&places, &callers, &request), Ok(None)));
            });
            counted.count_total
        };
        assert!(allocated(2000) <= 4 * allocated(500) + 8);
    }
}
