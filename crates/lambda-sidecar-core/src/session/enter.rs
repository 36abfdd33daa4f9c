//! Before a function is invoked: conditions and bodies.

use std::time::Instant;

use http::{HeaderMap, request};

use super::{
    Awaited, BodyRead, EndsBy, Half, Head, ReadBody, Receipt, Session, Side, Step,
    response_body::content_length,
};
use crate::{
    Expand, Invocation, Outcome, Payload, PayloadCondition, Precondition, RequestSnapshot, Sidecar,
    check_request, has_content_coding,
    precondition::{may_be_too_much, sends_too_much},
};

/// A half's conditions are met as far as they can be told.
enum Checked {
    /// All of them; this is the body for its envelope.
    Whole(Payload),
    /// The body has to be read first.
    Read(ReadBody, EndsBy),
}

impl Session {
    /// The request has come in. How much of its headers and query is sent is checked for every half, as it came in:
    /// a client must not be able to make an envelope that cannot be sent.
    pub(super) fn begin(&mut self, head: Head<'_>, now: Instant) -> Step {
        if let Head::Request(request) = &head {
            if self.route.has_scopes() {
                self.skip_on_entry(request);
            }
            if may_be_too_much(request)
                && let Some(at) = self.first_with_too_much(request)
            {
                return self.refuse(at, Precondition::HeadersTooLarge, head, now);
            }
        }
        self.enter(0, head, now)
    }

    /// The first half that is certain to send too much of this request's headers and query.
    fn first_with_too_much(&mut self, request: &request::Parts) -> Option<usize> {
        (0..self.halves.len()).find(|at| {
            let is_waiting = matches!(self.halves[*at], Half::Waiting);
            is_waiting
                && sends_too_much(self.sidecar(*at), request)
                && self.unmet(*at, Precondition::HeadersTooLarge).is_err()
        })
    }

    /// Checks everything that depends on the request as it came in, from this half on: for the first request
    /// half, then for every response half, so that a backend is never called for a call that is bound to be
    /// blocked.
    pub(super) fn enter(&mut self, from: usize, head: Head<'_>, now: Instant) -> Step {
        let mut at = from;
        while at < self.halves.len() {
            if !matches!(self.halves[at], Half::Waiting) {
                // Skipped, or known already to be refused if the call concerns it.
                at = self.after_entering(at);
                continue;
            }
            let entered = match self.check(at, &head) {
                Ok(Checked::Whole(payload)) => self.keep(at, payload, &head),
                Ok(Checked::Read(read, _)) => {
                    self.awaited = Awaited::Entering(at);
                    return Step::ReadBody(read);
                }
                Err(precondition) => Err(precondition),
            };
            if let Err(precondition) = entered.or_else(|unmet| self.unmet(at, unmet)) {
                return self.refuse(at, precondition, head, now);
            }
            at = self.after_entering(at);
        }
        self.turn(0, head, now)
    }

    /// The request's body was read for a half that enters.
    pub(super) fn entered(
        &mut self,
        at: usize,
        body: BodyRead,
        head: Head<'_>,
        now: Instant,
    ) -> Step {
        let payload = payload(self.sidecar(at), body, head.headers());
        let entered = payload.and_then(|payload| self.keep(at, payload, &head));
        match entered.or_else(|unmet| self.unmet(at, unmet)) {
            Ok(()) => self.enter(self.after_entering(at), head, now),
            Err(precondition) => self.refuse(at, precondition, head, now),
        }
    }

    /// The first request half, then the response halves: the request halves in between see the request as
    /// changed by those before them.
    fn after_entering(&self, at: usize) -> usize {
        (at + 1).max(self.route.requests())
    }

    fn keep(&mut self, at: usize, payload: Payload, head: &Head<'_>) -> Result<(), Precondition> {
        self.halves[at] = match head {
            Head::Request(head) if at >= self.route.requests() => {
                let kept = RequestSnapshot::of(self.sidecar(at), head, payload);
                Half::Kept(Box::new(self.within_envelope(at, kept)?))
            }
            _ => Half::Checked(payload),
        };
        Ok(())
    }

    /// What a response half keeps of the request, if that alone does not make its envelope too large.
    fn within_envelope(
        &self,
        at: usize,
        mut kept: RequestSnapshot,
    ) -> Result<RequestSnapshot, Precondition> {
        let held = kept.view().payload.held();
        let sidecar = self.sidecar(at);
        let limit = Invocation::max_payload(sidecar.synchronicity());
        // No body grows fourfold in an envelope, and the rest of it is small.
        if held < limit / 4 || self.envelope(sidecar, kept.view(), None).fits(limit) {
            return Ok(kept);
        }
        kept.leave_out_payload();
        let may_leave_out = sidecar.payload_condition() == PayloadCondition::Filtering;
        if may_leave_out && self.envelope(sidecar, kept.view(), None).fits(limit) {
            return Ok(kept);
        }
        Err(Precondition::PayloadTooLarge {
            known_length: held as u64,
        })
    }

    /// Checks the conditions of a half whose turn it is, unless that was done on entry, and invokes its function.
    pub(super) fn prepare(&mut self, at: usize, head: Head<'_>, now: Instant) -> Step {
        let checked = match &mut self.halves[at] {
            Half::Checked(payload) => Ok(Checked::Whole(std::mem::take(payload))),
            Half::Unmet(precondition) => Err((**precondition).clone()),
            _ => self.check(at, &head),
        };
        match checked {
            Ok(Checked::Whole(payload)) => self.invoke(at, &payload, head, now),
            Ok(Checked::Read(read, ends_by)) => {
                self.awaited = Awaited::Preparing(at, ends_by);
                Step::ReadBody(read)
            }
            Err(precondition) => self.refuse(at, precondition, head, now),
        }
    }

    /// The body was read for a half whose turn it is.
    pub(super) fn prepared(
        &mut self,
        at: usize,
        body: BodyRead,
        head: Head<'_>,
        now: Instant,
    ) -> Step {
        match payload(self.sidecar(at), body, head.headers()) {
            Ok(payload) => self.invoke(at, &payload, head, now),
            Err(precondition) => self.refuse(at, precondition, head, now),
        }
    }

    /// The response's body was not whole in the half's own time.
    pub(super) fn prepared_without(&mut self, at: usize, head: Head<'_>, now: Instant) -> Step {
        match self.not_whole(at) {
            Ok(payload) => self.invoke(at, &payload, head, now),
            Err(precondition) => self.refuse(at, precondition, head, now),
        }
    }

    /// A half's conditions on the message under way: headers and attributes of a request, then the body.
    fn check(&self, at: usize, head: &Head<'_>) -> Result<Checked, Precondition> {
        let sidecar = self.sidecar(at);
        let (side, part) = match head {
            Head::Request(head) => {
                check_request(sidecar, &self.facts.context, &head.headers)?;
                if sidecar.sends_tenant() && self.tenant(at).is_none() {
                    return Err(Precondition::NoTenantId);
                }
                (Side::Request, Expand::RequestPayload)
            }
            Head::Response(_) => (Side::Response, Expand::ResponsePayload),
        };
        if !sidecar.expands(part) {
            return Ok(Checked::Whole(Payload::NotExpanded));
        }
        let limit = sidecar.max_payload();
        if let Some(bytes) = &self.replaced {
            let length = bytes.len() as u64;
            let body = if bytes.len() > limit {
                BodyRead::TooLarge {
                    exact: Some(length),
                    known: length,
                }
            } else {
                BodyRead::Whole(bytes.clone())
            };
            return payload(sidecar, body, head.headers()).map(Checked::Whole);
        }
        if side == Side::Response && self.response_body.is_event_stream() {
            return self.not_whole(at).map(Checked::Whole);
        }
        let (until, ends_by) = match side {
            Side::Request => (self.facts.deadline, EndsBy::Call),
            Side::Response => self.read_response_until(at),
        };
        let announced = announced(head);
        let read = ReadBody {
            side,
            limit,
            announced,
            until,
        };
        Ok(Checked::Read(read, ends_by))
    }

    /// The function is not invoked.
    pub(super) fn refuse(
        &mut self,
        at: usize,
        precondition: Precondition,
        head: Head<'_>,
        now: Instant,
    ) -> Step {
        let receipt = Receipt::new(self.sidecar(at));
        self.follow(receipt, at, Outcome::NotInvoked(precondition), head, now)
    }
}

/// The length that a request announces. The length in an answer to HEAD is that of another answer's body.
fn announced(head: &Head<'_>) -> Option<u64> {
    let Head::Request(head) = head else {
        return None;
    };
    content_length(&head.headers)
}

/// A body for the envelope.
fn payload(
    sidecar: &Sidecar,
    body: BodyRead,
    headers: &HeaderMap,
) -> Result<Payload, Precondition> {
    match body {
        BodyRead::Whole(bytes) => Ok(Payload::Whole {
            bytes,
            coded: has_content_coding(headers),
        }),
        BodyRead::TooLarge { exact, known } => match sidecar.payload_condition() {
            PayloadCondition::Filtering => Ok(Payload::LeftOut { length: exact }),
            PayloadCondition::Blocking => Err(Precondition::PayloadTooLarge {
                known_length: known,
            }),
        },
        BodyRead::BrokenOff => Err(Precondition::NoEnvelope),
    }
}
