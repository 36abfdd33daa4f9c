//! Which addresses are called through the proxy that the environment names.

use std::{
    env,
    net::{IpAddr, Ipv6Addr},
};

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

const VARIABLES: [&str; 6] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// Whether the environment names a proxy for anything.
pub(super) fn is_in_environment() -> bool {
    VARIABLES
        .into_iter()
        .any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// Whether this address is called through a proxy.
pub(super) fn is_for(uri: &Uri) -> bool {
    is_in_environment() && !is_link_local(uri) && Matcher::from_env().intercept(uri).is_some()
}

/// Whether the address is on this very link, as the services are that tell a machine its credentials. A proxy would
/// call its own, and give away its credentials or get none.
pub(super) fn is_link_local(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => address.is_link_local(),
        Ok(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(address) => address.is_link_local(),
            None => address.is_unicast_link_local() || is_metadata(address),
        },
        Err(_) => false,
    }
}

/// `fd00:ec2::/32`, which AWS has for its metadata services.
fn is_metadata(address: Ipv6Addr) -> bool {
    address.segments()[..2] == [0xfd00, 0x0ec2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_services_are_link_local_and_nothing_else_is() {
        for uri in [
            "http://169.254.169.254/latest/meta-data",
            "http://169.254.170.2/v2/credentials",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::254]/latest/meta-data",
            "http://[fd00:ec2::23]:80/v1/credentials",
            "http://[fe80::1]/",
            "http://[::ffff:169.254.169.254]/",
        ] {
            assert!(is_link_local(&uri.parse().unwrap()), "{uri}");
        }
        for uri in [
            "http://127.0.0.1:9100/",
            "http://10.0.0.1/",
            "http://169.253.169.254/",
            "https://lambda.eu-west-1.amazonaws.com/",
            "http://169.254.169.254.example/",
            "http://[fd00:ec3::254]/",
            "http://[::1]/",
            "/path",
        ] {
            assert!(!is_link_local(&uri.parse().unwrap()), "{uri}");
        }
    }
}
