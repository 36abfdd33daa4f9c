//! The whole stack against software of others, which a first run has to set up: MiniStack, moto, the AWS CLI, the
//! runtimes of AWS, and rustdoc.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

mod aws_page;
mod public_api;
mod real_aws;
mod samples;
mod second_opinion;
mod written;
