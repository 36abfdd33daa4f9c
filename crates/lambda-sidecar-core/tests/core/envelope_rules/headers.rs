//! Which headers are in the envelope, and how they are written.

use super::{Call, all, headers, local};
use http::{HeaderName, HeaderValue, StatusCode};
use lambda_sidecar_core::{Point, SidecarBuilder};
use serde_json::{Value, json};

#[test]
fn header_names_are_lower_case() {
    let call = Call {
        headers: [(
            HeaderName::try_from("X-Custom-HEADER").unwrap(),
            HeaderValue::from_static("V"),
        )]
        .into_iter()
        .collect(),
        ..Call::new()
    };
    for build in [all, |sidecar: SidecarBuilder| {
        sidecar.include_request_headers(["X-CUSTOM-Header"])
    }] {
        assert_eq!(
            call.member(build, "/request/headers"),
            json!({"x-custom-header": "V"})
        );
    }
}

#[test]
fn a_repeated_header_is_joined_with_a_comma() {
    let call = Call::headers(&[("x-a", b"1"), ("x-b", b"z"), ("x-a", b"2, 3"), ("x-a", b"")]);
    assert_eq!(
        call.member(all, "/request/headers"),
        json!({"x-a": "1, 2, 3, ", "x-b": "z"})
    );
}

#[test]
fn a_repeated_cookie_is_joined_with_a_semicolon() {
    let call = Call::headers(&[("cookie", b"a=1"), ("cookie", b"b=2; c=3")]);
    assert_eq!(
        call.member(all, "/request/headers"),
        json!({"cookie": "a=1; b=2; c=3"})
    );
}

#[test]
fn several_set_cookie_values_are_an_array_and_one_is_a_string() {
    for (lines, expected) in [
        (&[("set-cookie", &b"a=1, 2"[..])][..], json!("a=1, 2")),
        (
            &[("set-cookie", b"a=1"), ("set-cookie", b"b=\xe9")],
            json!(["a=1", "b=é"]),
        ),
        (
            &[
                ("set-cookie", b"a"),
                ("set-cookie", b"a"),
                ("set-cookie", b"b"),
            ],
            json!(["a", "a", "b"]),
        ),
    ] {
        let call = Call {
            response_headers: headers(lines),
            ..Call::new()
        };
        let envelope =
            call.envelope(local(Point::PostProcessor).include_response_headers(["Set-Cookie"]));
        assert_eq!(
            envelope["response"]["headers"],
            json!({"set-cookie": expected})
        );
    }
}

#[test]
fn header_bytes_that_are_not_utf8_are_read_as_iso_8859_1() {
    for (value, expected) in [
        (&b"caf\xe9"[..], "café"),
        (b"\x80\x9f\xa0\xff", "\u{80}\u{9f}\u{a0}\u{ff}"),
        ("café €".as_bytes(), "café €"),
        (b"\xc3\xa9\xe9", "Ã©é"),
        (b"a\tb\"\\", "a\tb\"\\"),
    ] {
        assert_eq!(
            Call::headers(&[("x-a", value)]).member(all, "/request/headers"),
            json!({"x-a": expected})
        );
    }
}

#[test]
fn which_headers_are_in_the_envelope_is_the_selection() {
    type Build = fn(SidecarBuilder) -> SidecarBuilder;
    let call = Call::headers(&[
        ("x-a", b"1"),
        ("x-b", b"2"),
        ("x-c", b"3"),
        ("x-empty", b""),
    ]);
    let cases: [(Build, Value); 9] = [
        (|sidecar| sidecar, Value::Null),
        (
            |sidecar| sidecar.include_request_headers(["x-a", "x-z"]),
            json!({"x-a": "1"}),
        ),
        (
            |sidecar| sidecar.include_request_headers(["x-z"]),
            Value::Null,
        ),
        (
            |sidecar| sidecar.include_request_headers(["x-empty"]),
            json!({"x-empty": ""}),
        ),
        (
            |sidecar| sidecar.require_request_headers(["X-B"]),
            json!({"x-b": "2"}),
        ),
        (
            |sidecar| {
                sidecar
                    .require_request_headers(["x-b"])
                    .include_request_headers(["x-a", "X-B"])
            },
            json!({"x-a": "1", "x-b": "2"}),
        ),
        (
            |sidecar| sidecar.skip_request_headers(["X-A", "x-empty"]),
            json!({"x-b": "2", "x-c": "3"}),
        ),
        (
            |sidecar| {
                sidecar
                    .skip_request_headers(["x-a", "x-b"])
                    .require_request_headers(["x-b", "x-c"])
                    .include_request_headers(["x-a"])
            },
            json!({"x-c": "3"}),
        ),
        (
            |sidecar| {
                sidecar
                    .skip_request_headers(["x-a"])
                    .include_request_headers(["x-a"])
            },
            Value::Null,
        ),
    ];
    for (at, (build, expected)) in cases.into_iter().enumerate() {
        assert_eq!(
            call.member(build, "/request/headers"),
            expected,
            "case {at}"
        );
    }
}

#[test]
fn response_headers_are_selected_by_their_own_lists() {
    let call = Call {
        headers: headers(&[("x-a", b"request")]),
        response_headers: headers(&[("x-a", b"1"), ("x-b", b"2")]),
        response_status: StatusCode::NOT_FOUND,
        ..Call::new()
    };
    let post = || local(Point::PostProcessor);
    for (sidecar, expected) in [
        (post(), json!({"code": 404})),
        (
            post().include_request_headers(["x-a"]),
            json!({"code": 404}),
        ),
        (
            post().include_response_headers(["X-A"]),
            json!({"code": 404, "headers": {"x-a": "1"}}),
        ),
        (
            post().skip_response_headers(["X-A"]),
            json!({"code": 404, "headers": {"x-b": "2"}}),
        ),
        (
            post()
                .include_response_headers(["x-a", "x-b"])
                .skip_response_headers(["x-b"]),
            json!({"code": 404, "headers": {"x-a": "1"}}),
        ),
        (
            post().include_response_headers(["x-z"]),
            json!({"code": 404}),
        ),
    ] {
        assert_eq!(call.envelope(sidecar)["response"], expected);
    }
}
