//! The access log: a line a call, with the receipt of what its sidecars decided.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Method, Request, Response, StatusCode, Uri};
use lambda_sidecar::{Receipt, Receipts};

use super::metrics;

/// What there is to say of one call when it is answered.
#[derive(Debug)]
pub(crate) struct AccessLine {
    since: Instant,
    method: Method,
    uri: Uri,
    endpoint: Option<Arc<str>>,
    receipts: Option<Receipts>,
}

impl AccessLine {
    pub(crate) fn new<B>(request: &Request<B>) -> Self {
        Self {
            since: Instant::now(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            endpoint: None,
            receipts: None,
        }
    }

    pub(crate) fn set_endpoint(&mut self, label: &Arc<str>) {
        self.endpoint = Some(Arc::clone(label));
    }

    /// What sidecars decided on a call whose answer does not carry it.
    pub(crate) fn set_receipts(&mut self, receipts: Option<Receipts>) {
        self.receipts = receipts;
    }

    /// Counts the call and writes its line. The query is not in it: an API key can be.
    pub(crate) fn close<B>(self, message_id: &str, response: &Response<B>) {
        let endpoint = self.endpoint.as_deref().unwrap_or_default();
        let status = response.status();
        metrics::answered(endpoint, status);
        let receipts = response.extensions().get().or(self.receipts.as_ref());
        tracing::info!(
            target: "access",
            {
                http.request.method = known(&self.method),
                url.path = self.uri.path(),
                http.response.status_code = StatusCode::as_u16(&status),
                endpoint,
                message_id,
                duration_ms = milliseconds(self.since.elapsed()),
                sidecars = %Decisions(receipts),
            },
            "call answered"
        );
    }
}

/// A method's name, if HTTP defines it. Any other is whatever the client wrote, for which
/// OpenTelemetry has `_OTHER`.
fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = [
        "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE",
    ];
    let known = KNOWN.into_iter().find(|known| *known == method.as_str());
    known.unwrap_or("_OTHER")
}

/// `authz PreProcessor allow 3.1ms; audit PostProcessor allow timeout failed-open 500.2ms`.
struct Decisions<'a>(Option<&'a Receipts>);

impl fmt::Display for Decisions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let receipts = self.0.map_or(&[][..], |receipts| receipts);
        for (at, receipt) in receipts.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "; " })?;
            decision(receipt, f)?;
        }
        Ok(())
    }
}

fn decision(receipt: &Receipt, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (function, point) = (receipt.function(), receipt.point());
    write!(f, "{function} {point} {}", receipt.decision().as_str())?;
    if let Some(error) = receipt.error() {
        write!(f, " {error}")?;
    }
    if let Some(class) = receipt.failure() {
        write!(f, " {class}")?;
    }
    if receipt.failed_open() {
        f.write_str(" failed-open")?;
    }
    if let Some(version) = receipt.executed_version() {
        write!(f, " version {version:?}")?;
    }
    match receipt.latency() {
        Some(latency) => write!(f, " {}ms", milliseconds(latency)),
        None => Ok(()),
    }
}

/// To a tenth.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}
