//! Headers that a modify drops and adds.

use super::{OLD, both_become, changed_request};
use serde_json::json;

#[test]
fn modify_without_members_leaves_everything_as_it_is() {
    both_become(&json!({}), OLD, OLD, None);
}

#[test]
fn drop_headers_removes_all_lines_of_a_header() {
    both_become(
        &json!({"dropHeaders": ["x-b"]}),
        OLD,
        &[("x-a", "1"), ("content-length", "5")],
        None,
    );
}

#[test]
fn drop_headers_is_without_regard_to_case() {
    both_become(
        &json!({"dropHeaders": ["X-B", "X-a"]}),
        OLD,
        &[("content-length", "5")],
        None,
    );
}

#[test]
fn a_dropped_header_that_is_not_there_is_no_fault() {
    both_become(&json!({"dropHeaders": ["x-c", "x-c"]}), OLD, OLD, None);
}

#[test]
fn add_headers_replaces_what_is_there() {
    both_become(
        &json!({"addHeaders": {"X-B": "new", "x-c": "c"}}),
        OLD,
        &[
            ("x-a", "1"),
            ("content-length", "5"),
            ("x-b", "new"),
            ("x-c", "c"),
        ],
        None,
    );
}

#[test]
fn add_headers_is_applied_after_drop_headers() {
    both_become(
        &json!({"addHeaders": {"x-b": "new"}, "dropHeaders": ["x-b", "x-a"]}),
        OLD,
        &[("content-length", "5"), ("x-b", "new")],
        None,
    );
}

#[test]
fn an_array_makes_several_header_lines() {
    both_become(
        &json!({"addHeaders": {"x-b": ["one", 2, true, 1.5]}}),
        OLD,
        &[
            ("x-a", "1"),
            ("content-length", "5"),
            ("x-b", "one"),
            ("x-b", "2"),
            ("x-b", "true"),
            ("x-b", "1.5"),
        ],
        None,
    );
}

#[test]
fn a_header_given_in_two_cases_is_two_lines_and_replaces_what_is_there() {
    let (headers, _) = changed_request(&json!({"addHeaders": {"X-B": "1", "x-b": "2"}}), OLD);
    let lines: Vec<_> = headers.get_all("x-b").iter().collect();
    assert_eq!(lines, ["1", "2"]);
}

#[test]
fn protected_headers_are_not_touched_and_the_rest_is() {
    let before = [
        ("host", "h"),
        ("content-length", "5"),
        ("te", "trailers"),
        ("x-a", "1"),
    ];
    both_become(
        &json!({
            "dropHeaders": ["Host", "Content-Length", "TE", "x-a"],
            "addHeaders": {"HOST": "other", "content-length": 9, "Transfer-Encoding": "chunked",
                ":path": "/", "x-b": "2"},
        }),
        &before,
        &[
            ("host", "h"),
            ("content-length", "5"),
            ("te", "trailers"),
            ("x-b", "2"),
        ],
        None,
    );
}
