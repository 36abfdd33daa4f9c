//! Whether what was seen of a call is one of the courses it may take.

mod fields;
mod invocations;
mod kind;

use std::time::{Duration, Instant};

use self::{fields::fields, invocations::invocations, kind::kind};
use crate::{
    action::ConnectorError,
    content::Content,
    course::{Answer, Course, Reached},
    expect::{Facts, courses},
    ledger::{Arrival, Call, Observed, Seen},
    plan::Plan,
    trouble::Trouble,
};

/// An answer that comes so long after the endpoint's time-out is too late, even on a busy machine.
const GRACE: Duration = Duration::from_secs(2);

/// The rest of an upload that is refused is read and dropped for so long, so that its sender reads the answer. A
/// client that has not sent its body by then sees the end of the connection that much later.
const REST_OF_UPLOAD: Duration = Duration::from_secs(2);

/// What became of a call, and what is wrong with that.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) kind: String,
    /// Whether it needed the excuse that something around the gateway was out of order.
    pub(crate) excused: bool,
    pub(crate) wrong: Vec<Wrong>,
}

/// Something wrong with a call: which check it fails, and how.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) check: Check,
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    Ended,
    Answered,
    NotLetThrough,
    NotPassed,
    InvokedOnce,
    Envelope,
}

/// Judges one call whose end was seen.
pub(crate) fn judge(
    plan: &Plan,
    call: &Call,
    troubles: impl Fn(Instant, Instant) -> Trouble,
) -> Finding {
    let mut wrong = invocations(call);
    wrong.extend(fields(plan, call));
    let mut finding = Finding {
        kind: "no end".into(),
        excused: false,
        wrong: Vec::new(),
    };
    if let (Some(started), Some((ended, observed))) = (call.started, &call.ended) {
        finding.kind = kind(observed);
        let took = ended.duration_since(started);
        let until = *ended + late(plan, observed);
        let facts = Facts {
            plan,
            invocations: &call.invocations,
            took: (*observed != Observed::HungUp).then_some(took),
            trouble: Trouble::default(),
        };
        let trouble = troubles(started, until);
        if !agrees(plan, &courses(facts), call, observed, trouble) {
            let courses = courses(Facts { trouble, ..facts });
            finding.excused = agrees(plan, &courses, call, observed, trouble);
            if !finding.excused {
                wrong.push(disagreement(&courses, call, observed, trouble));
            }
        }
        let rest = plan.slow.map_or(Duration::ZERO, |_| REST_OF_UPLOAD);
        if took > plan.endpoint.timeout + GRACE + rest {
            wrong.push(Wrong::new(Check::Ended, format!("it took {took:?}")));
        }
    } else {
        wrong.push(Wrong::new(
            Check::Ended,
            "nobody made this call, or nobody saw its end",
        ));
    }
    finding.wrong = wrong;
    finding
}

impl Wrong {
    fn new(check: Check, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { check, text }
    }
}

/// How long the gateway may have been at it after the client saw the end.
fn late(plan: &Plan, observed: &Observed) -> Duration {
    match observed {
        Observed::HungUp => plan.endpoint.timeout,
        _ => Duration::ZERO,
    }
}

fn agrees(
    plan: &Plan,
    courses: &[Course],
    call: &Call,
    observed: &Observed,
    trouble: Trouble,
) -> bool {
    courses.iter().any(|course| {
        within(course, call, *observed == Observed::HungUp, trouble)
            && is_answer(plan, course, observed)
    })
}

/// Whether functions and backend saw of the call what they see in this course.
fn within(course: &Course, call: &Call, hung_up: bool, trouble: Trouble) -> bool {
    let mut asked = call.invocations.iter();
    let asked = asked.all(|asked| course.asked.contains(&asked.function.as_str()));
    let reached = match (&*call.arrivals, course.backend) {
        ([], Reached::No | Reached::Maybe) => true,
        ([], Reached::Yes) => hung_up,
        ([_], Reached::No) => false,
        ([arrival], reached) => {
            let may_break_off = hung_up || trouble.backend || reached == Reached::Maybe;
            is_request(course, arrival, may_break_off)
        }
        _ => false,
    };
    asked && reached
}

fn is_request(course: &Course, arrival: &Arrival, may_break_off: bool) -> bool {
    let (marks, content) = &course.request;
    let whole = arrival.content == *content;
    arrival.marks == *marks && (whole || may_break_off && arrival.content == Content::Broken)
}

fn is_answer(plan: &Plan, course: &Course, observed: &Observed) -> bool {
    let seen = match observed {
        Observed::HungUp => return true,
        Observed::Hung | Observed::Lost(_) => return false,
        Observed::CutOff => return may_be_cut_off(&course.answer),
        Observed::Answered(seen) => seen,
    };
    let is_error = matches!(course.answer, Answer::Error(_));
    if seen.error.is_some() != is_error {
        return false;
    }
    let is_grpc = seen.grpc.is_some();
    match &course.answer {
        Answer::Backend {
            status,
            marks,
            content,
        } => {
            // What is whole has the backend's own word for it, if the backend was asked in gRPC.
            let in_grpc = plan.is_grpc() && course.request.1 == Content::Own;
            let grpc = (in_grpc && *content == Content::Own).then_some(0);
            (seen.status, &seen.marks, &seen.content, seen.grpc) == (*status, marks, content, grpc)
        }
        Answer::Stopped { code, function } => {
            let text = Content::StoppedBy((*function).to_owned());
            is_status(seen, *code) && (seen.content == text || is_grpc)
        }
        Answer::Error(ConnectorError {
            name,
            status,
            detail,
        }) => {
            let text = Content::Problem((*detail).to_owned());
            let said = seen.content == text || seen.message.as_deref() == Some(detail);
            seen.error.as_deref() == Some(name) && is_status(seen, *status) && said
        }
        Answer::Gateway(status) => is_status(seen, *status),
        Answer::Malformed => is_status(seen, 400),
        Answer::Nobody => false,
    }
}

/// A reset can overtake the head of an answer that broke off. What is malformed in HTTP/2 is the library's to refuse
/// (RFC 9113, section 8.1.1).
fn may_be_cut_off(answer: &Answer) -> bool {
    match answer {
        Answer::Malformed => true,
        Answer::Backend { content, .. } => *content == Content::Broken,
        _ => false,
    }
}

/// By HTTP's status, or for gRPC by its own, mapped as the gRPC specification maps it.
fn is_status(seen: &Seen, status: u16) -> bool {
    let Some(grpc) = seen.grpc else {
        return seen.status == status;
    };
    let mapped = match status {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502..=504 => 14,
        _ => 2,
    };
    (seen.status, grpc) == (200, mapped)
}

fn disagreement(courses: &[Course], call: &Call, observed: &Observed, trouble: Trouble) -> Wrong {
    let never_reaches = courses.iter().all(|course| course.backend == Reached::No);
    let check = match observed {
        _ if !call.arrivals.is_empty() && never_reaches => Check::NotLetThrough,
        Observed::Hung => Check::Ended,
        _ => Check::Answered,
    };
    let allowed: Vec<_> = courses
        .iter()
        .map(|course| (course.backend, &course.answer))
        .collect();
    let arrivals = &call.arrivals;
    let text = format!("seen {observed:?}, backend {arrivals:?}, {trouble:?}; allowed {allowed:?}");
    Wrong::new(check, text)
}
