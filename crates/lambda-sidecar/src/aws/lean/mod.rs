//! The lean transport: what the SDK would send, without the SDK's orchestrator.
//!
//! The SDK is asked once for each function what it would send (`prepare`); after that a call is a
//! request like that one with its own payload (`template`), a signature (`sign`) and one exchange over
//! HTTP/1.1 (`exchange`). Endpoint, path, headers and credentials are thereby the SDK's own. Where the
//! application has an HTTP client of its own, or the environment a proxy for the endpoint, the exchange
//! goes that way; and an answer that is no plain success is read by the SDK's own reader (`answer`).
//!
//! | file | role |
//! | --- | --- |
//! | `function` | one call: attempts at it |
//! | `prepare` | the request as the SDK makes it, and the way it goes |
//! | `question` | what one call asks |
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
mod function;
mod prepare;
mod question;
mod sign;
mod template;

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
    time::Duration,
};

use lambda_sidecar_core::{AwsFunction, Sidecar};

use self::{client::Client, function::Function};
use super::{Clients, invoke::function as aws_function};
use crate::{Answer, Invocation, InvocationError};

/// The functions that have been called, ready to be called again.
#[derive(Default)]
pub(super) struct Functions {
    ready: RwLock<HashMap<AwsFunction, Arc<Function>>>,
    /// For all of them; made for the first one.
    client: OnceLock<Client>,
}

impl Functions {
    fn client(&self, connect_timeout: Option<Duration>) -> Result<Client, rustls::Error> {
        if let Some(client) = self.client.get() {
            return Ok(client.clone());
        }
        let client = client::client(connect_timeout)?;
        Ok(self.client.get_or_init(|| client).clone())
    }

    fn get(&self, function: &AwsFunction) -> Option<Arc<Function>> {
        let ready = self.ready.read().unwrap_or_else(PoisonError::into_inner);
        ready.get(function).cloned()
    }

    /// Keeps a function; where another call was faster, that call's.
    fn keep(&self, function: &AwsFunction, prepared: Function) -> Arc<Function> {
        let mut ready = self.ready.write().unwrap_or_else(PoisonError::into_inner);
        let kept = ready.entry(function.clone());
        Arc::clone(kept.or_insert_with(|| Arc::new(prepared)))
    }
}

impl Clients {
    pub(crate) async fn invoke_lean(
        &self,
        invocation: Invocation,
    ) -> Result<Answer, InvocationError> {
        let function = self.ready(aws_function(&invocation.sidecar)?).await?;
        function.call(&invocation).await
    }

    /// Makes the sidecar's function ready to be called. Calls nothing.
    pub(crate) async fn make_ready(&self, sidecar: &Sidecar) -> Result<(), InvocationError> {
        self.ready(aws_function(sidecar)?).await.map(drop)
    }

    async fn ready(&self, function: &AwsFunction) -> Result<Arc<Function>, InvocationError> {
        if let Some(ready) = self.lean.get(function) {
            return Ok(ready);
        }
        // Boxed, since only the first call needs the room for it.
        let prepared = Box::pin(self.prepare(function)).await?;
        Ok(self.lean.keep(function, prepared))
    }
}
