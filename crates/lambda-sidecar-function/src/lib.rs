//! For authors of functions: the envelope that a sidecar sends and the verdict that it understands, as types.
//!
//! For every API call a **sidecar** invokes a function: *may I send this request to the backend?* (point
//! `PreProcessor`) and *may I send this response to the client?* (point `PostProcessor`). The function
//! gets an [`Envelope`] and answers a [`Verdict`]: Allow, [`Modify`] or [`Terminate`].
//!
//! ```
//! use lambda_sidecar_function::{Envelope, Modify, StatusCode, Terminate, Verdict, VerdictError};
//!
//! async fn answer(envelope: Envelope) -> Result<Verdict, VerdictError> {
//!     let Some(tier) = envelope.eav("tier") else {
//!         return Ok(Terminate::new(StatusCode::FORBIDDEN).message("no tier").into());
//!     };
//!     Ok(Modify::new().header("x-tier", tier)?.drop_header("authorization")?.into())
//! }
//!
//! // It is an ordinary function, so a test needs neither AWS nor a sidecar.
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let envelope = Envelope::new(lambda_sidecar_function::Point::PreProcessor, "an-id");
//! let Ok(Verdict::Terminate(no)) = answer(envelope).await else {
//!     panic!("there is no tier");
//! };
//! assert_eq!(no.status(), StatusCode::FORBIDDEN);
//! # }
//! ```
//!
//! With the feature `lambda-runtime`, `run(answer).await` in `main` makes it a function of AWS Lambda. In an
//! application with the crate `lambda-sidecar`, `LocalFunction::new(answer)` runs it in the same process,
//! unchanged. Beside a checkout of the repository:
//!
//! ```toml
//! [dependencies]
//! lambda-sidecar-function = { path = "../lambda-sidecar/crates/lambda-sidecar-function", features = ["lambda-runtime"] }
//! tokio = { version = "1", features = ["macros", "rt"] }
//! ```
//!
//! What can be built is legal: a [`Terminate`] has a [`StatusCode`] from 200 to 599, header names and
//! values are checked as they are put in, and headers that frame the message are refused, so that the
//! sidecar never answers `Invalid output from AWS Lambda function`.
//!
//! # Features
//!
//! None is on by default; without them `serde` is the only dependency.
//!
//! - `http`: `StatusCode` from the one of the crate `http` (brings `http`)
//! - `json`: bodies as JSON, `Body::json` and `Modify::json`, and what request halves relay to response halves,
//!   `Verdict::relay` and `Envelope::relay` (brings `serde_json`)
//! - `lambda-runtime`: the handler adapter `run` (brings `lambda_runtime`)
//! - `schema`: the JSON Schemas, in the module `schema` (brings `schemars`; implies `json`)
//!
//! # Failing
//!
//! An error of a function is no verdict. What becomes of the call is the sidecar's error policy: by
//! default the client gets a 502; with `failSafe: true` the call continues unmodified. So a function that
//! guards something answers [`Terminate`] if it cannot tell, rather than fail.

mod base64;
mod envelope;
mod limits;
#[cfg(feature = "lambda-runtime")]
mod runtime;
#[cfg(feature = "schema")]
pub mod schema;
#[cfg(feature = "schema")]
mod schema_rules;
mod verdict;

#[cfg(feature = "lambda-runtime")]
pub use lambda_runtime;

#[cfg(feature = "lambda-runtime")]
pub use self::runtime::run;
pub use self::{
    base64::Base64Error,
    envelope::{
        Body, Envelope, Headers, Operation, Param, Point, Request, Response, Routing,
        Synchronicity, Token, Values,
    },
    limits::{MAX_HEADER_LINES, MAX_RELAY},
    verdict::{Modify, Reply, StatusCode, Terminate, Verdict, VerdictError},
};
