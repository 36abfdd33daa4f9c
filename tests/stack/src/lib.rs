//! What the tests across the crates share, beside `lambda-sidecar-test-support`.
//!
//! - [`real`]: software that stands in for AWS and shares none of our assumptions, run as
//!   processes of their own (MiniStack, moto).
//! - [`samples`]: the sample functions, put into a stand-in.
//! - [`inputs`], [`route`], [`failures`]: sidecars put together, a route with them called from the
//!   client's side, and what a failed function call has to look like there.
//! - [`stack`], [`gateway`], [`access`]: the same through the gateway as a process of its own.

#![allow(
    clippy::expect_used,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    clippy::must_use_candidate,
    clippy::panic,
    clippy::unwrap_used,
    reason = "all of it is called by tests only, where a panic is how a failure is reported"
)]

pub mod access;
pub mod config;
pub mod failures;
pub mod gateway;
pub mod inputs;
pub mod real;
pub mod route;
pub mod samples;
pub mod stack;
