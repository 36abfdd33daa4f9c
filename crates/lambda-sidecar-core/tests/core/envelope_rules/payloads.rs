//! How a payload travels, and how its length is told.

use super::{Call, POINTS, headers, local, payloads, whole};
use bytes::Bytes;
use lambda_sidecar_core::{Expand, Payload, Point, has_content_coding};
use serde_json::{Value, json};

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
