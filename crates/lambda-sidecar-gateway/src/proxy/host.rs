//! The host a client calls.

use http::{HeaderValue, Request, Version, header::HOST};

use super::answers::Refusal;

/// Refuses a request whose host can be read in two ways: gateway and backend could each believe another.
///
/// HTTP/1.1 wants exactly one `Host` (RFC 9112, section 3.2), and HTTP/2 one that is no other than
/// the target's authority (RFC 9113, section 8.3.1).
pub(super) fn check<B>(request: &Request<B>) -> Result<(), Refusal> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (first, second) = (hosts.next(), hosts.next());
    let authority = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    let unclear = match (request.version(), authority) {
        (Version::HTTP_11, _) => first.is_none(),
        (Version::HTTP_2, Some(authority)) => first.is_some_and(|host| host != authority),
        _ => false,
    };
    if unclear || second.is_some() || authority.is_some_and(|text| text.contains('@')) {
        return Err(Refusal::UNCLEAR_HOST);
    }
    Ok(())
}

/// The authority of the request's target, which wins (RFC 9112, section 3.2.2), else `Host`.
pub(super) fn called<B>(request: &Request<B>) -> Option<HeaderValue> {
    match request.uri().authority() {
        Some(authority) => HeaderValue::from_str(authority.as_str()).ok(),
        None => request.headers().get(HOST).cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: Version, uri: &str, hosts: &[&str]) -> Request<()> {
        let request = Request::builder().version(version).uri(uri);
        let request = hosts
            .iter()
            .fold(request, |request, host| request.header(HOST, *host));
        request.body(()).unwrap()
    }

    #[test]
    fn a_host_that_can_be_read_in_two_ways_is_refused() {
        for (version, uri, hosts, accepted) in [
            (Version::HTTP_11, "/", &["a"][..], true),
            (Version::HTTP_11, "/", &[], false),
            (Version::HTTP_11, "/", &["a", "a"], false),
            (Version::HTTP_11, "http://a/", &["b"], true),
            (Version::HTTP_11, "http://user@a/", &["a"], false),
            (Version::HTTP_10, "/", &[], true),
            (Version::HTTP_10, "/", &["a", "b"], false),
            (Version::HTTP_2, "http://a/", &[], true),
            (Version::HTTP_2, "http://a/", &["a"], true),
            (Version::HTTP_2, "http://a/", &["b"], false),
            (Version::HTTP_2, "/", &["b"], true),
        ] {
            let request = request(version, uri, hosts);
            assert_eq!(
                check(&request).is_ok(),
                accepted,
                "{version:?} {uri} {hosts:?}"
            );
        }
    }

    #[test]
    fn the_targets_authority_goes_before_the_host() {
        assert_eq!(
            called(&request(Version::HTTP_11, "/", &["a"])).unwrap(),
            "a"
        );
        assert_eq!(
            called(&request(Version::HTTP_11, "http://b:1/", &["a"])).unwrap(),
            "b:1"
        );
        assert_eq!(called(&request(Version::HTTP_10, "/", &[])), None);
    }
}
