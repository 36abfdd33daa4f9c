//! A reverse proxy that puts sidecars in front of backends that are not written in Rust.
//!
//! It is built from the public API of `lambda-sidecar` alone: what it can do, an axum application can do
//! with `.layer()`.

mod access;
mod admin;
mod ask;
mod check;
mod cli;
mod config;
mod demo;
mod exit;
mod first_request;
mod gateway;
mod logging;
mod metrics;
mod proxy;
mod run;
mod runtime_api;
mod server;

use std::{future::Future, process::ExitCode};

use clap::Parser;
use tokio::runtime::Runtime;

use crate::{
    cli::{Cli, Command},
    exit::Exit,
};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Asked for, as with `--help`, or a mistake.
            let asked_for = !error.use_stderr();
            let _ = error.print();
            return if asked_for {
                ExitCode::SUCCESS
            } else {
                Exit::CommandLine.into()
            };
        }
    };
    // Fails only where a subscriber is installed already, which serves as well.
    let _ = logging::install(cli.log_format);
    let result = match cli.command {
        Command::Run { config } => block_on(run::run(&config)),
        Command::Check { config } => check::check(&config),
        Command::Demo { function } => block_on(demo::demo(function)),
        Command::Ask(arguments) => ask::ask(arguments, block_on),
    };
    result.map_or_else(Into::into, |()| ExitCode::SUCCESS)
}

/// Runs to the end. What is still under way then is cut off, not waited for.
fn block_on(future: impl Future<Output = Result<(), Exit>>) -> Result<(), Exit> {
    let runtime = Runtime::new().map_err(|error| {
        tracing::error!(%error, "no threads to run on");
        Exit::Start
    })?;
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    result
}
