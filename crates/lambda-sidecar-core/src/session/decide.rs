//! What a plan does to the call, and the receipt of it.

use std::{sync::Arc, time::Instant};

use bytes::Bytes;
use http::{HeaderValue, Method, Response, header::CONTENT_LENGTH, request};

use super::{
    Awaited, Decision, Half, Head, Receipt, ResponseBody, Session, Side, Step, TrailerRules,
    whole_response::ask_for_whole_response,
};
use crate::{
    Endpoint, Enqueued, ErrorContext, FailureClass, Modify, NoRoom, Outcome, Plan, Sidecar,
    SidecarError, Synchronicity, keeps_no_body,
};

impl Session {
    /// Does what the plan for an outcome says, and keeps the receipt.
    pub(super) fn follow(
        &mut self,
        mut receipt: Receipt,
        at: usize,
        outcome: Outcome,
        mut head: Head<'_>,
        now: Instant,
    ) -> Step {
        let sidecar = Arc::clone(&receipt.sidecar);
        receipt.failure = failure(&outcome).or(receipt.failure);
        let enqueued = match &outcome {
            Outcome::Enqueued(enqueued) => Some(*enqueued),
            _ => None,
        };
        let plan = Plan::new(&sidecar, outcome);
        receipt.decision = decision(&sidecar, &plan, enqueued);
        let answer = match plan {
            Plan::Forward => None,
            Plan::Modify(modify) => match self.modify(&modify, &mut head) {
                Ok(()) => {
                    receipt.refused_headers = modify.refused().to_vec();
                    self.trailers.changed(modify);
                    None
                }
                Err(no_room) => {
                    receipt.reason = Some(no_room.to_string());
                    return self.follow(receipt, at, Outcome::NoRoom, head, now);
                }
            },
            Plan::Terminate(terminate) => {
                receipt.refused_headers = terminate.refused().to_vec();
                if self.grpc.is_some() {
                    let refused = terminate.refused_of_grpc();
                    receipt.refused_headers.extend(refused);
                }
                receipt.reason = terminate.unusable().map(str::to_owned);
                Some(terminate.to_response(self.grpc.as_ref()))
            }
            Plan::Fail(error) => {
                receipt.error = Some(error.name());
                Some(self.error_response(&sidecar, &error))
            }
        };
        self.add_receipt(receipt);
        match answer {
            Some(response) => self.answer(response),
            None => self.after(at, head, now),
        }
    }

    fn after(&mut self, at: usize, head: Head<'_>, now: Instant) -> Step {
        self.halves[at] = Half::Decided;
        self.turn(at + 1, head, now)
    }

    pub(super) fn add_receipt(&mut self, receipt: Receipt) {
        self.receipts = match &*self.receipts {
            [] => Arc::new([receipt]),
            earlier => earlier.iter().cloned().chain([receipt]).collect(),
        };
    }

    fn modify(&mut self, modify: &Modify, head: &mut Head<'_>) -> Result<(), NoRoom> {
        let body = match head {
            Head::Request(head) => modify.apply_to_request(head)?,
            Head::Response(head) => modify.apply_to_response(&self.method, head)?,
        };
        if body.is_some() {
            self.replaced = body;
        }
        Ok(())
    }

    /// The turn of this half, or of the next one that the call concerns, or what follows the last one of a side.
    pub(super) fn turn(&mut self, at: usize, head: Head<'_>, now: Instant) -> Step {
        let at = match self.route.has_scopes() {
            true => self.skip(at, &head),
            false => at,
        };
        match head {
            Head::Request(head) if at == self.route.requests() => self.call_backend(head),
            Head::Response(_) if at == self.halves.len() => self.respond(),
            head => self.prepare(at, head, now),
        }
    }

    fn call_backend(&mut self, head: &mut request::Parts) -> Step {
        if self.route.reads_responses() && self.may_read_response() {
            ask_for_whole_response(&mut head.headers);
        }
        self.awaited = Awaited::Backend;
        Step::CallBackend {
            body: self.replaced.take(),
        }
    }

    /// The backend has answered. No half runs over an interim answer or a switch of protocols.
    pub(super) fn responded(&mut self, head: Head<'_>, now: Instant) -> Step {
        let first = self.route.requests();
        self.trailers = TrailerRules::new(&self.route, Side::Response);
        if let Head::Response(head) = &head {
            self.response_body = ResponseBody::new(&self.method, head, now);
        }
        match head {
            Head::Response(head)
                if first == self.halves.len() || head.status.is_informational() =>
            {
                self.respond()
            }
            head => self.turn(first, head, now),
        }
    }

    fn respond(&mut self) -> Step {
        Step::Respond {
            body: self.replaced.take(),
        }
    }

    /// An answer of the connector's or the function's own, instead of the call.
    fn answer(&self, response: Response<Bytes>) -> Step {
        let (mut parts, mut body) = response.into_parts();
        if keeps_no_body(&self.method, parts.status) {
            if !keeps_no_body(&Method::GET, parts.status) {
                let length = HeaderValue::from(body.len());
                parts.headers.insert(CONTENT_LENGTH, length);
            }
            body = Bytes::new();
        }
        Step::Answer(Response::from_parts(parts, body))
    }

    fn error_response(&self, sidecar: &Sidecar, error: &SidecarError) -> Response<Bytes> {
        let route = &self.route;
        let endpoint = self.facts.context.endpoint.as_deref();
        let error_set = endpoint
            .and_then(Endpoint::errors)
            .filter(|_| sidecar.uses_error_set());
        let context = ErrorContext::new(&self.facts.message_id)
            .grpc(self.grpc.as_ref())
            .error_set(error_set)
            .type_base(route.error_type_base.as_deref());
        match &route.error_format {
            Some(format) => format(error, &context),
            None => error.to_response(&context),
        }
    }
}

fn failure(outcome: &Outcome) -> Option<FailureClass> {
    match outcome {
        Outcome::Failed(failure) => Some(failure.class()),
        Outcome::NoRoom => Some(FailureClass::WrongAnswer),
        Outcome::NoResources => Some(FailureClass::NoResources),
        _ => None,
    }
}

fn decision(sidecar: &Sidecar, plan: &Plan, enqueued: Option<Enqueued>) -> Decision {
    match plan {
        Plan::Fail(_) => Decision::Error,
        Plan::Forward if enqueued == Some(Enqueued::Queued) => Decision::Queued,
        Plan::Forward if enqueued == Some(Enqueued::Dropped) => Decision::Dropped,
        _ if sidecar.synchronicity() == Synchronicity::Event => Decision::Event,
        Plan::Forward => Decision::Allow,
        Plan::Modify(_) => Decision::Modify,
        Plan::Terminate(_) => Decision::Terminate,
    }
}
