//! Halves that a call does not concern.

use http::request;

use super::{Half, Head, Receipt, Session};
use crate::{Expand, Precondition, envelope::operation_path, scope::Scope};

impl Session {
    /// The request has come in. Sees which halves the call does not concern, as far as that can be told: the first
    /// request half, whose turn it is, and the response halves, of which it is the request as it came in that counts.
    pub(super) fn skip_on_entry(&mut self, request: &request::Parts) {
        for at in 0..self.halves.len() {
            let is_later_request_half = (1..self.route.requests()).contains(&at);
            if !is_later_request_half && !self.takes_in_request(at, request) {
                self.halves[at] = Half::Skipped;
            }
        }
    }

    /// Skips the halves of this side whose turn it is, from this one on, and says which half's turn it is then.
    pub(super) fn skip(&mut self, at: usize, head: &Head<'_>) -> usize {
        let end = match head {
            Head::Request(_) => self.route.requests(),
            Head::Response(_) => self.halves.len(),
        };
        let mut at = at;
        while at < end && !self.takes_in(at, head) {
            self.halves[at] = Half::Skipped;
            self.add_receipt(Receipt::skipped(self.sidecar(at)));
            at += 1;
        }
        at
    }

    /// Whether the call concerns a half whose turn it is.
    fn takes_in(&self, at: usize, head: &Head<'_>) -> bool {
        match (&self.halves[at], head) {
            (Half::Skipped, _) => false,
            // It was looked at on entry.
            (Half::Checked(_), _) => true,
            (_, Head::Request(request)) => self.takes_in_request(at, request),
            (_, Head::Response(response)) => self
                .scope(at)
                .is_none_or(|scope| scope.takes_in_response(response.status, &response.headers)),
        }
    }

    fn takes_in_request(&self, at: usize, request: &request::Parts) -> bool {
        self.scope(at).is_none_or(|scope| {
            let path = operation_path(&self.facts.context, &request.uri);
            scope.takes_in_request(&self.method, path, &request.headers)
        })
    }

    /// A condition on the request as it came in is not met. Remembers that for a half of which it is not certain yet
    /// that the call concerns it.
    ///
    /// # Errors
    ///
    /// The condition, if it counts now.
    pub(super) fn unmet(
        &mut self,
        at: usize,
        precondition: Precondition,
    ) -> Result<(), Precondition> {
        let is_uncertain = self.scope(at).is_some_and(|scope| {
            if at < self.route.requests() {
                at > 0
            } else {
                scope.depends_on_response()
            }
        });
        if !is_uncertain {
            return Err(precondition);
        }
        self.halves[at] = Half::Unmet(Box::new(precondition));
        Ok(())
    }

    /// Whether a half that is not skipped is sent the payload of the response.
    pub(super) fn may_read_response(&self) -> bool {
        let halves = self.halves.iter().zip(self.route.sidecars());
        let mut expanding = halves.filter(|(_, sidecar)| sidecar.expands(Expand::ResponsePayload));
        expanding.any(|(half, _)| !matches!(half, Half::Skipped))
    }

    fn scope(&self, at: usize) -> Option<&Scope> {
        self.sidecar(at).scope()
    }
}
