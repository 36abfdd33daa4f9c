//! Section 4 of the connector: what is checked before a function is called, under either policy.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod filtering;
mod payloads;
mod required;
mod sequence;

use crate::common::{Backend, Function, Got, TestBody, layer_of, send};
use http::Request;
use lambda_sidecar::{Decision, ErrorPolicy, Point, SidecarBuilder, Synchronicity};
use tower::Layer;

const KB: usize = 1024;

const TOO_LARGE: &str = "Payload length is more than max allowed payload";

/// Sends a call through a layer with this one sidecar, under every policy and synchronicity. It has to
/// be refused: neither the function nor the backend is called.
async fn assert_refused(
    sidecar: &SidecarBuilder,
    call: impl Fn() -> Request<TestBody>,
    (name, status, detail): (&str, u16, &str),
) {
    for policy in [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE] {
        for synchronicity in [Synchronicity::RequestResponse, Synchronicity::Event] {
            let function = Function::allows();
            let backend = Backend::new();
            let sidecar = sidecar.clone().policy(policy).synchronicity(synchronicity);
            let point = sidecar.clone().build().unwrap().point();
            let service = layer_of(sidecar, function.clone()).layer(backend.clone());
            let got = send(service, call()).await;
            println!("{point} {policy:?} {synchronicity}: {got:?}");
            got.assert_problem(name, status, detail);
            assert!(function.asked().is_empty());
            assert_eq!(backend.calls(), 0);
            assert_refusal_receipt(&got, point, name);
        }
    }
}

/// A refusal is in the receipt, and is no failure of the function.
fn assert_refusal_receipt(got: &Got, point: Point, name: &str) {
    let receipt = got.outcomes().last().unwrap();
    assert_eq!(receipt.point(), point);
    assert_eq!(receipt.decision(), Decision::Error);
    assert_eq!(receipt.error(), Some(name));
    assert_eq!((receipt.failure(), receipt.failed_open()), (None, false));
    assert_eq!((receipt.latency(), receipt.envelope_length()), (None, 0));
}
