//! What the client gets to see of an error: gRPC, formats and error sets.

use std::sync::Arc;

use super::built;
use crate::common::{Backend, Function, MESSAGE_ID, TestBody, layer_of, post, pre, request, send};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header::CONTENT_TYPE};
use lambda_sidecar::{
    CallContext, Endpoint, ErrorSet, ErrorSetEntry, InvocationError, LambdaSidecarLayer,
    SidecarBuilder,
};
use tower::Layer;

fn grpc_call() -> Request<TestBody> {
    let mut call = request(TestBody::of(["\0\0\0\0\0"]));
    let content_type = HeaderValue::from_static("application/grpc+proto");
    call.headers_mut().insert(CONTENT_TYPE, content_type);
    call
}

#[tokio::test]
async fn a_grpc_call_gets_answers_that_a_grpc_client_understands() {
    let grpc = |function: Function, sidecar: SidecarBuilder| async move {
        let got = send(
            layer_of(sidecar, function).layer(Backend::new()),
            grpc_call(),
        )
        .await;
        assert_eq!((got.status.as_u16(), got.body.len()), (200, 0));
        assert_eq!(got.headers[CONTENT_TYPE], "application/grpc+proto");
        assert_eq!(got.trailers, None);
        let text = |name| got.header(name).map(str::to_owned);
        (
            text("grpc-status").unwrap(),
            text("grpc-message").unwrap(),
            text("x-sidecar-error"),
        )
    };
    for sidecar in [pre, post] {
        let terminate =
            Function::answers(r#"{"terminate":{"code":403,"message":"no, 100 % süß"}}"#);
        let expected = ("7".into(), "no, 100 %25 s%C3%BC%C3%9F".into(), None);
        assert_eq!(grpc(terminate, sidecar("f")).await, expected);

        let failing =
            Function::fails(|| InvocationError::throttled("TooManyRequestsException", "x"));
        let (code, message, error) = grpc(failing, sidecar("f")).await;
        assert_eq!((&*code, &*message), ("2", "TooManyRequestsException"));
        assert!(error.unwrap().starts_with("InvalidResponseFromAWSLambdaIn"));

        let refused = sidecar("f").require_request_headers(["x-missing"]);
        let expected = (
            "13".into(),
            "Required Header - x-missing Unavailable".into(),
            Some("RequiredHeaderConditionFailure".into()),
        );
        assert_eq!(grpc(Function::allows(), refused).await, expected);

        let function_error = Function::answer(lambda_sidecar::Answer::error("E", "broken"));
        let expected = ("14".into(), "broken".into(), Some("FunctionError".into()));
        assert_eq!(grpc(function_error, sidecar("f")).await, expected);
    }
}

#[tokio::test]
async fn a_grpc_call_that_an_earlier_sidecar_made_something_else_is_still_one() {
    let function = Function::by(|name, _| match name {
        "a" => r#"{"modify":{"dropHeaders":["content-type"]}}"#.into(),
        _ => r#"{"terminate":{"code":401}}"#.into(),
    });
    let layer = LambdaSidecarLayer::new(function)
        .request(built(pre("a")))
        .request(built(pre("b")));
    let got = send(layer.layer(Backend::new()), grpc_call()).await;
    assert_eq!(
        (got.status.as_u16(), got.header("grpc-status")),
        (200, Some("16"))
    );
}

#[tokio::test(start_paused = true)]
async fn the_error_format_is_the_applications_to_replace() {
    for sidecar in [pre, post] {
        let refused = sidecar("f").require_request_headers(["x-missing"]);
        let layer = layer_of(refused, Function::never()).error_format(|error, context| {
            assert_eq!(context.message_id, MESSAGE_ID);
            let text = format!("{} {} {}", error.name(), error.status(), error.detail());
            let response = Response::builder().status(418);
            response.body(Bytes::from(text)).unwrap()
        });
        let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
        let text = "RequiredHeaderConditionFailure 400 Bad Request \
                    Required Header - x-missing Unavailable";
        assert_eq!((got.status.as_u16(), &got.body[..]), (418, text.as_bytes()));
        assert_eq!(got.error(), None);
        let receipt = &got.outcomes()[0];
        assert_eq!(receipt.error(), Some("RequiredHeaderConditionFailure"));
    }
}

#[tokio::test]
async fn the_error_format_is_not_for_terminate_verdicts() {
    let function = Function::answers(r#"{"terminate":{"code":403,"message":"no"}}"#);
    let layer = layer_of(pre("f"), function).error_format(|_, _| Response::new("format".into()));
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_eq!((got.status.as_u16(), &got.body[..]), (403, &b"no"[..]));
}

#[tokio::test]
async fn the_error_type_base_is_the_applications() {
    let function = Function::fails(|| InvocationError::connect("x"));
    let layer = layer_of(post("f"), function).error_type_base("https://acme.com/errors#");
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    let expected = "https://acme.com/errors#InvalidResponseFromAWSLambdaInPostProcess";
    assert_eq!(got.json()["type"], expected);
}

#[tokio::test]
async fn an_instance_that_is_no_uuid_is_the_id_as_it_is() {
    let function = Function::fails(|| InvocationError::connect("x"));
    let mut call = request(TestBody::empty());
    call.extensions_mut()
        .insert(CallContext::new().message_id("call-7"));
    let got = send(layer_of(pre("f"), function).layer(Backend::new()), call).await;
    assert_eq!(got.json()["instance"], "call-7");
}

fn call_with_error_set() -> Request<TestBody> {
    let by_name = ErrorSetEntry::new()
        .status(StatusCode::SERVICE_UNAVAILABLE)
        .body("{\"set\":1}")
        .header(HeaderValue::from_static("ERR_1"));
    let by_status = ErrorSetEntry::new().header(HeaderValue::from_static("ERR_2"));
    let set = ErrorSet::new()
        .content_type(HeaderValue::from_static("application/vnd.acme+json"))
        .error("RequiredHeaderConditionFailure", by_name)
        .error("400", by_status.clone())
        .error("500", by_status)
        .error("403", ErrorSetEntry::new().status(StatusCode::IM_A_TEAPOT));
    let endpoint = Arc::new(Endpoint::new().error_set(set));
    let mut call = request(TestBody::empty());
    call.extensions_mut()
        .insert(CallContext::new().message_id(MESSAGE_ID).endpoint(endpoint));
    call
}

#[tokio::test]
async fn an_error_set_replaces_the_connectors_errors_where_the_sidecar_asks_for_it() {
    for sidecar in [pre, post] {
        let refused = || sidecar("f").require_request_headers(["x-missing"]);
        let of_set = layer_of(refused().enable_error_set(), Function::allows());
        let got = send(of_set.layer(Backend::new()), call_with_error_set()).await;
        assert_eq!(
            (got.status.as_u16(), &got.body[..]),
            (503, &b"{\"set\":1}"[..])
        );
        assert_eq!(got.headers[CONTENT_TYPE], "application/vnd.acme+json");
        assert_eq!(got.header("x-error-detail-header"), Some("ERR_1"));
        assert_eq!(got.error(), Some("RequiredHeaderConditionFailure"));

        let own = layer_of(refused(), Function::allows());
        let got = send(own.layer(Backend::new()), call_with_error_set()).await;
        let detail = "Required Header - x-missing Unavailable";
        got.assert_problem("RequiredHeaderConditionFailure", 400, detail);
        assert_eq!(got.header("x-error-detail-header"), None);

        // By status; without a body the content type of the set does not count.
        let failing = Function::fails(|| InvocationError::connect("x"));
        let of_set = layer_of(sidecar("f").enable_error_set(), failing);
        let got = send(of_set.layer(Backend::new()), call_with_error_set()).await;
        let name = got.error().unwrap().to_owned();
        got.assert_problem(&name, 500, "Error while connecting to AWS lambda.");
        assert_eq!(got.header("x-error-detail-header"), Some("ERR_2"));

        let terminate = Function::answers(r#"{"terminate":{"code":403}}"#);
        let of_set = layer_of(sidecar("f").enable_error_set(), terminate);
        let got = send(of_set.layer(Backend::new()), call_with_error_set()).await;
        assert_eq!((got.status.as_u16(), got.error()), (403, None));
        assert_eq!(got.body, "Service cannot be provided, code 0x000003BB");
    }
}
