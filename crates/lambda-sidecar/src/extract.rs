//! Extractors for axum's handlers: the receipts of a call and its context.

use std::{convert::Infallible, error::Error, fmt, ops::Deref};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};
use lambda_sidecar_core::CallContext;

use crate::{Receipts, context::earlier_context};

/// The [`CallContext`] of the call that a handler serves, as an extractor: with the message id and
/// everything else that the sidecar layers know of the call.
///
/// ```
/// use axum::{Router, routing::get};
/// use lambda_sidecar::{CurrentCall, Envelope, LocalFunction, Point, RequestSidecarLayer, Sidecar, Verdict};
///
/// async fn order(call: CurrentCall) -> String {
///     let id = call.message_id.as_deref().unwrap_or_default();
///     format!("the id to complain with: {id}")
/// }
///
/// let function = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
/// let sidecar = Sidecar::local(Point::PreProcessor, "authorize").build()?;
/// let app: Router = Router::new()
///     .route("/orders/7", get(order))
///     .layer(RequestSidecarLayer::new(sidecar, function));
/// # Ok::<(), lambda_sidecar::InputsError>(())
/// ```
///
/// # Errors
///
/// [`NoSidecarLayer`], if the handler is in no sidecar layer and nothing else has put a context into the
/// request. `Option<CurrentCall>` never fails.
#[derive(Debug, Clone)]
pub struct CurrentCall(pub CallContext);

impl Deref for CurrentCall {
    type Target = CallContext;

    fn deref(&self) -> &CallContext {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for CurrentCall {
    type Rejection = NoSidecarLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoSidecarLayer> {
        extension(parts).map(Self).ok_or(NoSidecarLayer)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for CurrentCall {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(extension(parts).map(Self))
    }
}

/// The receipts of the request halves around a handler, as an extractor. Behind response halves alone they
/// are empty.
///
/// ```
/// use axum::{Router, routing::get};
/// use lambda_sidecar::{Envelope, LocalFunction, Point, Receipts, RequestSidecarLayer, Sidecar, Verdict};
///
/// async fn order(receipts: Receipts) -> &'static str {
///     // A fail-safe sidecar let the call through unseen: show less.
///     if receipts.iter().any(|receipt| receipt.failed_open()) { "7" } else { "7, of Ada" }
/// }
///
/// let function = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
/// let sidecar = Sidecar::local(Point::PreProcessor, "authorize").build()?;
/// let app: Router = Router::new()
///     .route("/orders/7", get(order))
///     .layer(RequestSidecarLayer::new(sidecar, function));
/// # Ok::<(), lambda_sidecar::InputsError>(())
/// ```
///
/// # Errors
///
/// [`NoSidecarLayer`], if the handler is in no sidecar layer. `Option<Receipts>` never fails.
impl<S: Sync> FromRequestParts<S> for Receipts {
    type Rejection = NoSidecarLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NoSidecarLayer> {
        receipts(parts).ok_or(NoSidecarLayer)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Receipts {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(receipts(parts))
    }
}

/// In a layer with response halves alone nothing is decided yet: that is no receipts, not no layer.
fn receipts(parts: &Parts) -> Option<Receipts> {
    let none_yet = || earlier_context(&parts.extensions).map(|_| Receipts::default());
    extension(parts).or_else(none_yet)
}

fn extension<T: Clone + Send + Sync + 'static>(parts: &Parts) -> Option<T> {
    parts.extensions.get().cloned()
}

/// The rejection of the extractors: the handler is in no sidecar layer.
///
/// ```
/// use lambda_sidecar::NoSidecarLayer;
///
/// assert_eq!(NoSidecarLayer::default().status(), 500);
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct NoSidecarLayer;

impl NoSidecarLayer {
    /// The status of the answer: 500, because the application is put together wrongly.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }

    /// The text of the answer.
    #[must_use]
    pub fn body_text(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for NoSidecarLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the handler is in no sidecar layer")
    }
}

impl Error for NoSidecarLayer {}

impl IntoResponse for NoSidecarLayer {
    fn into_response(self) -> Response {
        (self.status(), self.body_text()).into_response()
    }
}
