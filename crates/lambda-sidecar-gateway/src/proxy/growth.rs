//! What a client or a backend sends costs in proportion to its length, whatever is in it.

use std::{
    hint::black_box,
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, header::HOST};
use hyper_util::server::graceful::GracefulShutdown;
use lambda_sidecar_test_support::growth::{Case, Work, is_linear};

use super::{
    ConnectionGuard, api_key, entrance, framing, headers,
    hop::Hop,
    no_trailers::NoTrailers,
    via::{self, Pseudonym},
};
use crate::{
    config::{Callers, Config, KeyPlaces},
    path::{LenientPath, Paths},
};

const TEST: &str = "proxy::growth::what_is_read_costs_in_proportion_to_its_length";

const CASES: &[Case] = &[
    ("a path of encoded letters", |n| path("%61%20/", n)),
    ("a path of slashes", |n| path("/", n)),
    ("a path of parameters", |n| path(";a/b", n)),
    ("a path that climbs", |n| path("/a/..", n)),
    ("a path in the lenient reading", |n| {
        let path = format!("/{}", "%2f%c3%a9;x".repeat(n));
        Box::new(move || {
            black_box(LenientPath::new(&path));
        })
    }),
    ("a path that may be that of many endpoints", |n| {
        let mut paths = Paths::default();
        for at in numbers(n) {
            paths.insert(&format!("/a/x/{at}"), at);
        }
        let path = format!("/a;{}", "/x".repeat(n));
        Box::new(move || {
            black_box(paths.find(&path));
        })
    }),
    ("nominations of trailers that are there", |n| {
        let names: Vec<_> = numbers(n).map(|at| format!("x-{at}")).collect();
        let mut head = lines("transfer-encoding", 1, |_| "chunked".into());
        append(&mut head, "connection", &names.join(","));
        let (none, mut trailers) = (NoTrailers::behind(&head), named(n));
        Box::new(move || {
            none.remove_from(&mut trailers);
            assert!(trailers.is_empty());
        })
    }),
    ("headers beside a key", |n| {
        let mut request = Request::new(());
        *request.headers_mut() = named(n);
        let callers = callers();
        let places = KeyPlaces {
            header: Some(KeyPlaces::in_header(&HeaderName::from_static("x-1000_"))),
            query: None,
        };
        Box::new(move || {
            assert!(matches!(
                api_key::caller(&places, &callers, &request),
                Ok(None)
            ));
            api_key::strip(&places, &mut request).unwrap();
        })
    }),
    ("nominations of headers that are there", |n| {
        let names: Vec<_> = numbers(n).map(|at| format!("x-{at}")).collect();
        let mut headers = named(n);
        append(&mut headers, "connection", &names.join(","));
        admitted(headers)
    }),
    ("removed: nominations in lines", |n| {
        admitted(lines("connection", n, |at| format!("x-{at}")))
    }),
    ("removed: lengths", |n| {
        admitted(lines("content-length", n, |_| "5, 5".into()))
    }),
    ("lengths that differ", |n| {
        admitted(lines("content-length", n, |at| at.to_string()))
    }),
    ("codings", |n| {
        admitted(lines("transfer-encoding", n, |_| ", ,".into()))
    }),
    ("hosts", |n| {
        admitted(lines("host", n, |at| format!("a{at}")))
    }),
    ("a long host", |n| {
        admitted(lines("host", 1, |_| "a%20".repeat(n)))
    }),
    ("removed: protocols to upgrade to", |n| {
        admitted(lines("upgrade", n, |_| "h2c, x".into()))
    }),
    ("removed: what the client takes beside trailers", |n| {
        admitted(lines("te", n, |_| "gzip;q=1".into()))
    }),
    ("passed proxies", |n| {
        passed(&lines("via", n, |at| format!("1.1 a{at} (b), 2 c")))
    }),
    ("passed proxies in one line", |n| {
        passed(&lines("via", 1, |_| "1.1 a (b),".repeat(n)))
    }),
    ("forwards that are left", |n| {
        let mut request = Request::new(());
        *request.method_mut() = Method::OPTIONS;
        *request.headers_mut() = lines("max-forwards", 1, |_| "9".repeat(n));
        Box::new(move || {
            black_box(via::count_forward(&mut request).is_ok());
        })
    }),
    ("removed: cookies in lines", |n| {
        to_backend(lines("cookie", n, |at| format!("a{at}=1")))
    }),
    ("removed: forwarded addresses in lines", |n| {
        to_backend(lines("x-forwarded-for", n, |_| "192.0.2.1".into()))
    }),
    ("headers to the backend", |n| to_backend(named(n))),
    ("removed: nominations of a backend", |n| {
        let mut headers = lines("connection", n, |at| format!("x-{at}, x-{at}"));
        Box::new(move || headers::to_client(black_box(&mut headers), false))
    }),
    ("removed: lengths of a backend", |n| {
        let mut response = Response::new(());
        *response.headers_mut() = lines("content-length", n, |_| "5, 5".into());
        Box::new(move || {
            black_box(framing::clear_response(&mut response, false).is_ok());
        })
    }),
    ("keys in a query", |n| {
        keys("/?", |at| format!("key=%20{at}&"), n)
    }),
    ("pairs of a query that are no keys", |n| {
        keys("/?", |at| format!("a{at}=%20&"), n)
    }),
];

#[test]
fn what_is_read_costs_in_proportion_to_its_length() {
    is_linear(TEST, CASES, |work| {
        let counted = allocation_counter::measure(work);
        (counted.count_total, counted.bytes_total)
    });
}

/// So many numbers, all as long as each other.
fn numbers(n: usize) -> Range<usize> {
    10_000..10_000 + n
}

fn append(headers: &mut HeaderMap, name: &str, value: &str) {
    let name: HeaderName = name.parse().unwrap();
    headers.append(name, value.parse().unwrap());
}

fn lines(name: &str, n: usize, value: impl Fn(usize) -> String) -> HeaderMap {
    let mut headers = HeaderMap::new();
    numbers(n).for_each(|at| append(&mut headers, name, &value(at)));
    headers
}

fn named(n: usize) -> HeaderMap {
    let mut headers = HeaderMap::new();
    numbers(n).for_each(|at| append(&mut headers, &format!("x-{at}"), "1"));
    headers
}

fn path(piece: &str, n: usize) -> Work {
    let mut paths = Paths::default();
    for endpoint in ["/", "/a", "/a/a/a/a"] {
        paths.insert(endpoint, endpoint);
    }
    let path = format!("/a{}", piece.repeat(n));
    Box::new(move || {
        black_box(paths.find(&path));
    })
}

fn admitted(mut headers: HeaderMap) -> Work {
    // Without one, nothing else is looked at.
    if !headers.contains_key(HOST) {
        headers.insert(HOST, HeaderValue::from_static("a"));
    }
    let mut request = Request::new(());
    *request.headers_mut() = headers;
    Box::new(move || {
        black_box(entrance::admit(&mut request).is_ok());
    })
}

fn passed(via: &HeaderMap) -> Work {
    let (via, pseudonym) = (via.clone(), Pseudonym::of_endpoint("/a"));
    Box::new(move || assert!(black_box(pseudonym.refuse_loop(&via)).is_ok()))
}

fn to_backend(mut headers: HeaderMap) -> Work {
    let hop = Hop {
        target: Uri::from_static("http://backend/"),
        deadline: Instant::now() + Duration::from_secs(1),
        peer: [192, 0, 2, 1].into(),
        connection: Arc::new(ConnectionGuard::new(
            GracefulShutdown::new().watcher(),
            None,
        )),
        host: None,
        websocket: false,
        chunked: false,
        via: Some(HeaderValue::from_static("1.1 gw")),
    };
    Box::new(move || headers::to_backend(black_box(&mut headers), &Method::GET, &hop, Some(0)))
}

fn callers() -> Callers {
    let file = "listen = '127.0.0.1:0'\n[[applications]]\n\
                [[applications.package_keys]]\nkey = 'one'\n";
    Config::parse("f.toml", file).unwrap().callers
}

/// Looked for, and taken out.
fn keys(start: &str, pair: fn(usize) -> String, n: usize) -> Work {
    let callers = callers();
    let places = KeyPlaces {
        header: None,
        query: Some("key".to_owned()),
    };
    let query: String = numbers(n).map(pair).collect();
    let request = Request::get(format!("{start}{query}")).body(());
    let mut request = request.unwrap();
    Box::new(move || {
        assert!(matches!(
            api_key::caller(&places, &callers, &request),
            Ok(None)
        ));
        api_key::strip(&places, &mut request).unwrap();
    })
}
