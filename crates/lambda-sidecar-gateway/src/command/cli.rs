//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use super::ask::Arguments;
use crate::{lambda_runtime::FunctionCommand, observe::logging::LogFormat};

/// A reverse proxy that invokes a function before and after every call.
#[derive(Debug, Parser)]
#[command(version)]
pub(super) struct Cli {
    /// How log lines look; they go to standard error, filtered by RUST_LOG.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(super) log_format: LogFormat,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serves. SIGHUP reads the file again, SIGTERM and SIGINT stop.
    Run {
        /// The configuration, TOML.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Reads the file and prints everything that is wrong with it; calls nothing.
    Check {
        /// The configuration, TOML.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Shows the gateway with a backend and a function of its own, nothing to set up.
    Demo {
        /// A program that speaks the Lambda Runtime API, in place of the demo's own function.
        #[arg(long, value_name = "CMD", value_parser = FunctionCommand::parse)]
        function: Option<FunctionCommand>,
    },
    /// Sends one request through an endpoint's sidecars and prints what they do to it; calls no backend.
    Ask(Arguments),
}
