//! A function is a Tower service from [`Invocation`] to [`Answer`].
//!
//! AWS Lambda is one ([`Functions`](crate::Functions)), a closure is another
//! ([`LocalFunction`]); whatever Tower has for services (retry, concurrency limit, load shed,
//! hedging) applies to function calls too.

mod error;
#[cfg(feature = "aws")]
pub(crate) mod lambda;
mod local;

pub use self::{
    error::InvocationError,
    local::{Envelope, LocalFunction},
};
pub use lambda_sidecar_core::Answer;
/// A function service of your own takes an `Invocation` and answers JSON:
///
/// ```
/// use std::convert::Infallible;
///
/// use axum::{Router, routing::get};
/// use lambda_sidecar::{Answer, Invocation, LambdaSidecarLayer, Point, Sidecar};
/// use tower::service_fn;
///
/// let function = service_fn(|invocation: Invocation| async move {
///     println!("{}: {} bytes", invocation.sidecar.name(), invocation.payload.len());
///     Ok::<_, Infallible>(Answer::ok("{}")) // allow
/// });
/// let sidecar = Sidecar::local(Point::PreProcessor, "authz").build()?;
/// let app: Router = Router::new()
///     .route("/orders", get(|| async { "none" }))
///     .layer(LambdaSidecarLayer::new(function).request(sidecar));
/// # Ok::<(), lambda_sidecar::InputsError>(())
/// ```
#[doc(inline)]
pub use lambda_sidecar_core::Invocation;
