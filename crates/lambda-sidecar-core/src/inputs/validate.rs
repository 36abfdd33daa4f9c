//! The one validation: a draft, filled by a text or by code, becomes a sidecar here and nowhere else.

use std::time::Duration;

use super::{
    cache,
    draft::Draft,
    error::InputsProblem,
    keys::{Form, InputsKey},
    limits::{
        BREAKER_FAILURES, BREAKER_OPEN, EVENT_QUEUE, MAX_CONCURRENCY, MAX_PAYLOAD_SIZE, TIMEOUT,
    },
    lists, owned,
    problems::InputsProblems,
    scope,
    target::target,
    tenant, values,
};
use crate::{
    Synchronicity,
    sidecar::{Handling, Params, Sidecar},
};

/// Checks everything that a draft holds.
pub(super) fn validate(draft: Draft) -> Result<Sidecar, Vec<InputsProblem>> {
    let mut problems = InputsProblems::default();
    let target = target(&draft, &mut problems);
    points(&draft, &mut problems);
    bounds(&draft.handling, &mut problems);
    guards(&draft.handling, &mut problems);
    cache::check(&draft.handling, &mut problems);
    param_lines(&draft, &mut problems);
    let (required_request_headers, request_headers) = lists::request_headers(&draft, &mut problems);
    let response_headers = lists::response_headers(&draft, &mut problems);
    let owned_headers = owned::owned(&draft, &required_request_headers, &mut problems);
    let eavs = [InputsKey::RequireEavs, InputsKey::IncludeEavs];
    let (required_eavs, eavs) = lists::attributes(&draft, eavs, &mut problems);
    let package_key_eavs = [
        InputsKey::RequirePackageKeyEavs,
        InputsKey::IncludePackageKeyEavs,
    ];
    let (required_package_key_eavs, package_key_eavs) =
        lists::attributes(&draft, package_key_eavs, &mut problems);
    let expand = lists::expand(&draft, &mut problems);
    let scope = scope::scope(&draft, &mut problems);
    let policy = lists::policy(&draft, &mut problems);
    let tenant = tenant::tenant(&draft, &mut problems);
    let durable_execution = tenant::durable_execution(&draft, &mut problems);
    problems.or(target.map(|target| Sidecar {
        point: draft.point,
        target,
        tenant,
        durable_execution,
        handling: without_defaults(Handling {
            policy,
            ..draft.handling
        }),
        owned_headers,
        scope,
        required_request_headers,
        request_headers,
        response_headers,
        required_eavs,
        eavs,
        required_package_key_eavs,
        package_key_eavs,
        expand,
        params: Params::new(draft.params),
    }))
}

/// A default that is written down makes no difference.
fn without_defaults(mut handling: Handling) -> Handling {
    let is_other = |open: &Duration| *open != Handling::BREAKER_OPEN;
    handling.breaker_open = handling.breaker_open.filter(is_other);
    handling.cache_default = cache::unless_zero(handling.cache_default);
    handling.cache_stale = cache::unless_zero(handling.cache_stale);
    handling
}

fn points(draft: &Draft, problems: &mut InputsProblems) {
    for key in draft.lists.keys() {
        if let Form::ListAt(point) = key.row().form
            && point != draft.point
        {
            problems.note(key.misplaced(&format!("at {}", draft.point), &format!("at {point}")));
        }
    }
}

fn bounds(handling: &Handling, problems: &mut InputsProblems) {
    let size = handling.max_payload_size;
    if !MAX_PAYLOAD_SIZE.contains(&size) {
        problems.note(InputsKey::MaxPayloadSize.problem(&size.to_string()));
    }
    if let Some(timeout) = handling.timeout {
        let milliseconds = values::whole_milliseconds(timeout);
        problems.duration(InputsKey::Timeout, timeout, milliseconds, &TIMEOUT);
    }
}

/// What protects the function from the calls, and the calls from the function.
fn guards(handling: &Handling, problems: &mut InputsProblems) {
    for (key, number, allowed) in [
        (
            InputsKey::MaxConcurrency,
            handling.max_concurrency,
            MAX_CONCURRENCY,
        ),
        (
            InputsKey::BreakerFailures,
            handling.breaker_failures,
            BREAKER_FAILURES,
        ),
        (InputsKey::EventQueue, handling.event_queue, EVENT_QUEUE),
    ] {
        if let Some(number) = number.filter(|number| !allowed.contains(number)) {
            problems.note(key.problem(&number.to_string()));
        }
    }
    if handling.event_queue.is_some() && handling.synchronicity != Synchronicity::Event {
        let key = InputsKey::EventQueue;
        problems.note(key.misplaced("without `synchronicity: event`", "beside it"));
    }
    if let Some(open) = handling.breaker_open {
        let key = InputsKey::BreakerOpenSeconds;
        problems.duration(key, open, values::whole_seconds(open), &BREAKER_OPEN);
        if handling.breaker_failures.is_none() {
            problems.note(key.misplaced("without `breaker-failures`", "beside it"));
        }
    }
}

fn param_lines(draft: &Draft, problems: &mut InputsProblems) {
    for (name, text) in &draft.params {
        if !Params::is_writable(name, text) {
            problems.note(InputsKey::problem_of_param(name, text));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Action, ErrorPolicy, FailureClass, PayloadCondition, Point, Synchronicity,
        inputs::fixtures::{builder, post, pre, problems_of, shown as problems, with},
    };

    #[test]
    fn a_sidecar_has_the_documented_defaults() {
        for (sidecar, point) in [
            (pre(""), Point::PreProcessor),
            (post(""), Point::PostProcessor),
        ] {
            assert_eq!(sidecar.point(), point);
            assert_eq!(sidecar.synchronicity(), Synchronicity::RequestResponse);
            assert_eq!(sidecar.policy(), ErrorPolicy::SURE_FIRE);
            assert_eq!(sidecar.max_payload(), 10 * 1024);
            assert_eq!(sidecar.payload_condition(), PayloadCondition::Blocking);
            assert!(!sidecar.uses_error_set());
            assert_eq!(sidecar.timeout(), None);
            assert_eq!(sidecar.max_concurrency(), None);
            assert_eq!(sidecar.breaker_failures(), None);
            assert_eq!(sidecar.cache_max(), None);
            assert_eq!(sidecar.event_queue(), None);
        }
    }

    #[test]
    fn synchronicity_is_request_response_or_event() {
        let event = pre("Synchronicity: Event");
        assert_eq!(event.synchronicity(), Synchronicity::Event);
        assert_eq!(pre("synchronicity: request-response"), pre(""));
        assert_eq!(
            problems_of("synchronicity: async"),
            ["line 4, key `synchronicity`: found `async`, allowed: request-response or event"],
        );
    }

    #[test]
    fn fail_safe_true_is_the_fail_safe_policy() {
        assert_eq!(pre("failSafe: true").policy(), ErrorPolicy::FAIL_SAFE);
        assert_eq!(pre("failSafe: false").policy(), ErrorPolicy::SURE_FIRE);
        assert_eq!(
            problems_of("failSafe: maybe"),
            ["line 4, key `failSafe`: found `maybe`, allowed: true or false"],
        );
    }

    #[test]
    fn fail_safe_except_names_the_classes_that_block_all_the_same() {
        let sidecar = pre("fail-safe-except: Throttled, rejected,,throttled\nfailSafe: true");
        let policy = ErrorPolicy::FAIL_SAFE
            .on(FailureClass::Throttled, Action::Block)
            .on(FailureClass::Rejected, Action::Block);
        assert_eq!(sidecar.policy(), policy);
        let every = FailureClass::ALL.iter().map(|class| class.as_str());
        let every: Vec<&str> = every.collect();
        let sidecar = pre(&format!(
            "failSafe: true\nfail-safe-except: {}",
            every.join(", ")
        ));
        assert_eq!(sidecar, pre(""));
        let problem = problems_of("failSafe: true\nfail-safe-except: timeout, 5xx");
        let [problem] = &*problem else {
            panic!("one problem, not {problem:?}")
        };
        let start = "line 5, key `fail-safe-except`: found `5xx`, allowed: classes of failures";
        assert!(problem.starts_with(start), "{problem}");
        for class in every {
            assert!(problem.contains(class), "{class}");
        }
        assert_eq!(problems_of("failSafe: true\nfail-safe-except:").len(), 1);
    }

    #[test]
    fn fail_safe_except_needs_fail_safe() {
        for (lines, line) in [
            ("fail-safe-except: throttled", 4),
            ("failSafe: false\nfail-safe-except: throttled", 5),
        ] {
            let expected = format!(
                "line {line}, key `fail-safe-except`: found without `failSafe: true`, allowed: only \
                 beside it"
            );
            assert_eq!(problems_of(lines), [expected]);
        }
    }

    #[test]
    fn enable_error_set_is_true_or_false() {
        assert!(pre("enable_error_set: true").uses_error_set());
        assert!(!pre("enable_error_set: false").uses_error_set());
        assert_eq!(
            problems_of("enable_error_set:"),
            ["line 4, key `enable_error_set`: found ``, allowed: true or false"],
        );
    }

    #[test]
    fn max_payload_size_is_1_to_1024_kb_of_1024_bytes() {
        assert_eq!(pre("max-payload-size: 1").max_payload(), 1024);
        assert_eq!(pre("max-payload-size: 1024").max_payload(), 1_048_576);
        for wrong in ["0", "1025", "4294967296", "-1", "10KB", "1.5", ""] {
            assert_eq!(
                problems_of(&format!("max-payload-size: {wrong}")),
                [format!(
                    "line 4, key `max-payload-size`: found `{wrong}`, allowed: a whole number of KB \
                     from 1 to 1024"
                )],
            );
        }
    }

    #[test]
    fn max_payload_condition_is_blocking_or_filtering() {
        let filtering = pre("max-payload-condition: Filtering");
        assert_eq!(filtering.payload_condition(), PayloadCondition::Filtering);
        assert_eq!(pre("max-payload-condition: blocking"), pre(""));
        assert_eq!(
            problems_of("max-payload-condition: dropping"),
            [
                "line 4, key `max-payload-condition`: found `dropping`, allowed: blocking or filtering"
            ],
        );
    }

    #[test]
    fn timeout_is_1_to_4294967295_milliseconds() {
        for milliseconds in [1, 4_294_967_295] {
            let sidecar = pre(&format!("timeout: {milliseconds}"));
            assert_eq!(sidecar.timeout(), Some(Duration::from_millis(milliseconds)));
        }
        for wrong in ["0", "4294967296", "-1", "1.5", "1s", ""] {
            assert_eq!(
                problems_of(&format!("timeout: {wrong}")),
                [format!(
                    "line 4, key `timeout`: found `{wrong}`, allowed: a whole number of milliseconds \
                     from 1 to 4294967295"
                )],
            );
        }
    }

    #[test]
    fn the_builder_takes_whole_milliseconds_alone() {
        let build = |timeout| builder(Point::PreProcessor).timeout(timeout).build();
        assert!(build(Duration::from_micros(2000)).is_ok());
        for (timeout, found) in [
            (Duration::from_micros(1500), "1.5ms"),
            (Duration::ZERO, "0"),
            (Duration::from_millis(4_294_967_296), "4294967296"),
        ] {
            let problems = problems(build(timeout));
            assert_eq!(problems.len(), 1);
            assert!(problems[0].starts_with(&format!("key `timeout`: found `{found}`, ")));
        }
        assert!(build(Duration::MAX).is_err());
    }

    #[test]
    fn guards_are_numbers_within_bounds() {
        let sidecar =
            pre("max-concurrency: 10000\nbreaker-failures: 1000\nbreaker-open-seconds: 3600");
        assert_eq!(sidecar.max_concurrency(), Some(10_000));
        assert_eq!(sidecar.breaker_failures(), Some(1000));
        assert_eq!(sidecar.breaker_open(), Duration::from_secs(3600));
        for (key, beyond, allowed) in [
            ("max-concurrency", "10001", "a whole number from 1 to 10000"),
            ("breaker-failures", "1001", "a whole number from 1 to 1000"),
            (
                "breaker-failures: 1\nbreaker-open-seconds",
                "3601",
                "a whole number of seconds from 1 to 3600",
            ),
        ] {
            for wrong in ["0", beyond, "many", "-1", "1.5", "4294967296", ""] {
                let problems = problems_of(&format!("{key}: {wrong}"));
                let (line, key) = match key.split_once('\n') {
                    Some((_, key)) => (5, key),
                    None => (4, key),
                };
                let expected =
                    format!("line {line}, key `{key}`: found `{wrong}`, allowed: {allowed}");
                assert_eq!(problems, [expected]);
            }
        }
    }

    #[test]
    fn a_breaker_is_open_for_5_seconds_unless_something_else_is_said() {
        let sidecar = pre("breaker-failures: 3");
        assert_eq!(sidecar.breaker_open(), Duration::from_secs(5));
        let written = pre("breaker-open-seconds: 5\nbreaker-failures: 3");
        assert_eq!(written, sidecar);
        assert_eq!(sidecar.to_string(), with("breaker-failures: 3\n"));
    }

    #[test]
    fn a_time_for_a_breaker_needs_a_breaker() {
        let problem = "key `breaker-open-seconds`: found without `breaker-failures`, allowed: only \
                       beside it";
        assert_eq!(
            problems_of("breaker-open-seconds: 5"),
            [format!("line 4, {problem}")]
        );
        let build = |open| builder(Point::PreProcessor).breaker_open(open).build();
        assert_eq!(problems(build(Duration::from_secs(5))), [problem]);
        let half = Duration::from_millis(500);
        let build = builder(Point::PreProcessor)
            .breaker_failures(1)
            .breaker_open(half);
        assert_eq!(
            problems(build.build()),
            [
                "key `breaker-open-seconds`: found `500ms`, allowed: a whole number of seconds from 1 to 3600"
            ],
        );
    }

    #[test]
    fn an_event_queue_is_for_events_and_has_1_to_100000_places() {
        let queue = |length: &str| format!("synchronicity: event\nevent-queue: {length}");
        for (text, length) in [("1", 1), ("100000", 100_000)] {
            assert_eq!(pre(&queue(text)).event_queue(), Some(length));
            assert_eq!(post(&queue(text)).event_queue(), Some(length));
        }
        for wrong in ["0", "100001", "-1", "1.5", "many", "", "4294967296"] {
            let expected = format!(
                "line 5, key `event-queue`: found `{wrong}`, allowed: a whole number from 1 to 100000"
            );
            assert_eq!(problems_of(&queue(wrong)), [expected]);
        }
        let problem =
            "key `event-queue`: found without `synchronicity: event`, allowed: only beside it";
        assert_eq!(
            problems_of("event-queue: 5"),
            [format!("line 4, {problem}")]
        );
        let build = builder(Point::PostProcessor).event_queue(5).build();
        assert_eq!(problems(build), [problem]);
    }

    #[test]
    fn a_send_has_the_time_of_a_function_call_or_10_seconds() {
        let queue = "synchronicity: event\nevent-queue: 5";
        assert_eq!(pre(queue).send_timeout(), Duration::from_secs(10));
        let sidecar = pre(&format!("{queue}\ntimeout: 300"));
        assert_eq!(sidecar.send_timeout(), Duration::from_millis(300));
    }

    #[test]
    fn the_builder_is_checked_by_the_same_rules() {
        let build = builder(Point::PreProcessor)
            .region("eu-west-1")
            .own_response_headers(["x-a"])
            .include_request_headers(["x a"])
            .require_eavs(["a,b", "c\nd"])
            .include_eavs(Vec::<String>::new())
            .max_payload_size(1025)
            .param("a:b", 1)
            .param("c", "two\nlines")
            .build();
        let error = build.unwrap_err();
        let keys: Vec<_> = error
            .problems()
            .iter()
            .filter_map(InputsProblem::key)
            .collect();
        assert_eq!(
            keys,
            [
                "functionARN",
                "own-response-headers",
                "max-payload-size",
                "sidecar-param-a:b",
                "sidecar-param-c",
                "include-request-headers",
                "require-eavs",
                "require-eavs",
                "include-eavs",
            ],
        );
        assert!(
            error
                .problems()
                .iter()
                .all(|problem| problem.line().is_none())
        );
    }

    #[test]
    fn an_empty_value_is_the_empty_string() {
        assert_eq!(pre("sidecar-param-x:").params(), r#"{"x":""}"#);
        assert_eq!(pre("sidecar-param-x:   ").params(), r#"{"x":""}"#);
    }

    #[test]
    fn names_keep_their_case_and_values_their_order() {
        let sidecar = post("Sidecar-Param-b: 1\nsidecar-param-B: two\nsidecar-param-a: \"q\"");
        assert_eq!(sidecar.params(), r#"{"b":1,"B":"two","a":"\"q\""}"#);
    }

    #[test]
    fn without_parameters_there_is_no_object() {
        assert_eq!(pre("").params(), "");
    }

    #[test]
    fn a_parameter_without_a_name_is_an_error() {
        assert_eq!(
            problems_of("sidecar-param-: x"),
            [
                "line 4, key `sidecar-param-`: found 1 character (not shown: it could be a secret), \
                 allowed: one line of text, under a NAME of one line and without a colon"
            ],
        );
    }
}
