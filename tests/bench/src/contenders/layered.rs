//! The layer of this project.

use clap::ValueEnum;
use lambda_sidecar::{Functions, LambdaSidecarLayer, Sidecar};

use super::aws::{ARN, config};
use crate::{Result, far_end::SLOW_NAME};

/// What carries the calls to the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transport {
    Sdk,
    Lean,
}

/// Which sidecars the route has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sidecars {
    /// One at the request, which asks for the payload.
    Request,
    /// One at the request that asks for headers and operation alone.
    NoPayload,
    /// One at the response, which asks for the payload.
    Response,
    /// One at each point.
    Both,
    /// Three at the request.
    Chain,
    /// One at the request that is told and not asked.
    Event,
    /// As `Request`, with a function that takes a second.
    Slow,
    /// As `NoPayload`, with a function that takes a second.
    SlowNoPayload,
    /// As `NoPayload`, and verdicts are kept.
    Cached,
    /// One at the request that the calls do not concern.
    Skipped,
    /// None: the layer is there, its halves are not.
    Absent,
}

impl Sidecars {
    /// The function that they ask, or that is asked in their place.
    pub(super) fn function(self) -> String {
        match self {
            Self::Slow | Self::SlowNoPayload => format!("{ARN}-{SLOW_NAME}"),
            _ => ARN.to_owned(),
        }
    }
}

pub(super) fn functions(transport: Transport, endpoint: &str) -> Functions {
    Functions::new(&config(endpoint)).transport(match transport {
        Transport::Sdk => lambda_sidecar::Transport::Sdk,
        Transport::Lean => lambda_sidecar::Transport::Lean,
    })
}

/// A layer with these sidecars over a function.
pub(super) fn layer<F>(sidecars: Sidecars, function: F) -> Result<LambdaSidecarLayer<F>> {
    let layer = LambdaSidecarLayer::new(function);
    Ok(match sidecars {
        Sidecars::Request => layer.request(request()?),
        Sidecars::NoPayload => layer.request(Sidecar::pre(&inputs(ARN, "operation"))?),
        Sidecars::Response => layer.response(response()?),
        Sidecars::Both => layer.request(request()?).response(response()?),
        Sidecars::Chain => layer
            .request(request()?)
            .request(request()?)
            .request(request()?),
        Sidecars::Event => {
            let inputs = inputs(ARN, "requestPayload, operation") + "\nsynchronicity: event";
            layer.request(Sidecar::pre(&inputs)?)
        }
        Sidecars::Slow => {
            let inputs = inputs(&sidecars.function(), "requestPayload, operation");
            layer.request(Sidecar::pre(&inputs)?)
        }
        Sidecars::SlowNoPayload => {
            layer.request(Sidecar::pre(&inputs(&sidecars.function(), "operation"))?)
        }
        Sidecars::Cached => {
            let keeps = "\ncache-max-seconds: 3600\ncache-default-seconds: 3600";
            layer.request(Sidecar::pre(&(inputs(ARN, "operation") + keeps))?)
        }
        Sidecars::Skipped => {
            let inputs = inputs(ARN, "operation") + "\nwhen-methods: DELETE";
            layer.request(Sidecar::pre(&inputs)?)
        }
        Sidecars::Absent => layer,
    })
}

pub(super) fn request() -> Result<Sidecar> {
    Ok(Sidecar::pre(&inputs(ARN, "requestPayload, operation"))?)
}

fn response() -> Result<Sidecar> {
    Ok(Sidecar::post(&inputs(ARN, "responsePayload, operation"))?)
}

fn inputs(function: &str, expand: &str) -> String {
    format!(
        "region: us-east-1
         functionARN: {function}
         useAssumeRole: false
         include-request-headers: authorization, content-type
         max-payload-size: 1024
         expand-input: {expand}"
    )
}
