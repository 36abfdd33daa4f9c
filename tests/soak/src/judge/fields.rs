//! What no message may carry, whatever became of its call, and what every one has to.

use super::{Check, Wrong};
use crate::{
    content::Content,
    endpoints::{Point, Sidecar},
    ledger::{Call, Fields, Observed},
    odd::{FORBIDDEN, Odd, SUM},
    plan::Plan,
};

/// A message where it arrived.
struct Arrived<'c> {
    at: Point,
    marks: &'c [String],
    content: &'c Content,
    fields: &'c Fields,
}

/// What is wrong with the fields of the messages that arrived.
pub(super) fn fields(plan: &Plan, call: &Call) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    for arrival in &call.arrivals {
        let (marks, content, fields) = (&arrival.marks, &arrival.content, &arrival.fields);
        let at = Point::Pre;
        let request = Arrived {
            at,
            marks,
            content,
            fields,
        };
        wrong.extend(request.passed(plan).map(not_passed));
        if plan.is(Odd::breaks_off) && *content == Content::Own {
            wrong.push(not_passed(
                "a request that was not whole, as one that was".into(),
            ));
        }
        wrong.extend(request.missing(plan));
    }
    if let Some((_, Observed::Answered(seen))) = &call.ended {
        let (marks, content, fields) = (&seen.marks, &seen.content, &seen.fields);
        let at = Point::Post;
        let answer = Arrived {
            at,
            marks,
            content,
            fields,
        };
        wrong.extend(answer.passed(plan).map(not_passed));
        // A request with another body is no gRPC, and the backend is asked over HTTP/1. There its trailers are lost,
        // since it did not announce them.
        let mut asked = call.arrivals.iter();
        let in_grpc = asked.all(|arrival| arrival.content == Content::Own);
        if in_grpc || !plan.is_grpc() {
            wrong.extend(answer.missing(plan));
        }
    }
    wrong
}

fn not_passed(what: String) -> Wrong {
    Wrong::new(Check::NotPassed, what)
}

impl Arrived<'_> {
    /// What has passed and must not: fields that are the connection's, a second length, and trailers that are never
    /// one, or that a function owns or has set at this side.
    fn passed(&self, plan: &Plan) -> impl Iterator<Item = String> {
        let side = self.at;
        let odd = self.fields.odd.iter().cloned();
        let trailers = self.fields.trailers.iter();
        let trailers = trailers.filter(|name| self.is_no_trailer(plan, name));
        let trailers = trailers.map(|name| format!("a trailer {name}"));
        odd.chain(trailers)
            .map(move |what| format!("{side:?}: {what}"))
    }

    fn is_no_trailer(&self, plan: &Plan, name: &str) -> bool {
        let folded = name.replace(['_', '.'], "-");
        let is_changed = |sidecar: &Sidecar| {
            let has_set = self.marks.iter().any(|mark| mark == sidecar.function);
            sidecar.mark() == folded && (sidecar.owns || has_set)
        };
        let mut forbidden = FORBIDDEN.iter().map(|name| name.replace('_', "-"));
        forbidden.any(|name| name == folded) || plan.endpoint.at(self.at).iter().any(is_changed)
    }

    /// A trailer that should have passed with the body that it was sent with, and has not.
    fn missing(&self, plan: &Plan) -> Option<Wrong> {
        let is_sent =
            |odd: Odd| odd.has_trailers() && odd.is_of_answer() == (self.at == Point::Post);
        let is_there = self.fields.trailers.iter().any(|name| name == SUM);
        let is_missing = plan.is(is_sent) && *self.content == Content::Own && !is_there;
        let there = &self.fields.trailers;
        let text = || format!("{:?}: no trailer {SUM} among {there:?}", self.at);
        is_missing.then(|| Wrong::new(Check::Answered, text()))
    }
}
