//! Section 3 of the connector: what the function is sent.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod caller;
mod eavs;
mod headers;
mod operation;
mod payloads;
mod response;
mod unusual;
mod whole;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use lambda_sidecar_core::{
    Application, CallContext, Endpoint, EnvelopeSource, Expand, PackageKey, Payload, Point,
    RequestView, ResponseView, Sidecar, SidecarBuilder, Token,
};
use serde_json::Value;

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

fn all(sidecar: SidecarBuilder) -> SidecarBuilder {
    sidecar.skip_request_headers(["x-none"])
}

fn payloads(sidecar: SidecarBuilder) -> SidecarBuilder {
    sidecar.expand_input([Expand::RequestPayload])
}

fn eavs(pairs: &[(&str, &str)]) -> Call {
    Call::context(
        CallContext::new()
            .application(Arc::new(Application::new(pairs.iter().copied())))
            .package_key(Arc::new(PackageKey::new("k", pairs.iter().copied()))),
    )
}

fn operation(sidecar: SidecarBuilder) -> SidecarBuilder {
    sidecar.expand_input([Expand::Operation])
}
