//! The pure work of a call: envelope, base64, verdict, each beside what it is held against.

#![allow(missing_docs, reason = "what criterion's macro makes has none")]
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that cannot be set up ends by it"
)]

use std::{hint::black_box, sync::Arc, time::Duration};

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use http::{HeaderMap, Request, request::Parts};
use lambda_sidecar_core::{
    Application, CallContext, Endpoint, EnvelopeSource, PackageKey, Payload, Point,
    ProtectedHeaders, RequestView, Sidecar, Verdict,
};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

const MESSAGE_ID: &str = "7632924a-8d8d-4d35-8a77-b57c4bb450af";
const ENVELOPE: usize = 761;
const MIB: usize = 1 << 20;

/// A call and all that an envelope says of it.
struct Call {
    sidecar: Sidecar,
    context: CallContext,
    parts: Parts,
    payload: Payload,
    body: Bytes,
}

impl Call {
    /// With a body so long that the envelope has the length.
    fn new() -> Self {
        let length = Self::with_body(&[]).source_json().len();
        // The payload brings two members of its own.
        let members = Self::with_body(b"xxxxxxxxxx").source_json().len() - length - 10;
        let mut body = vec![b'x'; ENVELOPE - length - members];
        let mut call = Self::with_body(&body);
        // The digits of the length count too.
        body.truncate(body.len() + ENVELOPE - call.source_json().len());
        call = Self::with_body(&body);
        assert_eq!(call.source_json().len(), ENVELOPE);
        call
    }

    fn with_body(body: &[u8]) -> Self {
        let sidecar = Sidecar::pre(
            "region: eu-west-1
             functionARN: arn:aws:lambda:eu-west-1:123456789012:function:authz
             useAssumeRole: false
             include-request-headers: authorization, content-type
             include-eavs: eav1
             expand-input: requestPayload, operation, remoteAddress
             sidecar-param-parameter_x: text
             sidecar-param-parameter_y: true",
        );
        let request = Request::post("https://api.acme.com/my/op?p1=a")
            .header("authorization", "Bearer qwerty")
            .header("content-type", "text/plain")
            .body(());
        let endpoint = Endpoint::new()
            .service_id("0123456789")
            .endpoint_id("9876543210");
        let context = CallContext::new()
            .endpoint(Arc::new(endpoint))
            .application(Arc::new(Application::new([("eav1", "v")])))
            .package_key(Arc::new(PackageKey::new(
                "abc123def456ghi789",
                [("pkg_eav", "v")],
            )))
            .remote_addr([203, 0, 113, 7].into());
        let body = Bytes::copy_from_slice(body);
        Self {
            sidecar: sidecar.unwrap(),
            context,
            parts: request.unwrap().into_parts().0,
            payload: Payload::Whole {
                bytes: body.clone(),
                coded: false,
            },
            body,
        }
    }

    fn source_json(&self) -> Bytes {
        let source = EnvelopeSource {
            sidecar: &self.sidecar,
            context: &self.context,
            message_id: MESSAGE_ID,
            request: RequestView {
                method: &self.parts.method,
                uri: &self.parts.uri,
                headers: &self.parts.headers,
                payload: &self.payload,
            },
            response: None,
        };
        source.to_json()
    }

    /// The same by a `Serialize` that borrows everything.
    fn borrowed(&self) -> Vec<u8> {
        let uri = self.parts.uri.to_string();
        let verb = self.parts.method.as_str().to_ascii_lowercase();
        let envelope = Envelope {
            point: "PreProcessor",
            mashery_message_id: MESSAGE_ID,
            synchronicity: "RequestResponse",
            service_id: "0123456789",
            endpoint_id: "9876543210",
            package_key: "abc123def456ghi789",
            params: Params {
                parameter_x: "text",
                parameter_y: true,
            },
            request: RequestMember {
                headers: Headers(&self.parts.headers, ["authorization", "content-type"]),
                payload_length: self.body.len(),
                payload: std::str::from_utf8(&self.body).unwrap(),
                payload_base64_encoded: false,
            },
            eavs: Eavs { eav1: "v" },
            operation: Operation {
                http_verb: &verb,
                path: self.parts.uri.path(),
                query: Query(self.parts.uri.query().unwrap_or_default()),
                uri: &uri,
            },
            remote_addr: "203.0.113.7",
        };
        serde_json::to_vec(&envelope).unwrap()
    }

    /// The same by way of a `Value`.
    fn value(&self) -> Vec<u8> {
        let header = |name: &str| self.parts.headers[name].to_str().unwrap();
        let query = form_urlencoded::parse(self.parts.uri.query().unwrap_or_default().as_bytes());
        let query: serde_json::Map<_, _> = query
            .map(|(name, value)| (name.into_owned(), value.into()))
            .collect();
        let envelope = json!({
            "point": "PreProcessor",
            "masheryMessageId": MESSAGE_ID,
            "synchronicity": "RequestResponse",
            "serviceId": "0123456789",
            "endpointId": "9876543210",
            "packageKey": "abc123def456ghi789",
            "params": { "parameter_x": "text", "parameter_y": true },
            "request": {
                "headers": {
                    "authorization": header("authorization"),
                    "content-type": header("content-type"),
                },
                "payloadLength": self.body.len(),
                "payload": std::str::from_utf8(&self.body).unwrap(),
                "payloadBase64Encoded": false,
            },
            "eavs": { "eav1": "v" },
            "operation": {
                "httpVerb": self.parts.method.as_str().to_ascii_lowercase(),
                "path": self.parts.uri.path(),
                "query": query,
                "uri": self.parts.uri.to_string(),
            },
            "remoteAddr": "203.0.113.7",
        });
        serde_json::to_vec(&envelope).unwrap()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    point: &'a str,
    mashery_message_id: &'a str,
    synchronicity: &'a str,
    service_id: &'a str,
    endpoint_id: &'a str,
    package_key: &'a str,
    params: Params<'a>,
    request: RequestMember<'a>,
    eavs: Eavs<'a>,
    operation: Operation<'a>,
    remote_addr: &'a str,
}

#[derive(Serialize)]
struct Params<'a> {
    parameter_x: &'a str,
    parameter_y: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestMember<'a> {
    headers: Headers<'a>,
    payload_length: usize,
    payload: &'a str,
    #[serde(rename = "payloadBase64Encoded")]
    payload_base64_encoded: bool,
}

#[derive(Serialize)]
struct Eavs<'a> {
    eav1: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Operation<'a> {
    http_verb: &'a str,
    path: &'a str,
    query: Query<'a>,
    uri: &'a str,
}

struct Headers<'a>(&'a HeaderMap, [&'a str; 2]);

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = |name: &&str| self.0.get(*name).and_then(|value| value.to_str().ok());
        serializer.collect_map(self.1.iter().filter_map(|name| Some((name, value(name)?))))
    }
}

struct Query<'a>(&'a str);

impl Serialize for Query<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(form_urlencoded::parse(self.0.as_bytes()))
    }
}

fn envelope(criterion: &mut Criterion) {
    let call = Call::new();
    let parsed = |json: &[u8]| serde_json::from_slice::<Value>(json).unwrap();
    let written = parsed(&call.source_json());
    assert_eq!(
        written,
        parsed(&call.borrowed()),
        "the same work is compared"
    );
    assert_eq!(written, parsed(&call.value()), "the same work is compared");
    let mut group = criterion.benchmark_group("envelope");
    group.bench_function("written", |bench| {
        bench.iter(|| black_box(&call).source_json())
    });
    group.bench_function("borrowing_serialize", |bench| {
        bench.iter(|| black_box(&call).borrowed())
    });
    group.bench_function("value", |bench| bench.iter(|| black_box(&call).value()));
    group.finish();
}

fn base64(criterion: &mut Criterion) {
    // Bytes like those of a compressed file, from a generator with a fixed seed.
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let body: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    })
    .take(MIB)
    .collect();
    let call = Call::with_body(&body);
    let mut group = criterion.benchmark_group("base64_1_mib");
    group.bench_function("payload", |bench| {
        bench.iter(|| black_box(&call).source_json())
    });
    group.bench_function("base64_simd", |bench| {
        bench.iter(|| base64_simd::STANDARD.encode_to_string(black_box(&body)));
    });
    group.bench_function("memcpy", |bench| bench.iter(|| black_box(&body).clone()));
    group.finish();
}

fn verdict(criterion: &mut Criterion) {
    let protected = ProtectedHeaders::default();
    let mut group = criterion.benchmark_group("verdict");
    for (name, answer) in [
        ("allow", "{}"),
        (
            "modify",
            r#"{"modify":{"addHeaders":{"x-user":"u-1234","x-tier":"gold","x-scope":"read write"}}}"#,
        ),
        (
            "terminate",
            r#"{"terminate":{"code":403,"message":"not for you"}}"#,
        ),
    ] {
        let answer = Bytes::from_static(answer.as_bytes());
        let parse = || Verdict::parse(Point::PreProcessor, black_box(&answer), &protected);
        assert!(parse().is_ok(), "{name} is a verdict");
        group.bench_function(name, |bench| bench.iter(parse));
    }
    group.finish();
}

criterion_group! {
    name = pure;
    config = Criterion::default()
        .sample_size(50)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = envelope, base64, verdict
}
criterion_main!(pure);
