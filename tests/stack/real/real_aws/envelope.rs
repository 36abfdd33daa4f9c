//! What a function is sent, and what one in a chain sees of the ones before it.

use lambda_sidecar::{CallContext, LambdaSidecarLayer};
use lambda_sidecar_tests::{
    failures::layer,
    inputs::Inputs,
    route::{BACKEND_BODY, REQUEST_BODY, call, over_each_transport, post},
};
use serde_json::{Value, json};

use super::{FUNCTIONS, aws, functions};

#[tokio::test]
async fn the_function_is_sent_the_envelope() {
    let Some(aws) = aws() else { return };
    let over_each_transport = over_each_transport(&functions(aws).await);
    for (functions, (function, _)) in over_each_transport
        .into_iter()
        .flat_map(|functions| FUNCTIONS.map(|function| (functions.clone(), function)))
    {
        let sidecar = Inputs::of(aws.there(), function)
            .behaviour("echo")
            .with("include-request-headers", "x-drop-me")
            .with("expand-input", "requestPayload, responsePayload, operation")
            .post();
        let mut request = post();
        let context = CallContext::new().message_id("7632924a-8d8d-4d35-8a77-b57c4bb450af");
        request.extensions_mut().insert(context);
        let called = call(&layer(&functions, sidecar), request).await;
        let envelope = called
            .header("x-envelope")
            .expect("the envelope comes back");
        let envelope: Value = serde_json::from_str(envelope).unwrap();
        let expected = json!({
            "point": "PostProcessor",
            "masheryMessageId": "7632924a-8d8d-4d35-8a77-b57c4bb450af",
            "synchronicity": "RequestResponse",
            "params": { "behaviour": "echo" },
            "request": {
                "headers": { "x-drop-me": "client" },
                "payloadLength": REQUEST_BODY.len(),
                "payload": REQUEST_BODY,
                "payloadBase64Encoded": false,
            },
            "response": {
                "code": 200,
                "payloadLength": BACKEND_BODY.len(),
                "payload": BACKEND_BODY,
                "payloadBase64Encoded": false,
            },
            "operation": { "httpVerb": "post", "path": "/orders", "uri": "/orders" },
        });
        assert_eq!(envelope, expected);
    }
}

#[tokio::test]
async fn in_a_chain_a_function_sees_what_the_one_before_changed() {
    let Some(aws) = aws() else { return };
    let echo = Inputs::of(aws.there(), "sidecar-python")
        .behaviour("echo")
        .with("include-request-headers", "x-function, x-drop-me")
        .with("expand-input", "requestPayload");
    let layer = LambdaSidecarLayer::new(functions(aws).await)
        .request(
            Inputs::of(aws.there(), "sidecar-rust")
                .behaviour("modify")
                .pre(),
        )
        .request(echo.pre());
    let called = call(&layer, post()).await;
    let seen = called.backend.expect("the backend is called");
    let envelope = seen.headers()["x-envelope"].to_str().unwrap();
    let envelope: Value = serde_json::from_str(envelope).unwrap();
    assert_eq!(
        envelope["request"]["headers"],
        json!({ "x-function": "rust" })
    );
    let payload = envelope["request"]["payload"].as_str().unwrap();
    let payload: Value = serde_json::from_str(payload).unwrap();
    assert_eq!(payload, json!({ "changed_by": "rust" }));
}
