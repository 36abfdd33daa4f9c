//! Applications and error sets, and the secrets of both.

use super::{problem, with_endpoint};
use crate::config::Config;

#[test]
fn every_mistake_in_an_application_names_file_line_and_key() {
    for (lines, expected) in [
        (
            "nme = 'a'",
            "f.toml:7: key `applications.nme`: unknown key, did you mean `name`?",
        ),
        (
            "name = 7",
            "f.toml:7: key `applications.name`: found a value of type integer, allowed: a string",
        ),
        (
            "eavs = 'a'",
            "f.toml:7: key `applications.eavs`: found a value of type string, allowed: a table",
        ),
        (
            "eavs = { a = 1 }",
            "f.toml:7: key `applications.eavs.a`: found a value of type integer, allowed: a string",
        ),
        (
            "[[applications.package_keys]]",
            "f.toml:7: key `applications.package_keys.key`: is missing",
        ),
        (
            "[[applications.package_keys]]\nkey = ''",
            "f.toml:8: key `applications.package_keys.key`: is empty",
        ),
        (
            "[[applications.package_keys]]\nkey = 'a'\neav = {}",
            "f.toml:9: key `applications.package_keys.eav`: unknown key, did you mean `eavs`?",
        ),
    ] {
        let text = with_endpoint(&format!("[[applications]]\n{lines}"));
        assert_eq!(problem(&text), expected);
    }
}

#[test]
fn every_mistake_in_an_error_set_names_file_line_and_key() {
    for (lines, expected) in [
        (
            "content-type = 'a'",
            "key `error_sets.a.content-type`: unknown key, did you mean `content_type`?",
        ),
        (
            "content_type = \"a\\n\"",
            "key `error_sets.a.content_type`: cannot stand in a header: it holds control characters",
        ),
        (
            "errors.504.status = 99",
            "key `error_sets.a.errors.504.status`: found `99`, allowed: 200 to 599",
        ),
        (
            "errors.504.header = \"\\u0000\"",
            "key `error_sets.a.errors.504.header`: cannot stand in a header: \
             it holds control characters",
        ),
        (
            "errors.504.boddy = 'x'",
            "key `error_sets.a.errors.504.boddy`: unknown key, did you mean `body`?",
        ),
        (
            "errors.GatewayTimeOut.body = 'x'",
            "key `error_sets.a.errors.GatewayTimeOut`: unknown error, did you mean `GatewayTimeout`?",
        ),
        (
            "errors.504 = 'x'",
            "key `error_sets.a.errors.504`: found a value of type string, allowed: a table",
        ),
    ] {
        let text = with_endpoint(&format!("[error_sets.a]\n{lines}"));
        assert_eq!(problem(&text), format!("f.toml:7: {expected}"));
    }
    for key in ["99", "600", "5xx"] {
        let text = with_endpoint(&format!("[error_sets.a.errors.{key}]\nbody = 'x'"));
        assert!(
            problem(&text).contains("unknown error, allowed: a status"),
            "{key}"
        );
    }
}

#[test]
fn no_message_shows_a_password_or_a_package_key() {
    let text = with_endpoint("").replace("http://b/x", "http://u:SECRET@b/x");
    assert!(!problem(&text).contains("SECRET"));
    let keys = "[[applications]]\n[[applications.package_keys]]\nkey = 'SECRET'\n\
                [[applications.package_keys]]\nkey = 'SECRET'\n";
    let found = problem(&with_endpoint(keys));
    assert_eq!(
        found,
        "f.toml:10: key `applications.package_keys.key`: stands twice in the file, first in line 8"
    );
}

#[test]
fn debug_shows_no_package_key() {
    let keys = "[[applications]]\n[[applications.package_keys]]\nkey = 'SECRET'\n";
    let config = Config::parse("f.toml", &with_endpoint(keys)).unwrap();
    assert!(!format!("{config:?}").contains("SECRET"));
}
