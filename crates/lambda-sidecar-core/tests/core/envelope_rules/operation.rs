//! The operation: method, path, query and public URI.

use std::sync::Arc;

use super::{Call, example, headers, operation};
use http::Uri;
use lambda_sidecar_core::{CallContext, Endpoint, Expand, SidecarBuilder};
use serde_json::{Value, json};

#[test]
fn operation_is_there_only_when_it_is_asked_for() {
    assert_eq!(
        example().member(|sidecar| sidecar, "/operation"),
        Value::Null
    );
    let others = |sidecar: SidecarBuilder| sidecar.expand_input([Expand::Routing, Expand::Token]);
    assert_eq!(example().member(others, "/operation"), Value::Null);
}

#[test]
fn http_verb_is_lower_case() {
    for (method, verb) in [
        ("GET", "get"),
        ("DELETE", "delete"),
        ("PrOpFiNd", "propfind"),
        ("M-SEARCH", "m-search"),
    ] {
        let call = Call {
            method: method.parse().unwrap(),
            ..example()
        };
        assert_eq!(call.member(operation, "/operation/httpVerb"), verb);
        let routing = |sidecar: SidecarBuilder| sidecar.expand_input([Expand::Routing]);
        assert_eq!(call.member(routing, "/routing/httpVerb"), verb);
    }
}

#[test]
fn operation_path_is_below_the_endpoints_public_path_and_not_decoded() {
    for (public, uri, path) in [
        ("/my", "/my/op", "/op"),
        ("/my/", "/my/op", "/op"),
        ("/my", "/my", "/"),
        ("/my", "/my/", "/"),
        ("/my", "/my?a=b", "/"),
        ("/my", "/my/my/op", "/my/op"),
        ("/my", "/my/a%20b%2Fc/../d;x=1", "/a%20b%2Fc/../d;x=1"),
        ("/my", "https://api.acme.com/my/op?x#y", "/op"),
        ("/my", "/mystery", "/mystery"),
        ("/my", "/other", "/other"),
        ("", "/op", "/op"),
        ("/", "/op", "/op"),
        ("/", "/", "/"),
        ("/", "http://api.acme.com", "/"),
        ("/", "//op", "//op"),
    ] {
        let endpoint = Arc::new(Endpoint::new().path(public));
        let call = Call {
            context: CallContext::new().endpoint(endpoint),
            ..Call::uri(uri)
        };
        assert_eq!(
            call.member(operation, "/operation/path"),
            path,
            "{uri} below {public}"
        );
    }
    assert_eq!(
        Call::uri("/a/b").member(operation, "/operation/path"),
        "/a/b"
    );
}

#[test]
fn operation_uri_is_the_public_uri_as_the_client_called_it() {
    let endpoint = |base: &str| {
        CallContext::new().endpoint(Arc::new(Endpoint::new().path("/my").public_base(base)))
    };
    for base in ["https://api.acme.com", "https://api.acme.com/"] {
        for uri in ["/my/op?p1=a", "http://internal:8080/my/op?p1=a"] {
            let call = Call {
                context: endpoint(base),
                ..Call::uri(uri)
            };
            assert_eq!(
                call.member(operation, "/operation/uri"),
                "https://api.acme.com/my/op?p1=a"
            );
        }
    }
    let call = Call {
        headers: headers(&[("host", b"api.acme.com:8443")]),
        ..Call::uri("/my/op?p1=a%20b&&c")
    };
    assert_eq!(
        call.member(operation, "/operation/uri"),
        "http://api.acme.com:8443/my/op?p1=a%20b&&c"
    );
    let call = Call::uri("https://api.acme.com/my/op?");
    assert_eq!(
        call.member(operation, "/operation/uri"),
        "https://api.acme.com/my/op?"
    );
}

/// The request's own URI has lost its prefix on the way.
#[test]
fn the_uri_of_the_context_is_the_one_that_the_client_called() {
    for (public, path) in [
        ("", "/op"),
        ("/my", "/op"),
        ("/my/op", "/"),
        ("/other", "/op"),
    ] {
        let endpoint = Arc::new(Endpoint::new().path(public));
        let context = CallContext::new()
            .uri(Uri::from_static("/my/op?p1=a"))
            .endpoint(endpoint);
        let call = Call {
            context,
            headers: headers(&[("host", b"api.acme.com")]),
            ..Call::uri("/op?p1=a")
        };
        assert_eq!(
            call.member(operation, "/operation"),
            json!({
                "httpVerb": "get",
                "path": path,
                "query": { "p1": "a" },
                "uri": "http://api.acme.com/my/op?p1=a",
            }),
            "below {public:?}"
        );
    }
}

#[test]
fn query_is_decoded_as_a_form_is() {
    for (query, expected) in [
        ("a=1&b=2", json!({"a": "1", "b": "2"})),
        ("a=x+y%20z", json!({"a": "x y z"})),
        ("a%2Bb=c%2Bd", json!({"a+b": "c+d"})),
        ("a", json!({"a": ""})),
        ("a=", json!({"a": ""})),
        ("=v", json!({"": "v"})),
        ("a=b=c", json!({"a": "b=c"})),
        ("a=1&&b=2&", json!({"a": "1", "b": "2"})),
        ("n%C3%A9=%E2%82%AC", json!({"né": "€"})),
        ("a=%FF%zz%4", json!({"a": "\u{fffd}%zz%4"})),
        ("a=%22%5C%00%0A", json!({"a": "\"\\\0\n"})),
        ("a=1;b=2", json!({"a": "1;b=2"})),
    ] {
        let call = Call::uri(&format!("/op?{query}"));
        assert_eq!(
            call.member(operation, "/operation/query"),
            expected,
            "{query}"
        );
    }
}

#[test]
fn a_query_name_that_stands_twice_is_an_array_of_strings() {
    for (query, expected) in [
        ("a=1&a=2", json!({"a": ["1", "2"]})),
        ("a=2&b=x&a=1&a=2", json!({"a": ["2", "1", "2"], "b": "x"})),
        ("a=1&%61=2", json!({"a": ["1", "2"]})),
        ("a&a", json!({"a": ["", ""]})),
        ("a=1&A=2", json!({"a": "1", "A": "2"})),
    ] {
        let call = Call::uri(&format!("/op?{query}"));
        assert_eq!(
            call.member(operation, "/operation/query"),
            expected,
            "{query}"
        );
    }
}

#[test]
fn without_a_query_there_is_none() {
    for uri in ["/op", "/op?", "/op?&"] {
        assert_eq!(
            Call::uri(uri).member(operation, "/operation/query"),
            Value::Null,
            "{uri}"
        );
    }
}
