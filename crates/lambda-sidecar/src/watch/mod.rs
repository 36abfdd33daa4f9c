//! What is told of a function call: a span for `tracing`, counts for the `metrics` facade.
//!
//! The names are OpenTelemetry's where it has one (semantic conventions for FaaS and HTTP). Neither
//! payloads, header values nor anything else that a client sends is told.

#[cfg(feature = "metrics")]
pub(crate) mod meters;

use http::Method;
use lambda_sidecar_core::{FailureClass, Sidecar, Target};
use tracing::{Span, field::Empty};

use crate::Receipt;

/// A function call under way, told of until it is concluded or dropped.
#[derive(Debug)]
pub(crate) struct Watch {
    span: Span,
    #[cfg(feature = "metrics")]
    _in_flight: meters::InFlight,
}

impl Watch {
    pub(crate) fn begin(
        sidecar: &Sidecar,
        method: &Method,
        message_id: &str,
        #[cfg(feature = "metrics")] in_flight: meters::InFlight,
    ) -> Self {
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
            http.request.method = known(method),
            http.response.status_code = Empty,
            error.type = Empty,
            sidecar.point = sidecar.point().as_str(),
            sidecar.synchronicity = sidecar.synchronicity().as_str(),
            sidecar.message_id = message_id,
            sidecar.decision = Empty,
            sidecar.failed_open = Empty,
        );
        Self {
            span,
            #[cfg(feature = "metrics")]
            _in_flight: in_flight,
        }
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Tells what was decided, and the status of the answer, where the client is answered instead.
    pub(crate) fn conclude(self, receipt: &Receipt, answered: Option<u16>) {
        let span = &self.span;
        span.record("sidecar.decision", receipt.decision().as_str());
        if let Some(status) = answered {
            span.record("http.response.status_code", status);
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

/// A method's name, where HTTP defines it. Any other is whatever the client wrote, for which
/// OpenTelemetry has `_OTHER`.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = [
        "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE",
    ];
    let known = KNOWN.into_iter().find(|known| *known == method.as_str());
    known.unwrap_or("_OTHER")
}
