//! A sidecar's own timeout follows its policy; the end of the whole call's time is 504 under any.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod event_streams;
mod own_timeout;
mod response_body;
mod slow_bodies;
mod whole_call;

use std::time::Duration;

use crate::common::{Backend, Function, Got, TestBody, layer_of, post, send};
use http::Request;
use lambda_sidecar::{
    CallContext, Decision, ErrorPolicy, Expand, PayloadCondition, SidecarBuilder,
};
use tokio::time::Instant;
use tower::Layer;

const OWN: Duration = Duration::from_millis(50);

const ENDPOINT: Duration = Duration::from_millis(200);

const POLICIES: [ErrorPolicy; 2] = [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE];

fn assert_gateway_timeout(got: &Got) {
    let detail = "Timeout occurred while connecting to AWS Service";
    got.assert_problem("GatewayTimeout", 504, detail);
}

/// The end of the whole call is no failure of the function.
fn assert_deadline_passed(got: &Got) {
    assert_gateway_timeout(got);
    let receipt = got.outcomes().last().unwrap();
    assert_eq!((receipt.failure(), receipt.failed_open()), (None, false));
    assert_eq!(receipt.error(), Some("GatewayTimeout"));
    assert_eq!(receipt.decision(), Decision::Error);
}

/// Layers whose endpoint's time is [`ENDPOINT`]: of the layer, and of the call.
async fn send_within_endpoint_time(
    sidecar: &SidecarBuilder,
    function: &Function,
    call: impl Fn() -> Request<TestBody>,
    check: impl Fn(&Got, &Backend),
) {
    for of_call in [false, true] {
        for policy in POLICIES {
            let start = Instant::now();
            let backend = Backend::new();
            let layer = layer_of(sidecar.clone().policy(policy), function.clone());
            let mut call = call();
            let layer = if of_call {
                let context = CallContext::new().message_id(crate::common::MESSAGE_ID);
                let deadline = (start + ENDPOINT).into_std();
                call.extensions_mut().insert(context.deadline(deadline));
                layer.endpoint_timeout(10 * ENDPOINT)
            } else {
                layer.endpoint_timeout(ENDPOINT)
            };
            let got = send(layer.layer(backend.clone()), call).await;
            assert_eq!(start.elapsed(), ENDPOINT, "{policy:?}");
            assert_deadline_passed(&got);
            check(&got, &backend);
        }
    }
}

fn assert_not_whole(got: &Got) {
    let detail = "Payload length is more than max allowed payload";
    got.assert_problem("MaxPayloadConditionFailure", 502, detail);
}

fn filtering(name: &str) -> SidecarBuilder {
    let sidecar = post(name).expand_input([Expand::ResponsePayload]);
    sidecar.max_payload_condition(PayloadCondition::Filtering)
}
