//! The commands, a file or folder each, and what they share: the command line, the console and the exit codes.

mod ask;
mod check;
mod cli;
mod console;
mod demo;
mod exit;
mod run;

use std::{future::Future, process::ExitCode, time::Duration};

use clap::Parser;
use tokio::runtime::{Builder, Runtime};

use self::{
    cli::{Cli, Command},
    console::cannot_start,
    exit::Exit,
};
use crate::{environment, observe::logging};

/// Does what the command line says.
pub(crate) fn execute() -> ExitCode {
    let environment = environment::without_empty_variables();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Wanted, as with `--help`, or a mistake.
            let wanted = !error.use_stderr();
            let _ = error.print();
            return if wanted {
                ExitCode::SUCCESS
            } else {
                Exit::CommandLine.into()
            };
        }
    };
    let log = logging::install(cli.log_format);
    if let Err(reason) = environment.and(log) {
        return cannot_start(reason).into();
    }
    let result = match cli.command {
        Command::Run { config } => block_on(run::run(&config)),
        Command::Check { config } => check::check(&config),
        Command::Demo { function } => block_on(demo::demo(function)),
        Command::Ask(arguments) => ask::ask(arguments, block_on),
    };
    result.map_or_else(Into::into, |()| ExitCode::SUCCESS)
}

/// How long what is cut off has to notice it.
const CUT_OFF: Duration = Duration::from_secs(1);

/// Runs to the end. What is still under way then is cut off, not waited for.
fn block_on(future: impl Future<Output = Result<(), Exit>>) -> Result<(), Exit> {
    let runtime = runtime()?;
    let result = runtime.block_on(future);
    // Calls that are cut off write their lines.
    runtime.shutdown_timeout(CUT_OFF);
    result
}

/// The standard library's own choice. Said here, it is not for the environment (`RUST_MIN_STACK`) to ask for more than
/// there is, with which no thread can be started, and Tokio panics.
const STACK: usize = 2 << 20;

fn runtime() -> Result<Runtime, Exit> {
    let mut builder = Builder::new_multi_thread();
    builder.enable_all().thread_stack_size(STACK);
    if let Some(number) = environment::worker_threads().map_err(cannot_start)? {
        builder.worker_threads(number);
    }
    builder
        .build()
        .map_err(|error| cannot_start(format_args!("no threads to run on: {error}")))
}
