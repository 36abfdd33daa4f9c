//! The file as a whole, and its top level.

use std::{path::Path, time::Duration};

use super::{inputs, problem, problems, with_endpoint};
use crate::{config::Config, functions::Transport};

#[test]
fn a_whole_file_is_read() {
    let text = format!(
        r#"
listen = "127.0.0.1:8080"
admin = "127.0.0.1:8081"
shutdown_timeout_ms = 1_500

[[applications]]
name = "acme-mobile"
eavs = {{ eav1 = "v1", tier = "gold" }}
  [[applications.package_keys]]
  key = "abc123"
  eavs = {{ pkg_eav = "eav_value" }}

[error_sets.acme]
content_type = "application/json"
  [error_sets.acme.errors.RequiredHeaderConditionFailure]
  status = 422
  body = '{{"error":"a header is missing"}}'
  header = "HDR-1"
  [error_sets.acme.errors.504]
  body = '{{"error":"too slow"}}'

[[endpoints]]
endpoint_id = "9876543210"
service_id = "0123456789"
path = "/my"
origin = "http://127.0.0.1:9000/backend"
timeout_ms = 0x2_000
public_base = "https://api.acme.com/"
api_key = {{ query = "api_key" }}
require_api_key = true
pass_encoding_and_range = true
error_set = "acme"
on_invalid_inputs = "refuse"
  [[endpoints.pre]]
  inputs = """
  {}"""
  [[endpoints.post]]
  inputs = '''
  {}'''
"#,
        inputs(""),
        inputs("timeout: 3"),
    );
    let config = Config::parse("f.toml", &text).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.admin.unwrap().to_string(), "127.0.0.1:8081");
    assert_eq!(config.shutdown_timeout, Duration::from_millis(1500));
    assert!(config.callers.find("abc123").is_some());
    assert!(config.callers.find("nobody").is_none());
    let endpoint = &config.endpoints[0];
    assert_eq!(endpoint.path, "/my");
    assert_eq!(endpoint.timeout, Duration::from_millis(0x2000));
    assert!(endpoint.require_api_key && endpoint.pass_encoding_and_range);
    assert_eq!(endpoint.key_places.query.as_deref(), Some("api_key"));
    assert!(endpoint.key_places.header.is_none());
    let sidecars = endpoint.sidecars.as_ref().unwrap();
    assert_eq!((sidecars.pre.len(), sidecars.post.len()), (1, 1));
}

#[test]
fn the_file_in_the_readme_is_fine() {
    let readme = include_str!("../../../README.md");
    let file = readme.split("```toml\n").nth(1).unwrap();
    let file = file.split("```").next().unwrap();
    assert_eq!(problems(file), Vec::<String>::new());
}

#[test]
fn what_is_left_out_has_a_default() {
    let config = Config::parse("f.toml", &with_endpoint("")).unwrap();
    assert_eq!(config.admin, None);
    assert_eq!(config.shutdown_timeout, Duration::from_secs(10));
    assert_eq!(config.transport, Transport::default());
    let endpoint = &config.endpoints[0];
    assert_eq!(endpoint.timeout, Duration::from_secs(60));
    assert!(!endpoint.require_api_key && !endpoint.pass_encoding_and_range);
    assert_eq!(endpoint.key_places.query.as_deref(), Some("api_key"));
    let header = endpoint.key_places.header.as_ref().unwrap();
    assert!(header.names().eq(["x-api-key"]));
    assert!(endpoint.sidecars.as_ref().unwrap().is_empty());
}

#[test]
fn the_transport_is_chosen_by_name() {
    for (name, transport) in [("sdk", Transport::Sdk), ("lean", Transport::Lean)] {
        let text = format!("transport = \"{name}\"\n{}", with_endpoint(""));
        let config = Config::parse("f.toml", &text).unwrap();
        assert_eq!(config.transport, transport);
    }
}

#[test]
fn every_mistake_in_the_top_level_names_file_line_and_key() {
    for (text, expected) in [
        ("", "f.toml:1: key `listen`: is missing"),
        (
            "listen = 80",
            "f.toml:1: key `listen`: found a value of type integer, allowed: a string",
        ),
        (
            "\nlisten = 'localhost'",
            "f.toml:2: key `listen`: found `localhost`, allowed: an IP address and a port, \
             as in `127.0.0.1:8080`",
        ),
        (
            "listen = '127.0.0.1:80'\nadmin = '127.0.0.1:80'",
            "f.toml:2: key `admin`: is the address of `listen`, allowed: another one",
        ),
        (
            "listen = '127.0.0.1:80'\nadmin = '0.0.0.0:80'",
            "f.toml:2: key `admin`: is the address of `listen`, allowed: another one",
        ),
        (
            "listen = '[::1]:0'\nlisten_on = 1",
            "f.toml:2: key `listen_on`: unknown key, did you mean `listen`?",
        ),
        (
            "listen = '[::1]:0'\nxyz = 1",
            "f.toml:2: key `xyz`: unknown key",
        ),
        (
            "listen = '[::1]:0'\nadmin = '1.2.3'",
            "f.toml:2: key `admin`: found `1.2.3`, allowed: an IP address and a port, \
             as in `127.0.0.1:8080`",
        ),
        (
            "listen = '[::1]:0'\nshutdown_timeout_ms = -1",
            "f.toml:2: key `shutdown_timeout_ms`: found `-1`, allowed: 0 to 4294967295",
        ),
        (
            "listen = '[::1]:0'\nshutdown_timeout_ms = 1.5",
            "f.toml:2: key `shutdown_timeout_ms`: found a value of type float, allowed: an integer",
        ),
        (
            "listen = '[::1]:0'\n\ntransport = 'fast'",
            "f.toml:3: key `transport`: found `fast`, allowed: sdk, lean",
        ),
        (
            "listen = '[::1]:0'\ntransport = true",
            "f.toml:2: key `transport`: found a value of type boolean, allowed: a string",
        ),
        (
            "listen = '[::1]:0'\n[endpoints]",
            "f.toml:2: key `endpoints`: found a value of type table, allowed: an array of tables",
        ),
        (
            "listen = '[::1]:0'\nendpoints = [{}, 7]",
            "f.toml:2: key `endpoints`: found something else, allowed: an array of tables",
        ),
    ] {
        let all = problems(text);
        assert!(
            all.iter().any(|problem| problem == expected),
            "{text}\n{all:#?}"
        );
    }
}

#[test]
fn all_mistakes_are_reported_together_in_the_order_of_the_lines() {
    let text = format!(
        "{}[[endpoints.pre]]\ninputs = \"failSafe: 2\"\n",
        with_endpoint("timeout_ms = 0\nxyz = 1\n")
    );
    let lines: Vec<_> = problems(&text)
        .iter()
        .map(|text| text.split(':').nth(1).unwrap().to_owned())
        .collect();
    assert_eq!(lines.first().unwrap(), "6");
    assert_eq!(lines.get(1).unwrap(), "7");
    assert!(
        lines[2..].iter().all(|line| line == "9") && lines.len() > 3,
        "{lines:?}"
    );
}

#[test]
fn text_that_is_no_toml_is_reported_with_its_line() {
    assert!(problems("listen = [unfinished\n")[0].starts_with("f.toml:1: not TOML: "));
    let twice = problem("listen = '[::1]:0'\n\nlisten = '[::1]:0'");
    assert!(twice.starts_with("f.toml:3: key `"), "{twice}");
    assert!(
        twice.contains("stands twice in its table, first in line "),
        "{twice}"
    );
}

#[test]
fn a_file_that_cannot_be_read_is_reported() {
    let error = Config::load(Path::new("/nowhere/gateway.toml")).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("/nowhere/gateway.toml: cannot be read: "),
        "{text}"
    );
}
