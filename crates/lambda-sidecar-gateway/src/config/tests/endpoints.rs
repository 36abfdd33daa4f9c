//! Endpoints.

use super::{problem, problems, warnings, with_endpoint};
use crate::config::Config;

#[test]
fn every_mistake_in_an_endpoint_names_file_line_and_key() {
    for (line, expected) in [
        (
            "orgin = 'http://x'",
            "key `endpoints.orgin`: unknown key, did you mean `origin`?",
        ),
        (
            "timeout_ms = 0",
            "key `endpoints.timeout_ms`: found `0`, allowed: 1 to 4294967295",
        ),
        (
            "require_api_key = 'yes'",
            "key `endpoints.require_api_key`: found a value of type string, allowed: true or false",
        ),
        (
            "on_invalid_inputs = 'ignore'",
            "key `endpoints.on_invalid_inputs`: found `ignore`, allowed: refuse, block",
        ),
        (
            "error_set = 'acme'",
            "key `endpoints.error_set`: no error set `acme` in this file",
        ),
        (
            "api_key = {}",
            "key `endpoints.api_key`: allowed: one of `header` and `query`",
        ),
        (
            "api_key = { header = 'a', query = 'b' }",
            "key `endpoints.api_key`: allowed: one of `header` and `query`",
        ),
        (
            "api_key = { header = 'a b' }",
            "key `endpoints.api_key.header`: found a text of 3 characters that is no name, \
             allowed: the name of a header",
        ),
        (
            "api_key = { query = '' }",
            "key `endpoints.api_key.query`: is empty, allowed: the name of a query parameter",
        ),
        (
            "api_key = { qery = 'b', header = 'a' }",
            "key `endpoints.api_key.qery`: unknown key, did you mean `query`?",
        ),
        (
            "public_base = 'https://api.acme.com/v1'",
            "key `endpoints.public_base`: found a path, allowed: scheme and host alone",
        ),
        (
            "endpoint_id = 7",
            "key `endpoints.endpoint_id`: found a value of type integer, allowed: a string",
        ),
        (
            "service_id = 7",
            "key `endpoints.service_id`: found a value of type integer, allowed: a string",
        ),
        ("pre = [{}]", "key `endpoints.pre.inputs`: is missing"),
        (
            "pre = [{ inputs = 7 }]",
            "key `endpoints.pre.inputs`: found a value of type integer, allowed: a string",
        ),
        (
            "pre = ['x']",
            "key `endpoints.pre`: found something else, allowed: an array of tables",
        ),
    ] {
        assert_eq!(
            problem(&with_endpoint(line)),
            format!("f.toml:6: {expected}")
        );
    }
}

#[test]
fn an_endpoint_needs_path_and_origin() {
    let all = problems("listen = '[::1]:0'\n\n[[endpoints]]\ntimeout_ms = 5");
    assert_eq!(
        all,
        [
            "f.toml:3: key `endpoints.path`: is missing",
            "f.toml:3: key `endpoints.origin`: is missing",
        ]
    );
}

#[test]
fn an_endpoint_path_is_whole_segments_that_can_be_read_in_one_way() {
    for path in [
        "",
        "my",
        "/a/../b",
        "/a/%2e%2e",
        "/a//b",
        "/a?b",
        "/a#b",
        "/a;b",
        "/ a",
        "/a%2Fb",
        "/a%5Cb",
        "/a%3Bb",
        "/a%3Fb",
        "/a%2541",
        "/a./b",
        "/a%20",
        "/a%zz",
        "/a%2",
        "/a%",
    ] {
        let text = with_endpoint("").replace("\"/my\"", &format!("'{path}'"));
        let found = problem(&text);
        assert!(
            found.starts_with("f.toml:4: key `endpoints.path`: found"),
            "{found}"
        );
    }
    for (path, kept) in [
        ("/", ""),
        ("/my/", "/my"),
        ("/a/b", "/a/b"),
        ("/a%20b", "/a%20b"),
    ] {
        let text = with_endpoint("").replace("\"/my\"", &format!("'{path}'"));
        let config = Config::parse("f.toml", &text).unwrap();
        assert_eq!(config.endpoints[0].path, kept);
    }
}

#[test]
fn two_endpoints_at_one_path_are_an_error() {
    for other in ["/my", "/my/", "/m%79"] {
        let second = format!("\n[[endpoints]]\npath = '{other}'\norigin = 'http://b'\n");
        let expected = format!("f.toml:8: key `endpoints.path`: a second endpoint at `{other}`");
        assert_eq!(problem(&with_endpoint(&second)), expected);
    }
}

#[test]
fn an_origin_is_a_url_without_user_query_and_fragment() {
    for origin in [
        "b",
        "/b",
        "b:80",
        "ftp://b",
        "http://",
        "http://:80",
        "http://b?q",
        "http://b#f",
        "http://b:",
        "http://b:0",
        "http://b:65536/x",
        "http://[::1]:99999",
        "http://b/x/../y",
        "http://b/%2e%2E/y",
        "http://b/./y",
        "http://b/a%zz",
        "http://u:p@b",
        "https://b\\\\c",
    ] {
        let text = with_endpoint("").replace("http://b/x", origin);
        let found = problem(&text);
        assert!(
            found.starts_with("f.toml:5: key `endpoints.origin`: found "),
            "{found}"
        );
    }
    for origin in [
        "http://b",
        "https://b",
        "http://b:80/",
        "http://b:65535",
        "http://[::1]:8/x/y",
        "http://1.2.3.4",
    ] {
        let text = with_endpoint("").replace("http://b/x", origin);
        assert_eq!(problems(&text), Vec::<String>::new());
    }
}

#[test]
fn an_endpoint_id_that_stands_twice_is_warned_of() {
    let second =
        "endpoint_id = 'a'\n[[endpoints]]\nendpoint_id = 'a'\npath = '/b'\norigin = 'http://c'\n";
    assert_eq!(
        warnings(&with_endpoint(second)),
        [
            "f.toml:8: key `endpoints.endpoint_id`: warning: a second endpoint with the id `a`: `ask` finds the \
             first"
        ]
    );
}

#[test]
fn a_pattern_in_a_path_is_taken_letter_by_letter_and_warned_of() {
    for path in ["/my/*", "/my/{id}", "/my/:id"] {
        let text = with_endpoint("").replace("\"/my\"", &format!("'{path}'"));
        let expected = format!(
            "f.toml:4: key `endpoints.path`: warning: `{path}` is no pattern: it is compared letter by letter, \
             and stands for everything below it"
        );
        assert_eq!(warnings(&text), [expected]);
    }
    assert!(warnings(&with_endpoint("")).is_empty());
}

#[test]
fn required_keys_that_nobody_can_have_are_warned_of() {
    let text = with_endpoint("require_api_key = true\n");
    assert_eq!(
        warnings(&text),
        [
            "f.toml:6: key `endpoints.require_api_key`: warning: the file has no package key: every call is \
             answered 403"
        ]
    );
    let keys = "[[applications]]\n[[applications.package_keys]]\nkey = 'a'\n";
    assert!(warnings(&format!("{text}{keys}")).is_empty());
    assert!(warnings(&with_endpoint("require_api_key = false\n")).is_empty());
}
