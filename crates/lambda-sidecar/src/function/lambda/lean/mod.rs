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
    /// A function is there once for each kind of request.
    ready: [OfKind; Extras::KINDS],
    client: SharedClient,
}

type OfKind = RwLock<HashMap<AwsFunction, Arc<ReadyFunction>>>;

/// The headers that the requests of some sidecars have and those of others do not. They are signed.
#[derive(Debug, Clone, Copy)]
struct Extras {
    tenant: bool,
    execution: bool,
}

impl Extras {
    const KINDS: usize = 4;

    fn new(sidecar: &Sidecar) -> Self {
        Self {
            tenant: sidecar.sends_tenant(),
            execution: sidecar.durable_execution(),
        }
    }

    fn kind(self) -> usize {
        usize::from(self.tenant) + 2 * usize::from(self.execution)
    }
}

impl Lean {
    pub(super) async fn invoke(
        &self,
        clients: &Clients,
        invocation: &Invocation,
    ) -> Result<Answer, InvocationError> {
        let function = self.ready(clients, &invocation.sidecar).await?;
        function.call(invocation).await
    }

    /// Makes the sidecar's function ready to be called. Calls nothing.
    pub(super) async fn make_ready(
        &self,
        clients: &Clients,
        sidecar: &Sidecar,
    ) -> Result<(), InvocationError> {
        self.ready(clients, sidecar).await.map(drop)
    }

    async fn ready(
        &self,
        clients: &Clients,
        sidecar: &Sidecar,
    ) -> Result<Arc<ReadyFunction>, InvocationError> {
        let (function, extras) = (aws_function(sidecar)?, Extras::new(sidecar));
        let of_kind = &self.ready[extras.kind()];
        if let Some(ready) = get(of_kind, function) {
            return Ok(ready);
        }
        // Boxed, since only the first call needs the room for it.
        let prepared = Box::pin(prepare(clients, &self.client, function, extras)).await?;
        let mut ready = of_kind.write().unwrap_or_else(PoisonError::into_inner);
        // If another call was faster, that call's.
        let kept = ready.entry(function.clone());
        Ok(Arc::clone(kept.or_insert_with(|| Arc::new(prepared))))
    }
}

fn get(of_kind: &OfKind, function: &AwsFunction) -> Option<Arc<ReadyFunction>> {
    let ready = of_kind.read().unwrap_or_else(PoisonError::into_inner);
    ready.get(function).cloned()
}
