//! One endpoint: its sidecars around its backend.

use std::{sync::Arc, time::Duration};

use http::{Request, Response};
use lambda_sidecar::{
    ErrorChain, LambdaSidecarLayer, OwnedHeaders, SidecarBody, SidecarError, is_forbidden_trailer,
};
use tokio::time::timeout_at;
use tower::{Layer, ServiceExt};

use super::{
    answers::Refusal,
    backends::Backends,
    body::ResponseContent,
    entrance::{ClientCall, Entrance},
    forward::{Forward, ForwardError},
    phrase,
    via::Pseudonym,
    wire_body::WireBody,
};
use crate::{
    config::{Blocked, EndpointConfig, KeyPlaces, Sidecars},
    functions::{FunctionAccess, Functions},
    observe::metrics::CallCounts,
};

type Guarded = <LambdaSidecarLayer<Functions> as Layer<Forward>>::Service;

/// What the client of a blocked endpoint is told.
const BLOCKED: &str = "The sidecar configuration of this endpoint is not valid";

/// What a call to an endpoint goes through.
#[derive(Debug)]
enum Stack {
    /// No sidecars.
    Open(Forward),
    Guarded(Guarded),
}

/// One endpoint, ready to be called.
#[derive(Debug)]
pub(super) struct EndpointRoute {
    /// Under its path, as logs have it too.
    counts: Arc<CallCounts>,
    key_places: KeyPlaces,
    /// The key's header, if it is not among what no trailer ever is.
    key_no_trailer: Option<Arc<OwnedHeaders>>,
    entrance: Entrance,
    /// Or the answer of an endpoint that is blocked, because its sidecars' inputs are wrong.
    stack: Result<Stack, SidecarError>,
}

impl EndpointRoute {
    /// `functions` is there if an endpoint has sidecars.
    pub(super) fn new(
        config: EndpointConfig,
        backends: Arc<Backends>,
        functions: Option<&FunctionAccess>,
    ) -> Self {
        let entrance = Entrance::new(&config, Pseudonym::of_endpoint(&config.path));
        let forward = Forward::new(backends, config.origin.is_https());
        let stack = match (config.sidecars, functions) {
            (Ok(sidecars), _) if sidecars.is_empty() => Ok(Stack::Open(forward)),
            (Ok(sidecars), Some(functions)) => {
                let layer = guard(sidecars, functions, config.timeout);
                let layer = match config.pass_encoding_and_range {
                    true => layer.pass_encoding_and_range(),
                    false => layer,
                };
                Ok(Stack::Guarded(layer.layer(forward)))
            }
            // A guarded endpoint never becomes an open one. What is wrong names accounts and functions: it is in
            // the log since the start, and not for strangers.
            (Ok(_), None) | (Err(Blocked), _) => Err(SidecarError::invalid_inputs(BLOCKED)),
        };
        Self {
            counts: CallCounts::of(label(&config.path)),
            key_no_trailer: config.key_places.header.clone().filter(may_be_trailer),
            key_places: config.key_places,
            entrance,
            stack,
        }
    }

    pub(super) fn counts(&self) -> &Arc<CallCounts> {
        &self.counts
    }

    pub(super) fn key_places(&self) -> &KeyPlaces {
        &self.key_places
    }

    pub(super) async fn call(
        &self,
        mut request: Request<WireBody>,
        call: ClientCall<'_>,
    ) -> Result<Response<ResponseContent>, Refusal> {
        let stack = self.stack.as_ref();
        let stack = stack.map_err(|error| Refusal::Blocked(error.clone()))?;
        let message_id = call.form.message_id();
        let deadline = self.entrance.enter(&mut request, call)?;
        if let Some(key) = &self.key_no_trailer {
            request.body_mut().forbid_key_as_trailer(key);
        }

        // Everything inside keeps the deadline too; this one is for a body that trickles in.
        let answer = async {
            let whole = request.body_mut().until_end_if_empty().await;
            whole.map_err(ForwardError::request_broke_off)?;
            stack.run(request).await
        };
        match timeout_at(deadline.into(), answer).await {
            Err(_) => {
                tracing::warn!(
                    endpoint = self.counts.endpoint(),
                    message_id,
                    "call not answered in time"
                );
                Err(Refusal::TOO_SLOW)
            }
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                tracing::warn!(
                    endpoint = self.counts.endpoint(),
                    message_id,
                    "{}",
                    ErrorChain::new(&error)
                );
                Err(error.refusal())
            }
        }
    }
}

impl Stack {
    async fn run(
        &self,
        request: Request<WireBody>,
    ) -> Result<Response<ResponseContent>, ForwardError> {
        match self {
            Self::Guarded(guarded) => {
                let mut response = guarded.clone().oneshot(request).await?;
                phrase::drop_if_changed(&mut response);
                Ok(response.map(ResponseContent::Left))
            }
            Self::Open(forward) => {
                let request = request.map(SidecarBody::passing);
                let response = forward.clone().send(request).await?;
                let response = response.map(SidecarBody::passing);
                Ok(response.map(ResponseContent::Left))
            }
        }
    }
}

/// An endpoint's sidecars, with the functions that they invoke.
fn guard(
    sidecars: Sidecars,
    access: &FunctionAccess,
    timeout: Duration,
) -> LambdaSidecarLayer<Functions> {
    let layer = LambdaSidecarLayer::new(access.functions.clone())
        .endpoint_timeout(timeout)
        .event_queues(access.events.clone());
    let layer = match &access.cache {
        Some(cache) => layer.cache(cache.clone()),
        None => layer,
    };
    let layer = sidecars
        .pre
        .into_iter()
        .fold(layer, LambdaSidecarLayer::request);
    sidecars
        .post
        .into_iter()
        .fold(layer, LambdaSidecarLayer::response)
}

fn may_be_trailer(header: &Arc<OwnedHeaders>) -> bool {
    !header.names().all(is_forbidden_trailer)
}

fn label(path: &str) -> &str {
    match path {
        "" => "/",
        path => path,
    }
}
