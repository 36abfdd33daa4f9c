//! The settings of a layer.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Response;
use lambda_sidecar_core::{ErrorContext, ProtectedHeaders, SidecarError};

use super::LambdaSidecarLayer;
use crate::{
    guard::{EventQueues, VerdictCache},
    route::SharedRoute,
};

impl<F> LambdaSidecarLayer<F> {
    /// Sets how long the whole call may take, counted from when it reaches the layer. Default: 60
    /// seconds, unless a layer outside or the call's [`CallContext`](crate::CallContext) names a time.
    ///
    /// **The earliest deadline on a call's way holds**, of all layers and of the context: a layer inside can
    /// shorten the time of a call, and no layer outside makes it longer again.
    ///
    /// A sidecar without a `timeout` of its own may take the rest of the time. If the time ends while the
    /// layer reads a body or waits for a function, the client gets 504 `GatewayTimeout`, whatever
    /// the error policy: a client that sends slowly must not get past a fail-safe sidecar that way. The
    /// layer does not limit the time of the wrapped service, but a service that uses all of it leaves
    /// none to the response halves.
    ///
    /// ```
    /// use std::time::Duration;
    /// use lambda_sidecar::{Envelope, LambdaSidecarLayer, LocalFunction, Verdict};
    ///
    /// let function = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
    /// let layer = LambdaSidecarLayer::new(function).endpoint_timeout(Duration::from_secs(9));
    /// ```
    #[must_use]
    pub fn endpoint_timeout(mut self, timeout: Duration) -> Self {
        self.route_mut().endpoint_timeout = Some(timeout);
        self
    }

    /// Sets which headers no function may touch. Default: [`ProtectedHeaders::default`].
    ///
    /// ```
    /// use http::header::AUTHORIZATION;
    /// use lambda_sidecar::{Envelope, LambdaSidecarLayer, LocalFunction, ProtectedHeaders, Verdict};
    ///
    /// let function = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
    /// let layer = LambdaSidecarLayer::new(function)
    ///     .protected_headers(ProtectedHeaders::default().with(AUTHORIZATION));
    /// ```
    #[must_use]
    pub fn protected_headers(mut self, protected: ProtectedHeaders) -> Self {
        self.route_mut()
            .halves_mut()
            .set_protected_headers(protected);
        self
    }

    /// Sets the text that the error name follows in the member `type` of a problem document.
    /// Default: `urn:lambda-sidecar:error:`.
    #[must_use]
    pub fn error_type_base(mut self, base: &str) -> Self {
        self.route_mut().halves_mut().set_error_type_base(base);
        self
    }

    /// Gives the connector's errors a form of your own. Default:
    /// [`SidecarError::to_response`].
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::Response;
    /// use lambda_sidecar::{Envelope, LambdaSidecarLayer, LocalFunction, Verdict};
    ///
    /// let function = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
    /// let layer = LambdaSidecarLayer::new(function).error_format(|error, context| {
    ///     let text = format!("{} ({})\n", error.detail(), context.message_id);
    ///     let mut response = Response::new(Bytes::from(text));
    ///     *response.status_mut() = error.status();
    ///     response
    /// });
    /// ```
    #[must_use]
    pub fn error_format(
        mut self,
        format: impl Fn(&SidecarError, &ErrorContext<'_>) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        self.route_mut().halves_mut().set_error_format(format);
        self
    }

    /// Leaves it to the client whether the wrapped service answers with a compressed or partial response.
    /// Default: if a response half has `expand-input: responsePayload`, the request that goes in has no `range`
    /// and `if-range`, and `accept-encoding: identity`, whatever the client or a function says; a gRPC call has
    /// `grpc-accept-encoding: identity` too. The function then sees the whole text. The envelope shows the request as it came in.
    ///
    /// <div class="warning">A function cannot judge what it cannot read, and a client that asks for a few bytes
    /// at a time gets past a redaction. With this setting your functions have to refuse such
    /// responses.</div>
    ///
    /// ```
    /// use lambda_sidecar::{Envelope, LambdaSidecarLayer, LocalFunction, Verdict};
    ///
    /// let function = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
    /// let layer = LambdaSidecarLayer::new(function).pass_encoding_and_range();
    /// ```
    #[must_use]
    pub fn pass_encoding_and_range(mut self) -> Self {
        self.route_mut().halves_mut().pass_encoding_and_range();
        self
    }

    /// Keeps the verdicts of sidecars with `cache-max-seconds` in this cache, with those of other layers that are given
    /// a clone of it. Default: a cache of the layer's own, of [`VerdictCache::DEFAULT_MAX_BYTES`].
    #[must_use]
    pub fn cache(mut self, cache: VerdictCache) -> Self {
        self.route_mut().set_cache(cache);
        self
    }

    /// Makes the event queues of sidecars with `event-queue` known to these, so that you can wait until they are empty
    /// before the process ends. Default: nobody waits, and what is queued then is lost.
    #[must_use]
    pub fn event_queues(mut self, queues: EventQueues) -> Self {
        self.route_mut().set_event_queues(queues);
        self
    }

    /// Tells the client the full text of AWS's exceptions, not the code alone. Default: the code alone.
    ///
    /// <div class="warning">The text can name accounts, roles and functions.</div>
    #[must_use]
    pub fn expose_exception_text(mut self) -> Self {
        self.route_mut().exception_text = true;
        self
    }

    pub(super) fn route_mut(&mut self) -> &mut SharedRoute {
        Arc::make_mut(&mut self.route)
    }
}
