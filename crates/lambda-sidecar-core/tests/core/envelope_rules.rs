//! Section 3 of the connector: what the function is sent.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Uri};
use lambda_sidecar_core::{
    Application, CallContext, Endpoint, EnvelopeSource, Expand, PackageKey, Payload, Point,
    RequestSnapshot, RequestView, ResponseView, Sidecar, SidecarBuilder, Synchronicity, Token,
    has_content_coding,
};
use serde_json::{Value, json};

const POINTS: [Point; 2] = [Point::PreProcessor, Point::PostProcessor];
const MESSAGE_ID: &str = "7632924a-8d8d-4d35-8a77-b57c4bb450af";

/// A call, from which an envelope is made.
struct Call {
    context: CallContext,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    payload: Payload,
    response_status: StatusCode,
    response_headers: HeaderMap,
    response_payload: Payload,
}

impl Call {
    fn new() -> Self {
        Self {
            context: CallContext::new(),
            method: Method::GET,
            uri: Uri::from_static("/"),
            headers: HeaderMap::new(),
            payload: Payload::NotExpanded,
            response_status: StatusCode::OK,
            response_headers: HeaderMap::new(),
            response_payload: Payload::NotExpanded,
        }
    }

    fn context(context: CallContext) -> Self {
        Self {
            context,
            ..Self::new()
        }
    }

    fn uri(uri: &str) -> Self {
        Self {
            uri: uri.parse().unwrap(),
            ..Self::new()
        }
    }

    fn headers(lines: &[(&'static str, &[u8])]) -> Self {
        Self {
            headers: headers(lines),
            ..Self::new()
        }
    }

    fn payload(payload: Payload) -> Self {
        Self {
            payload,
            ..Self::new()
        }
    }

    fn text(&self, sidecar: &Sidecar, request: RequestView<'_>) -> Bytes {
        let response = ResponseView {
            status: self.response_status,
            headers: &self.response_headers,
            payload: &self.response_payload,
        };
        let source = EnvelopeSource {
            sidecar,
            context: &self.context,
            message_id: MESSAGE_ID,
            request,
            response: (sidecar.point() == Point::PostProcessor).then_some(response),
        };
        source.to_json()
    }

    fn view(&self) -> RequestView<'_> {
        RequestView {
            method: &self.method,
            uri: &self.uri,
            headers: &self.headers,
            payload: &self.payload,
        }
    }

    fn envelope(&self, sidecar: SidecarBuilder) -> Value {
        let sidecar = sidecar.build().unwrap();
        let json = self.text(&sidecar, self.view());
        serde_json::from_slice(&json).unwrap_or_else(|error| panic!("{error}: {json:?}"))
    }

    /// A member of the envelope, `Null` where it is absent; the same at both points.
    #[track_caller]
    fn member(&self, build: impl Fn(SidecarBuilder) -> SidecarBuilder, pointer: &str) -> Value {
        let [pre, post] = POINTS.map(|point| {
            let envelope = self.envelope(build(local(point)));
            envelope
                .pointer(pointer)
                .cloned()
                .inspect(|member| assert!(!member.is_null()))
        });
        assert_eq!(pre, post);
        pre.unwrap_or_default()
    }
}

fn local(point: Point) -> SidecarBuilder {
    Sidecar::local(point, "f")
}

fn headers(lines: &[(&'static str, &[u8])]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(
            HeaderName::from_static(name),
            HeaderValue::from_bytes(value).unwrap(),
        );
    }
    headers
}

fn whole(bytes: impl Into<Bytes>) -> Payload {
    Payload::Whole {
        bytes: bytes.into(),
        coded: false,
    }
}

/// The call of the example in `docs/envelope.md`.
fn example() -> Call {
    Call {
        context: CallContext::new()
            .endpoint(Arc::new(
                Endpoint::new()
                    .service_id("0123456789")
                    .endpoint_id("9876543210")
                    .path("/my")
                    .public_base("https://api.acme.com"),
            ))
            .application(Arc::new(Application::new([("eav1", "v")])))
            .package_key(Arc::new(PackageKey::new(
                "abc123def456ghi789",
                [("pkg_eav", "v")],
            )))
            .token(
                Token::new()
                    .scope("s")
                    .user_context("u")
                    .grant_type("CC")
                    .expires("2020-03-24T13:48:09Z"),
            )
            .routing(Uri::from_static("https://backend.acme.com/op?p1=a"))
            .remote_addr([203, 0, 113, 7].into()),
        method: Method::POST,
        uri: Uri::from_static("/my/op?p1=a"),
        headers: headers(&[
            ("authorization", b"Bearer qwerty"),
            ("host", b"api.acme.com"),
        ]),
        payload: whole(r#"{"dailyRate": true}"#),
        response_status: StatusCode::CREATED,
        response_headers: headers(&[("header_b", b"Value_B"), ("header_c", b"Value_C")]),
        response_payload: Payload::NotExpanded,
    }
}

fn example_sidecar(point: Point) -> SidecarBuilder {
    let sidecar = local(point)
        .include_request_headers(["Authorization"])
        .include_eavs(["eav1"])
        .include_package_key_eavs(["pkg_eav"])
        .expand_input([
            Expand::RequestPayload,
            Expand::Operation,
            Expand::Token,
            Expand::Routing,
            Expand::RemoteAddress,
        ])
        .param("parameter_x", "text")
        .param("parameter_y", true)
        .param("parameter_z", 1234);
    match point {
        Point::PreProcessor => sidecar,
        Point::PostProcessor => sidecar.include_response_headers(["Header_B"]),
    }
}

/// The example of `docs/envelope.md` with the true length of its payload, at a point.
fn example_envelope(point: Point) -> Value {
    let mut envelope = json!({
        "point": point.as_str(),
        "masheryMessageId": "7632924a-8d8d-4d35-8a77-b57c4bb450af",
        "synchronicity": "RequestResponse",
        "serviceId": "0123456789",
        "endpointId": "9876543210",
        "packageKey": "abc123def456ghi789",
        "params": { "parameter_x": "text", "parameter_y": true, "parameter_z": 1234 },
        "request": {
            "headers": { "authorization": "Bearer qwerty" },
            "payloadLength": 19,
            "payload": "{\"dailyRate\": true}",
            "payloadBase64Encoded": false
        },
        "eavs": { "eav1": "v" },
        "packageKeyEAVs": { "pkg_eav": "v" },
        "operation": {
            "httpVerb": "post",
            "path": "/op",
            "query": { "p1": "a" },
            "uri": "https://api.acme.com/my/op?p1=a"
        },
        "token": {
            "scope": "s", "userContext": "u", "grantType": "CC", "expires": "2020-03-24T13:48:09Z"
        },
        "routing": { "httpVerb": "post", "uri": "https://backend.acme.com/op?p1=a" },
        "remoteAddr": "203.0.113.7"
    });
    if point == Point::PostProcessor {
        envelope["response"] = json!({ "code": 201, "headers": { "header_b": "Value_B" } });
    }
    envelope
}

// The whole

#[test]
fn the_published_example_whole() {
    for point in POINTS {
        assert_eq!(
            example().envelope(example_sidecar(point)),
            example_envelope(point)
        );
    }
}

#[test]
fn the_published_example_in_its_order() {
    let call = example();
    let sidecar = example_sidecar(Point::PostProcessor).build().unwrap();
    let json = call.text(&sidecar, call.view());
    insta::assert_snapshot!(
        str::from_utf8(&json).unwrap(),
        @r#"{"point":"PostProcessor","masheryMessageId":"7632924a-8d8d-4d35-8a77-b57c4bb450af","synchronicity":"RequestResponse","serviceId":"0123456789","endpointId":"9876543210","packageKey":"abc123def456ghi789","params":{"parameter_x":"text","parameter_y":true,"parameter_z":1234},"request":{"headers":{"authorization":"Bearer qwerty"},"payloadLength":19,"payload":"{\"dailyRate\": true}","payloadBase64Encoded":false},"response":{"code":201,"headers":{"header_b":"Value_B"}},"eavs":{"eav1":"v"},"packageKeyEAVs":{"pkg_eav":"v"},"operation":{"httpVerb":"post","path":"/op","query":{"p1":"a"},"uri":"https://api.acme.com/my/op?p1=a"},"token":{"scope":"s","userContext":"u","grantType":"CC","expires":"2020-03-24T13:48:09Z"},"routing":{"httpVerb":"post","uri":"https://backend.acme.com/op?p1=a"},"remoteAddr":"203.0.113.7"}"#
    );
}

#[test]
fn members_that_have_nothing_to_say_are_left_out() {
    let minimum = |point: Point| {
        json!({
            "point": point.as_str(),
            "masheryMessageId": MESSAGE_ID,
            "synchronicity": "RequestResponse",
        })
    };
    let nothing = minimum(Point::PreProcessor);
    let mut post = minimum(Point::PostProcessor);
    post["response"] = json!({"code": 200});

    // Nothing is asked for of a call that has everything.
    let mut known = nothing.clone();
    for member in ["serviceId", "endpointId", "packageKey"] {
        known[member] = example_envelope(Point::PreProcessor)[member].clone();
    }
    let call = Call {
        payload: Payload::NotExpanded,
        ..example()
    };
    assert_eq!(call.envelope(local(Point::PreProcessor)), known);

    // Everything is asked for of a call that has nothing.
    let everything = |point| {
        local(point)
            .include_request_headers(["x-a"])
            .include_eavs(["a"])
            .include_package_key_eavs(["p"])
            .expand_input([Expand::Token, Expand::Routing, Expand::RemoteAddress])
    };
    assert_eq!(
        Call::new().envelope(everything(Point::PreProcessor)),
        nothing
    );
    let sidecar = everything(Point::PostProcessor).include_response_headers(["x-a"]);
    assert_eq!(Call::new().envelope(sidecar), post);

    // Parts are there, and nothing of what is asked for is in them.
    let call = Call::context(
        CallContext::new()
            .endpoint(Arc::new(Endpoint::new()))
            .application(Arc::new(Application::new([("other", "v")])))
            .token(Token::default()),
    );
    assert_eq!(call.envelope(everything(Point::PreProcessor)), nothing);
}

#[test]
fn point_and_synchronicity_are_named() {
    for (synchronicity, name) in [
        (Synchronicity::RequestResponse, "RequestResponse"),
        (Synchronicity::Event, "Event"),
    ] {
        for (point, point_name) in POINTS.into_iter().zip(["PreProcessor", "PostProcessor"]) {
            let envelope = Call::new().envelope(local(point).synchronicity(synchronicity));
            assert_eq!(envelope["point"], point_name);
            assert_eq!(envelope["synchronicity"], name);
        }
    }
}

#[test]
fn params_are_a_boolean_a_number_or_a_string_and_numbers_stay_as_written() {
    let sidecar = local(Point::PreProcessor)
        .param("b", "true")
        .param("n", "1.50")
        .param("big", "18446744073709551615")
        .param("s", "007")
        .param("e", "")
        .param("x", "1e400")
        .param("Q", "\"\\")
        .build()
        .unwrap();
    let call = Call::new();
    let json = call.text(&sidecar, call.view());
    let text = str::from_utf8(&json).unwrap();
    let params = r#""params":{"b":true,"n":1.50,"big":18446744073709551615,"s":"007","e":"","x":"1e400","Q":"\"\\"}"#;
    assert!(text.contains(params), "{text}");
    let _valid: Value = serde_json::from_slice(&json).unwrap();
}

// Headers

fn all(sidecar: SidecarBuilder) -> SidecarBuilder {
    sidecar.skip_request_headers(["x-none"])
}

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

// The response

#[test]
fn response_code_is_always_there_at_post_processor() {
    for status in [200, 204, 304, 404, 599] {
        let call = Call {
            response_status: StatusCode::from_u16(status).unwrap(),
            ..Call::new()
        };
        let envelope = call.envelope(local(Point::PostProcessor));
        assert_eq!(envelope["response"], json!({ "code": status }));
    }
}

#[test]
fn members_that_are_left_out_take_no_room_either() {
    let sidecar = all(local(Point::PostProcessor)).build().unwrap();
    for call in [Call::new(), eavs(&[("not asked for", "v")])] {
        let envelope = call.text(&sidecar, call.view());
        let length = envelope.len();
        assert_eq!(Vec::from(envelope).capacity(), length);
    }
}

#[test]
fn there_is_no_response_at_pre_processor() {
    assert_eq!(
        example()
            .envelope(example_sidecar(Point::PreProcessor))
            .get("response"),
        None
    );
}

// Payloads

fn payloads(sidecar: SidecarBuilder) -> SidecarBuilder {
    sidecar.expand_input([Expand::RequestPayload])
}

/// What both messages say of a payload.
#[track_caller]
fn says(payload: &Payload, expected: &Value) {
    let call = Call {
        response_payload: payload.clone(),
        ..Call::payload(payload.clone())
    };
    let mut response = json!({"code": 200});
    for (name, value) in expected.as_object().unwrap() {
        response[name] = value.clone();
    }
    for point in POINTS {
        let sidecar = match point {
            Point::PreProcessor => payloads(local(point)),
            Point::PostProcessor => {
                local(point).expand_input([Expand::RequestPayload, Expand::ResponsePayload])
            }
        };
        let envelope = call.envelope(sidecar);
        let request = envelope
            .get("request")
            .cloned()
            .unwrap_or_else(|| json!({}));
        assert_eq!(&request, expected, "{point}");
        if point == Point::PostProcessor {
            assert_eq!(envelope["response"], response);
        }
    }
}

#[test]
fn a_body_of_utf8_is_text() {
    for text in [
        "a",
        "größe €",
        "\t\r\n",
        "\"\\/",
        " ",
        "\u{2028}\u{fffd}\u{10ffff}",
        "\u{a0}",
    ] {
        says(
            &whole(text),
            &json!({"payloadLength": text.len(), "payload": text, "payloadBase64Encoded": false}),
        );
    }
}

#[test]
fn a_json_body_travels_as_a_string() {
    for text in [r#"{"a":[1,null]}"#, "[]", "null", "7", r#""x""#] {
        says(
            &whole(text),
            &json!({"payloadLength": text.len(), "payload": text, "payloadBase64Encoded": false}),
        );
    }
}

#[test]
fn a_body_that_is_not_utf8_is_base64_in_the_standard_alphabet_padded() {
    for (body, base64) in [
        (&b"\xff"[..], "/w=="),
        (b"\xfb\xff", "+/8="),
        (b"\xfb\xff\xbf", "+/+/"),
        (b"caf\xe9", "Y2Fm6Q=="),
        (b"\xed\xa0\x80", "7aCA"),
        (b"\xc3", "ww=="),
    ] {
        says(
            &whole(body),
            &json!({"payloadLength": body.len(), "payload": base64, "payloadBase64Encoded": true}),
        );
    }
}

#[test]
fn a_body_with_a_control_character_but_tab_line_feed_and_carriage_return_is_base64() {
    let controls = (0..0x20_u8).chain([0x7f]);
    for control in controls.filter(|byte| !b"\t\n\r".contains(byte)) {
        let body = [b'a', control];
        says(
            &whole(body.to_vec()),
            &json!({
                "payloadLength": 2,
                "payload": base64_simd::STANDARD.encode_to_string(body),
                "payloadBase64Encoded": true,
            }),
        );
    }
    for control in ['\u{80}', '\u{85}', '\u{9f}'] {
        let body = format!("a{control}b");
        says(
            &whole(body.clone()),
            &json!({
                "payloadLength": 4,
                "payload": base64_simd::STANDARD.encode_to_string(body),
                "payloadBase64Encoded": true,
            }),
        );
    }
}

#[test]
fn a_body_of_control_characters_does_not_grow_sixfold() {
    for byte in [
        0, 1, 8, 0x0b, 0x1f, 0x7f, b'"', b'\\', b'\t', b'\n', b'\r', 0xff, b'a',
    ] {
        let call = Call::payload(whole(vec![byte; 100_000]));
        let sidecar = payloads(local(Point::PreProcessor)).build().unwrap();
        let length = call.text(&sidecar, call.view()).len();
        assert!(length < 200_000 + 1_000, "{byte:#x}: {length}");
    }
}

#[test]
fn a_body_with_a_content_coding_is_base64_even_where_it_is_text() {
    says(
        &Payload::Whole {
            bytes: "text".into(),
            coded: true,
        },
        &json!({"payloadLength": 4, "payload": "dGV4dA==", "payloadBase64Encoded": true}),
    );
}

#[test]
fn no_content_encoding_and_identity_are_no_content_coding() {
    let coded = |values: &[&'static str]| {
        let lines: Vec<_> = values
            .iter()
            .map(|value| ("content-encoding", value.as_bytes()))
            .collect();
        has_content_coding(&headers(&lines))
    };
    for none in [
        &[][..],
        &["identity"],
        &["IDENTITY"],
        &[" identity "],
        &["identity, identity"],
        &["identity", "identity"],
    ] {
        assert!(!coded(none), "{none:?}");
    }
    for some in [
        &["gzip"][..],
        &["br"],
        &["x-unknown"],
        &["identity, gzip"],
        &["identity", "gzip"],
        &["gzip,identity"],
        &["identity;q=1"],
    ] {
        assert!(coded(some), "{some:?}");
    }
}

#[test]
fn an_empty_body_has_a_length_of_0_and_no_payload() {
    for coded in [false, true] {
        says(
            &Payload::Whole {
                bytes: Bytes::new(),
                coded,
            },
            &json!({"payloadLength": 0}),
        );
    }
}

#[test]
fn a_payload_left_out_keeps_its_length_where_it_is_known() {
    says(
        &Payload::LeftOut {
            length: Some(20_000),
        },
        &json!({"payloadLength": 20_000}),
    );
    says(
        &Payload::LeftOut {
            length: Some(u64::MAX),
        },
        &json!({ "payloadLength": u64::MAX }),
    );
    says(&Payload::LeftOut { length: None }, &json!({}));
}

#[test]
fn without_expand_input_there_is_neither_payload_nor_length() {
    let call = Call::new();
    assert_eq!(
        call.envelope(local(Point::PreProcessor)).get("request"),
        None
    );
    assert_eq!(
        call.envelope(local(Point::PostProcessor))["response"],
        json!({"code": 200})
    );
}

#[test]
fn payload_length_is_the_length_in_bytes_as_received() {
    for (bytes, coded) in [("ü€", false), ("ü€", true)] {
        let call = Call::payload(Payload::Whole {
            bytes: bytes.into(),
            coded,
        });
        assert_eq!(call.member(payloads, "/request/payloadLength"), 5);
    }
}

// EAVs

fn eavs(pairs: &[(&str, &str)]) -> Call {
    Call::context(
        CallContext::new()
            .application(Arc::new(Application::new(pairs.iter().copied())))
            .package_key(Arc::new(PackageKey::new("k", pairs.iter().copied()))),
    )
}

#[test]
fn required_and_included_eavs_are_in_the_envelope_where_they_are_set() {
    let call = eavs(&[
        ("a", "1"),
        ("b", "2"),
        ("c", "3"),
        ("empty", ""),
        ("A", "upper"),
    ]);
    let build = |sidecar: SidecarBuilder| {
        sidecar
            .include_eavs(["a", "z", "empty"])
            .require_eavs(["b", "a"])
            .include_package_key_eavs(["A"])
            .require_package_key_eavs(["c"])
    };
    assert_eq!(
        call.member(build, "/eavs"),
        json!({"a": "1", "b": "2", "empty": ""})
    );
    assert_eq!(
        call.member(build, "/packageKeyEAVs"),
        json!({"A": "upper", "c": "3"})
    );
}

#[test]
fn eavs_that_are_not_asked_for_are_not_in_the_envelope() {
    let call = eavs(&[("a", "1")]);
    for member in ["/eavs", "/packageKeyEAVs"] {
        assert_eq!(call.member(|sidecar| sidecar, member), Value::Null);
        let other =
            |sidecar: SidecarBuilder| sidecar.include_eavs(["A"]).include_package_key_eavs(["A"]);
        assert_eq!(call.member(other, member), Value::Null);
    }
}

#[test]
fn eavs_of_the_application_and_of_the_package_key_are_apart() {
    let call = Call::context(
        CallContext::new().application(Arc::new(Application::new([("a", "application")]))),
    );
    let build =
        |sidecar: SidecarBuilder| sidecar.include_eavs(["a"]).include_package_key_eavs(["a"]);
    assert_eq!(call.member(build, "/eavs"), json!({"a": "application"}));
    assert_eq!(call.member(build, "/packageKeyEAVs"), Value::Null);
}

// Operation

fn operation(sidecar: SidecarBuilder) -> SidecarBuilder {
    sidecar.expand_input([Expand::Operation])
}

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

// Token, routing, remote address

#[test]
fn the_members_of_the_token_are_left_out_where_they_are_not_known() {
    let token = |sidecar: SidecarBuilder| sidecar.expand_input([Expand::Token]);
    for (of, expected) in [
        (Token::new().scope("s"), json!({"scope": "s"})),
        (
            Token::new().user_context("u\"\n"),
            json!({"userContext": "u\"\n"}),
        ),
        (Token::new().grant_type("CC"), json!({"grantType": "CC"})),
        (Token::new().expires("e"), json!({"expires": "e"})),
        (Token::default(), Value::Null),
    ] {
        let call = Call::context(CallContext::new().token(of));
        assert_eq!(call.member(token, "/token"), expected);
        assert_eq!(call.member(|sidecar| sidecar, "/token"), Value::Null);
    }
}

#[test]
fn routing_uri_is_where_the_request_would_be_sent() {
    let routing = |sidecar: SidecarBuilder| sidecar.expand_input([Expand::Routing]);
    assert_eq!(
        example().member(routing, "/routing"),
        json!({"httpVerb": "post", "uri": "https://backend.acme.com/op?p1=a"})
    );
    assert_eq!(example().member(|sidecar| sidecar, "/routing"), Value::Null);
}

#[test]
fn remote_addr_is_the_peers_ip_address_without_port() {
    let address = |sidecar: SidecarBuilder| sidecar.expand_input([Expand::RemoteAddress]);
    for (peer, text) in [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("::1", "::1"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
    ] {
        let call = Call::context(CallContext::new().remote_addr(peer.parse().unwrap()));
        assert_eq!(call.member(address, "/remoteAddr"), text);
        assert_eq!(call.member(|sidecar| sidecar, "/remoteAddr"), Value::Null);
    }
}

#[test]
fn remote_addr_is_never_taken_from_a_header() {
    let call = Call::headers(&[
        ("x-forwarded-for", b"198.51.100.1"),
        ("forwarded", b"for=198.51.100.1"),
        ("x-real-ip", b"198.51.100.1"),
    ]);
    let address = |sidecar: SidecarBuilder| sidecar.expand_input([Expand::RemoteAddress]);
    assert_eq!(call.member(address, "/remoteAddr"), Value::Null);
}

// The request as it came in

#[test]
fn a_snapshot_of_a_request_makes_the_same_envelope_at_post_processor() {
    let sidecars = [
        example_sidecar(Point::PostProcessor),
        example_sidecar(Point::PostProcessor).skip_request_headers(["authorization"]),
        local(Point::PostProcessor),
        local(Point::PostProcessor)
            .skip_request_headers(["host"])
            .expand_input([Expand::Operation]),
        local(Point::PostProcessor).include_request_headers(["host", "x-a"]),
        operation(local(Point::PostProcessor)),
    ];
    let call = Call {
        headers: headers(&[
            ("host", b"api.acme.com"),
            ("x-a", b"1"),
            ("x-a", b"2"),
            ("authorization", b"Bearer qwerty"),
        ]),
        ..example()
    };
    let without_base = Call {
        context: CallContext::new(),
        ..example()
    };
    for sidecar in sidecars {
        let sidecar = sidecar.build().unwrap();
        for call in [&call, &without_base] {
            let (mut parts, ()) = Request::new(()).into_parts();
            parts.method = call.method.clone();
            parts.uri = call.uri.clone();
            parts.headers = call.headers.clone();
            let snapshot = RequestSnapshot::of(&sidecar, &parts, call.payload.clone());
            assert_eq!(
                call.text(&sidecar, snapshot.view()),
                call.text(&sidecar, call.view())
            );
            assert_eq!(snapshot.method(), call.method);
        }
    }
}

// Unusual calls

#[test]
fn text_of_any_kind_is_escaped() {
    let text: String = (0..=0x7f_u8)
        .map(char::from)
        .chain("\u{80}\u{2028}\u{2029}\u{feff}😀{}[],:".chars())
        .collect();
    let call = Call::context(
        CallContext::new()
            .endpoint(Arc::new(
                Endpoint::new().service_id(&*text).endpoint_id(&*text),
            ))
            .application(Arc::new(Application::new([("a{", &*text)])))
            .package_key(Arc::new(PackageKey::new(&*text, [("a\"", &*text)]))),
    );
    let envelope = call.envelope(
        local(Point::PreProcessor)
            .include_eavs(["a{", "z"])
            .include_package_key_eavs(["a\""]),
    );
    assert_eq!(envelope["serviceId"], text);
    assert_eq!(envelope["endpointId"], text);
    assert_eq!(envelope["packageKey"], text);
    assert_eq!(envelope["eavs"], json!({"a{": text}));
    assert_eq!(envelope["packageKeyEAVs"], json!({"a\"": text}));
}

#[test]
fn five_thousand_headers_are_all_there() {
    let mut headers = HeaderMap::new();
    for at in 0..5_000 {
        let name = HeaderName::try_from(format!("x-{at}")).unwrap();
        headers.append(name, HeaderValue::from(at));
        headers.append("x-many", HeaderValue::from(at));
    }
    let call = Call {
        headers,
        ..Call::new()
    };
    let shown = call.member(all, "/request/headers");
    let mut expected: Value = (0..5_000)
        .map(|at| (format!("x-{at}"), json!(at.to_string())))
        .collect();
    expected["x-many"] = (0..5_000)
        .map(|at| at.to_string())
        .collect::<Vec<_>>()
        .join(", ")
        .into();
    assert_eq!(shown, expected);
}

#[test]
fn a_payload_of_deep_json_or_huge_numbers_is_text() {
    for text in [
        "[".repeat(200_000),
        "1e400".into(),
        r#"{"a":1,"a":"\ud800"}"#.into(),
    ] {
        let call = Call::payload(whole(text.clone()));
        assert_eq!(call.member(payloads, "/request/payload"), text);
    }
}
