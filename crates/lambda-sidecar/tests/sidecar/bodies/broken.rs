//! Bodies that break off.

use super::{KB, reading};
use crate::common::{Backend, Function, Step, TestBody, layer_of, pre, request, send};
use lambda_sidecar::{Expand, PayloadCondition};
use tower::Layer;

#[tokio::test]
async fn a_body_that_breaks_off_beyond_the_limit_breaks_off_at_the_backend() {
    let body = TestBody::of([vec![0; KB], vec![0; 1]]).then(Step::Fail);
    let backend = Backend::new();
    let function = Function::allows();
    let sidecar = reading(pre("f"), Expand::RequestPayload)
        .max_payload_condition(PayloadCondition::Filtering);
    let service = layer_of(sidecar, function.clone()).layer(backend.clone());
    send(service, request(body)).await.assert_from_backend();
    assert!(backend.only().broken);
    assert_eq!(function.asked().len(), 1);
}

#[tokio::test]
async fn a_body_nobody_asked_for_that_breaks_off_breaks_off_at_the_backend() {
    let backend = Backend::new();
    let service = layer_of(pre("f"), Function::allows()).layer(backend.clone());
    let body = TestBody::of(["a"]).then(Step::Fail);
    send(service, request(body)).await.assert_from_backend();
    assert!(backend.only().broken);
}

#[tokio::test]
async fn the_text_of_a_bodys_error_is_not_told() {
    let sidecar = reading(pre("f"), Expand::RequestPayload);
    let service = layer_of(sidecar, Function::allows()).layer(Backend::new());
    let got = send(service, request(TestBody::empty().then(Step::Fail))).await;
    assert_eq!(got.error(), Some("InvalidJSONInputForAWSLambda"));
    assert!(!String::from_utf8_lossy(&got.body).contains("secret-of-the-body"));
}
