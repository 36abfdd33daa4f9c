//! Any verdict does to a message what it names.

use super::{super::model::apply, any_status, header_map, modify, terminate};
use http::{Method, StatusCode};
use proptest::{option, prelude::*, sample::select};

const BEFORE: &[&str] = &[
    "x-a",
    "x-b",
    "x-untouched",
    "content-type",
    "content-length",
    "content-encoding",
    "transfer-encoding",
    "content-md5",
    "digest",
    "content-digest",
    "repr-digest",
    "etag",
    "last-modified",
    "accept-ranges",
    "content-range",
    "cookie",
    "set-cookie",
    "host",
    "connection",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn a_modify_changes_of_a_request_what_it_names_and_what_describes_a_replaced_body(
        modify in modify(),
        headers in header_map(BEFORE),
    ) {
        apply::check_request(&modify, &Method::PUT, &headers);
    }

    #[test]
    fn a_modify_changes_of_a_response_what_it_names_and_what_describes_a_replaced_body(
        modify in modify(),
        headers in header_map(BEFORE),
        method in select(vec![Method::GET, Method::GET, Method::HEAD]),
        before in status_of_an_answer(),
        code in option::of(status_of_an_answer()),
    ) {
        let modify = code.map_or(modify.clone(), |code| modify.complete_with_code(code));
        apply::check_response(&modify, &method, before, &headers);
    }

    #[test]
    fn a_terminate_answers_what_it_says_and_nothing_of_the_backends(terminate in terminate()) {
        apply::check_terminate(&terminate);
    }
}

/// Often one that keeps no body, or part of one.
fn status_of_an_answer() -> impl Strategy<Value = StatusCode> {
    let bare = vec![
        StatusCode::NO_CONTENT,
        StatusCode::RESET_CONTENT,
        StatusCode::PARTIAL_CONTENT,
        StatusCode::NOT_MODIFIED,
    ];
    prop_oneof![2 => any_status(), 1 => select(bare)]
}
