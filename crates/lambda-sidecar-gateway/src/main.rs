//! A reverse proxy that puts sidecars in front of backends that are not written in Rust.
//!
//! It is built from the public API of `lambda-sidecar` alone: an axum application can do the same with
//! `.layer()`.

mod command;
mod config;
mod environment;
mod functions;
mod lambda_runtime;
mod observe;
mod path;
mod proxy;
mod server;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::execute()
}
