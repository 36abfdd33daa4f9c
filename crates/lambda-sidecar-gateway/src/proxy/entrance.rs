//! What a call is given before the sidecars of its endpoint see it.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Request, Uri, uri::PathAndQuery};
use lambda_sidecar::{CallContext, Endpoint};

use super::{
    answers::{AnswerForm, Refusal},
    hop::{Connection, Hop},
    path,
};
use crate::config::{Caller, EndpointConfig};

/// The way into one endpoint.
#[derive(Debug)]
pub(super) struct Entrance {
    base: Uri,
    timeout: Duration,
    endpoint: Arc<Endpoint>,
    require_api_key: bool,
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

impl Entrance {
    pub(super) fn of(config: &EndpointConfig) -> Self {
        Self {
            base: config.origin.base.clone(),
            timeout: config.timeout,
            endpoint: Arc::clone(&config.endpoint),
            require_api_key: config.require_api_key,
        }
    }

    /// Puts the call's context and its way to the backend into the request; when it has to be over.
    ///
    /// # Errors
    ///
    /// When the call may not enter.
    pub(super) fn enter<B>(
        &self,
        request: &mut Request<B>,
        call: Call<'_>,
    ) -> Result<Instant, Refusal> {
        if self.require_api_key && call.caller.is_none() {
            return Err(Refusal::NO_KEY);
        }
        let deadline = Instant::now() + self.timeout;
        let target = self.target(call.rest, request.uri().query())?;
        let hop = Hop::new(
            request,
            target.clone(),
            deadline,
            call.peer,
            call.connection,
        );
        let mut context = CallContext::new()
            .message_id(call.form.message_id())
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
        Ok(deadline)
    }

    fn target(&self, rest: &str, query: Option<&str>) -> Result<Uri, Refusal> {
        let path = path::at_origin(self.base.path(), rest, query);
        let mut parts = self.base.clone().into_parts();
        parts.path_and_query = PathAndQuery::try_from(path).ok();
        Uri::from_parts(parts).map_err(|_| Refusal::TOO_LONG)
    }
}
