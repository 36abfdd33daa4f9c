//! One endpoint: its sidecars around its backend.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Request, Response, Uri, uri::PathAndQuery};
use http_body_util::Either;
use hyper::body::Incoming;
use lambda_sidecar::{CallContext, Endpoint, Functions, LambdaSidecarLayer, SidecarError};
use tokio::time::timeout_at;
use tower::{Layer, ServiceExt};

use super::{
    answers::{AnswerForm, Refusal},
    backends::Backends,
    body::Content,
    forward::{Forward, ForwardError},
    hop::{Connection, Hop},
    path,
};
use crate::{
    access::Receipt,
    config::{Caller, EndpointConfig, KeyPlaces, Sidecars},
};

type Guarded = <LambdaSidecarLayer<Functions> as Layer<Forward>>::Service;

/// What a call to an endpoint goes through.
#[derive(Debug)]
enum Stack {
    /// No sidecars.
    Open(Forward),
    Guarded(Guarded),
}

/// One endpoint, ready to be called.
#[derive(Debug)]
pub(super) struct Route {
    /// The path, for logs and metrics.
    label: Arc<str>,
    base: Uri,
    timeout: Duration,
    endpoint: Arc<Endpoint>,
    key_places: KeyPlaces,
    require_api_key: bool,
    /// Or what is wrong with the inputs of an endpoint that is blocked then.
    stack: Result<Stack, SidecarError>,
}

/// What is known of one call before its endpoint takes over.
#[derive(Debug)]
pub(super) struct Call<'c> {
    /// The path below the endpoint's.
    pub(super) rest: &'c str,
    pub(super) caller: Option<Caller>,
    pub(super) peer: IpAddr,
    pub(super) connection: Arc<Connection>,
    pub(super) form: &'c AnswerForm,
}

impl Route {
    /// `functions` is there wherever an endpoint has sidecars.
    pub(super) fn new(
        config: EndpointConfig,
        backends: Arc<Backends>,
        functions: Option<&Functions>,
    ) -> Self {
        let forward = Forward::new(backends, config.origin.is_https());
        let stack = match (config.sidecars, functions) {
            (Ok(sidecars), _) if sidecars.is_empty() => Ok(Stack::Open(forward)),
            (Ok(sidecars), Some(functions)) => {
                let layer = guard(sidecars, functions, config.timeout);
                Ok(Stack::Guarded(layer.layer(forward)))
            }
            // A guarded endpoint never becomes an open one.
            (Ok(_), None) => Err(SidecarError::invalid_inputs("no functions to ask")),
            (Err(detail), _) => Err(SidecarError::invalid_inputs(detail)),
        };
        Self {
            label: label(&config.path),
            base: config.origin.base,
            timeout: config.timeout,
            endpoint: config.endpoint,
            key_places: config.key_places,
            require_api_key: config.require_api_key,
            stack,
        }
    }

    pub(super) fn label(&self) -> &Arc<str> {
        &self.label
    }

    pub(super) fn key_places(&self) -> &KeyPlaces {
        &self.key_places
    }

    pub(super) async fn call(
        &self,
        mut request: Request<Incoming>,
        call: Call<'_>,
        receipt: &mut Receipt,
    ) -> Result<Response<Content>, Refusal> {
        let stack = self.stack.as_ref();
        let stack = stack.map_err(|error| Refusal::Blocked(error.clone()))?;
        if self.require_api_key && call.caller.is_none() {
            return Err(Refusal::NO_KEY);
        }
        let message_id = call.form.message_id();
        let deadline = Instant::now() + self.timeout;
        let target = self.target(call.rest, request.uri().query())?;
        let hop = Hop::new(
            &request,
            target.clone(),
            deadline,
            call.peer,
            call.connection,
        );
        let mut context = CallContext::new()
            .message_id(message_id)
            .endpoint(Arc::clone(&self.endpoint))
            .routing(target)
            .remote_addr(call.peer)
            .deadline(deadline);
        if let Some(caller) = call.caller {
            context = context
                .application(caller.application)
                .package_key(caller.package_key);
        }
        request.extensions_mut().insert(context);
        request.extensions_mut().insert(Arc::new(hop));

        // Everything inside keeps the deadline too; this one is for a body that trickles in.
        match timeout_at(deadline.into(), stack.run(request)).await {
            Err(_) => {
                tracing::warn!(
                    endpoint = &*self.label,
                    message_id,
                    "call not answered in time"
                );
                Err(Refusal::TOO_SLOW)
            }
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                tracing::warn!(endpoint = &*self.label, message_id, "{error}");
                receipt.set_outcomes(error.outcomes.clone());
                Err(error.refusal())
            }
        }
    }

    fn target(&self, rest: &str, query: Option<&str>) -> Result<Uri, Refusal> {
        let path = path::at_origin(self.base.path(), rest, query);
        let mut parts = self.base.clone().into_parts();
        parts.path_and_query = PathAndQuery::try_from(path).ok();
        Uri::from_parts(parts).map_err(|_| Refusal::TOO_LONG)
    }
}

impl Stack {
    async fn run(&self, request: Request<Incoming>) -> Result<Response<Content>, ForwardError> {
        match self {
            Self::Guarded(guarded) => {
                let response = guarded.clone().oneshot(request).await?;
                Ok(response.map(|body| Content::Left(Either::Left(body))))
            }
            Self::Open(forward) => {
                let response = forward.clone().send(request.map(Either::Right)).await?;
                Ok(response.map(|body| Content::Left(Either::Right(body))))
            }
        }
    }
}

fn guard(
    sidecars: Sidecars,
    functions: &Functions,
    timeout: Duration,
) -> LambdaSidecarLayer<Functions> {
    let layer = LambdaSidecarLayer::new(functions.clone()).endpoint_timeout(timeout);
    let layer = sidecars
        .pre
        .into_iter()
        .fold(layer, LambdaSidecarLayer::request);
    sidecars
        .post
        .into_iter()
        .fold(layer, LambdaSidecarLayer::response)
}

fn label(path: &str) -> Arc<str> {
    match path {
        "" => "/".into(),
        path => path.into(),
    }
}
