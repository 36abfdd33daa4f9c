//! The response half on its own.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use lambda_sidecar_core::{ErrorContext, ProtectedHeaders, Sidecar, SidecarError};
use tower_layer::Layer;

use crate::{EventQueues, LambdaSidecar, LambdaSidecarLayer, VerdictCache};

/// Invokes one function after every call: *may I send this response to the client?*
///
/// It is a [`LambdaSidecarLayer`] with this half alone, for chains whose halves stand at different
/// places between other layers. If both halves stand at one place, use that.
///
/// ```
/// use std::time::Duration;
/// use lambda_sidecar::{Envelope, LocalFunction, Point, ResponseSidecarLayer, Sidecar, Verdict};
///
/// let sidecar = Sidecar::local(Point::PostProcessor, "check").build()?;
/// let function = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
/// let layer = ResponseSidecarLayer::new(sidecar, function).endpoint_timeout(Duration::from_secs(9));
/// # let _ = layer;
/// # Ok::<(), lambda_sidecar::InputsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ResponseSidecarLayer<F> {
    layer: LambdaSidecarLayer<F>,
}

impl<F> ResponseSidecarLayer<F> {
    /// A layer with this half.
    ///
    /// # Panics
    ///
    /// If the sidecar is not one of the point `PostProcessor`.
    #[track_caller]
    pub fn new(sidecar: Sidecar, function: F) -> Self {
        Self {
            layer: LambdaSidecarLayer::new(function).response(sidecar),
        }
    }

    /// Sets how long the whole call may take; see [`LambdaSidecarLayer::endpoint_timeout`]. Default: 60
    /// seconds, unless a layer outside or the call's context names a time.
    #[must_use]
    pub fn endpoint_timeout(mut self, timeout: Duration) -> Self {
        self.layer = self.layer.endpoint_timeout(timeout);
        self
    }

    /// Sets which headers no function may touch; see [`LambdaSidecarLayer::protected_headers`]. Default:
    /// [`ProtectedHeaders::default`].
    #[must_use]
    pub fn protected_headers(mut self, protected: ProtectedHeaders) -> Self {
        self.layer = self.layer.protected_headers(protected);
        self
    }

    /// Sets the text that the error name follows in the member `type` of a problem document.
    /// Default: `urn:lambda-sidecar:error:`.
    #[must_use]
    pub fn error_type_base(mut self, base: &str) -> Self {
        self.layer = self.layer.error_type_base(base);
        self
    }

    /// Gives the connector's errors a form of your own; see [`LambdaSidecarLayer::error_format`]. Default:
    /// [`SidecarError::to_response`].
    #[must_use]
    pub fn error_format(
        mut self,
        format: impl Fn(&SidecarError, &ErrorContext<'_>) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        self.layer = self.layer.error_format(format);
        self
    }

    /// Leaves it to the client whether the wrapped service answers with a compressed or partial response; see
    /// [`LambdaSidecarLayer::pass_encoding_and_range`].
    ///
    /// <div class="warning">A function cannot judge what it cannot read.</div>
    #[must_use]
    pub fn pass_encoding_and_range(mut self) -> Self {
        self.layer = self.layer.pass_encoding_and_range();
        self
    }

    /// Keeps the verdicts of a sidecar with `cache-max-seconds` in this cache; see [`LambdaSidecarLayer::cache`].
    /// Default: a cache of the layer's own.
    #[must_use]
    pub fn cache(mut self, cache: VerdictCache) -> Self {
        self.layer = self.layer.cache(cache);
        self
    }

    /// Makes the event queue of a sidecar with `event-queue` known to these; see
    /// [`LambdaSidecarLayer::event_queues`].
    #[must_use]
    pub fn event_queues(mut self, queues: EventQueues) -> Self {
        self.layer = self.layer.event_queues(queues);
        self
    }

    /// Tells the client the full text of AWS's exceptions, not the code alone. Default: the code alone.
    ///
    /// <div class="warning">The text can name accounts, roles and functions.</div>
    #[must_use]
    pub fn expose_exception_text(mut self) -> Self {
        self.layer = self.layer.expose_exception_text();
        self
    }
}

impl<S, F: Clone> Layer<S> for ResponseSidecarLayer<F> {
    type Service = LambdaSidecar<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        self.layer.layer(inner)
    }
}
