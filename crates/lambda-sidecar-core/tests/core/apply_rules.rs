//! Section 5 of the connector: what a verdict does to a request, to a response, and what the client
//! of a Terminate is answered.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http::{request, response};
use lambda_sidecar_core::{
    MAX_HEADER_LINES, Modify, Point, ProtectedHeaders, Terminate, Verdict, keeps_no_body,
};
use serde_json::{Value, json};

const PRE: Point = Point::PreProcessor;
const POST: Point = Point::PostProcessor;

fn verdict(point: Point, verdict: &Value) -> Verdict {
    let json = Bytes::from(verdict.to_string());
    Verdict::parse(point, &json, &ProtectedHeaders::default()).unwrap()
}

fn modify(point: Point, members: &Value) -> Modify {
    match verdict(point, &json!({ "modify": members })) {
        Verdict::Modify(modify) => modify,
        other => panic!("{other:?}"),
    }
}

fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

fn request(lines: &[(&'static str, &'static str)]) -> request::Parts {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.headers = headers(lines);
    parts
}

fn response(status: u16, lines: &[(&'static str, &'static str)]) -> response::Parts {
    let (mut parts, ()) = Response::new(()).into_parts();
    parts.status = StatusCode::from_u16(status).unwrap();
    parts.headers = headers(lines);
    parts
}

/// What a request with these headers has for headers afterwards, and its new body.
fn changed_request(
    members: &Value,
    lines: &[(&'static str, &'static str)],
) -> (HeaderMap, Option<Bytes>) {
    let mut parts = request(lines);
    let body = modify(PRE, members).apply_to_request(&mut parts).unwrap();
    (parts.headers, body)
}

/// What a response with these headers to a GET has for headers afterwards, and its new body.
fn changed_response(
    members: &Value,
    lines: &[(&'static str, &'static str)],
) -> (HeaderMap, Option<Bytes>) {
    let mut parts = response(200, lines);
    let body = modify(POST, members)
        .apply_to_response(&Method::GET, &mut parts)
        .unwrap();
    assert_eq!(parts.status, 200);
    (parts.headers, body)
}

/// The members do the same to a request and to a response.
#[track_caller]
fn both_become(
    members: &Value,
    before: &[(&'static str, &'static str)],
    after: &[(&'static str, &'static str)],
    body: Option<&[u8]>,
) {
    for (changed, new_body) in [
        changed_request(members, before),
        changed_response(members, before),
    ] {
        assert_eq!(changed, headers(after), "{members}");
        assert_eq!(new_body.as_deref(), body, "{members}");
    }
}

const OLD: &[(&str, &str)] = &[
    ("x-a", "1"),
    ("x-b", "2"),
    ("x-b", "3"),
    ("content-length", "5"),
];

// modify.dropHeaders

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

// modify.addHeaders

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

// The body

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

// completeWithCode

#[test]
fn complete_with_code_sets_the_status_of_a_response() {
    for (old, new) in [(200, 599), (500, 200), (404, 302)] {
        let mut parts = response(old, OLD);
        let body = modify(POST, &json!({"completeWithCode": new}))
            .apply_to_response(&Method::GET, &mut parts)
            .unwrap();
        assert_eq!((parts.status.as_u16(), body), (new, None));
        assert_eq!(parts.headers, headers(OLD));
    }
}

#[test]
fn without_complete_with_code_the_status_stays() {
    for status in [200, 201, 404, 500] {
        let mut parts = response(status, OLD);
        modify(POST, &json!({"payload": "p", "addHeaders": {"x-a": "2"}}))
            .apply_to_response(&Method::GET, &mut parts)
            .unwrap();
        assert_eq!(parts.status, status);
    }
}

#[test]
fn complete_with_code_is_ignored_at_pre_processor() {
    let (headers, body) = changed_request(&json!({"completeWithCode": 201, "payload": "p"}), &[]);
    assert_eq!(headers, self::headers(&[("content-length", "1")]));
    assert_eq!(body.as_deref(), Some(&b"p"[..]));
}

// Answers that keep no body

#[test]
fn answers_to_head_and_204_205_and_304_keep_no_body() {
    for method in [
        Method::GET,
        Method::POST,
        Method::PUT,
        Method::OPTIONS,
        Method::CONNECT,
    ] {
        for status in 200..=599 {
            let status = StatusCode::from_u16(status).unwrap();
            let expected = matches!(status.as_u16(), 204 | 205 | 304);
            assert_eq!(
                keeps_no_body(&method, status),
                expected,
                "{method} {status}"
            );
            assert!(keeps_no_body(&Method::HEAD, status), "{status}");
        }
    }
}

#[test]
fn a_replacement_body_is_left_out_of_an_answer_to_head() {
    for body in [
        json!({"payload": "text"}),
        json!({"json": true}),
        json!({"payload": "dGV4dA==", "base64Encoded": true}),
    ] {
        let mut parts = response(200, &[("content-length", "10")]);
        let new = modify(POST, &body)
            .apply_to_response(&Method::HEAD, &mut parts)
            .unwrap();
        assert_eq!(new.as_deref(), Some(&b""[..]), "{body}");
        // Of what a GET would be answered.
        assert_eq!(parts.headers["content-length"], "4");
    }
}

#[test]
fn a_replacement_body_is_left_out_of_a_204_a_205_and_a_304() {
    for status in [204, 205, 304] {
        let body = json!({"payload": "text"});
        let mut parts = response(status, &[]);
        let new = modify(POST, &body)
            .apply_to_response(&Method::GET, &mut parts)
            .unwrap();
        assert_eq!(new.as_deref(), Some(&b""[..]), "{status}");
        assert!(!parts.headers.contains_key("content-length"), "{status}");
    }
}

#[test]
fn a_response_that_becomes_a_204_a_205_or_a_304_loses_its_body() {
    for status in [204, 205, 304] {
        for body in [json!({}), json!({"payload": "text"})] {
            let mut members = body.clone();
            members["completeWithCode"] = status.into();
            let mut parts = response(200, &[("content-length", "5"), ("x-a", "1")]);
            let new = modify(POST, &members)
                .apply_to_response(&Method::GET, &mut parts)
                .unwrap();
            assert_eq!(parts.status, status);
            assert_eq!(new.as_deref(), Some(&b""[..]), "{members}");
            assert_eq!(parts.headers, headers(&[("x-a", "1")]), "{members}");
        }
    }
}

#[test]
fn a_204_whose_status_becomes_another_takes_a_body() {
    let mut parts = response(204, &[]);
    let new = modify(POST, &json!({"completeWithCode": 200, "payload": "text"}))
        .apply_to_response(&Method::GET, &mut parts)
        .unwrap();
    assert_eq!(new.as_deref(), Some(&b"text"[..]));
    assert_eq!(parts.headers, headers(&[("content-length", "4")]));
}

// Parts of a body

#[test]
fn a_body_that_replaces_one_of_status_206_makes_it_200() {
    for (members, status, has_range) in [
        (json!({"payload": "whole"}), 200, false),
        (json!({"json": 1}), 200, false),
        (json!({"payload": ""}), 200, false),
        (json!({"addHeaders": {"x-a": "1"}}), 206, true),
        (json!({"payload": "p", "completeWithCode": 201}), 201, false),
        // What the function says itself stands.
        (json!({"payload": "p", "completeWithCode": 206}), 206, false),
    ] {
        let mut parts = response(206, &[("content-range", "bytes 0-3/9")]);
        modify(POST, &members)
            .apply_to_response(&Method::GET, &mut parts)
            .unwrap();
        assert_eq!(parts.status, status, "{members}");
        let range = parts.headers.contains_key("content-range");
        assert_eq!(range, has_range, "{members}");
    }
}

// Whole or not at all

fn many(count: usize) -> HeaderMap {
    (0..count)
        .map(|at| {
            (
                HeaderName::try_from(format!("x-{at}")).unwrap(),
                HeaderValue::from(at),
            )
        })
        .collect()
}

#[test]
fn a_verdict_is_applied_whole_or_not_at_all() {
    let added: Value = (0..MAX_HEADER_LINES)
        .map(|at| (format!("y-{at}"), json!("1")))
        .collect();
    let members = json!({"dropHeaders": ["x-0"], "addHeaders": added, "payload": "p"});
    let (pre, post) = (modify(PRE, &members), modify(POST, &members));
    for count in [0, 1, 5_000, 10_000, 15_000, 16_384, 16_385, 20_000, 24_000] {
        let before = many(count);
        let kept = count.saturating_sub(1);
        let whole = kept + MAX_HEADER_LINES + 1;

        let mut parts = request(&[]);
        parts.headers = before.clone();
        if let Ok(body) = pre.apply_to_request(&mut parts) {
            assert_eq!(body.as_deref(), Some(&b"p"[..]));
            assert_eq!(parts.headers.len(), whole, "{count}");
        } else {
            assert_eq!(parts.headers, before, "{count}");
            assert!(count > 16_000, "{count}");
        }

        let mut parts = response(200, &[]);
        parts.headers = before.clone();
        if post.apply_to_response(&Method::GET, &mut parts).is_ok() {
            assert_eq!(parts.headers.len(), whole, "{count}");
        } else {
            assert_eq!(parts.headers, before, "{count}");
            assert!(count > 16_000, "{count}");
        }
    }
}

#[test]
fn a_fault_in_the_last_member_makes_no_verdict_at_all() {
    for fault in [
        r#""addHeaders":{"x-a":"1","x b":"1"}"#,
        r#""payload":"!","base64Encoded":true"#,
        r#""payload":"p","completeWithCode":1"#,
    ] {
        let answer = format!(r#"{{"modify":{{"dropHeaders":["x-c"],{fault}}}}}"#);
        let answer = Bytes::from(answer);
        assert!(
            Verdict::parse(POST, &answer, &ProtectedHeaders::default()).is_err(),
            "{fault}"
        );
    }
}

// Terminate

fn ended(members: &Value) -> Response<Bytes> {
    let answers = [PRE, POST].map(
        |point| match verdict(point, &json!({ "terminate": members })) {
            Verdict::Terminate(terminate) => terminate.to_response(None),
            other => panic!("{other:?}"),
        },
    );
    let [pre, post] = answers;
    assert_eq!(pre.status(), post.status());
    assert_eq!(pre.headers(), post.headers());
    assert_eq!(pre.body(), post.body());
    pre
}

/// Status 403, this content type and this body, and no other header.
#[track_caller]
fn is_answered(members: &Value, content_type: &'static str, body: &[u8]) {
    let response = ended(members);
    assert_eq!(response.status(), 403);
    assert_eq!(
        response.headers(),
        &headers(&[("content-type", content_type)])
    );
    assert_eq!(response.body(), body, "{members}");
}

const TEXT: &str = "text/plain; charset=utf-8";

#[test]
fn terminate_answers_with_its_code() {
    for code in 200..=599 {
        assert_eq!(ended(&json!({ "code": code })).status(), code);
    }
}

#[test]
fn terminate_without_a_body_says_the_default_text() {
    is_answered(
        &json!({"code": 403}),
        TEXT,
        b"Service cannot be provided, code 0x000003BB",
    );
}

#[test]
fn terminate_answers_json_before_payload_before_message() {
    let (message, payload) = ("m", "p");
    is_answered(&json!({"code": 403, "message": message}), TEXT, b"m");
    is_answered(
        &json!({"code": 403, "message": message, "payload": payload}),
        TEXT,
        b"p",
    );
    is_answered(
        &json!({"code": 403, "message": message, "payload": payload, "json": {"a": null}}),
        "application/json",
        br#"{"a":null}"#,
    );
    is_answered(
        &json!({"code": 403, "message": message, "json": []}),
        "application/json",
        b"[]",
    );
}

#[test]
fn an_empty_message_or_payload_is_not_the_default_text() {
    is_answered(&json!({"code": 403, "message": ""}), TEXT, b"");
    is_answered(
        &json!({"code": 403, "message": "m", "payload": ""}),
        TEXT,
        b"",
    );
}

#[test]
fn a_message_is_text_in_utf8() {
    is_answered(
        &json!({"code": 403, "message": "<b>né"}),
        TEXT,
        "<b>né".as_bytes(),
    );
}

#[test]
fn a_base64_payload_of_terminate_is_an_octet_stream() {
    is_answered(
        &json!({"code": 403, "payload": "AP8=", "base64Encoded": true}),
        "application/octet-stream",
        b"\0\xff",
    );
}

#[test]
fn add_headers_of_terminate_can_say_another_content_type() {
    for members in [
        json!({"code": 403, "message": "m"}),
        json!({"code": 403}),
        json!({"code": 403, "payload": "p"}),
        json!({"code": 403, "payload": "AP8=", "base64Encoded": true}),
        json!({"code": 403, "json": 1}),
    ] {
        let mut members = members;
        members["addHeaders"] = json!({"Content-Type": "x/y", "x-a": ["1", 2], "host": "h"});
        let response = ended(&members);
        assert_eq!(
            response.headers(),
            &headers(&[("content-type", "x/y"), ("x-a", "1"), ("x-a", "2")]),
            "{members}"
        );
    }
}

#[test]
fn drop_headers_of_terminate_is_without_effect() {
    is_answered(
        &json!({"code": 403, "dropHeaders": ["content-type"]}),
        TEXT,
        b"Service cannot be provided, code 0x000003BB",
    );
    let response = ended(&json!({
        "code": 403, "addHeaders": {"x-a": "1"}, "dropHeaders": ["x-a", "content-type"],
    }));
    assert_eq!(
        response.headers(),
        &headers(&[("content-type", TEXT), ("x-a", "1")])
    );
}

#[test]
fn a_terminate_carries_no_x_sidecar_error() {
    for code in [200, 403, 500, 502, 504] {
        assert!(
            !ended(&json!({ "code": code }))
                .headers()
                .contains_key("x-sidecar-error")
        );
    }
}

// Terminate of a gRPC call

#[test]
fn a_terminate_of_a_grpc_call_is_trailers_only() {
    let grpc = HeaderValue::from_static("application/grpc+proto");
    for (code, grpc_status) in [
        (400, "13"),
        (401, "16"),
        (403, "7"),
        (404, "12"),
        (429, "14"),
        (502, "14"),
        (503, "14"),
        (504, "14"),
        (200, "2"),
        (302, "2"),
        (409, "2"),
        (500, "2"),
        (501, "2"),
        (599, "2"),
    ] {
        let status = StatusCode::from_u16(code).unwrap();
        let response = Terminate::new(status)
            .message("no: 100 % süß\n")
            .to_response(Some(&grpc));
        assert_eq!(response.status(), 200, "{code}");
        assert_eq!(
            response.headers(),
            &headers(&[
                ("content-type", "application/grpc+proto"),
                ("grpc-status", grpc_status),
                ("grpc-message", "no: 100 %25 s%C3%BC%C3%9F%0A"),
            ]),
            "{code}"
        );
        assert!(response.body().is_empty());
    }
}

#[test]
fn a_terminate_of_a_grpc_call_keeps_its_own_headers_but_not_its_content_type() {
    let grpc = HeaderValue::from_static("application/grpc");
    let Verdict::Terminate(terminate) = verdict(
        PRE,
        &json!({"terminate": {
            "code": 403,
            "message": "m",
            "json": {"a": 1},
            "addHeaders": {"x-a": "1", "content-type": "text/html", "grpc-status": "0"},
        }}),
    ) else {
        panic!();
    };
    let response = terminate.to_response(Some(&grpc));
    assert_eq!(
        response.headers(),
        &headers(&[
            ("x-a", "1"),
            ("content-type", "application/grpc"),
            ("grpc-status", "7"),
            ("grpc-message", "m"),
        ])
    );
    assert!(response.body().is_empty());
}

#[test]
fn a_terminate_of_a_grpc_call_without_a_message_says_the_default_text() {
    let grpc = HeaderValue::from_static("application/grpc");
    let response = Terminate::new(StatusCode::FORBIDDEN).to_response(Some(&grpc));
    assert_eq!(
        response.headers()["grpc-message"],
        "Service cannot be provided, code 0x000003BB"
    );
}
