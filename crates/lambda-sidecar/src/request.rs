//! The request half on its own.

use lambda_sidecar_core::Sidecar;
use tower_layer::Layer;

use crate::{LambdaSidecar, LambdaSidecarLayer};

/// Asks one function before every call: *may I send this request to the backend?*
///
/// It is a [`LambdaSidecarLayer`] with this half alone, for chains whose halves stand at different
/// places between other layers. Where both halves stand at one place, or settings are needed, take that.
///
/// ```
/// use lambda_sidecar::{Envelope, LocalFunction, Point, RequestSidecarLayer, Sidecar, Verdict};
///
/// let sidecar = Sidecar::local(Point::PreProcessor, "check").build()?;
/// let function = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
/// let layer = RequestSidecarLayer::new(sidecar, function);
/// # let _ = layer;
/// # Ok::<(), lambda_sidecar::InputsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RequestSidecarLayer<F> {
    layer: LambdaSidecarLayer<F>,
}

impl<F> RequestSidecarLayer<F> {
    /// A layer with this half.
    ///
    /// # Panics
    ///
    /// Where the sidecar is not one of the point `PreProcessor`.
    pub fn new(sidecar: Sidecar, function: F) -> Self {
        Self {
            layer: LambdaSidecarLayer::new(function).request(sidecar),
        }
    }
}

impl<S, F: Clone> Layer<S> for RequestSidecarLayer<F> {
    type Service = LambdaSidecar<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        self.layer.layer(inner)
    }
}
