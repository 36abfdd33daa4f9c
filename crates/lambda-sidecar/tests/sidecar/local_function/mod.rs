//! Functions in the same process, alone and behind Tower's own layers for services.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod behind_layers;
mod envelopes;
mod errors;
mod verdicts;

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use crate::common::{Backend, Got, TestBody, layer_of, pre, request, send};
use lambda_sidecar::{
    Answer, BoxError, Envelope, Invocation, LocalFunction, SidecarBuilder, Verdict,
};
use tower::{Layer, Service};

/// What a function service makes of a call.
async fn answer<F>(sidecar: SidecarBuilder, function: F, backend: &Backend) -> Got
where
    F: Service<Invocation, Response = Answer, Error: Into<BoxError>> + Clone + Send + 'static,
    F::Future: Send,
{
    let service = layer_of(sidecar, function).layer(backend.clone());
    send(service, request(TestBody::of(["order"]))).await
}

fn saying(
    verdict: impl Into<Verdict>,
) -> LocalFunction<impl FnMut(Envelope) -> Ready<Verdict> + Clone> {
    let verdict = verdict.into();
    LocalFunction::new(move |_| ready(verdict.clone()))
}

fn invocation(payload: &'static str) -> Invocation {
    Invocation::new(Arc::new(pre("f").build().unwrap()), payload, "m")
}
