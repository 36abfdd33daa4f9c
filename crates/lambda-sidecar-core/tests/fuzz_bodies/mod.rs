//! What has to hold for any bytes: the bodies of the fuzz targets, run on stable too.

use std::collections::BTreeMap;

use arbitrary::{Arbitrary, Result, Unstructured};
use base64_simd::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use lambda_sidecar_core::{
    Answer, CallContext, EnvelopeSource, Expand, Payload, Point, ProtectedHeaders, RequestView,
    ResponseView, Sidecar, Verdict, has_content_coding,
};
use serde_json::{Map, Value};

const POINTS: [Point; 2] = [Point::PreProcessor, Point::PostProcessor];

/// Any text is read or refused with places that are in it; what was read prints as a text that reads
/// the same.
pub(crate) fn inputs_text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    for point in POINTS {
        match Sidecar::parse(point, text) {
            Ok(sidecar) => {
                let again = Sidecar::parse(point, &sidecar.to_string());
                assert_eq!(again.as_ref(), Ok(&sidecar));
            }
            Err(error) => {
                assert!(!error.problems().is_empty());
                let lines = text.lines().count();
                for line in error.problems().iter().filter_map(|problem| problem.line()) {
                    assert!((1..=lines).contains(&line), "line {line} of {lines}");
                }
            }
        }
    }
}

/// Any answer is a verdict or a wrong one; an Allow says nothing else, and a verdict that is printed
/// reads the same.
pub(crate) fn verdict_bytes(data: &[u8]) {
    let json = Bytes::copy_from_slice(data);
    let protected = ProtectedHeaders::default();
    for point in POINTS {
        let Ok(verdict) = Verdict::parse(point, &json, &protected) else {
            continue;
        };
        if verdict == Verdict::Allow {
            let object: Map<String, Value> = serde_json::from_slice(data).expect("an object");
            assert!(object.values().all(Value::is_null) || object.contains_key("terminate"));
            assert!(object.get("terminate").is_none_or(Value::is_null));
            assert!(object.get("modify").is_none_or(Value::is_null));
        }
        let printed = Answer::from(verdict.clone());
        let again = Verdict::parse(point, &printed.payload, &protected);
        let refused = match &verdict {
            Verdict::Modify(modify) => modify.refused().len(),
            Verdict::Terminate(terminate) => terminate.refused().len(),
            Verdict::Allow => 0,
        };
        // What was refused is not printed again, and a header map without lines is none.
        if refused == 0 {
            assert_eq!(again, Ok(verdict));
        }
    }
}

/// A verdict applied to any parts keeps what it does not name.
pub(crate) fn verdict_applied(data: &[u8]) {
    let mut data = Unstructured::new(data);
    let Ok(headers) = headers(&mut data) else {
        return;
    };
    let json = Bytes::copy_from_slice(data.take_rest());
    let Ok(Verdict::Modify(modify)) =
        Verdict::parse(Point::PostProcessor, &json, &ProtectedHeaders::default())
    else {
        return;
    };
    let named = named(&json);
    let (mut request, ()) = Request::new(()).into_parts();
    request.headers = headers.clone();
    let body = modify
        .apply_to_request(&mut request)
        .expect("there is room");
    check_applied(&headers, &request.headers, &named, body.as_ref());

    let (mut response, ()) = Response::new(()).into_parts();
    response.headers = headers.clone();
    let body = modify
        .apply_to_response(&Method::GET, &mut response)
        .expect("there is room");
    check_applied(&headers, &response.headers, &named, body.as_ref());
}

fn check_applied(before: &HeaderMap, after: &HeaderMap, named: &[String], body: Option<&Bytes>) {
    const OF_A_BODY: [&str; 13] = [
        "content-length",
        "transfer-encoding",
        "trailer",
        "content-encoding",
        "content-md5",
        "digest",
        "content-digest",
        "repr-digest",
        "etag",
        "last-modified",
        "accept-ranges",
        "content-range",
        "content-type",
    ];
    for name in before.keys() {
        let is_named = named
            .iter()
            .any(|other| other.eq_ignore_ascii_case(name.as_str()));
        let goes_with_the_body = body.is_some() && OF_A_BODY.contains(&name.as_str());
        if !is_named && !goes_with_the_body {
            let (before, after) = (before.get_all(name), after.get_all(name));
            assert!(before.iter().eq(after.iter()), "{name} changed");
        }
    }
}

/// Every name a `modify` has in its lists of headers.
fn named(json: &[u8]) -> Vec<String> {
    let answer: Value = serde_json::from_slice(json).unwrap_or_default();
    let modify = &answer["modify"];
    let mut names: Vec<String> = modify["dropHeaders"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(Into::into))
        .collect();
    for member in ["addHeaders", "passHeaders", "headers"] {
        names.extend(
            modify[member]
                .as_object()
                .into_iter()
                .flat_map(|map| map.keys().cloned()),
        );
    }
    names
}

/// An envelope of any parts is JSON, and says of them what they are.
pub(crate) fn envelope(data: &[u8]) {
    let _too_short = check_envelope(&mut Unstructured::new(data));
}

fn check_envelope(data: &mut Unstructured<'_>) -> Result<()> {
    let sidecar = Sidecar::local(Point::PostProcessor, "any")
        .skip_request_headers(["x-skipped"])
        .skip_response_headers(["x-skipped"])
        .expand_input(Expand::ALL)
        .build()
        .expect("right inputs");
    let (request_headers, response_headers) = (headers(data)?, headers(data)?);
    let uri: Uri = format!("/{}", String::arbitrary(data)?)
        .parse()
        .unwrap_or_default();
    let message_id = String::arbitrary(data)?;
    let request_payload = payload(data, &request_headers)?;
    let response_payload = payload(data, &response_headers)?;
    let json = EnvelopeSource {
        sidecar: &sidecar,
        context: &CallContext::new(),
        message_id: &message_id,
        request: RequestView {
            method: &Method::GET,
            uri: &uri,
            headers: &request_headers,
            payload: &request_payload,
        },
        response: Some(ResponseView {
            status: StatusCode::OK,
            headers: &response_headers,
            payload: &response_payload,
        }),
    }
    .to_json();
    let envelope: Value = serde_json::from_slice(&json).expect("an envelope is JSON");
    assert_eq!(envelope["masheryMessageId"], message_id);
    check_message(&envelope["request"], &request_headers, &request_payload);
    check_message(&envelope["response"], &response_headers, &response_payload);
    assert_eq!(envelope["operation"]["path"], uri.path());
    check_query(
        &envelope["operation"]["query"],
        uri.query().unwrap_or_default(),
    );
    Ok(())
}

fn check_message(message: &Value, headers: &HeaderMap, payload: &Payload) {
    let empty = Map::new();
    let shown = message["headers"].as_object().unwrap_or(&empty);
    let expected = headers.keys().filter(|name| *name != "x-skipped").count();
    assert_eq!(shown.len(), expected);
    for (name, value) in shown {
        let values: Vec<String> = headers.get_all(name).iter().map(text).collect();
        let separator = if name == "cookie" { "; " } else { ", " };
        match value {
            Value::Array(lines) => assert_eq!(*lines, values),
            _ => assert_eq!(*value, values.join(separator)),
        }
    }
    let Payload::Whole { bytes, .. } = payload else {
        return;
    };
    assert_eq!(message["payloadLength"], bytes.len());
    let payload = message["payload"].as_str().unwrap_or_default();
    match message["payloadBase64Encoded"].as_bool() {
        Some(true) => assert_eq!(STANDARD.decode_to_vec(payload).expect("base64"), **bytes),
        Some(false) => assert_eq!(*payload.as_bytes(), **bytes),
        None => assert!(bytes.is_empty()),
    }
}

fn check_query(shown: &Value, query: &str) {
    let mut expected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        expected.entry(name.into()).or_default().push(value.into());
    }
    let empty = Map::new();
    let shown = shown.as_object().unwrap_or(&empty);
    assert_eq!(shown.len(), expected.len());
    for (name, values) in expected {
        match &shown[&name] {
            Value::Array(shown) => assert_eq!(*shown, values),
            shown => assert_eq!([shown.as_str().expect("a string")], *values),
        }
    }
}

fn text(value: &HeaderValue) -> String {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    }
}

fn headers(data: &mut Unstructured<'_>) -> Result<HeaderMap> {
    const NAMES: [&str; 9] = [
        "accept",
        "cookie",
        "set-cookie",
        "content-encoding",
        "content-length",
        "etag",
        "digest",
        "x-skipped",
        "host",
    ];
    let mut headers = HeaderMap::new();
    for _ in 0..data.int_in_range(0..=12)? {
        let name = if data.ratio(2, 3)? {
            HeaderName::from_static(data.choose(&NAMES)?)
        } else {
            let Ok(name) = HeaderName::from_bytes(<&[u8]>::arbitrary(data)?) else {
                continue;
            };
            name
        };
        if let Ok(value) = HeaderValue::from_bytes(<&[u8]>::arbitrary(data)?) {
            headers.append(name, value);
        }
    }
    Ok(headers)
}

fn payload(data: &mut Unstructured<'_>, headers: &HeaderMap) -> Result<Payload> {
    Ok(match data.int_in_range(0..=3)? {
        0 => Payload::NotAsked,
        1 => Payload::LeftOut {
            length: Option::arbitrary(data)?,
        },
        _ => Payload::Whole {
            bytes: Vec::arbitrary(data)?.into(),
            coded: has_content_coding(headers),
        },
    })
}
