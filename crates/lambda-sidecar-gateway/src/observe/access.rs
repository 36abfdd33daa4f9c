//! The access log: a line a call, with the receipt of what its sidecars decided.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use http::{Method, Request, StatusCode, Uri};
use lambda_sidecar::{AnswerSource, CallProgress, Receipt, UnderWay, keeps_no_body, method_name};

use super::metrics::CallCounts;

/// The status of a call that its client did not wait for, as nginx has it. Nobody receives it.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Set when the process stops although calls are under way.
static CUT_OFF: AtomicBool = AtomicBool::new(false);

/// From now on it is the stop of this process that ends calls.
pub(crate) fn cut_off() {
    CUT_OFF.store(true, Ordering::Relaxed);
}

/// What there is to say of one call. The line is written when this is dropped, so that no call is without one:
/// when the answer is through, or when nobody waits for it any longer.
#[derive(Debug)]
pub(crate) struct AccessLine {
    since: Instant,
    method: Method,
    uri: Uri,
    message_id: String,
    /// Of the endpoint, if there is one.
    counts: Arc<CallCounts>,
    progress: CallProgress,
    answered: Option<Answered>,
    sent: u64,
    end: End,
}

#[derive(Debug)]
struct Answered {
    status: StatusCode,
    after: Duration,
}

/// How the answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Not yet, which is the client's doing if it stays so.
    Open,
    Whole,
    BrokenOff,
}

impl AccessLine {
    /// Of a call that is counted to no endpoint yet.
    pub(crate) fn new<B>(
        request: &Request<B>,
        message_id: &str,
        to_none: &Arc<CallCounts>,
    ) -> Self {
        Self {
            since: Instant::now(),
            method: request.method().clone(),
            uri: request.uri().clone(),
            message_id: message_id.to_owned(),
            counts: Arc::clone(to_none),
            progress: CallProgress::default(),
            answered: None,
            sent: 0,
            end: End::Open,
        }
    }

    pub(crate) fn set_endpoint(&mut self, counts: &Arc<CallCounts>) {
        self.counts = Arc::clone(counts);
    }

    /// What the sidecars of the call report to.
    pub(crate) fn progress(&self) -> CallProgress {
        self.progress.clone()
    }

    /// The head of the answer is there.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.answered = Some(Answered {
            status,
            after: self.since.elapsed(),
        });
        if status.is_informational() || keeps_no_body(&self.method, status) {
            self.end = End::Whole;
        }
    }

    /// So many bytes of the answer's body were given to the connection.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.sent += bytes as u64;
    }

    /// The answer's body is through.
    pub(crate) fn whole(&mut self) {
        self.end = End::Whole;
    }

    /// The backend broke off in its answer.
    pub(crate) fn broken_off(&mut self) {
        self.end = End::BrokenOff;
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.end != End::Open
    }

    /// The answer's status, and the reason if it did not reach the client as a whole.
    fn outcome(&self) -> (u16, Option<&'static str>) {
        let status = self.answered.as_ref();
        let status = status.map_or(CLIENT_CLOSED_REQUEST, |head| head.status.as_u16());
        let aborted = match self.end {
            End::Open if CUT_OFF.load(Ordering::Relaxed) => Some("stop"),
            End::Open => Some("client"),
            End::Whole => None,
            End::BrokenOff => Some("backend"),
        };
        (status, aborted)
    }
}

impl Drop for AccessLine {
    /// Counts the call and writes its line. The query is not in it: an API key can be.
    fn drop(&mut self) {
        let (status, aborted) = self.outcome();
        self.counts.ended(status);
        let first = self.answered.as_ref();
        tracing::info!(
            target: "access",
            {
                http.request.method = method_name(&self.method),
                url.path = self.uri.path(),
                http.response.status_code = status,
                aborted,
                endpoint = self.counts.endpoint(),
                message_id = self.message_id,
                http.response.body.size = self.sent,
                answered_ms = first.map(|first| milliseconds(first.after)),
                duration_ms = milliseconds(self.since.elapsed()),
                sidecars = %Decisions(&self.progress),
            },
            "{}",
            if aborted.is_some() { "call aborted" } else { "call answered" },
        );
    }
}

/// `authz PreProcessor allow 3.1ms; audit PostProcessor allow timeout failed-open 500.2ms`.
struct Decisions<'a>(&'a CallProgress);

impl fmt::Display for Decisions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let receipts = self.0.receipts();
        for (at, receipt) in receipts.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { "; " })?;
            decision(receipt, f)?;
        }
        if let Some(UnderWay {
            sidecar, elapsed, ..
        }) = self.0.under_way()
        {
            f.write_str(if receipts.is_empty() { "" } else { "; " })?;
            let (name, point) = (sidecar.name(), sidecar.point());
            write!(f, "{name} {point} under-way {}ms", milliseconds(elapsed))?;
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
    match receipt.source() {
        Some(AnswerSource::Cache { age }) => write!(f, " cached {}s", age.as_secs())?,
        Some(AnswerSource::Stale { age, .. }) => write!(f, " stale {}s", age.as_secs())?,
        _ => {}
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
