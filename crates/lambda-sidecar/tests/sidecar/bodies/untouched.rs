//! A body that no function reads passes through as it came.

use std::convert::Infallible;

use super::{frames, given_back, shape};
use crate::common::{Backend, Function, Step, TestBody, layer_of, post, pre, request, send};
use http::{Request, Response, header::CONTENT_LENGTH};
use http_body_util::{BodyExt, Full};
use lambda_sidecar::SidecarBody;
use tower::{Layer, ServiceExt, service_fn};

#[tokio::test]
async fn a_verdict_applies_before_a_body_nobody_asked_for_has_ended() {
    let endless = || TestBody::of(["start"]).then(Step::Hang);
    let service = |function| {
        let inner = service_fn(|request: Request<SidecarBody<TestBody>>| async move {
            let (parts, mut body) = request.into_parts();
            let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(parts.headers["x-added"], "1");
            Ok::<_, Infallible>(Response::new(Full::new(first)))
        });
        layer_of(pre("f"), function).layer(inner)
    };
    let modify = Function::answers(r#"{"modify":{"addHeaders":{"x-added":1}}}"#);
    let got = send(service(modify), request(endless())).await;
    assert_eq!(got.body, "start");
    let terminate = Function::answers(r#"{"terminate":{"code":403}}"#);
    let got = send(service(terminate), request(endless())).await;
    assert_eq!(got.status, 403);
}

#[tokio::test]
async fn a_response_body_nobody_asked_for_is_passed_on_before_its_end() {
    let backend = Backend::answers(|| Response::new(TestBody::of(["start"]).then(Step::Hang)));
    let function = Function::answers(r#"{"modify":{"addHeaders":{"x-added":1}}}"#);
    let service = layer_of(post("f"), function).layer(backend);
    let response = service.oneshot(request(TestBody::empty())).await.unwrap();
    assert_eq!(response.headers()["x-added"], "1");
    let first = response.into_body().frame().await.unwrap().unwrap();
    assert_eq!(first.into_data().unwrap(), "start");
}

#[tokio::test]
async fn a_replaced_body_is_not_waited_for() {
    let backend = Backend::new();
    let function = Function::answers(r#"{"modify":{"payload":"new"}}"#);
    let service = layer_of(pre("f"), function).layer(backend.clone());
    let body = TestBody::of(["start"]).then(Step::Hang).with_trailers();
    let watch = body.watch();
    send(service, request(body)).await;
    let seen = backend.only();
    assert_eq!((&seen.body[..], seen.trailers), (&b"new"[..], None));
    assert_eq!((seen.hint.exact(), seen.ended), (Some(3), false));
    assert_eq!(seen.parts.headers[CONTENT_LENGTH], "3");
    assert_eq!(watch.polls(), 0);
}

#[tokio::test]
async fn a_body_replaced_by_nothing_is_at_its_end() {
    let backend = Backend::new();
    let function = Function::answers(r#"{"modify":{"payload":""}}"#);
    let service = layer_of(pre("f"), function).layer(backend.clone());
    send(service, request(TestBody::of(["old"]))).await;
    let seen = backend.only();
    assert_eq!((seen.hint.exact(), seen.ended), (Some(0), true));
    assert_eq!(seen.parts.headers[CONTENT_LENGTH], "0");
}

#[tokio::test]
async fn a_body_nobody_asked_for_says_of_itself_what_it_said() {
    let body = given_back(pre("f"), TestBody::of(["ab", "c"]).with_trailers().sized()).await;
    let expected = [
        ((Some(3), 3, false), "2"),
        ((Some(1), 1, false), "1"),
        ((Some(0), 0, false), "T"),
        ((Some(0), 0, true), "end"),
    ];
    assert_eq!(
        shape(&frames(body)),
        expected.map(|(says, f)| (says, f.to_owned()))
    );
}
