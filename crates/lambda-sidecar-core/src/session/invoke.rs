//! The function call: its envelope, its time, and how it ended.

use std::{borrow::Cow, sync::Arc, time::Instant};

use super::{Awaited, Half, Head, Receipt, Session, Step};
use crate::{
    Answer, EnvelopeSource, Failure, Invocation, Outcome, Payload, Precondition, RequestView,
    ResponseView, Verdict,
};

/// A function call under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Invoked {
    since: Instant,
    /// Whether it ends by the sidecar's own timeout, before the whole call does.
    has_own_end: bool,
    envelope_length: usize,
}

impl Session {
    /// Writes the envelope, and starts the clock of the function call: the sidecar's own timeout, within the
    /// whole call's time.
    pub(super) fn invoke(
        &mut self,
        at: usize,
        payload: &Payload,
        head: Head<'_>,
        now: Instant,
    ) -> Step {
        let Some(invocation) = self.invocation(at, payload, &head) else {
            return self.refuse(at, Precondition::NoEnvelope, head, now);
        };
        let deadline = self.facts.deadline;
        let own_end = invocation.sidecar.timeout();
        let own_end = own_end.and_then(|timeout| now.checked_add(timeout));
        let own_end = own_end.filter(|end| *end < deadline);
        let invoked = Invoked {
            since: now,
            has_own_end: own_end.is_some(),
            envelope_length: invocation.payload.len(),
        };
        self.awaited = Awaited::Invoking(at, invoked);
        Step::Invoke {
            invocation,
            until: own_end.unwrap_or(deadline),
        }
    }

    /// None for a response half that has not kept its request.
    fn invocation(&self, at: usize, payload: &Payload, head: &Head<'_>) -> Option<Invocation> {
        let sidecar = self.sidecar(at);
        let (request, response) = match (head, &self.halves[at]) {
            (Head::Request(head), _) => {
                let request = RequestView {
                    method: &head.method,
                    uri: &head.uri,
                    headers: &head.headers,
                    payload,
                };
                (request, None)
            }
            (Head::Response(head), Half::Kept(request)) => {
                let response = ResponseView {
                    status: head.status,
                    headers: &head.headers,
                    payload,
                };
                (request.view(), Some(response))
            }
            (Head::Response(_), _) => return None,
        };
        let envelope = EnvelopeSource {
            sidecar,
            context: &self.facts.context,
            message_id: &self.facts.message_id,
            request,
            response,
        };
        let message_id = self.facts.message_id.clone();
        let mut invocation = Invocation::new(Arc::clone(sidecar), envelope.to_json(), message_id);
        invocation.traceparent.clone_from(&self.traceparent);
        Some(invocation)
    }

    /// The function call is over.
    pub(super) fn answered(
        &mut self,
        at: usize,
        invoked: Invoked,
        result: Result<Answer, Failure>,
        head: Head<'_>,
        now: Instant,
    ) -> Step {
        let mut receipt = self.receipt(at, invoked, now);
        let outcome = match result.and_then(|answer| self.verdict(&mut receipt, answer)) {
            Ok(verdict) => Outcome::Answered(verdict),
            Err(Failure::NoResources) => Outcome::NoResources,
            Err(failure) => Outcome::Failed(failure),
        };
        self.follow(receipt, at, outcome, head, now)
    }

    /// The function did not answer in time: in its own, which is its failure, or in the whole call's.
    pub(super) fn timed_out(
        &mut self,
        at: usize,
        invoked: Invoked,
        head: Head<'_>,
        now: Instant,
    ) -> Step {
        let receipt = self.receipt(at, invoked, now);
        let outcome = match invoked.has_own_end {
            true => Outcome::Failed(Failure::Timeout),
            false => Outcome::DeadlinePassed,
        };
        self.follow(receipt, at, outcome, head, now)
    }

    fn receipt(&self, at: usize, invoked: Invoked, now: Instant) -> Receipt {
        let mut receipt = Receipt::new(self.sidecar(at));
        receipt.latency = Some(now.saturating_duration_since(invoked.since));
        receipt.envelope_length = invoked.envelope_length;
        receipt
    }

    fn verdict(&self, receipt: &mut Receipt, mut answer: Answer) -> Result<Verdict, Failure> {
        receipt.executed_version = answer.version.take();
        let sidecar = &receipt.sidecar;
        let (point, synchronicity) = (sidecar.point(), sidecar.synchronicity());
        Verdict::from_answer(point, synchronicity, &answer, &self.route.protected)
            .inspect_err(|failure| receipt.reason = Some(reason(failure).into_owned()))
    }
}

/// What the log may say of a failure: nothing of the function's payload but the type of its error.
fn reason(failure: &Failure) -> Cow<'_, str> {
    match failure {
        Failure::WrongAnswer(reason) => reason.into(),
        Failure::FunctionError { title, .. } => title.into(),
        Failure::UnexpectedStatus(status) => format!("status {status}").into(),
        failure => failure.message(),
    }
}
