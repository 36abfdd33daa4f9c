//! A body that a modify replaces.

use super::{both_become, changed_request, changed_response};
use serde_json::json;

#[test]
fn a_payload_replaces_the_body_and_sets_content_length_anew() {
    both_become(
        &json!({"payload": "größer"}),
        &[
            ("content-length", "5"),
            ("content-type", "text/html"),
            ("x-a", "1"),
        ],
        &[
            ("content-length", "8"),
            ("content-type", "text/html"),
            ("x-a", "1"),
        ],
        Some("größer".as_bytes()),
    );
}

#[test]
fn a_replaced_body_has_a_content_length_where_the_old_one_had_none() {
    both_become(
        &json!({"payload": "p"}),
        &[],
        &[("content-length", "1")],
        Some(b"p"),
    );
}

#[test]
fn an_empty_payload_replaces_the_body_by_nothing() {
    both_become(
        &json!({"payload": ""}),
        &[("content-length", "5")],
        &[("content-length", "0")],
        Some(b""),
    );
}

#[test]
fn a_base64_payload_is_decoded() {
    both_become(
        &json!({"payload": "AP8=", "base64Encoded": true}),
        &[("content-type", "image/png")],
        &[("content-type", "image/png"), ("content-length", "2")],
        Some(b"\0\xff"),
    );
}

#[test]
fn json_sets_the_content_type() {
    both_become(
        &json!({"json": {"a": 1}, "payload": "p"}),
        &[("content-type", "text/html"), ("content-length", "100")],
        &[
            ("content-type", "application/json"),
            ("content-length", "7"),
        ],
        Some(br#"{"a":1}"#),
    );
    both_become(
        &json!({"json": [], "dropHeaders": ["content-type"]}),
        &[("content-type", "text/html")],
        &[
            ("content-type", "application/json"),
            ("content-length", "2"),
        ],
        Some(b"[]"),
    );
}

#[test]
fn json_does_not_set_the_content_type_where_add_headers_does() {
    both_become(
        &json!({"json": {}, "addHeaders": {"Content-Type": "application/problem+json"}}),
        &[("content-type", "text/html")],
        &[
            ("content-type", "application/problem+json"),
            ("content-length", "2"),
        ],
        Some(b"{}"),
    );
}

const OF_ANY_BODY: [&str; 6] = [
    "transfer-encoding",
    "content-encoding",
    "content-md5",
    "digest",
    "content-digest",
    "repr-digest",
];

const OF_A_RESPONSE_BODY: [&str; 4] = ["etag", "last-modified", "accept-ranges", "content-range"];

#[test]
fn replacing_a_body_removes_what_described_the_old_one() {
    let bodies = [
        json!({"payload": "p"}),
        json!({"payload": "cA==", "base64Encoded": true}),
        json!({"json": 1, "addHeaders": {"content-type": "x/y"}}),
    ];
    for body in bodies {
        for name in OF_ANY_BODY {
            for changed in [
                changed_request(&body, &[(name, "old"), (name, "older")]).0,
                changed_response(&body, &[(name, "old"), (name, "older")]).0,
            ] {
                assert!(!changed.contains_key(name), "{name}: {body}");
            }
        }
        for name in OF_A_RESPONSE_BODY {
            assert!(
                !changed_response(&body, &[(name, "old")])
                    .0
                    .contains_key(name),
                "{name}"
            );
            assert_eq!(
                changed_request(&body, &[(name, "old")]).0[name],
                "old",
                "{name}"
            );
        }
    }
}

#[test]
fn what_describes_the_body_stays_where_the_body_does() {
    let lines: Vec<_> = OF_ANY_BODY
        .into_iter()
        .chain(OF_A_RESPONSE_BODY)
        .map(|name| (name, "old"))
        .collect();
    both_become(
        &json!({"dropHeaders": ["x-a"], "addHeaders": {}}),
        &lines,
        &lines,
        None,
    );
}

#[test]
fn add_headers_comes_after_that_removal() {
    let set = json!({
        "payload": "p",
        "addHeaders": {"content-encoding": "gzip", "digest": "d", "etag": "\"new\""},
    });
    both_become(
        &set,
        &[
            ("content-encoding", "br"),
            ("etag", "\"old\""),
            ("content-md5", "m"),
        ],
        &[
            ("content-length", "1"),
            ("content-encoding", "gzip"),
            ("digest", "d"),
            ("etag", "\"new\""),
        ],
        Some(b"p"),
    );
}
