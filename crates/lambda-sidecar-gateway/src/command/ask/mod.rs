//! `ask`: what an endpoint's sidecars do to one recorded request, before anything is deployed.
//!
//! The request goes through a session as the layer's calls do, in the same way in and out; only the backend is
//! missing, whose answer may be recorded too.

mod arguments;
mod case;
mod chunked;
mod function;
mod host;
mod json;
mod message;
mod relay;
mod report;
mod sidecar_report;
mod source;
mod text;

use std::future::Future;

use lambda_sidecar::Decision;

pub(super) use self::arguments::Arguments;
use self::{
    arguments::{FailOn, Format},
    case::{Case, Choice},
    function::RecordedFunctions,
    report::Report,
    sidecar_report::SidecarReport,
};
use super::{
    console::{cannot_start, say},
    exit::Exit,
};
use crate::server::Signals;

/// Asks, and prints what came of it.
///
/// # Errors
///
/// [`Exit::Configuration`] for a wrong file or wrong inputs of the endpoint, [`Exit::CommandLine`] for a wrong
/// request or function, [`Exit::Start`] where the function cannot be run, or a signal ended it;
/// [`Exit::Terminated`] and [`Exit::Failed`] as `--fail-on` says.
pub(super) fn ask(
    arguments: Arguments,
    block_on: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = Result<(), Exit>>>>) -> Result<(), Exit>,
) -> Result<(), Exit> {
    // Before anything listens to signals: standard input may be a terminal.
    let format = arguments.format;
    let fail_on = arguments.fail_on.clone();
    let case = Case::of(arguments)?;
    block_on(Box::pin(async move {
        let mut signals = Signals::new().map_err(cannot_start)?;
        tokio::select! {
            report = run(case) => {
                let report = report?;
                match format {
                    Format::Text => say(text::of(&report)),
                    Format::Json => say(json::pretty(&report.to_json())),
                }
                verdict(&report, &fail_on)
            }
            () = signals.stop() => Err(cannot_start("interrupted")),
        }
    }))
}

fn verdict(report: &Report, fail_on: &[FailOn]) -> Result<(), Exit> {
    let sidecars = &report.sidecars;
    let failed = |sidecar: &SidecarReport| sidecar.failure.is_some() || sidecar.error.is_some();
    if fail_on.contains(&FailOn::Error) && sidecars.iter().any(failed) {
        return Err(Exit::Failed);
    }
    let terminates = |sidecar: &SidecarReport| sidecar.decision == Decision::Terminate.as_str();
    if fail_on.contains(&FailOn::Terminate) && sidecars.iter().any(terminates) {
        return Err(Exit::Terminated);
    }
    Ok(())
}

async fn run(mut case: Case) -> Result<Report, Exit> {
    let choice = std::mem::replace(&mut case.function, Choice::Nobody);
    let functions = RecordedFunctions::start(choice, case.endpoint.timeout, case.transport).await?;
    let endpoint = case.name.clone();
    let left_out = !case.sidecars.post.is_empty() && case.response.is_none();
    let mut tried = host::run(case, &functions).await;
    for (_, invoked) in &mut tried.decisions {
        if let Some(invoked) = invoked {
            functions.run_event(invoked).await;
        }
    }
    Ok(Report::new(endpoint, &tried, left_out))
}
