//! A function is a Tower service from [`Invocation`] to [`Answer`].
//!
//! AWS Lambda is one ([`AwsLambda`](crate::AwsLambda)), a closure is another
//! ([`LocalFunction`]); [`Functions`] hands each invocation to the one that serves it. All that
//! Tower has for services (retry, concurrency limit, load shed, hedging) applies to function calls too.
//!
//! | file | role |
//! | --- | --- |
//! | `dispatch` | which service serves which sidecar's function |
//! | `lambda` | AWS Lambda |
//! | `local` | a closure |
//! | `error` | why no answer came back |
//! | `causes` | what is behind an error |
//! | `classify` | what an error of a function service means |
//! | `resources` | whether an error says that this process has run out of something |
//! | `resolver` | the addresses of names |
//! | `unsent` | whether an error says that a request was never sent |

mod causes;
mod classify;
mod dispatch;
mod error;
#[cfg(feature = "aws")]
mod lambda;
mod local;
#[cfg(feature = "aws")]
mod resolver;
mod resources;
#[cfg(feature = "aws")]
mod unsent;

pub(crate) use self::classify::{failure, may_have_run};
pub use self::{
    dispatch::Functions,
    error::InvocationError,
    local::{IntoAnswer, LocalFunction, LocalFuture},
};
#[cfg(feature = "aws")]
pub use self::{
    lambda::{AwsLambda, AwsSettingsError, Transport, UnknownTransport},
    resolver::{ResolveError, Resolver},
};
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
pub use lambda_sidecar_core::{Answer, AnswerResult, AnswerSource};
