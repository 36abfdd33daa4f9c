//! The book's table of keys lists what the reader looks for.

use std::collections::BTreeMap;

use lambda_sidecar_test_support::page::Page;
use toml::de::DeTable;

use crate::{
    config::{Config, document::Document, problem::SetAside, read},
    functions::Transport,
};

fn page() -> Page {
    Page::read("gateway.md").unwrap()
}

/// Key, and default or `required`, of each row.
fn rows() -> BTreeMap<String, String> {
    let rows = page().table("keys").into_iter();
    rows.map(|row| (row[0].clone(), row[1].clone())).collect()
}

/// The keys that are looked for while the page's own file is read, which has every table, and whether they
/// are required. The names that a file makes up are `NAME` and `ERROR`.
fn known_keys() -> BTreeMap<String, bool> {
    let blocks = page().blocks();
    let file = blocks.iter().find(|block| block.language() == "toml");
    let text = &file.unwrap().text;
    let document = Document::new(text);
    let tree = DeTable::parse(text).unwrap();
    let config = read(&document, tree.get_ref(), &mut SetAside::default());
    assert!(config.is_some());
    let keys = document.known_keys.borrow();
    keys.iter()
        .map(|(key, required)| {
            let mut parts: Vec<_> = key.split('.').collect();
            if parts[0] == "error_sets" {
                let names = parts.iter_mut().skip(1).step_by(2);
                for (part, name) in names.zip(["NAME", "ERROR"]) {
                    *part = name;
                }
            }
            (parts.join("."), *required)
        })
        .collect()
}

#[test]
fn the_book_lists_every_key_and_no_other_and_says_which_are_required() {
    let listed = rows().into_iter();
    let listed = listed.map(|(key, default)| (key, default == "required"));
    assert_eq!(listed.collect::<BTreeMap<_, _>>(), known_keys());
}

#[test]
fn the_books_defaults_are_those_of_a_file_that_says_nothing() {
    let file = "listen = '127.0.0.1:0'\n[[endpoints]]\npath = '/my'\norigin = 'http://b'\n";
    let config = Config::parse("f.toml", file).unwrap();
    let endpoint = &config.endpoints[0];
    assert!(config.admin.is_none() && endpoint.id.is_none());
    let wrong = "[[endpoints.pre]]\ninputs = 'x'\n";
    let blocked = format!("{file}on_invalid_inputs = 'block'\n{wrong}");
    assert!(Config::parse("f.toml", &blocked).is_ok());
    assert!(Config::parse("f.toml", &format!("{file}{wrong}")).is_err());

    let transport = match config.transport {
        Transport::Sdk => "\"sdk\"",
        _ => "another",
    };
    let header = endpoint.key_places.header.as_ref().unwrap();
    let header = header.names().next().unwrap();
    let query = endpoint.key_places.query.as_ref().unwrap();
    let rows = rows();
    for (key, default) in [
        (
            "shutdown_timeout_ms",
            config.shutdown_timeout.as_millis().to_string(),
        ),
        ("transport", transport.to_owned()),
        (
            "limits.max_header_kb",
            (config.limits.max_headers / 1024).to_string(),
        ),
        (
            "limits.body_idle_timeout_ms",
            config.limits.body_idle.as_millis().to_string(),
        ),
        (
            "endpoints.timeout_ms",
            endpoint.timeout.as_millis().to_string(),
        ),
        (
            "endpoints.require_api_key",
            endpoint.require_api_key.to_string(),
        ),
        (
            "endpoints.pass_encoding_and_range",
            endpoint.pass_encoding_and_range.to_string(),
        ),
        (
            "endpoints.strip_api_key",
            endpoint.strip_api_key.to_string(),
        ),
        ("endpoints.on_invalid_inputs", "\"refuse\"".to_owned()),
        ("endpoints.api_key.header", format!("\"{header}\"")),
        ("endpoints.api_key.query", format!("\"{query}\"")),
    ] {
        assert_eq!(rows[key], default, "{key}");
    }
}
