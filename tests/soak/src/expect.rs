//! What may become of a call: from what the far end did to it, and the kinds of its sidecars, to the
//! courses it may take. Written after sections 1 and 4 to 8 of the connector, not after the program.

use std::time::Duration;

use crate::{
    action::{Action, ConnectorError, Effect, Failure},
    content::Content,
    course::{Answer, Course, Reached},
    endpoints::{Kind, MAX_PAYLOAD, Point, Sidecar, TooLarge},
    ledger::Invocation,
    odd::{Lengths, Odd},
    plan::Plan,
    trouble::Trouble,
};

const ATTEMPTS: u32 = 3;

/// What is known of a call beside its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) invocations: &'a [Invocation],
    /// From its beginning to its end, for the client; none: nobody saw its end.
    pub(crate) took: Option<Duration>,
    pub(crate) trouble: Trouble,
}

/// All courses that the book allows.
pub(crate) fn courses(facts: Facts<'_>) -> Vec<Course> {
    let mut walk = Walk {
        facts,
        under_way: vec![Course::begin()],
        ended: Vec::new(),
    };
    let endpoint = facts.plan.endpoint;
    walk.enter();
    endpoint.pre.iter().for_each(|sidecar| walk.pass(sidecar));
    walk.reach_backend();
    endpoint.post.iter().for_each(|sidecar| walk.pass(sidecar));
    walk.leave();
    walk.ended
}

/// All courses at once, sidecar by sidecar.
struct Walk<'a> {
    facts: Facts<'a>,
    under_way: Vec<Course>,
    ended: Vec<Course>,
}

impl Walk<'_> {
    /// The conditions on the request as it came in. In no endpoint do they hang on a later sidecar.
    fn enter(&mut self) {
        self.may_be_late();
        let plan = self.facts.plan;
        if plan.is(Odd::is_refused) {
            let is_malformed = plan.is(|odd| odd == Odd::Lengths(Lengths::DifferentInFrames));
            let refused = Answer::Gateway(400);
            self.end(if is_malformed {
                &Answer::Malformed
            } else {
                &refused
            });
        }
        let Some(first) = plan.endpoint.pre.first() else {
            return;
        };
        if first.needs_token && !plan.has_token {
            self.block(ConnectorError::NO_TOKEN);
        } else if first.payload == Some(TooLarge::Blocking) && plan.request().len() > MAX_PAYLOAD {
            self.block(ConnectorError::TOO_LARGE);
        }
    }

    fn block(&mut self, error: ConnectorError) {
        self.end(&Answer::Error(error));
    }

    /// All that is under way ends so.
    fn end(&mut self, answer: &Answer) {
        let ending = self.under_way.drain(..);
        self.ended
            .extend(ending.map(|course| course.ending(answer.clone())));
    }

    /// Whether the backend's answer may not come whole.
    fn may_break_off(&self) -> bool {
        self.facts.trouble.backend || self.facts.plan.is(Odd::answer_breaks_off)
    }

    /// One sidecar asks its function, and its outcome is put to effect.
    fn pass(&mut self, sidecar: &'static Sidecar) {
        if sidecar.point == Point::Post && sidecar.payload.is_some() {
            self.read_answer(sidecar);
        }
        for course in &mut self.under_way {
            course.asked.push(sidecar.function);
        }
        self.may_be_late();
        let effects = self.effects(sidecar);
        for course in std::mem::take(&mut self.under_way) {
            if effects.is_empty() && self.facts.took.is_none() {
                self.ended.push(course.ending(Answer::Nobody));
            }
            for effect in &effects {
                self.put_to_effect(course.clone(), sidecar, *effect);
            }
        }
    }

    fn put_to_effect(&mut self, mut course: Course, sidecar: &'static Sidecar, effect: Effect) {
        let function = sidecar.function;
        match (sidecar.kind, effect) {
            // The matrix of `docs/concepts.md`.
            (Kind::Event, _) | (_, Effect::Allow) | (Kind::FailSafe, Effect::Fail(_)) => {}
            (Kind::SureFire, Effect::Fail(failure)) => {
                let error = failure.error(sidecar.point);
                self.ended.push(course.ending(Answer::Error(error)));
                return;
            }
            (_, Effect::Terminate(code)) => {
                let stopped = Answer::Stopped { code, function };
                self.ended.push(course.ending(stopped));
                return;
            }
            (_, Effect::ModifyHeaders) => course.modify(sidecar, false),
            (_, Effect::ModifyBody) => course.modify(sidecar, true),
            (_, Effect::Wait) => return,
        }
        self.under_way.push(course);
    }

    /// What asking this sidecar's function may have come to.
    fn effects(&self, sidecar: &Sidecar) -> Vec<Effect> {
        let Facts { took, trouble, .. } = self.facts;
        let attempts = self.facts.invocations.iter();
        let last = attempts
            .filter(|attempt| attempt.function == sidecar.function)
            .max_by_key(|attempt| attempt.attempt);
        let is_last = |attempt: &&Invocation| {
            attempt.action != Action::Throttle || attempt.attempt >= ATTEMPTS
        };
        let mut effects: Vec<_> = last
            .filter(is_last)
            .map(|last| last.action.effect())
            .into_iter()
            .collect();
        let no_credentials = trouble.credentials && sidecar.role.is_some();
        let not_sent = effects.is_empty() && (no_credentials || trouble.stray_reset);
        if not_sent || trouble.far_end {
            effects.push(Effect::Fail(Failure::NotConnected));
        }
        let is_over = sidecar.timeout.is_some_and(|timeout| match took {
            Some(took) => took >= timeout,
            None => last.is_some(),
        });
        if is_over {
            effects.push(Effect::Fail(Failure::Timeout));
        }
        effects
    }

    /// The backend is called with what is under way.
    fn reach_backend(&mut self) {
        for course in &mut self.under_way {
            course.backend = Reached::Maybe;
        }
        self.may_be_late();
        for course in &mut self.under_way {
            if self.facts.trouble.backend {
                self.ended.push(course.ending(Answer::Gateway(502)));
            }
            course.backend = Reached::Yes;
            // A reset can overtake the answer's head.
            if self.facts.plan.is(Odd::answer_breaks_off) {
                self.ended.push(course.ending(Answer::Gateway(502)));
            }
        }
        if self.facts.plan.is(Odd::is_answer_refused) {
            self.end(&Answer::Gateway(502));
        }
    }

    /// The backend's answer is read for a sidecar that is sent it.
    fn read_answer(&mut self, sidecar: &Sidecar) {
        if self.may_break_off() {
            let error = Answer::Error(ConnectorError::ANSWER_BROKE_OFF);
            let broken = self
                .under_way
                .iter()
                .map(|course| course.ending(error.clone()));
            self.ended.extend(broken.collect::<Vec<_>>());
        }
        if sidecar.payload == Some(TooLarge::Blocking) && self.facts.plan.answer > MAX_PAYLOAD {
            self.block(ConnectorError::TOO_LARGE);
        }
    }

    /// The answer goes to the client.
    fn leave(&mut self) {
        let breaks_off = self.facts.plan.is(Odd::answer_breaks_off);
        for mut course in std::mem::take(&mut self.under_way) {
            let whole = course.clone();
            let is_own = match &mut course.answer {
                Answer::Backend { content, .. } if *content == Content::Own => {
                    *content = Content::Broken;
                    true
                }
                _ => false,
            };
            if is_own && self.may_break_off() {
                self.ended.push(course);
            }
            if !(is_own && breaks_off) {
                self.ended.push(whole);
            }
        }
    }

    /// The time of the whole call may be over, whatever it is doing.
    fn may_be_late(&mut self) {
        let timeout = self.facts.plan.endpoint.timeout;
        if self.facts.took.is_some_and(|took| took < timeout) {
            return;
        }
        for course in &self.under_way {
            self.ended
                .push(course.ending(Answer::Error(ConnectorError::TIMEOUT)));
            self.ended.push(course.ending(Answer::Gateway(504)));
        }
    }
}

#[cfg(test)]
mod tests;
