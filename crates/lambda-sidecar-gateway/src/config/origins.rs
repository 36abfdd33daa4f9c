//! Origins that lead past the sidecars of another endpoint, or back to the gateway. Both can be meant, so they are
//! warned of.

use std::{
    collections::{HashMap, HashSet},
    net::{IpAddr, SocketAddr},
};

use http::{Uri, uri::Scheme};

use super::{addresses::exclude_each_other, problem::ConfigProblem};

/// The origin of an endpoint, and where it stands.
#[derive(Debug)]
pub(super) struct OriginLine {
    pub(super) line: usize,
    /// Of the endpoint.
    pub(super) path: String,
    pub(super) base: Uri,
}

pub(super) fn warnings(origins: &[OriginLine], listen: Option<SocketAddr>) -> Vec<ConfigProblem> {
    let loops = origins.iter().filter(|origin| {
        let address = address(&origin.base);
        listen.is_some_and(|listen| address.is_some_and(|it| exclude_each_other(listen, it)))
    });
    let loops = loops.map(|origin| warning(origin, "is the gateway's own `listen`"));
    loops.chain(ways_past(origins)).collect()
}

/// Each origin that lies below another endpoint's, if a call to that other one can get there.
fn ways_past(origins: &[OriginLine]) -> Vec<ConfigProblem> {
    let mut above: HashMap<(Server<'_>, &str), &OriginLine> = HashMap::new();
    for origin in origins {
        let place = (server(&origin.base), base_path(&origin.base));
        above.entry(place).or_insert(origin);
    }
    let paths: HashSet<&str> = origins.iter().map(|origin| origin.path.as_str()).collect();
    let way_past = |below: &OriginLine| {
        let (server, whole) = (server(&below.base), base_path(&below.base));
        let ends = whole.rmatch_indices('/').map(|(at, _)| at);
        let mut enclosing = ends.filter_map(|end| {
            let (base, rest) = whole.split_at(end);
            Some((*above.get(&(server, base))?, rest))
        });
        // If that path is an endpoint's own, calls to it go there.
        let (other, rest) = enclosing
            .find(|(other, rest)| !paths.contains(format!("{}{rest}", other.path).as_str()))?;
        let message = format!(
            "lies below the origin of the endpoint `{0}`: `{0}{rest}` leads there past this endpoint's sidecars",
            other.path
        );
        Some(warning(below, message))
    };
    origins.iter().filter_map(way_past).collect()
}

fn warning(origin: &OriginLine, message: impl Into<String>) -> ConfigProblem {
    ConfigProblem::warning(origin.line, "endpoints.origin", message.into())
}

/// Scheme, host and port. The scheme decides over the port only.
type Server<'u> = (&'u str, u16);

fn server(base: &Uri) -> Server<'_> {
    (base.host().unwrap_or_default(), port(base))
}

fn port(base: &Uri) -> u16 {
    let is_https = base.scheme() == Some(&Scheme::HTTPS);
    base.port_u16().unwrap_or(if is_https { 443 } else { 80 })
}

fn base_path(base: &Uri) -> &str {
    base.path().trim_end_matches('/')
}

fn address(base: &Uri) -> Option<SocketAddr> {
    let host = base.host()?;
    let ip: IpAddr = match host.trim_matches(['[', ']']) {
        "localhost" => [127, 0, 0, 1].into(),
        host => host.parse().ok()?,
    };
    Some(SocketAddr::new(ip, port(base)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The endpoints that are warned of, by their path.
    fn warned(listen: &str, endpoints: &[(&str, &str)]) -> Vec<String> {
        let lines = endpoints.iter().enumerate();
        let origins: Vec<_> = lines
            .map(|(line, (path, base))| OriginLine {
                line,
                path: (*path).to_owned(),
                base: base.parse().unwrap(),
            })
            .collect();
        let warnings = warnings(&origins, listen.parse().ok());
        let of = |warning: ConfigProblem| origins[warning.line.unwrap()].path.clone();
        warnings.into_iter().map(of).collect()
    }

    #[test]
    fn an_origin_below_anothers_is_warned_of_if_the_other_endpoint_leads_there() {
        for (endpoints, expected) in [
            (
                &[("/a", "http://b/"), ("/x", "http://b/admin")][..],
                &["/x"][..],
            ),
            (
                &[("/x", "http://b/admin/y"), ("/a", "http://b/admin")],
                &["/x"],
            ),
            (&[("/a", "http://b:80"), ("/x", "http://b/admin/")], &["/x"]),
            (&[("/a", "http://b/ad"), ("/x", "http://b/admin")], &[]),
            (&[("/a", "http://b/"), ("/x", "http://c/admin")], &[]),
            (&[("/a", "http://b/"), ("/x", "http://b:81/admin")], &[]),
            // Calls of these paths go to the endpoint itself.
            (&[("", "http://b/"), ("/admin", "http://b/admin")], &[]),
            (&[("/a", "http://b/"), ("/a/admin", "http://b/admin")], &[]),
            (&[("/a", "http://b/x"), ("/c", "http://b/x")], &[]),
        ] {
            assert_eq!(warned("", endpoints), expected, "{endpoints:?}");
        }
    }

    #[test]
    fn an_origin_that_is_the_gateway_itself_is_warned_of() {
        for (listen, origin, is_warned) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080/x", true),
            ("0.0.0.0:8080", "http://127.0.0.1:8080", true),
            ("[::]:8080", "http://[::1]:8080", true),
            ("127.0.0.1:80", "http://localhost", true),
            ("127.0.0.1:8080", "http://127.0.0.1:8081", false),
            ("127.0.0.1:0", "http://127.0.0.1:0", false),
            ("127.0.0.1:8080", "http://backend:8080", false),
        ] {
            let warned = warned(listen, &[("/a", origin)]);
            assert_eq!(!warned.is_empty(), is_warned, "{listen} {origin}");
        }
    }
}
