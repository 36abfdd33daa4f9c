//! The layer that holds both halves.

mod setters;

use std::sync::Arc;

use lambda_sidecar_core::{Point, Sidecar};
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
/// event, the call of the wrapped service. An event that is in a queue (`event-queue`) is sent all the same.
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
}

impl<S, F: Clone> Layer<S> for LambdaSidecarLayer<F> {
    type Service = LambdaSidecar<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        LambdaSidecar::new(inner, self.function.clone(), Arc::clone(&self.route))
    }
}
