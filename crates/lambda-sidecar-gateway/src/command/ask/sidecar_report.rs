//! What one sidecar did, as it is printed.

use lambda_sidecar::{
    Answer, AnswerResult, Decision, Failure, ProtectedHeaders, Receipt, Synchronicity,
    lambda_sidecar_core::Ruling,
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{
    function::{Heard, NO_ANSWER, RecordedInvocation},
    json, relay,
};

/// One sidecar's part in the call.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SidecarReport {
    pub(super) point: &'static str,
    pub(super) function: String,
    /// None where the function was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) synchronicity: Option<&'static str>,
    /// What the function was sent; none where it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) envelope: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<FunctionAnswer>,
    /// What the function of an event did, which nobody waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) later: Option<FunctionAnswer>,
    pub(super) decision: &'static str,
    /// The verdict as it is understood.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verdict: Option<Box<RawValue>>,
    /// The names of what it relays to the response halves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) relay: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failure: Option<Failed>,
    /// The name of the error that the client is answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) refused_headers: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) latency_ms: Option<f64>,
    /// Whether the time has the start of the program in it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) latency_with_start: bool,
}

/// An answer of a function.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FunctionAnswer {
    pub(super) status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) function_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) executed_version: Option<String>,
    /// The payload where it is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payload: Option<Box<RawValue>>,
    /// The payload where it is something else, and not empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
}

/// A function call that failed, and what the policy makes of it.
#[derive(Debug, Serialize)]
pub(super) struct Failed {
    pub(super) class: &'static str,
    pub(super) reason: String,
    /// `block` or `forward`.
    pub(super) action: &'static str,
}

impl SidecarReport {
    pub(super) fn new(outcome: &Receipt, exchange: Option<&RecordedInvocation>) -> Self {
        let understood = exchange.and_then(understood);
        let ruling = understood.as_ref().and_then(|ruling| ruling.as_ref().ok());
        let synchronicity = exchange.map(|exchange| exchange.sidecar.synchronicity());
        let is_event = synchronicity == Some(Synchronicity::Event);
        Self {
            point: outcome.point().as_str(),
            function: outcome.function().to_owned(),
            synchronicity: synchronicity.map(Synchronicity::as_str),
            verdict: ruling
                .filter(|_| !is_event)
                .and_then(|ruling| to_raw_value(&ruling.verdict).ok()),
            relay: ruling
                .map(|ruling| ruling.relay.names().map(str::to_owned).collect())
                .unwrap_or_default(),
            failure: failed(outcome, exchange, understood.as_ref()),
            envelope: exchange
                .and_then(|exchange| json::raw(&exchange.envelope))
                .map(relay::hidden),
            answer: exchange.and_then(|exchange| match &exchange.heard {
                Heard::Answer(answer) => Some(FunctionAnswer::of(answer)),
                Heard::Nothing | Heard::Failed(..) => None,
            }),
            later: exchange.and_then(|exchange| exchange.later.as_ref().map(FunctionAnswer::of)),
            decision: outcome.decision().as_str(),
            error: outcome.error(),
            refused_headers: outcome.refused_headers().to_vec(),
            latency_ms: outcome
                .latency()
                .map(|latency| latency.as_secs_f64() * 1000.0),
            latency_with_start: exchange.is_some_and(|exchange| exchange.with_start),
        }
    }
}

/// The answer, read as the layer reads it.
fn understood(exchange: &RecordedInvocation) -> Option<Result<Ruling, Failure>> {
    let Heard::Answer(answer) = &exchange.heard else {
        return None;
    };
    let sidecar = &exchange.sidecar;
    let protected = ProtectedHeaders::default();
    let (point, synchronicity) = (sidecar.point(), sidecar.synchronicity());
    Some(Ruling::from_answer(
        point,
        synchronicity,
        answer,
        &protected,
    ))
}

fn failed(
    outcome: &Receipt,
    exchange: Option<&RecordedInvocation>,
    understood: Option<&Result<Ruling, Failure>>,
) -> Option<Failed> {
    let heard = exchange.map(|exchange| &exchange.heard);
    // What becomes of an event in the background is in no receipt.
    let class = outcome.failure().or(match (heard, understood) {
        (Some(Heard::Failed(class, _)), _) => Some(*class),
        (_, Some(Err(failure))) => Some(failure.class()),
        _ => None,
    })?;
    let reason = match (understood, heard) {
        (Some(Err(failure)), _) => match failure {
            Failure::WrongAnswer(reason) => format!("{}: {reason}", failure.message()),
            failure => failure.message().into_owned(),
        },
        (_, Some(Heard::Failed(_, reason))) => reason.clone(),
        _ => NO_ANSWER.to_owned(),
    };
    Some(Failed {
        class: class.as_str(),
        reason,
        action: if outcome.failed_open() || outcome.decision() == Decision::Queued {
            "forward"
        } else {
            "block"
        },
    })
}

impl FunctionAnswer {
    fn of(answer: &Answer) -> Self {
        let payload = json::raw(&answer.payload);
        let is_text = payload.is_none() && !answer.payload.is_empty();
        Self {
            // As Lambda's API would say it.
            status: match answer.result {
                AnswerResult::Accepted => 202,
                _ => 200,
            },
            function_error: match &answer.result {
                AnswerResult::Failed(kind) => Some(kind.clone()),
                _ => None,
            },
            executed_version: answer.version.clone(),
            payload: payload.map(relay::hidden),
            text: is_text
                .then(|| relay::hidden_text(String::from_utf8_lossy(&answer.payload).into_owned())),
        }
    }
}
