//! Every verdict that can be built is read by the core, as what was meant.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode as Status};
use lambda_sidecar_core as core;
use lambda_sidecar_core::{Point, ProtectedHeaders};
use lambda_sidecar_function::{Modify, StatusCode, Terminate, Verdict, VerdictError};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::select,
};
use serde_json::{Value, json};

use crate::cases;

#[derive(Debug, Clone)]
enum Body {
    Text(String),
    Binary(Vec<u8>),
    Json(Value),
}

/// What an author says, one after the other.
#[derive(Debug, Clone)]
struct Said {
    terminate: Option<(u16, Option<String>)>,
    dropped: Vec<String>,
    headers: Vec<(String, String)>,
    body: Option<Body>,
    status: Option<u16>,
}

fn said() -> impl Strategy<Value = Said> {
    let name = || {
        prop_oneof![
            12 => select(vec!["x-a", "X-B", "Content-Type", "etag", "x!#$%&'*+.^_`|~"]).prop_map(String::from),
            1 => select(vec!["", "ü", "x y", "Host", "TE", ":path", "content-length"]).prop_map(String::from),
            1 => any::<String>(),
        ]
    };
    let value = prop_oneof![12 => "[ -~äÿ€😀\t]{0,8}", 1 => any::<String>()];
    let code = || prop_oneof![12 => 200..600_u16, 1 => any::<u16>()];
    let terminate = option::of((code(), option::of(any::<String>())));
    let body = option::of(prop_oneof![
        any::<String>().prop_map(Body::Text),
        vec(any::<u8>(), 0..40).prop_map(Body::Binary),
        json_body().prop_map(Body::Json),
    ]);
    let headers = vec((name(), value), 0..4);
    (
        terminate,
        vec(name(), 0..3),
        headers,
        body,
        option::of(code()),
    )
        .prop_map(|(terminate, dropped, headers, body, status)| Said {
            terminate,
            dropped,
            headers,
            body,
            status,
        })
}

fn json_body() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 4.0)),
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

/// With the builders of this crate.
fn built(said: Said) -> Result<Verdict, VerdictError> {
    if let Some((code, message)) = said.terminate {
        let mut terminate = Terminate::new(StatusCode::new(code)?);
        if let Some(message) = message {
            terminate = terminate.message(message);
        }
        for (name, value) in said.headers {
            terminate = terminate.header(&name, value)?;
        }
        return Ok(match said.body {
            None => terminate,
            Some(Body::Text(text)) => terminate.text(text),
            Some(Body::Binary(bytes)) => terminate.binary(bytes),
            Some(Body::Json(json)) => terminate.json(&json)?,
        }
        .into());
    }
    let mut modify = Modify::new();
    for name in said.dropped {
        modify = modify.drop_header(&name)?;
    }
    for (name, value) in said.headers {
        modify = modify.header(&name, value)?;
    }
    modify = match said.body {
        None => modify,
        Some(Body::Text(text)) => modify.text(text),
        Some(Body::Binary(bytes)) => modify.binary(bytes),
        Some(Body::Json(json)) => modify.json(&json)?,
    };
    if let Some(code) = said.status {
        modify = modify.complete_with_code(StatusCode::new(code)?);
    }
    Ok(modify.into())
}

/// With the core's own: what is meant. None where it is illegal.
fn meant(said: Said, point: Point) -> Option<core::Verdict> {
    let status = |code: u16| {
        (200..600)
            .contains(&code)
            .then(|| Status::from_u16(code).ok())?
    };
    let name = |name: &str| {
        let allowed = !ProtectedHeaders::default().contains(name);
        HeaderName::try_from(name).ok().filter(|_| allowed)
    };
    let value = |value: &str| HeaderValue::from_bytes(value.as_bytes()).ok();
    // Of the same name several are one header of several lines, at the place of the name.
    let mut headers = said.headers;
    headers.sort_by_key(|(name, _)| name.to_ascii_lowercase());
    if matches!(&said.body, Some(Body::Json(Value::Null))) {
        return None;
    }
    if let Some((code, message)) = said.terminate {
        let mut terminate = core::Terminate::new(status(code)?);
        if let Some(message) = message {
            terminate = terminate.message(message);
        }
        for (of, text) in headers {
            terminate = terminate.header(name(&of)?, value(&text)?).ok()?;
        }
        return Some(
            match said.body {
                None => terminate,
                Some(Body::Text(text)) => terminate.text(text),
                Some(Body::Binary(bytes)) => terminate.binary(bytes),
                Some(Body::Json(json)) => terminate.json(&json),
            }
            .into(),
        );
    }
    let mut modify = core::Modify::new();
    for of in said.dropped {
        modify = modify.drop_header(name(&of)?).ok()?;
    }
    for (of, text) in headers {
        modify = modify.header(name(&of)?, value(&text)?).ok()?;
    }
    modify = match said.body {
        None => modify,
        Some(Body::Text(text)) => modify.text(text),
        Some(Body::Binary(bytes)) => modify.binary(bytes),
        Some(Body::Json(json)) => modify.json(&json),
    };
    if let Some(code) = said.status {
        let status = status(code)?;
        if point == Point::PostProcessor {
            modify = modify.complete_with_code(status);
        }
    }
    Some(modify.into())
}

/// Verdicts that were built.
pub(crate) fn verdicts() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        1 => Just(Verdict::Allow),
        9 => said().prop_filter_map("legal", |said| built(said).ok()),
    ]
}

fn read(point: Point, verdict: &Verdict) -> Result<core::Verdict, core::Failure> {
    let json = Bytes::from(serde_json::to_vec(verdict).unwrap());
    core::Verdict::parse(point, &json, &ProtectedHeaders::default())
}

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn what_can_be_built_the_core_reads_as_meant_and_what_is_illegal_cannot_be_built(said in said()) {
        for point in [Point::PreProcessor, Point::PostProcessor] {
            match (built(said.clone()), meant(said.clone(), point)) {
                (Ok(verdict), Some(meant)) => prop_assert_eq!(read(point, &verdict), Ok(meant)),
                (Err(_), None) => {}
                (built, meant) => prop_assert!(false, "{built:?}, but meant is {meant:?}"),
            }
        }
    }
}

#[test]
fn what_a_request_half_relays_the_core_reads_as_meant_up_to_its_length() {
    let relay = |length: usize| Verdict::Allow.relay("k", &"a".repeat(length));
    let longest = lambda_sidecar_function::MAX_RELAY - r#"{"k":""}"#.len();
    let reply = relay(longest)
        .unwrap()
        .relay("k", &json!([1, null]))
        .unwrap();
    for (reply, value) in [
        (relay(longest).unwrap(), json!("a".repeat(longest))),
        (reply, json!([1, null])),
    ] {
        let json = Bytes::from(serde_json::to_vec(&reply).unwrap());
        let protected = ProtectedHeaders::default();
        let read = core::Ruling::parse(Point::PreProcessor, &json, &protected);
        assert_eq!(read, Ok(core::Verdict::Allow.relay("k", &value)));
    }
    let too_long = lambda_sidecar_function::MAX_RELAY + 1;
    assert_eq!(
        relay(longest + 1),
        Err(VerdictError::RelayTooLong(too_long))
    );
}

#[test]
fn allow_is_read_as_allow() {
    for point in [Point::PreProcessor, Point::PostProcessor] {
        assert_eq!(read(point, &Verdict::Allow), Ok(core::Verdict::Allow));
    }
}

#[test]
fn as_many_header_lines_as_can_be_built_the_core_takes() {
    let mut modify = Modify::new();
    for _ in 0..lambda_sidecar_function::MAX_HEADER_LINES {
        modify = modify.header("x-a", "v").unwrap();
    }
    assert_eq!(
        lambda_sidecar_function::MAX_HEADER_LINES,
        core::MAX_HEADER_LINES
    );
    assert!(read(Point::PreProcessor, &modify.clone().into()).is_ok());
    assert_eq!(modify.header("x-b", "v"), Err(VerdictError::TooManyHeaders));
}

#[test]
fn the_longest_header_name_that_can_be_built_the_core_takes() {
    let longest = (1..=70_000).rev().step_by(1).find_map(|length| {
        let modify = Modify::new().drop_header("a".repeat(length)).ok()?;
        Some((length, modify))
    });
    let (length, modify) = longest.unwrap();
    assert!(read(Point::PreProcessor, &modify.into()).is_ok());
    assert!(HeaderName::try_from("a".repeat(length + 1)).is_err());
}

#[test]
fn debug_shows_neither_values_nor_bodies() {
    let modify = Modify::new().header("x-a", "secret").unwrap();
    let terminate = Terminate::new(StatusCode::FORBIDDEN).message("secret");
    for verdict in [
        modify.clone().text("secret").into(),
        modify.clone().binary("secret").into(),
        Verdict::from(modify.json("secret").unwrap()),
        terminate
            .header("x-a", "secret")
            .unwrap()
            .text("secret")
            .into(),
    ] {
        let shown = format!("{verdict:?}");
        assert!(
            !shown.contains("secret") && shown.contains("x-a"),
            "{shown}"
        );
    }
}
