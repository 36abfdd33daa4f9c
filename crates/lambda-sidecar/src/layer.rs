//! The layer that holds both halves.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::Response;
use lambda_sidecar_core::{ErrorContext, Point, ProtectedHeaders, Sidecar, SidecarError};
use tower_layer::Layer;

use crate::{
    own::{NoFunction, OwnFunction},
    route::SharedRoute,
    service::LambdaSidecar,
};

/// Invokes functions before and after every call of the service it wraps.
///
/// ```
/// use axum::{Router, routing::get};
/// use lambda_sidecar::{Envelope, LambdaSidecarLayer, LocalFunction, Point, Sidecar, Verdict};
///
/// let authorize = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
/// let redact = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
/// let app: Router = Router::new().route("/orders", get(|| async { "none" })).layer(
///     LambdaSidecarLayer::with_own_functions()
///         .request_with(Sidecar::local(Point::PreProcessor, "authorize").build()?, authorize)
///         .response_with(Sidecar::local(Point::PostProcessor, "redact").build()?, redact),
/// );
/// # Ok::<(), lambda_sidecar::InputsError>(())
/// ```
///
/// # Functions
///
/// [`new`](Self::new) takes **one** function service for all sidecars that [`request`](Self::request) and
/// [`response`](Self::response) add: `new(authorize).request(a).response(b)` invokes `authorize` at both
/// points. That is right for a service that tells the sidecars apart, as `Functions` does by their ARN. Give
/// closures to [`request_with`](Self::request_with) and [`response_with`](Self::response_with) instead:
/// each sidecar then has a function of its own.
///
/// # Ordering
///
/// Halves of one point run in the order in which you add them. When a request comes in, the layer checks the
/// conditions of the first request half, then those of every response half that depend on the request
/// alone, then invokes the first function: it never calls a backend for a call that is bound to be
/// blocked.
///
/// Put the layer inside (below) layers that give the call an id, trace it, limit its time or compress its
/// answer: functions then see plain bodies, and the bodies that they replace are compressed too.
///
/// The layer holds the service that was polled ready while the functions run. If a `ConcurrencyLimit`
/// is below this layer, a slow function therefore takes up one of its places.
///
/// # Limits
///
/// The layer holds a body in memory only if a sidecar expands its payload, up to `max-payload-size`.
/// Response halves do not run over 1xx and 101 answers: an upgraded connection is out of their reach, so
/// a sidecar that must see every byte refuses the upgrade at the request.
///
/// # Cancellation
///
/// Dropping the response future drops everything under way: the invocation, the hand-over of an
/// event, the call of the wrapped service.
#[derive(Debug, Clone)]
pub struct LambdaSidecarLayer<F> {
    function: F,
    /// Whether `function` is there for sidecars without a function of their own.
    shared: bool,
    route: Arc<SharedRoute>,
}

impl LambdaSidecarLayer<NoFunction> {
    /// A layer without sidecars, all of which will have a function of their own: add them with
    /// [`request_with`](Self::request_with) and [`response_with`](Self::response_with).
    ///
    /// ```
    /// use lambda_sidecar::{Envelope, LambdaSidecarLayer, LocalFunction, Point, Sidecar, Verdict};
    ///
    /// let authorize = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
    /// let layer = LambdaSidecarLayer::with_own_functions()
    ///     .request_with(Sidecar::local(Point::PreProcessor, "authorize").build()?, authorize);
    /// # let _ = layer;
    /// # Ok::<(), lambda_sidecar::InputsError>(())
    /// ```
    #[must_use]
    pub fn with_own_functions() -> Self {
        Self {
            function: NoFunction,
            shared: false,
            route: Arc::default(),
        }
    }
}

impl<F> LambdaSidecarLayer<F> {
    /// A layer without sidecars, which passes every call through, with the function service that its
    /// sidecars will share.
    pub fn new(function: F) -> Self {
        Self {
            function,
            shared: true,
            route: Arc::default(),
        }
    }

    /// Adds a request half, which invokes the layer's shared function.
    ///
    /// # Panics
    ///
    /// If the sidecar is not one of the point `PreProcessor`, or if the layer has no shared function
    /// ([`with_own_functions`](Self::with_own_functions)).
    #[must_use]
    #[track_caller]
    pub fn request(mut self, sidecar: Sidecar) -> Self {
        self.check_shared("request_with");
        self.add_request(sidecar);
        self
    }

    /// Adds a response half, which invokes the layer's shared function.
    ///
    /// # Panics
    ///
    /// If the sidecar is not one of the point `PostProcessor`, or if the layer has no shared function
    /// ([`with_own_functions`](Self::with_own_functions)).
    #[must_use]
    #[track_caller]
    pub fn response(mut self, sidecar: Sidecar) -> Self {
        self.check_shared("response_with");
        self.add_response(sidecar);
        self
    }

    /// Adds a request half with a function service of its own.
    ///
    /// ```
    /// use lambda_sidecar::{Envelope, LambdaSidecarLayer, LocalFunction, Point, Sidecar, Verdict};
    ///
    /// let shared = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
    /// let authorize = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
    /// let layer = LambdaSidecarLayer::new(shared)
    ///     .request_with(Sidecar::local(Point::PreProcessor, "authorize").build()?, authorize)
    ///     .response(Sidecar::local(Point::PostProcessor, "redact").build()?);
    /// # let _ = layer;
    /// # Ok::<(), lambda_sidecar::InputsError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the sidecar is not one of the point `PreProcessor`.
    #[must_use]
    #[track_caller]
    pub fn request_with<G>(
        mut self,
        sidecar: Sidecar,
        function: G,
    ) -> LambdaSidecarLayer<OwnFunction<F, G>> {
        let sidecar = self.add_request(sidecar);
        self.with_own(sidecar, function)
    }

    /// Adds a response half with a function service of its own.
    ///
    /// ```
    /// use lambda_sidecar::{Envelope, LambdaSidecarLayer, LocalFunction, Point, Sidecar, Verdict};
    ///
    /// let authorize = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
    /// let redact = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
    /// let layer = LambdaSidecarLayer::new(authorize)
    ///     .request(Sidecar::local(Point::PreProcessor, "authorize").build()?)
    ///     .response_with(Sidecar::local(Point::PostProcessor, "redact").build()?, redact);
    /// # let _ = layer;
    /// # Ok::<(), lambda_sidecar::InputsError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the sidecar is not one of the point `PostProcessor`.
    #[must_use]
    #[track_caller]
    pub fn response_with<G>(
        mut self,
        sidecar: Sidecar,
        function: G,
    ) -> LambdaSidecarLayer<OwnFunction<F, G>> {
        let sidecar = self.add_response(sidecar);
        self.with_own(sidecar, function)
    }

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

    /// Tells the client the full text of AWS's exceptions, not the code alone. Default: the code alone.
    ///
    /// <div class="warning">The text can name accounts, roles and functions.</div>
    #[must_use]
    pub fn expose_exception_text(mut self) -> Self {
        self.route_mut().exception_text = true;
        self
    }

    /// The halves so far, and this function for the sidecar that was added last.
    fn with_own<G>(
        self,
        sidecar: Arc<Sidecar>,
        function: G,
    ) -> LambdaSidecarLayer<OwnFunction<F, G>> {
        LambdaSidecarLayer {
            function: OwnFunction::new(self.function, sidecar, function),
            shared: self.shared,
            route: self.route,
        }
    }

    #[track_caller]
    fn add_request(&mut self, sidecar: Sidecar) -> Arc<Sidecar> {
        assert!(
            sidecar.point() == Point::PreProcessor,
            "the sidecar `{}` of the point PostProcessor is no request half: add it with `response` or \
             `response_with`, or put it into a `ResponseSidecarLayer`",
            sidecar.name(),
        );
        self.add(sidecar)
    }

    #[track_caller]
    fn add_response(&mut self, sidecar: Sidecar) -> Arc<Sidecar> {
        assert!(
            sidecar.point() == Point::PostProcessor,
            "the sidecar `{}` of the point PreProcessor is no response half: add it with `request` or \
             `request_with`, or put it into a `RequestSidecarLayer`",
            sidecar.name(),
        );
        self.add(sidecar)
    }

    #[track_caller]
    fn check_shared(&self, instead: &str) {
        assert!(
            self.shared,
            "a layer made by `with_own_functions` has no function for this sidecar: add it with `{instead}`",
        );
    }

    fn add(&mut self, sidecar: Sidecar) -> Arc<Sidecar> {
        let sidecar = Arc::new(sidecar);
        self.route_mut().add(Arc::clone(&sidecar));
        sidecar
    }

    fn route_mut(&mut self) -> &mut SharedRoute {
        Arc::make_mut(&mut self.route)
    }
}

impl<S, F: Clone> Layer<S> for LambdaSidecarLayer<F> {
    type Service = LambdaSidecar<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        LambdaSidecar::new(inner, self.function.clone(), Arc::clone(&self.route))
    }
}
