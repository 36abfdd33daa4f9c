//! One function call, watched from its beginning to the decision.

use std::{fmt, sync::Arc};

use http::StatusCode;
use lambda_sidecar_core::{
    FailureClass, Invocation, Sidecar, Target,
    session::{Decision, Receipt},
};
use tracing::{Span, field::Empty};

/// A function call under way, until it is concluded or dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    sidecar: Arc<Sidecar>,
    span: Span,
    #[cfg(feature = "metrics")]
    in_flight: super::meters::InvocationInFlight,
}

impl Watch {
    pub(super) fn new(
        invocation: &Invocation,
        method: &'static str,
        #[cfg(feature = "metrics")] in_flight: super::meters::InvocationInFlight,
    ) -> Self {
        let sidecar = &invocation.sidecar;
        let connection = match sidecar.target() {
            Target::Aws(function) => Some(&*function.connection),
            _ => None,
        };
        let span = tracing::info_span!(
            "function call",
            otel.kind = "client",
            otel.status_code = Empty,
            faas.invoked_name = sidecar.name(),
            faas.invoked_provider = connection.map(|_| "aws"),
            faas.invoked_region = connection.map(|connection| connection.region.as_str()),
            http.request.method = method,
            http.response.status_code = Empty,
            error.type = Empty,
            sidecar.point = sidecar.point().as_str(),
            sidecar.synchronicity = sidecar.synchronicity().as_str(),
            sidecar.message_id = &*invocation.message_id,
            sidecar.decision = Empty,
            sidecar.failed_open = Empty,
        );
        Self {
            sidecar: Arc::clone(sidecar),
            span,
            #[cfg(feature = "metrics")]
            in_flight,
        }
    }

    /// What the logs of the function call belong to.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Logs why the function call failed. The full text of an error goes to the log, and only there.
    pub(crate) fn failed(&self, class: FailureClass, cause: &dyn fmt::Display) {
        log_failure(&self.sidecar, class, cause);
    }

    #[cfg(feature = "metrics")]
    pub(super) fn elapsed(&self) -> std::time::Duration {
        self.in_flight.elapsed()
    }

    /// The call was made in the background, and is over.
    pub(super) fn sent(
        #[cfg_attr(not(feature = "metrics"), allow(unused_mut))] mut self,
        failure: Option<FailureClass>,
    ) {
        #[cfg(feature = "metrics")]
        self.in_flight.decided();
        self.span
            .record("sidecar.decision", Decision::Queued.as_str());
        if let Some(class) = failure {
            self.span.record("error.type", class.as_str());
            self.span.record("otel.status_code", "ERROR");
        }
    }

    /// Tells what was decided, and the status of the answer if the call ends here.
    pub(super) fn conclude(
        #[cfg_attr(not(feature = "metrics"), allow(unused_mut))] mut self,
        receipt: &Receipt,
        answered: Option<StatusCode>,
    ) {
        #[cfg(feature = "metrics")]
        self.in_flight.decided();
        let span = &self.span;
        span.in_scope(|| log(receipt));
        span.record("sidecar.decision", receipt.decision().as_str());
        let ends_here = matches!(receipt.decision(), Decision::Terminate | Decision::Error);
        if let Some(status) = answered.filter(|_| ends_here) {
            span.record("http.response.status_code", status.as_u16());
        }
        let class = receipt.failure().map(FailureClass::as_str);
        // The end of the whole call's time is an error without being a failure of the function.
        if let Some(error) = class.or(receipt.error()) {
            span.record("error.type", error);
            span.record("otel.status_code", "ERROR");
        }
        if class.is_some() {
            span.record("sidecar.failed_open", receipt.failed_open());
        }
    }
}

/// Logs what an operator has to know of a decision. Names are looked up if there is something to log.
pub(super) fn log(receipt: &Receipt) {
    match (receipt.failure(), receipt.reason()) {
        (Some(class), Some(cause)) => log_failure(receipt.sidecar(), class, &cause),
        (None, Some(cause)) => {
            let (function, point) = (receipt.function(), receipt.point());
            tracing::warn!(function, %point, %cause, "part of the answer could not be used");
        }
        (_, None) => {}
    }
    if !receipt.refused_headers().is_empty() {
        let (function, point) = (receipt.function(), receipt.point());
        let headers = shown(receipt.refused_headers());
        tracing::warn!(function, %point, headers, "headers refused: they are not the function's to touch");
    }
}

/// Names in one line of bounded length: what a function names, a client may have chosen.
fn shown(names: &[String]) -> String {
    const MOST: usize = 16;
    const LONGEST: usize = 100;
    let cut = |name: &String| name.chars().take(LONGEST).collect::<String>();
    let mut shown = names.iter().take(MOST).map(cut).collect::<Vec<_>>();
    if names.len() > MOST {
        shown.push(format!("and {} more", names.len() - MOST));
    }
    shown.join(", ")
}

fn log_failure(sidecar: &Sidecar, class: FailureClass, cause: &dyn fmt::Display) {
    let (function, point) = (sidecar.name(), sidecar.point());
    tracing::warn!(function, %point, %class, %cause, "the function call failed");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_has_a_bounded_part_of_the_names_that_were_refused() {
        let names = |count: usize| vec!["x".repeat(1000); count];
        assert_eq!(shown(&["te".to_owned(), "host".to_owned()]), "te, host");
        let (some, many) = (shown(&names(17)), shown(&names(100_000)));
        assert!(some.ends_with("x, and 1 more"), "{some}");
        assert!(many.ends_with("x, and 99984 more"), "{many}");
        assert_eq!(some.len() + 4, many.len());
    }
}
