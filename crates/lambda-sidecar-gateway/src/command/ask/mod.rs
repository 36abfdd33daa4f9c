//! `ask`: what an endpoint's sidecars do to one recorded request, before anything is deployed.
//!
//! The request goes through the very layer that `run` uses, in the same way in and out; only the backend is
//! missing, whose answer may be recorded too.

mod arguments;
mod case;
mod chunked;
mod function;
mod json;
mod message;
mod report;
mod sidecar_report;
mod source;
mod text;

use std::future::Future;

use http_body_util::Full;

pub(super) use self::arguments::Arguments;
use self::{arguments::Format, case::Case, function::RecordingFunctions, report::Report};
use super::{
    console::{cannot_start, say},
    exit::Exit,
};
use crate::{proxy::rehearse, server::Signals};

/// Asks, and prints what came of it.
///
/// # Errors
///
/// [`Exit::Configuration`] for a wrong file or wrong inputs of the endpoint, [`Exit::CommandLine`] for a wrong
/// request or function, [`Exit::Start`] where the function cannot be run, or a signal ended it.
pub(super) fn ask(
    arguments: Arguments,
    block_on: impl FnOnce(std::pin::Pin<Box<dyn Future<Output = Result<(), Exit>>>>) -> Result<(), Exit>,
) -> Result<(), Exit> {
    // Before anything listens to signals: standard input may be a terminal.
    let format = arguments.format;
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
                Ok(())
            }
            () = signals.stop() => Err(cannot_start("interrupted")),
        }
    }))
}

async fn run(case: Case) -> Result<Report, Exit> {
    let recording =
        RecordingFunctions::start(case.function, case.endpoint.timeout, case.transport).await?;
    let has_response = case.response.is_some();
    let has_post = !case.sidecars.post.is_empty();
    let functions = (case.sidecars, recording.clone());
    let request = (case.rest.as_str(), case.request.map(Full::new));
    let rehearsed = rehearse(
        &case.endpoint,
        &case.callers,
        functions,
        request,
        case.response,
    )
    .await;
    let exchanges = recording.finish().await;
    Ok(Report::new(
        &case.name,
        rehearsed,
        exchanges,
        has_post && !has_response,
    ))
}
