//! What holds for every answer of a function, for every verdict and for every envelope.

mod answers;
mod applying;
mod envelopes;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use lambda_sidecar_core::{Modify, Point, Terminate};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::select,
};
use serde_json::Value;

fn point() -> impl Strategy<Value = Point> {
    select(vec![Point::PreProcessor, Point::PostProcessor])
}

/// Numbers that are the same after they were printed and read.
fn quarters() -> impl Strategy<Value = f64> {
    any::<i32>().prop_map(|number| f64::from(number) / 4.0)
}

const FREE_NAMES: &[&str] = &[
    "x-a",
    "x-b",
    "x-c",
    "content-type",
    "etag",
    "digest",
    "set-cookie",
    "grpc-status",
    "grpc-message",
];

fn free_name() -> impl Strategy<Value = HeaderName> {
    select(FREE_NAMES).prop_map(HeaderName::from_static)
}

fn utf8_value() -> impl Strategy<Value = HeaderValue> {
    let text = prop_oneof![5 => "[ -~äÿ€😀\t]{0,8}", 1 => "[0-9]{1,2}", 1 => "[%a5ü]{0,6}"];
    text.prop_map(|text| HeaderValue::from_bytes(text.as_bytes()).unwrap())
}

fn any_status() -> impl Strategy<Value = StatusCode> {
    (200..600_u16).prop_map(|code| StatusCode::from_u16(code).unwrap())
}

/// A JSON body; not null, which as a member of a verdict counts as absent.
fn json_body() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        quarters().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[derive(Debug, Clone)]
enum Body {
    Text(String),
    Binary(Vec<u8>),
    Json(Value),
}

fn body() -> impl Strategy<Value = Option<Body>> {
    option::of(prop_oneof![
        any::<String>().prop_map(Body::Text),
        vec(any::<u8>(), 0..40).prop_map(Body::Binary),
        json_body().prop_map(Body::Json),
    ])
}

fn modify() -> impl Strategy<Value = Modify> {
    let headers = vec((free_name(), utf8_value()), 0..5);
    (vec(free_name(), 0..4), headers, body()).prop_map(|(dropped, headers, body)| {
        let modify = dropped.into_iter().fold(Modify::new(), |modify, name| {
            modify.drop_header(name).unwrap()
        });
        let modify = headers.into_iter().fold(modify, |modify, (name, value)| {
            modify.header(name, value).unwrap()
        });
        match body {
            None => modify,
            Some(Body::Text(text)) => modify.text(text),
            Some(Body::Binary(bytes)) => modify.binary(bytes),
            Some(Body::Json(json)) => modify.json(&json),
        }
    })
}

fn terminate() -> impl Strategy<Value = Terminate> {
    let headers = vec((free_name(), utf8_value()), 0..5);
    (any_status(), option::of(any::<String>()), headers, body()).prop_map(
        |(status, message, headers, body)| {
            let terminate = headers
                .into_iter()
                .fold(Terminate::new(status), |terminate, (name, value)| {
                    terminate.header(name, value).unwrap()
                });
            let terminate = match message {
                Some(message) => terminate.message(message),
                None => terminate,
            };
            match body {
                None => terminate,
                Some(Body::Text(text)) => terminate.text(text),
                Some(Body::Binary(bytes)) => terminate.binary(bytes),
                Some(Body::Json(json)) => terminate.json(&json),
            }
        },
    )
}

fn any_value() -> impl Strategy<Value = HeaderValue> {
    let byte = any::<u8>().prop_map(|byte| {
        if byte < b' ' || byte == 0x7f {
            b'\t'
        } else {
            byte
        }
    });
    vec(byte, 0..12).prop_map(|bytes| HeaderValue::from_bytes(&bytes).unwrap())
}

fn header_map(names: &'static [&'static str]) -> impl Strategy<Value = HeaderMap> {
    let name = prop_oneof![
        3 => select(names).prop_map(HeaderName::from_static),
        1 => "[a-z0-9!#$%&'*+.^_`|~-]{1,10}".prop_map(|name| HeaderName::try_from(name).unwrap()),
    ];
    vec((name, any_value()), 0..12).prop_map(|lines| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, value);
        }
        headers
    })
}
