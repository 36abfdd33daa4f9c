//! The expectation against the rules it is written after.

use std::time::Instant;

use super::*;
use crate::{action::THROTTLED, endpoints::of_function, plan::Protocol};

fn plan(function: &str) -> Plan {
    let (endpoint, _) = of_function(function).unwrap();
    let mut plan = Plan::of(1, 1);
    plan.endpoint = endpoint;
    plan.protocol = Protocol::Http1;
    plan.odd = None;
    (plan.has_token, plan.hang_up, plan.body) = (true, None, None);
    plan.answer = 10;
    plan
}

fn attempt(function: &str, attempt: u32, action: Action) -> Invocation {
    Invocation {
        function: function.into(),
        attempt,
        action,
        sdk_id: String::new(),
        message_id: String::new(),
        access_key: String::new(),
        at: Instant::now(),
        wrong: None,
    }
}

fn of(function: &str, invocations: &[Invocation], took: u64) -> Vec<Course> {
    courses(Facts {
        plan: &plan(function),
        invocations,
        took: Some(Duration::from_millis(took)),
        trouble: Trouble::default(),
    })
}

#[test]
fn the_matrix_of_section_1() {
    for (function, action, reached) in [
        ("sure", Action::Allow, Reached::Yes),
        ("sure", Action::Reset, Reached::No),
        ("sure", Action::Misspelt, Reached::No),
        ("sure", Action::Terminate(403), Reached::No),
        ("safe", Action::Reset, Reached::Yes),
        ("safe", Action::Misspelt, Reached::Yes),
        ("safe", Action::Terminate(403), Reached::No),
        ("event", Action::Reset, Reached::Yes),
        ("event", Action::Terminate(403), Reached::Yes),
    ] {
        let courses = of(function, &[attempt(function, 1, action)], 5);
        let [course] = &*courses else {
            panic!("{function} {action:?}: {courses:?}");
        };
        assert_eq!(course.backend, reached, "{function} {action:?}");
    }
}

#[test]
fn a_function_that_was_never_asked_lets_nothing_through() {
    assert_eq!(of("sure", &[], 5), []);
    assert_eq!(of("safe", &[], 5), []);
}

#[test]
fn throttling_fails_a_call_after_three_attempts_and_not_before() {
    let attempts = [1, 2, 3].map(|at| attempt("sure", at, Action::Throttle));
    assert_eq!(of("sure", &attempts[..2], 5), []);
    let error = Failure::Exception(THROTTLED).error(Point::Pre);
    assert_eq!(of("sure", &attempts, 5)[0].answer, Answer::Error(error));
}

#[test]
fn a_time_out_comes_after_its_time_and_not_before() {
    let never = [attempt("sure", 1, Action::Never)];
    assert_eq!(of("sure", &never, 100), []);
    let courses = of("sure", &never, 400);
    assert_eq!(courses[0].answer, Answer::Error(ConnectorError::TIMEOUT));
}
