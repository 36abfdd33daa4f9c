//! The function call: its envelope, its time, and how it ended.

use std::{borrow::Cow, sync::Arc, time::Instant};

use bytes::Bytes;

use super::{Awaited, EndsBy, Half, Head, Receipt, Session, Step};
use crate::{
    Answer, Enqueued, EnvelopeSource, Failure, Invocation, Outcome, Payload, PayloadCondition,
    Precondition, RequestView, ResponseView, Ruling, Sidecar,
};

/// A function call under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Invoked {
    since: Instant,
    ends_by: EndsBy,
    envelope_length: usize,
}

impl Session {
    /// Writes the envelope, and starts the clock of the function call, unless that is made in the background: the
    /// sidecar's own timeout, within the whole call's time.
    pub(super) fn invoke(
        &mut self,
        at: usize,
        payload: &Payload,
        head: Head<'_>,
        now: Instant,
    ) -> Step {
        let mut invocation = match self.invocation(at, payload, &head) {
            Ok(invocation) => invocation,
            Err(precondition) => return self.refuse(at, precondition, head, now),
        };
        if self.sidecar(at).event_queue().is_some() {
            self.awaited = Awaited::Enqueuing(at, invocation.payload.len());
            return Step::Enqueue { invocation };
        }
        let (until, ends_by) = self.end(at, now);
        invocation.until = Some(until);
        let invoked = Invoked {
            since: now,
            ends_by,
            envelope_length: invocation.payload.len(),
        };
        self.awaited = Awaited::Invoking(at, invoked);
        Step::Invoke { invocation, until }
    }

    /// When a sidecar's own time is over that began at `since`, or the whole call's if that is earlier.
    pub(super) fn end(&self, at: usize, since: Instant) -> (Instant, EndsBy) {
        let deadline = self.facts.deadline;
        let timeout = self.sidecar(at).timeout();
        match timeout.and_then(|timeout| since.checked_add(timeout)) {
            Some(end) if end < deadline => (end, EndsBy::Sidecar),
            _ => (deadline, EndsBy::Call),
        }
    }

    /// The envelope, as it can be sent: one that is too large has its payloads left out, if they may be.
    fn invocation(
        &self,
        at: usize,
        payload: &Payload,
        head: &Head<'_>,
    ) -> Result<Invocation, Precondition> {
        let sidecar = self.sidecar(at);
        let limit = Invocation::max_payload(sidecar.synchronicity());
        let (request, response) = self.messages(at, payload, head)?;
        let mut json = self.envelope(sidecar, request, response).json_within(limit);
        let response_payload = response.map(|response| response.payload);
        let mut payloads = [Some(request.payload), response_payload]
            .into_iter()
            .flatten();
        let left_out = json.is_none() || payloads.any(Payload::is_left_out);
        if json.is_none() && sidecar.payload_condition() == PayloadCondition::Filtering {
            json = self.smaller_envelope(sidecar, request, response, limit);
        }
        let json = json.ok_or(Precondition::EnvelopeTooLarge)?;
        let message_id = self.facts.message_id.clone();
        let mut invocation = Invocation::new(Arc::clone(sidecar), json, message_id);
        invocation.traceparent.clone_from(&self.traceparent);
        invocation.payload_left_out = left_out;
        invocation.tenant_id = self.tenant(at).cloned();
        Ok(invocation)
    }

    /// Without the payload of the message under way, else without any.
    fn smaller_envelope(
        &self,
        sidecar: &Sidecar,
        request: RequestView<'_>,
        response: Option<ResponseView<'_>>,
        limit: usize,
    ) -> Option<Bytes> {
        let of_request = request.payload.left_out();
        let request_only = RequestView {
            payload: &of_request,
            ..request
        };
        let Some(response) = response else {
            return self
                .envelope(sidecar, request_only, None)
                .json_within(limit);
        };
        let of_response = response.payload.left_out();
        let response = Some(ResponseView {
            payload: &of_response,
            ..response
        });
        let first = self.envelope(sidecar, request, response).json_within(limit);
        first.or_else(|| {
            self.envelope(sidecar, request_only, response)
                .json_within(limit)
        })
    }

    /// The messages as a half's envelope sees them. A response half that has not kept its request has none.
    fn messages<'s>(
        &'s self,
        at: usize,
        payload: &'s Payload,
        head: &'s Head<'_>,
    ) -> Result<(RequestView<'s>, Option<ResponseView<'s>>), Precondition> {
        match (head, &self.halves[at]) {
            (Head::Request(head), _) => {
                let request = RequestView {
                    method: &head.method,
                    uri: &head.uri,
                    headers: &head.headers,
                    payload,
                };
                Ok((request, None))
            }
            (Head::Response(head), Half::Kept(request)) => {
                let response = ResponseView {
                    status: head.status,
                    headers: &head.headers,
                    payload,
                };
                Ok((request.view(), Some(response)))
            }
            (Head::Response(_), _) => Err(Precondition::NoEnvelope),
        }
    }

    pub(super) fn envelope<'s>(
        &'s self,
        sidecar: &'s Sidecar,
        request: RequestView<'s>,
        response: Option<ResponseView<'s>>,
    ) -> EnvelopeSource<'s> {
        EnvelopeSource {
            sidecar,
            context: &self.facts.context,
            message_id: &self.facts.message_id,
            request,
            response,
        }
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
        let outcome = match result.and_then(|answer| self.ruling(&mut receipt, answer)) {
            Ok(ruling) => {
                if !ruling.relay.is_empty() {
                    self.take_in_relay(&Arc::new(ruling.relay));
                }
                Outcome::Answered(ruling.verdict)
            }
            Err(failure @ Failure::Rejected { .. }) => {
                // Nothing was sent and nothing took any time.
                receipt = Receipt::new(&receipt.sidecar);
                Outcome::Failed(failure)
            }
            Err(Failure::NoResources) => Outcome::NoResources,
            Err(failure) => Outcome::Failed(failure),
        };
        self.follow(receipt, at, outcome, head, now)
    }

    /// The event is in its queue, or was dropped. The call continues either way.
    pub(super) fn enqueued(
        &mut self,
        at: usize,
        envelope_length: usize,
        enqueued: Enqueued,
        head: Head<'_>,
        now: Instant,
    ) -> Step {
        let mut receipt = Receipt::new(self.sidecar(at));
        if enqueued == Enqueued::Queued {
            receipt.envelope_length = envelope_length;
        }
        self.follow(receipt, at, Outcome::Enqueued(enqueued), head, now)
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
        let outcome = match invoked.ends_by {
            EndsBy::Sidecar => Outcome::Failed(Failure::Timeout),
            EndsBy::Call => Outcome::DeadlinePassed,
        };
        self.follow(receipt, at, outcome, head, now)
    }

    fn receipt(&mut self, at: usize, invoked: Invoked, now: Instant) -> Receipt {
        let latency = now.saturating_duration_since(invoked.since);
        self.response_body.was_not_read_for(latency);
        let mut receipt = Receipt::new(self.sidecar(at));
        receipt.latency = Some(latency);
        receipt.envelope_length = invoked.envelope_length;
        receipt
    }

    fn ruling(&self, receipt: &mut Receipt, mut answer: Answer) -> Result<Ruling, Failure> {
        receipt.executed_version = answer.version.take();
        receipt.answered_by(answer.source);
        let sidecar = &receipt.sidecar;
        let (point, synchronicity) = (sidecar.point(), sidecar.synchronicity());
        Ruling::from_answer(point, synchronicity, &answer, &self.route.protected).inspect_err(
            |failure| {
                receipt.reason = Some(reason(failure).into_owned());
                receipt.source = None;
            },
        )
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
