//! A function is a Tower service from [`Invocation`] to [`Answer`].
//!
//! AWS Lambda is one ([`Functions`](crate::Functions)), a closure is another
//! ([`LocalFunction`]); whatever Tower has for services (retry, concurrency limit, load shed,
//! hedging) applies to function calls too.

mod error;
mod invocation;
#[cfg(feature = "aws")]
pub(crate) mod lambda;
mod local;

pub use self::{
    error::InvocationError,
    invocation::Invocation,
    local::{IntoAnswer, LocalFunction, LocalFuture},
};
pub use lambda_sidecar_core::Answer;
