//! Where a call's package key stands.

use std::borrow::Cow;

use http::Request;

use crate::config::KeyPlaces;

/// The package key of a call: from the header first, then from the query, decoded as a form is.
pub(super) fn find<'r, B>(places: &KeyPlaces, request: &'r Request<B>) -> Option<Cow<'r, str>> {
    let in_header = places.header.as_ref().and_then(|name| {
        let value = request.headers().get(name)?;
        std::str::from_utf8(value.as_bytes()).ok()
    });
    if let Some(key) = in_header.filter(|key| !key.is_empty()) {
        return Some(Cow::Borrowed(key));
    }
    let wanted = places.query.as_deref()?;
    let query = request.uri().query()?;
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == wanted).map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn places() -> KeyPlaces {
        KeyPlaces {
            header: Some(HeaderName::from_static("x-api-key")),
            query: Some("api_key".to_owned()),
        }
    }

    fn key(uri: &str, header: Option<&str>) -> Option<String> {
        let mut request = Request::builder().uri(uri);
        if let Some(value) = header {
            request = request.header("x-api-key", value);
        }
        let request = request.body(()).unwrap();
        find(&places(), &request).map(Cow::into_owned)
    }

    #[test]
    fn the_header_comes_before_the_query() {
        assert_eq!(key("/x?api_key=q", Some("h")).as_deref(), Some("h"));
        assert_eq!(key("/x?api_key=q", None).as_deref(), Some("q"));
        assert_eq!(key("/x?api_key=q", Some("")).as_deref(), Some("q"));
        assert_eq!(key("/x", None), None);
    }

    #[test]
    fn a_key_in_the_query_is_decoded_as_a_form_is() {
        assert_eq!(
            key("/x?a=1&api%5Fkey=a+b%2Fc", None).as_deref(),
            Some("a b/c")
        );
        assert_eq!(key("/x?xapi_key=q", None), None);
    }

    #[test]
    fn a_place_that_is_not_configured_is_not_looked_at() {
        let request = Request::builder()
            .uri("/x?api_key=q")
            .header("x-api-key", "h");
        let request = request.body(()).unwrap();
        let query_alone = KeyPlaces {
            header: None,
            ..places()
        };
        assert_eq!(find(&query_alone, &request).as_deref(), Some("q"));
        let header_alone = KeyPlaces {
            query: None,
            ..places()
        };
        assert_eq!(find(&header_alone, &request).as_deref(), Some("h"));
    }
}
