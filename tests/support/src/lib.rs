//! What the tests share, in whichever package they are.
//!
//! - [`scripted`]: the one fake of AWS, a server for Lambda, STS and Parameter Store that does what its script says.
//!   Tests, soak run, benchmark and examples have no other.
//! - [`envelopes`]: the check that a function was sent an envelope.
//! - [`growth`]: that work grows with its input and no faster, counted in allocations and instructions.
//! - [`http2`]: a connection of HTTP/2 that does what its script says.
//! - [`names`]: a name server that does what its script says.
//! - [`page`], [`walk`]: a page of the book, read, and its commands run from an empty folder.
//! - [`readme`]: the commands of an example's README, run.
//! - [`tls`]: a server's certificate of its own, and what has to be trusted to talk to it.
//!
//! Nothing here uses lambda-sidecar or the SDK of AWS: what is tested does not test itself.

#![allow(
    clippy::expect_used,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::panic,
    clippy::unwrap_used,
    reason = "only tests call it, and a test fails by panicking"
)]

pub mod envelopes;
pub mod growth;
pub mod http2;
mod job;
pub mod names;
pub mod page;
pub mod readme;
pub mod scripted;
pub mod tls;
pub mod walk;
