//! The lean transport: what the SDK would send, without the SDK's orchestrator.
//!
//! The SDK once makes the request to each function that it would send (`prepare`); after that a call is a
//! request like that one with its own payload (`template`), a signature (`sign`) and one exchange over
//! HTTP/1.1 (`exchange`). Endpoint, path, headers and credentials are thereby the SDK's own. If the
//! application has an HTTP client of its own, or the environment a proxy for the endpoint, the exchange
//! goes that way; and an answer that is no plain success is read by the SDK's own reader (`answer`).
//!
//! | file | role |
//! | --- | --- |
//! | `ready` | one call: attempts at it |
//! | `prepare` | the request as the SDK makes it, and the way it goes |
//! | `parts` | what all attempts at a call have in common |
//! | `template` | a request like the SDK's, for each call |
//! | `sign` | signing keys, kept as long as they are good |
//! | `exchange` | one request sent and its answer read |
//! | `client` | the HTTP client |
//! | `answer` | what an answer means |
//! | `clock` | the time to sign with |

mod answer;
mod client;
mod clock;
mod exchange;
mod parts;
mod prepare;
mod ready;
mod sign;
mod template;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use lambda_sidecar_core::{AwsFunction, Sidecar};

use self::{client::SharedClient, prepare::prepare, ready::ReadyFunction};
use super::{clients::Clients, target::aws_function};
use crate::{Answer, Invocation, InvocationError};

/// The functions that have been called, ready to be called again.
#[derive(Default)]
pub(super) struct Lean {
    ready: RwLock<HashMap<AwsFunction, Arc<ReadyFunction>>>,
    client: SharedClient,
}

impl Lean {
    pub(super) async fn invoke(
        &self,
        clients: &Clients,
        invocation: &Invocation,
    ) -> Result<Answer, InvocationError> {
        let function = aws_function(&invocation.sidecar)?;
        let function = self.ready(clients, function).await?;
        function.call(invocation).await
    }

    /// Makes the sidecar's function ready to be called. Calls nothing.
    pub(super) async fn make_ready(
        &self,
        clients: &Clients,
        sidecar: &Sidecar,
    ) -> Result<(), InvocationError> {
        self.ready(clients, aws_function(sidecar)?).await.map(drop)
    }

    async fn ready(
        &self,
        clients: &Clients,
        function: &AwsFunction,
    ) -> Result<Arc<ReadyFunction>, InvocationError> {
        if let Some(ready) = self.get(function) {
            return Ok(ready);
        }
        // Boxed, since only the first call needs the room for it.
        let prepared = Box::pin(prepare(clients, &self.client, function)).await?;
        Ok(self.keep(function, prepared))
    }

    fn get(&self, function: &AwsFunction) -> Option<Arc<ReadyFunction>> {
        let ready = self.ready.read().unwrap_or_else(PoisonError::into_inner);
        ready.get(function).cloned()
    }

    /// Keeps a function; if another call was faster, that call's.
    fn keep(&self, function: &AwsFunction, prepared: ReadyFunction) -> Arc<ReadyFunction> {
        let mut ready = self.ready.write().unwrap_or_else(PoisonError::into_inner);
        let kept = ready.entry(function.clone());
        Arc::clone(kept.or_insert_with(|| Arc::new(prepared)))
    }
}
