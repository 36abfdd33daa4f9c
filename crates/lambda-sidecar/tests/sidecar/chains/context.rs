//! What an application says of a call reaches every envelope and the backend.

use std::sync::Arc;

use super::{built, chain};
use crate::common::{Backend, Function, MESSAGE_ID, TestBody, layer_of, post, pre, request, send};
use http::{HeaderValue, Request};
use lambda_sidecar::{
    Application, CallContext, Endpoint, Expand, LambdaSidecarLayer, PackageKey, SidecarBody,
    SidecarBuilder, Token,
};
use serde_json::{Value, json};
use tower::{Layer, util::MapRequestLayer};

#[cfg(feature = "axum")]
#[tokio::test]
async fn the_peer_of_axum_is_the_remote_address_and_no_header_is() {
    use std::net::{IpAddr, SocketAddr};

    let function = Function::allows();
    let call = |with_peer: bool, context: CallContext| {
        let mut call = Request::get("/")
            .header("x-forwarded-for", "198.51.100.1")
            .header("forwarded", "for=198.51.100.1")
            .extension(context)
            .body(TestBody::empty())
            .unwrap();
        if with_peer {
            let peer = SocketAddr::from(([203, 0, 113, 7], 4711));
            call.extensions_mut()
                .insert(axum::extract::ConnectInfo(peer));
        }
        call
    };
    let own = CallContext::new().remote_addr(IpAddr::from([192, 0, 2, 1]));
    for (call, expected) in [
        (call(true, CallContext::new()), Some("203.0.113.7")),
        (call(true, own), Some("192.0.2.1")),
        (call(false, CallContext::new()), None),
    ] {
        let asked_before = function.asked().len();
        send(chain(&function).layer(Backend::new()), call).await;
        for envelope in &function.envelopes()[asked_before..] {
            assert_eq!(envelope.get("remoteAddr").and_then(Value::as_str), expected);
        }
    }
}

#[tokio::test]
async fn the_call_context_is_in_the_envelopes_of_both_points() {
    let function = Function::allows();
    let expand = [Expand::Token, Expand::Routing, Expand::Operation];
    let with_context = |sidecar: SidecarBuilder| {
        let sidecar = sidecar
            .include_eavs(["tier"])
            .include_package_key_eavs(["plan"]);
        built(sidecar.expand_input(expand))
    };
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(with_context(pre("a")))
        .response(with_context(post("b")));
    let endpoint = Endpoint::new()
        .service_id("s")
        .endpoint_id("e")
        .path("/v1")
        .public_base("https://api.acme.com");
    let token = Token::new().scope("read");
    let context = CallContext::new()
        .message_id(MESSAGE_ID)
        .endpoint(Arc::new(endpoint))
        .application(Arc::new(Application::new([
            ("tier", "gold"),
            ("secret", "x"),
        ])))
        .package_key(Arc::new(PackageKey::new("k", [("plan", "big")])))
        .token(token)
        .routing("https://backend.acme.com/op?p=1".parse().unwrap());
    let call = Request::put("/v1/op?p=1").extension(context);
    let call = call.body(TestBody::empty()).unwrap();
    send(layer.layer(Backend::new()), call).await;
    let expected = json!({
        "point": "PreProcessor",
        "masheryMessageId": MESSAGE_ID,
        "synchronicity": "RequestResponse",
        "serviceId": "s",
        "endpointId": "e",
        "packageKey": "k",
        "eavs": { "tier": "gold" },
        "packageKeyEAVs": { "plan": "big" },
        "operation": {
            "httpVerb": "put",
            "path": "/op",
            "query": { "p": "1" },
            "uri": "https://api.acme.com/v1/op?p=1",
        },
        "token": { "scope": "read" },
        "routing": { "httpVerb": "put", "uri": "https://backend.acme.com/op?p=1" },
    });
    let [at_request, mut at_response] = function.envelopes().try_into().unwrap();
    assert_eq!(at_request, expected);
    assert_eq!(at_response["response"].take(), json!({ "code": 201 }));
    at_response.as_object_mut().unwrap().remove("response");
    at_response["point"] = "PreProcessor".into();
    assert_eq!(at_response, expected);
}

#[tokio::test]
async fn the_context_is_there_for_the_backend_with_what_the_layer_found_out() {
    let backend = Backend::new();
    let service = layer_of(pre("f"), Function::allows()).layer(backend.clone());
    send(service, Request::new(TestBody::empty())).await;
    let seen = backend.only();
    let context: &CallContext = seen.parts.extensions.get().unwrap();
    assert!(context.message_id.is_some() && context.deadline.is_some());
}

/// Puts this context into the request between two sidecar layers.
fn between(
    context: CallContext,
) -> MapRequestLayer<
    impl Fn(Request<SidecarBody<TestBody>>) -> Request<SidecarBody<TestBody>> + Clone,
> {
    MapRequestLayer::new(move |mut request: Request<SidecarBody<TestBody>>| {
        request.extensions_mut().insert(context.clone());
        request
    })
}

#[tokio::test]
async fn a_context_between_two_layers_updates_the_parts_that_it_names_and_keeps_the_rest() {
    let named = |name: &str| {
        CallContext::new()
            .endpoint(Arc::new(Endpoint::new().endpoint_id(name)))
            .application(Arc::new(Application::new([("tier", name)])))
    };
    let outside = CallContext::new()
        .message_id(MESSAGE_ID)
        .token(Token::new().scope("read"))
        .remote_addr([203, 0, 113, 7].into());
    for (context, address) in [
        (named("inside").message_id("another"), "203.0.113.7"),
        (
            named("inside").remote_addr([192, 0, 2, 1].into()),
            "192.0.2.1",
        ),
    ] {
        for halves in [["a", "b"], ["", "b"], ["a", ""]] {
            let function = Function::allows();
            let sidecar = |half: SidecarBuilder| {
                let half = half.include_eavs(["tier"]);
                built(half.expand_input([Expand::RemoteAddress, Expand::Token]))
            };
            // The facts of the call reach the inner layer whichever half the outer one has.
            let outer = halves.into_iter().filter(|name| !name.is_empty()).fold(
                LambdaSidecarLayer::new(function.clone()),
                |layer, name| match name {
                    "a" => layer.request(sidecar(pre(name))),
                    _ => layer.response(sidecar(post(name))),
                },
            );
            let inner = LambdaSidecarLayer::new(function.clone()).request(sidecar(pre("inner")));
            let layers = (outer, between(context.clone()), inner);
            let mut call = request(TestBody::empty());
            call.extensions_mut().insert(outside.clone());
            let backend = Backend::new();
            send(layers.layer(backend.clone()), call).await;
            for (name, envelope) in function.names().iter().zip(function.envelopes()) {
                let is_inner = name == "inner";
                let named = |value: &str| is_inner.then(|| value.to_owned());
                let text = |at: &str| {
                    envelope
                        .pointer(at)
                        .and_then(Value::as_str)
                        .map(String::from)
                };
                assert_eq!(envelope["masheryMessageId"], MESSAGE_ID, "{name}");
                assert_eq!(text("/endpointId"), named("inside"), "{name}");
                assert_eq!(text("/eavs/tier"), named("inside"), "{name}");
                assert_eq!(envelope["token"]["scope"], "read", "{name}");
                let outer_address = "203.0.113.7";
                let expected = if is_inner { address } else { outer_address };
                assert_eq!(envelope["remoteAddr"], expected, "{name}");
            }
            let seen = backend.only();
            let context: &CallContext = seen.parts.extensions.get().unwrap();
            assert_eq!(context.message_id.as_deref(), Some(MESSAGE_ID));
        }
    }
}

#[tokio::test]
async fn a_trace_context_goes_along_where_it_is_valid() {
    let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (value, expected) in [(valid, Some(valid)), ("00-zz", None)] {
        let function = Function::allows();
        let mut call = request(TestBody::empty());
        call.headers_mut()
            .insert("traceparent", HeaderValue::from_static(value));
        send(chain(&function).layer(Backend::new()), call).await;
        for asked in function.asked() {
            let found = asked
                .traceparent
                .as_ref()
                .map(|value| value.to_str().unwrap());
            assert_eq!(found, expected);
            let mut custom = json!({ "messageId": MESSAGE_ID });
            if let Some(expected) = expected {
                custom["traceparent"] = expected.into();
            }
            let client_context: Value = serde_json::from_str(&asked.client_context()).unwrap();
            assert_eq!(client_context, json!({ "custom": custom }));
        }
    }
}
