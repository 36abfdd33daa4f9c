//! The command line of `ask`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::lambda_runtime::FunctionCommand;

/// What to ask, and whom.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The configuration, TOML.
    #[arg(long, value_name = "FILE")]
    pub(super) config: PathBuf,
    /// The `endpoint_id` of the endpoint, or its path.
    #[arg(long, value_name = "ID")]
    pub(super) endpoint: String,
    /// A program that speaks the Lambda Runtime API: it is started, and asked for every sidecar.
    #[arg(long, value_name = "CMD", value_parser = FunctionCommand::parse, conflicts_with = "aws")]
    pub(super) function: Option<FunctionCommand>,
    /// Calls the functions of AWS Lambda, as `run` does.
    #[arg(long)]
    pub(super) aws: bool,
    /// The backend's answer: a file with status line, headers and body. Without it no `post` sidecar is asked.
    #[arg(long, value_name = "FILE")]
    pub(super) response: Option<String>,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// What makes the exit code 5 (a sidecar terminates the call) or 6 (a function call fails, or the call with it).
    #[arg(long, value_enum, value_delimiter = ',', value_name = "OUTCOME")]
    pub(super) fail_on: Vec<FailOn>,
    /// The method of a request given as URL or path [default: GET, or POST with data].
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    pub(super) method: Option<String>,
    /// A header of a request given as URL or path.
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub(super) headers: Vec<String>,
    /// The body of a request given as URL or path, or @FILE.
    #[arg(short = 'd', long = "data", value_name = "BODY|@FILE")]
    pub(super) data: Option<String>,
    /// A `.http` file, `-` for standard input, or a URL or path.
    #[arg(value_name = "REQUEST")]
    pub(super) what: String,
}

/// What a script may want to hear of by the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// A sidecar terminates the call.
    Terminate,
    /// A function call fails, whatever the policy makes of it, or the call is answered with an error.
    Error,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// One JSON document.
    Json,
}
