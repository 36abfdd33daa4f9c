//! What stands between a client and a backend: the layer in this process, or the gateway as one of
//! its own. The same cases are run through both, over each transport.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use lambda_sidecar::{Functions, LambdaSidecarLayer, Sidecar, Transport};

use crate::{
    access::Access,
    failures::layer,
    gateway::Gateway,
    route::{Called, call, over_each_transport},
};

/// One way to put sidecars before a backend.
#[derive(Debug, Clone)]
pub enum Stack {
    /// The layer, with these functions.
    Layer(Functions),
    /// The gateway, which calls AWS so.
    Gateway(Access, Transport),
}

/// A route with one sidecar.
#[derive(Debug)]
pub enum Route {
    /// In this process.
    Layer(LambdaSidecarLayer<Functions>),
    /// At an endpoint of a gateway.
    Gateway(Arc<Gateway>, usize),
}

impl Stack {
    /// The layer, and the gateway, over each transport.
    pub async fn all(access: &Access) -> Vec<Self> {
        let mut stacks = Self::layers(&Functions::new(&access.sdk_config().await));
        stacks.extend(Self::gateways(access));
        stacks
    }

    /// The layer alone.
    pub fn layers(functions: &Functions) -> Vec<Self> {
        over_each_transport(functions).map(Self::Layer).into()
    }

    /// The gateway alone.
    pub fn gateways(access: &Access) -> [Self; 2] {
        [Transport::Lean, Transport::Sdk].map(|transport| Self::Gateway(access.clone(), transport))
    }

    /// A route for each of these sidecars.
    pub async fn routes(&self, sidecars: Vec<Sidecar>) -> Vec<Route> {
        match self {
            Self::Layer(functions) => {
                let layers = sidecars
                    .into_iter()
                    .map(|sidecar| layer(functions, sidecar));
                layers.map(Route::Layer).collect()
            }
            Self::Gateway(access, transport) => {
                let gateway = Arc::new(Gateway::start(access, *transport, &sidecars).await);
                let numbers = 0..sidecars.len();
                numbers
                    .map(|number| Route::Gateway(Arc::clone(&gateway), number))
                    .collect()
            }
        }
    }
}

impl Route {
    /// Calls the backend through it.
    pub async fn call(&self, request: Request<Full<Bytes>>) -> Called {
        match self {
            Self::Layer(layer) => call(layer, request).await,
            Self::Gateway(gateway, number) => gateway.call(*number, request).await,
        }
    }
}
