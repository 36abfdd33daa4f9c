//! What a call's end is counted as.

use crate::{content::Content, ledger::Observed};

/// Its name in the table.
pub(super) fn kind(observed: &Observed) -> String {
    match observed {
        Observed::HungUp => "client hung up".into(),
        Observed::Hung => "hung".into(),
        Observed::CutOff => "stream reset".into(),
        Observed::Lost(_) => "connection lost".into(),
        Observed::Answered(seen) => match (&seen.error, &seen.content) {
            (Some(error), _) => error.clone(),
            (_, Content::StoppedBy(_)) => "terminated".into(),
            _ if matches!(seen.grpc, Some(1..)) => "terminated, or gateway's own (gRPC)".into(),
            (_, Content::Problem(_)) => format!("gateway's own {}", seen.status),
            (_, Content::ReplacedBy(_)) => "backend, body replaced".into(),
            (_, Content::Broken) => "backend, broke off".into(),
            _ => "backend".into(),
        },
    }
}
