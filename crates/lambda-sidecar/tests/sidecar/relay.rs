//! What request halves relay reaches the response halves of the call, and nobody else.

use std::fmt::Debug;

use http::Response;
use lambda_sidecar::{
    Envelope, Expand, LambdaSidecarLayer, LocalFunction, Point, Receipts, Reply, SidecarBody,
    SidecarBuilder, Terminate, Verdict, VerdictError,
};
use serde_json::{Value, json};
use tower::{Layer, util::MapResponseLayer};

use crate::common::{Backend, Function, Got, MESSAGE_ID, TestBody, post, pre, request, send};

/// Relays the member `NAME` and a common one, by the name of the sidecar, at the request; allows at the response.
fn relaying() -> Function {
    Function::by(|name, envelope| {
        if envelope["point"] == "PreProcessor" {
            json!({ "relay": { name: "s3cr3t", "last": name } }).to_string()
        } else {
            "{}".to_owned()
        }
    })
}

fn hears(name: &str) -> SidecarBuilder {
    post(name).expand_input([Expand::Relay])
}

/// A layer with these halves.
fn layer<const N: usize>(
    function: &Function,
    halves: [SidecarBuilder; N],
) -> LambdaSidecarLayer<Function> {
    let halves = halves.map(|half| half.build().unwrap()).into_iter();
    halves.fold(
        LambdaSidecarLayer::new(function.clone()),
        |layer, half| match half.point() {
            Point::PreProcessor => layer.request(half),
            Point::PostProcessor => layer.response(half),
        },
    )
}

/// What the envelope of this sidecar relays.
fn heard(function: &Function, of: &str) -> Option<Value> {
    let names = function.names();
    let at = names.iter().position(|name| name == of).expect("invoked");
    function.envelopes()[at].get("relay").cloned()
}

#[tokio::test]
async fn request_halves_of_nested_layers_relay_to_response_halves_of_every_layer() {
    let function = relaying();
    let layers = (
        layer(&function, [hears("outermost")]),
        layer(&function, [pre("a"), hears("outer")]),
        // It relays nothing of its own and hears nothing, and hands on what there is, both ways.
        layer(&function, [post("deaf")]),
        layer(&function, [pre("b"), hears("inner")]),
        layer(&function, [hears("innermost")]),
    );
    let got = send(layers.layer(Backend::new()), request(TestBody::empty())).await;
    got.assert_from_backend();
    let expected = json!({ "a": "s3cr3t", "b": "s3cr3t", "last": "b" });
    for name in ["innermost", "inner", "outer", "outermost"] {
        assert_eq!(heard(&function, name).as_ref(), Some(&expected), "{name}");
    }
    for name in ["a", "b", "deaf"] {
        assert_eq!(heard(&function, name), None, "{name}");
    }
}

#[tokio::test]
async fn a_response_half_further_in_hears_what_was_relayed_before_it() {
    let function = relaying();
    let layers = (
        layer(&function, [pre("a")]),
        layer(&function, [hears("inner")]),
    );
    send(layers.layer(Backend::new()), request(TestBody::empty())).await;
    let expected = json!({ "a": "s3cr3t", "last": "a" });
    assert_eq!(heard(&function, "inner"), Some(expected));
}

#[tokio::test]
async fn each_call_has_its_own() {
    let function =
        Function::by(
            |_, envelope| match envelope["request"]["headers"]["x-user"].as_str() {
                Some(user) => json!({ "relay": { "user": user } }).to_string(),
                None => "{}".to_owned(),
            },
        );
    let reads = pre("a").include_request_headers(["x-user"]);
    let service = layer(&function, [reads, hears("b")]).layer(Backend::new());
    for user in [Some("first"), None, Some("second")] {
        let mut call = request(TestBody::empty());
        if let Some(user) = user {
            call.headers_mut().insert("x-user", user.parse().unwrap());
        }
        send(service.clone(), call).await;
        let envelopes = function.envelopes();
        let heard = &envelopes[envelopes.len() - 1]["relay"]["user"];
        assert_eq!(heard.as_str(), user);
    }
}

/// Puts the extensions of another call's response into each response, as something that keeps responses would.
fn kept(
    other: &Got,
) -> impl Clone + Fn(Response<SidecarBody<TestBody>>) -> Response<SidecarBody<TestBody>> {
    let extensions = other.extensions.clone();
    move |mut response| {
        *response.extensions_mut() = extensions.clone();
        response
    }
}

#[tokio::test]
async fn a_response_of_another_call_brings_nothing_of_that_call() {
    let function = relaying();
    let inner = || layer(&function, [pre("b")]).layer(Backend::new());
    let mut another = request(TestBody::empty());
    let context = lambda_sidecar::CallContext::new().message_id("another");
    another.extensions_mut().insert(context);
    let another = send(inner(), another).await;
    let same = send(inner(), request(TestBody::empty())).await;
    for (other, expected) in [(another, None), (same, Some("s3cr3t"))] {
        let function = Function::allows();
        let outer = layer(&function, [hears("outer")]);
        let layers = (
            outer,
            MapResponseLayer::new(kept(&other)),
            layer(&function, [pre("c")]),
        );
        send(layers.layer(Backend::new()), request(TestBody::empty())).await;
        let heard = heard(&function, "outer");
        let heard = heard.as_ref().map(|relay| relay["b"].as_str().unwrap());
        assert_eq!(heard, expected);
    }
}

fn assert_no_secret(what: &str, shown: &impl Debug) {
    let shown = format!("{shown:?}");
    assert!(!shown.contains("s3cr3t"), "{what}: {shown}");
}

#[tokio::test]
async fn no_message_no_receipt_and_no_debug_has_what_is_relayed() {
    let function = relaying();
    let backend = Backend::new();
    let layers = (
        layer(&function, [pre("a"), hears("c")]),
        layer(&function, [pre("b"), hears("d")]),
    );
    let got = send(layers.layer(backend.clone()), request(TestBody::empty())).await;
    got.assert_from_backend();
    let seen = backend.only();
    assert_no_secret("the request's head", &seen.parts);
    let context: &lambda_sidecar::CallContext = seen.parts.extensions.get().unwrap();
    assert_no_secret("the context", context);
    assert!(context.relay().is_none());
    let receipts: &Receipts = seen.parts.extensions.get().unwrap();
    assert_no_secret("the receipts in the request", receipts);
    assert_no_secret("the receipts in the response", got.outcomes());
    assert_eq!(context.message_id.as_deref(), Some(MESSAGE_ID));
}

#[tokio::test]
async fn closures_relay_and_hear() {
    async fn answer(envelope: Envelope) -> Result<Reply, VerdictError> {
        if envelope.is_request_half() {
            assert_eq!(envelope.relay("user"), None);
            return Verdict::Allow.relay("user", &json!({ "id": 7 }));
        }
        let user = &envelope.relay("user").unwrap()["id"];
        let status = lambda_sidecar::StatusCode::CREATED;
        Ok(Terminate::new(status).message(user.to_string()).into())
    }
    let layer = LambdaSidecarLayer::new(LocalFunction::new(answer))
        .request(pre("f").build().unwrap())
        .response(hears("f").build().unwrap());
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_eq!(got.body, "7");
}
