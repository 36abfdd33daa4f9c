//! The layer that holds both halves.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Response;
use lambda_sidecar_core::{ErrorContext, Point, ProtectedHeaders, Sidecar, SidecarError};
use tower_layer::Layer;

use crate::{route::Route, service::LambdaSidecar};

/// Asks functions before and after every call of the service it wraps.
///
/// ```
/// use axum::{Router, routing::get};
/// use lambda_sidecar::{Envelope, LambdaSidecarLayer, LocalFunction, Point, Sidecar, Verdict};
///
/// let function = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
/// let app: Router = Router::new().route("/orders", get(|| async { "none" })).layer(
///     LambdaSidecarLayer::new(function)
///         .request(Sidecar::local(Point::PreProcessor, "authorize").build()?)
///         .response(Sidecar::local(Point::PostProcessor, "redact").build()?),
/// );
/// # Ok::<(), lambda_sidecar::InputsError>(())
/// ```
///
/// # Ordering
///
/// Halves of one point are asked in the order in which they were added. When a request comes in, the
/// conditions of the first request half are checked, then those of every response half that depend on
/// the request alone, then the first function is called: a backend is never called for a call that is
/// bound to be blocked.
///
/// Put the layer inside (below) layers that give the call an id, trace it, limit its time or compress its
/// answer: functions then see plain bodies, and what they replace is compressed too.
///
/// The service that was polled ready is held while the functions are asked. Where a `ConcurrencyLimit`
/// is below this layer, a slow function therefore takes up one of its places.
///
/// # Limits
///
/// A body is held in memory only where a sidecar expands its payload, up to `max-payload-size`.
/// Response halves do not run over 1xx and 101 answers: an upgraded connection is out of their reach, so
/// a sidecar that must see every byte refuses the upgrade at the request.
///
/// # Cancellation
///
/// Dropping the response future drops everything under way: the function call, the hand-over of an
/// event, the call of the wrapped service.
#[derive(Debug, Clone)]
pub struct LambdaSidecarLayer<F> {
    function: F,
    route: Arc<Route>,
}

impl<F> LambdaSidecarLayer<F> {
    /// A layer without sidecars, which passes every call through, with the function service that its
    /// sidecars will share.
    pub fn new(function: F) -> Self {
        Self {
            function,
            route: Arc::default(),
        }
    }

    /// Adds a request half.
    ///
    /// # Panics
    ///
    /// Where the sidecar is not one of the point `PreProcessor`.
    #[must_use]
    pub fn request(mut self, sidecar: Sidecar) -> Self {
        assert_eq!(sidecar.point(), Point::PreProcessor, "a request half");
        self.route_mut().add(Arc::new(sidecar));
        self
    }

    /// Adds a response half.
    ///
    /// # Panics
    ///
    /// Where the sidecar is not one of the point `PostProcessor`.
    #[must_use]
    pub fn response(mut self, sidecar: Sidecar) -> Self {
        assert_eq!(sidecar.point(), Point::PostProcessor, "a response half");
        self.route_mut().add(Arc::new(sidecar));
        self
    }

    /// Sets how long the whole call may take, counted from when it reaches the layer. Default: 60
    /// seconds. A deadline in the call's [`CallContext`](crate::CallContext) goes before it.
    ///
    /// A sidecar without a `timeout` of its own may take what is left of it. When it is over while the
    /// layer reads a body or waits for a function, the client is answered 504 `GatewayTimeout`, whatever
    /// the error policy: a client that sends slowly must not get past a fail-safe sidecar that way. The
    /// time that the wrapped service takes is not limited by the layer.
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
        self.route_mut().endpoint_timeout = timeout;
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

    /// Sets what the error name follows in the member `type` of a problem document.
    /// Default: `urn:lambda-sidecar:error:`.
    #[must_use]
    pub fn error_type_base(mut self, base: &str) -> Self {
        self.route_mut().halves_mut().set_error_type_base(base);
        self
    }

    /// Gives the connector's errors a form of the application's own. Default:
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

    /// Tells the client the full text of AWS's exceptions, not the code alone. Default: the code alone.
    ///
    /// <div class="warning">The text can name accounts, roles and functions.</div>
    #[must_use]
    pub fn expose_exception_text(mut self) -> Self {
        self.route_mut().exception_text = true;
        self
    }

    fn route_mut(&mut self) -> &mut Route {
        Arc::make_mut(&mut self.route)
    }
}

impl<S, F: Clone> Layer<S> for LambdaSidecarLayer<F> {
    type Service = LambdaSidecar<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        LambdaSidecar::new(inner, self.function.clone(), Arc::clone(&self.route))
    }
}
