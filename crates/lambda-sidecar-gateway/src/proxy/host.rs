//! The host a client calls.

use std::net::Ipv6Addr;

use http::{HeaderValue, Request, Uri, Version, header::HOST, uri::Scheme};

use super::answers::Refusal;

/// Makes scheme and host of a request clear.
///
/// The scheme is the connection's, which is plain HTTP, and not what the client says of it: functions would be shown
/// what the client chose. Whatever ends TLS before the gateway has its say in `public_base`. A scheme that is not HTTP's is refused (RFC 9110, section 7.4).
///
/// # Errors
///
/// If they cannot be.
pub(super) fn clear<B>(request: &mut Request<B>) -> Result<(), Refusal> {
    check(request)?;
    match request.uri().scheme() {
        None => return Ok(()),
        Some(scheme) if *scheme == Scheme::HTTP => return Ok(()),
        Some(scheme) if *scheme == Scheme::HTTPS => {}
        Some(_) => return Err(Refusal::OTHER_SCHEME),
    }
    let mut parts = request.uri().clone().into_parts();
    parts.scheme = Some(Scheme::HTTP);
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| Refusal::OTHER_SCHEME)?;
    Ok(())
}

/// Refuses a request whose host can be read in two ways: gateway, function and backend could each believe
/// another.
///
/// HTTP/1.1 wants exactly one `Host`, and one that is a host and a port (RFC 9112, section 3.2). An absolute
/// target has to name the same host. HTTP/2 has the host in its target or in `Host` (RFC 9113, section 8.3.1);
/// HTTP/1.0 knows calls without one.
fn check<B>(request: &Request<B>) -> Result<(), Refusal> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let (first, second) = (hosts.next(), hosts.next());
    let is_missing = first.is_none()
        && match request.version() {
            Version::HTTP_11 => true,
            Version::HTTP_2 => request.uri().authority().is_none(),
            _ => false,
        };
    let host = first.map(|value| value.to_str().ok().and_then(HostAndPort::new));
    let authority = request.uri().authority();
    let target = authority.map(|authority| HostAndPort::new(authority.as_str()));
    let is_clear = match (host, target) {
        (Some(None), _) | (_, Some(None)) => false,
        (Some(Some(host)), Some(Some(target))) => target.is_same(host, request.uri()),
        _ => true,
    };
    if is_missing || second.is_some() || !is_clear {
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

/// `uri-host [ ":" port ]` (RFC 9110, section 7.2), and nothing else.
#[derive(Debug, Clone, Copy)]
struct HostAndPort<'t> {
    host: &'t str,
    port: Option<u16>,
}

impl<'t> HostAndPort<'t> {
    fn new(text: &'t str) -> Option<Self> {
        let (host, rest) = if let Some(literal) = text.strip_prefix('[') {
            let (address, rest) = literal.split_once(']')?;
            address.parse::<Ipv6Addr>().ok()?;
            (address, rest)
        } else {
            text.split_at(text.find(':').unwrap_or(text.len()))
        };
        let port = match rest.strip_prefix(':') {
            None if rest.is_empty() => None,
            Some("") => None,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse().ok()?)
            }
            _ => return None,
        };
        let is_host = text.starts_with('[') || is_registered_name(host);
        is_host.then_some(Self { host, port })
    }

    /// Whether this is the same server as the other one, by a URI of this scheme.
    fn is_same(&self, other: Self, uri: &Uri) -> bool {
        let default = if uri.scheme() == Some(&Scheme::HTTPS) {
            443
        } else {
            80
        };
        self.host.eq_ignore_ascii_case(other.host)
            && self.port.unwrap_or(default) == other.port.unwrap_or(default)
    }
}

/// A name or an IPv4 address (RFC 3986, section 3.2.2), not an empty one.
fn is_registered_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => {
                let digits = [bytes.next(), bytes.next()];
                digits
                    .iter()
                    .all(|digit| digit.is_some_and(|digit| digit.is_ascii_hexdigit()))
            }
            byte => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte),
        };
        if !fits {
            return false;
        }
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    const HOSTS: [&str; 12] = [
        "a", "A", "a:80", "a:", "b", "a:8080", "user@a", "a:99999", "a/b", "", "a b", "[::1]",
    ];
    const TARGETS: [&str; 5] = [
        "/",
        "http://a/",
        "http://b/",
        "http://a:8080/",
        "http://user@a/",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_request_that_passes_names_one_host_whoever_reads_it(
            hosts in vec(select(&HOSTS[..]), 0..3),
            target in select(&TARGETS[..]),
            version in select(&[Version::HTTP_11, Version::HTTP_2][..]),
        ) {
            let request = request(version, target, &hosts);
            let target: Uri = target.parse().unwrap();
            // With the default port of the scheme, in lower case.
            let whole = |host: &str| {
                let host = host.to_lowercase();
                let (name, port) = host.split_once(':').unwrap_or((&host, ""));
                format!("{name}:{}", if port.is_empty() { "80" } else { port })
            };
            let named = hosts.iter().copied().chain(target.authority().map(|one| one.as_str()));
            let is_host = |host: &str| !["user@a", "a:99999", "a/b", "", "a b"].contains(&host);
            let are_hosts = named.clone().all(is_host);
            let are_one = named.clone().all(|host| named.clone().all(|other| whole(host) == whole(other)));
            let is_named = hosts.len() == 1
                || version == Version::HTTP_2 && target.authority().is_some();
            let expected = are_hosts && are_one && is_named && hosts.len() < 2;
            prop_assert_eq!(check(&request).is_ok(), expected);
        }
    }

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
            (Version::HTTP_11, "http://a/", &[], false),
            (Version::HTTP_11, "http://a/", &["b"], false),
            (Version::HTTP_11, "http://a/", &["A"], true),
            (Version::HTTP_11, "http://a/", &["a:80"], true),
            (Version::HTTP_11, "http://a:80/", &["a:"], true),
            (Version::HTTP_11, "https://a/", &["a:443"], true),
            (Version::HTTP_11, "https://a/", &["a:80"], false),
            (Version::HTTP_11, "http://a/", &["a:8080"], false),
            (Version::HTTP_11, "http://user@a/", &["a"], false),
            (Version::HTTP_10, "/", &[], true),
            (Version::HTTP_10, "/", &["a", "b"], false),
            (Version::HTTP_10, "http://a/", &["b"], false),
            (Version::HTTP_2, "http://a/", &[], true),
            (Version::HTTP_2, "http://a/", &["a"], true),
            (Version::HTTP_2, "http://a/", &["b"], false),
            (Version::HTTP_2, "/", &["b"], true),
            (Version::HTTP_2, "/", &[], false),
            (Version::HTTP_2, "/", &["b/x"], false),
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
    fn the_scheme_is_the_connections_and_another_one_than_https_is_refused() {
        for (version, uri, expected) in [
            (Version::HTTP_11, "/x", Some("/x")),
            (Version::HTTP_11, "http://a/x?y", Some("http://a/x?y")),
            (Version::HTTP_11, "HTTPS://a/x?y", Some("http://a/x?y")),
            (Version::HTTP_2, "https://a:443/", Some("http://a:443/")),
            (Version::HTTP_2, "javascript://a/x", None),
            (Version::HTTP_11, "ftp://a/x", None),
        ] {
            let mut request = request(version, uri, &["a"]);
            if uri.contains(":443") {
                request.headers_mut().remove(HOST);
            }
            let cleared = clear(&mut request).is_ok();
            let uri = cleared.then(|| request.uri().to_string());
            assert_eq!(uri.as_deref(), expected);
        }
    }

    #[test]
    fn a_host_is_a_host_and_a_port_and_nothing_else() {
        for host in [
            "api.acme.com",
            "API.acme.com:8080",
            "127.0.0.1:1",
            "[::1]",
            "[2001:db8::1]:443",
            "a:",
            "xn--caf-dma.test",
            "a_b.test",
            "a%20b",
        ] {
            assert!(HostAndPort::new(host).is_some(), "{host}");
        }
        for host in [
            "",
            ":80",
            "a b",
            "a, b",
            "u@a",
            "u:p@a",
            "a/",
            "a/b",
            "a?b",
            "a#b",
            "a\\b",
            "a:80:80",
            "a:8o",
            "a:99999",
            "a:-1",
            "a:80/",
            "[::1",
            "[::1]x",
            "[::1%25eth0]",
            "[a]",
            "::1",
            "a%2",
            "a%zz",
            "http://a",
            "a\tb",
            "é",
        ] {
            assert!(HostAndPort::new(host).is_none(), "{host}");
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
