//! Several sidecars on one route, other Tower layers between them, and what the client gets to see.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod context;
mod errors;
mod headers;
mod message_id;
mod sequence;
mod without_body;

use crate::common::{Backend, Function, TestBody, post, pre};
use http::{Request, Response};
use lambda_sidecar::{Expand, LambdaSidecarLayer, Sidecar, SidecarBody, SidecarBuilder};
use tower::Layer;

fn built(sidecar: SidecarBuilder) -> Sidecar {
    sidecar.build().unwrap()
}

/// Four sidecars in two layers.
fn chain(
    function: &Function,
) -> impl Layer<
    Backend,
    Service: tower::Service<
        Request<TestBody>,
        Response = Response<SidecarBody<SidecarBody<TestBody>>>,
        Error = lambda_sidecar::BoxError,
    >,
> {
    let half = |pre_name, post_name| {
        LambdaSidecarLayer::new(function.clone())
            .request(built(pre(pre_name).expand_input([Expand::RemoteAddress])))
            .response(built(post(post_name).expand_input([Expand::RemoteAddress])))
    };
    (half("a", "d"), half("b", "c"))
}
