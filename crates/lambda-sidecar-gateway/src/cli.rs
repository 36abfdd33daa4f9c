//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::{ask::Arguments, runtime_api::FunctionCommand};

/// A reverse proxy that asks a function before and after every call.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Cli {
    /// How log lines look; they go to standard error, filtered by RUST_LOG.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub(crate) log_format: LogFormat,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
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
        /// A program that speaks the Lambda Runtime API, asked instead of the demo's own function.
        #[arg(long, value_name = "CMD", value_parser = FunctionCommand::parse)]
        function: Option<FunctionCommand>,
    },
    /// Sends one request through an endpoint's sidecars and prints what they do to it; calls no backend.
    Ask(Arguments),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
