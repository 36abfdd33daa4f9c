//! Every envelope that the core writes is read by the types, and nothing of it is lost.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use lambda_sidecar_core::{
    Application, CallContext, Endpoint, EnvelopeSource, Expand, PackageKey, Payload, Point, Relay,
    RequestView, ResponseView, Sidecar, Synchronicity, Token,
};
use lambda_sidecar_function::{Body, Envelope, Param};
use proptest::{
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::{select, subsequence},
};
use serde_json::Value;

use crate::{cases, fixtures};

/// A call that met a sidecar, and what the core made of it.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) json: Bytes,
    request: Payload,
    response: Payload,
}

const EAVS: [&str; 4] = ["tier", "ä b", "quote\"", "never set"];

pub(crate) fn sent() -> impl Strategy<Value = Sent> {
    (sidecar(), context(), message(), message(), call()).prop_map(
        |(sidecar, context, request, response, (method, uri, status, message_id))| {
            let view = ResponseView {
                status,
                headers: &response.0,
                payload: &response.1,
            };
            let json = EnvelopeSource {
                sidecar: &sidecar,
                context: &context,
                message_id: &message_id,
                request: RequestView {
                    method: &method,
                    uri: &uri,
                    headers: &request.0,
                    payload: &request.1,
                },
                response: (sidecar.point() == Point::PostProcessor).then_some(view),
            }
            .to_json();
            Sent {
                json,
                request: request.1,
                response: response.1,
            }
        },
    )
}

fn sidecar() -> impl Strategy<Value = Sidecar> {
    let expand = subsequence(Expand::ALL.to_vec(), 0..=Expand::ALL.len());
    let params = btree_map("[a-zA-Z_]{1,6}", param(), 0..4);
    let choices = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (choices, expand, params).prop_map(|((post, event, headers, eavs), expand, params)| {
        let point = if post {
            Point::PostProcessor
        } else {
            Point::PreProcessor
        };
        let expand = expand
            .into_iter()
            .filter(|part| post || part.only_at().is_none());
        let expand: Vec<Expand> = expand.collect();
        let mut sidecar = Sidecar::local(point, "f");
        if !expand.is_empty() {
            sidecar = sidecar.expand_input(expand);
        }
        if event {
            sidecar = sidecar.synchronicity(Synchronicity::Event);
        }
        if headers {
            sidecar = sidecar.skip_request_headers(["x-skipped"]);
        }
        if headers && post {
            sidecar = sidecar.skip_response_headers(["x-skipped"]);
        }
        if eavs {
            sidecar = sidecar.include_eavs(EAVS).include_package_key_eavs(EAVS);
        }
        for (name, value) in params {
            sidecar = sidecar.param(name, value);
        }
        sidecar.build().unwrap()
    })
}

/// Texts of parameters, those that become a boolean or a number among them.
fn param() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        any::<i32>().prop_map(|number| format!("{}", f64::from(number) / 4.0)),
        select(vec![
            "007",
            "1e5",
            "",
            "-0",
            "1.50",
            "18446744073709551616",
            "get, post"
        ])
        .prop_map(String::from),
    ]
}

fn context() -> impl Strategy<Value = CallContext> {
    let text = || option::of(any::<String>());
    let eavs = || btree_map(select(EAVS[..3].to_vec()), any::<String>(), 0..3);
    let ids = (text(), text());
    let token = option::of((text(), text(), text(), text()));
    let key = option::of((any::<String>(), eavs()));
    let rest = (option::of(uri()), option::of(any::<IpAddr>()));
    (ids, option::of(eavs()), key, token, rest).prop_map(
        |((service, endpoint_id), eavs, key, token, (routing, address))| {
            let mut endpoint = Endpoint::new();
            if let Some(id) = service {
                endpoint = endpoint.service_id(id);
            }
            if let Some(id) = endpoint_id {
                endpoint = endpoint.endpoint_id(id);
            }
            let mut context = CallContext::new().endpoint(Arc::new(endpoint));
            context.application = eavs.map(|eavs| Arc::new(Application::new(eavs)));
            context.package_key = key.map(|(key, eavs)| Arc::new(PackageKey::new(key, eavs)));
            context.token = token.map(|(scope, user_context, grant_type, expires)| {
                let mut token = Token::new();
                (token.scope, token.user_context) = (scope, user_context);
                (token.grant_type, token.expires) = (grant_type, expires);
                Arc::new(token)
            });
            if let Some(address) = &address {
                let mut relay = Relay::new();
                relay.insert("peer \"", &serde_json::json!({ "address": address }));
                context.set_relay(Some(Arc::new(relay)));
            }
            (context.routing, context.remote_addr) = (routing.map(std::sync::Arc::new), address);
            context
        },
    )
}

fn uri() -> impl Strategy<Value = Uri> {
    let query = "(\\?[ab=&+%20FzÄ;\"]{0,16})?";
    let origin = select(vec!["", "https://api.acme.com"]);
    (origin, "(/[A-Za-z0-9%._ä-]{0,6}){1,3}", query).prop_filter_map("a URI", |(o, path, query)| {
        format!("{o}{path}{query}").parse().ok()
    })
}

fn call() -> impl Strategy<Value = (Method, Uri, StatusCode, String)> {
    let status = (100..1000_u16).prop_map(|code| StatusCode::from_u16(code).unwrap());
    let method = "[A-Z-]{1,8}".prop_map(|method| Method::from_bytes(method.as_bytes()).unwrap());
    (method, uri(), status, any::<String>())
}

fn message() -> impl Strategy<Value = (HeaderMap, Payload)> {
    let name = select(vec!["x-a", "cookie", "set-cookie", "x-skipped", "host"]);
    let value = vec(prop_oneof![b' '..0x7f, 0x80..=0xff_u8], 0..8);
    let value = value.prop_map(|bytes| HeaderValue::from_bytes(&bytes).unwrap());
    let headers = vec((name.prop_map(HeaderName::from_static), value), 0..8);
    let headers = headers.prop_map(|lines| {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name, value);
        }
        headers
    });
    let bytes = prop_oneof![
        vec(any::<u8>(), 0..60),
        any::<String>().prop_map(String::into_bytes),
        "[ -~\\r\\n\\t]{0,40}".prop_map(String::into_bytes),
    ];
    let payload = prop_oneof![
        1 => Just(Payload::NotExpanded),
        1 => option::of(any::<u64>()).prop_map(|length| Payload::LeftOut { length }),
        4 => (bytes, any::<bool>())
            .prop_map(|(bytes, coded)| Payload::Whole { bytes: bytes.into(), coded }),
    ];
    (headers, payload)
}

/// The accessors say of a body what the core was given.
fn is_body(body: &Body, payload: &Payload) -> Result<(), TestCaseError> {
    match payload {
        Payload::NotExpanded => prop_assert_eq!(body, &Body::default()),
        Payload::LeftOut { length } => prop_assert_eq!(body, &Body::left_out(*length)),
        Payload::Whole { bytes, .. } => {
            prop_assert_eq!(body.length(), Some(bytes.len() as u64));
            let read = body
                .bytes()
                .map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(read.as_deref(), Some(&bytes[..]));
            if let Some(text) = body.text() {
                prop_assert_eq!(text.as_bytes(), &bytes[..]);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn every_envelope_the_core_writes_is_read_and_nothing_of_it_is_lost(sent in sent()) {
        let written: Value = serde_json::from_slice(&sent.json)?;
        let envelope: Envelope = serde_json::from_slice(&sent.json)?;
        prop_assert_eq!(serde_json::to_value(&envelope)?, written);
        is_body(&envelope.request.body, &sent.request)?;
        if let Some(response) = &envelope.response {
            is_body(&response.body, &sent.response)?;
        }
    }
}

#[test]
fn every_envelope_of_the_cores_tests_and_the_published_ones_is_read_and_nothing_is_lost() {
    let found = fixtures::envelopes();
    assert!(
        !found.is_empty(),
        "the core's tests hold no envelope any more"
    );
    let published = fixtures::SAMPLE_ENVELOPES
        .into_iter()
        .chain([fixtures::PUBLISHED_ENVELOPE]);
    for text in found.iter().map(String::as_str).chain(published) {
        let envelope: Envelope = serde_json::from_str(text).unwrap();
        let written: Value = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_value(&envelope).unwrap(), written);
    }
}

#[test]
fn the_published_envelope_says_what_it_says() {
    let envelope: Envelope = serde_json::from_str(fixtures::PUBLISHED_ENVELOPE).unwrap();
    assert_eq!(
        envelope.params,
        BTreeMap::from([
            ("parameter_x".into(), Param::from("text")),
            ("parameter_y".into(), Param::from(true)),
            ("parameter_z".into(), Param::from(1234)),
        ])
    );
    let authorization = envelope.request.headers.get("Authorization");
    assert_eq!(authorization, Some("Bearer qwerty"));
    assert_eq!(envelope.request.body.text(), Some(r#"{"dailyRate": true}"#));
    let response = envelope.response.unwrap();
    assert_eq!(
        (response.code, response.headers.get("header_b")),
        (201, Some("Value_B"))
    );
    let operation = envelope.operation.unwrap();
    assert_eq!(operation.http_verb, "post");
    assert_eq!(operation.query["p1"].first(), Some("a"));
    assert_eq!(envelope.token.unwrap().grant_type.as_deref(), Some("CC"));
    assert_eq!(envelope.package_key_eavs["pkg_eav"], "v");
}
