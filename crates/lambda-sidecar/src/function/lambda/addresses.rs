//! Addresses as all who read them take them.

use http::{Uri, uri::Scheme};
use url::Url;

/// An address without a user, that all who read it take for the same one. The SDK reads it twice, as a URL and as a
/// URI: what is no URL, it takes for none, and calls AWS.
pub(super) fn address(text: &str) -> Option<Uri> {
    let is_without_user = |uri: &Uri| {
        let authority = uri.authority();
        authority.is_some_and(|authority| !authority.as_str().contains('@'))
    };
    http(text).filter(|uri| is_without_user(uri) && has_whole_escapes(text))
}

fn http(text: &str) -> Option<Uri> {
    let uri = text.parse::<Uri>().ok()?;
    let is_http = |scheme: &Scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS;
    let is_usable = uri.scheme().is_some_and(is_http)
        && has_host_and_port(&uri)
        && !text.contains('#')
        && Url::parse(text).is_ok();
    is_usable.then_some(uri)
}

/// A host, and either no port or one that there is: [`Uri`] takes any text for a port.
fn has_host_and_port(uri: &Uri) -> bool {
    let Some(authority) = uri.authority() else {
        return false;
    };
    let (_, place) = authority
        .as_str()
        .rsplit_once('@')
        .unwrap_or(("", authority.as_str()));
    let host = authority.host();
    let is_port = |port: &str| {
        port.bytes().all(|byte| byte.is_ascii_digit())
            && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    match place.strip_prefix(host) {
        Some("") => !host.is_empty(),
        Some(rest) => !host.is_empty() && rest.strip_prefix(':').is_some_and(is_port),
        None => false,
    }
}

/// Whether two hexadecimal digits follow every `%`.
pub(super) fn has_whole_escapes(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// As the HTTP client reads it, which takes whatever it cannot read for no proxy.
pub(super) fn is_proxy(text: &str) -> bool {
    let has_place = |text: &str| {
        text.parse::<Uri>()
            .is_ok_and(|uri| uri.authority().is_some())
    };
    match text.contains("://") {
        true => http(text).is_some(),
        false => has_place(text) && http(&format!("http://{text}")).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_the_sdk_takes_for_one_and_can_call() {
        for good in [
            "http://127.0.0.1:4566",
            "https://[::1]/base",
            "https://lambda.eu-west-1.amazonaws.com/",
            "http://localhost:65535/a%2Fb",
        ] {
            assert!(address(good).is_some(), "{good}");
        }
        for wrong in [
            "",
            "localhost",
            "localhost:9100",
            "ftp://localhost",
            "http://",
            "http:///path",
            "http://h:99999",
            "http://h:0",
            "http://h:abc",
            "http://h:+80",
            "http://h:",
            "http://h/%zz",
            "http://h/%4",
            "http://[::1",
            "http://1.2.3.256",
            "http://xn--/",
            "http://user:secret@h",
            "http://user@h",
            "http://h/#secret",
        ] {
            assert!(address(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_proxy_may_have_a_password_and_need_not_have_a_scheme() {
        for good in [
            "proxy:3128",
            "user:password@127.0.0.1:3128",
            "http://user:pass%20word@proxy:3128",
            "http://user:100%@proxy",
            "https://proxy/",
        ] {
            assert!(is_proxy(good), "{good}");
        }
        for wrong in [
            "",
            "user:p@127.0.0.1:xx",
            "proxy:99999",
            "proxy:3128/",
            "http://",
            "http:proxy",
            ":::%%",
            "socks5://proxy:1080",
        ] {
            assert!(!is_proxy(wrong), "{wrong}");
        }
    }
}
