//! Checks how long verdicts are kept.

use std::time::Duration;

use super::{
    keys::InputsKey,
    limits::{CACHE_DEFAULT, CACHE_MAX, CACHE_STALE},
    problems::InputsProblems,
    values::whole_seconds,
};
use crate::{Synchronicity, sidecar::Handling};

pub(super) fn check(handling: &Handling, problems: &mut InputsProblems) {
    let keys = [
        (InputsKey::CacheMaxSeconds, handling.cache_max, CACHE_MAX),
        (
            InputsKey::CacheDefaultSeconds,
            handling.cache_default,
            CACHE_DEFAULT,
        ),
        (
            InputsKey::CacheStaleSeconds,
            handling.cache_stale,
            CACHE_STALE,
        ),
    ];
    for (key, given, bounds) in keys {
        let Some(given) = given else { continue };
        problems.duration(key, given, whole_seconds(given), &bounds);
        if handling.cache_max.is_none() {
            problems.note(key.misplaced("without `cache-max-seconds`", "beside it"));
        }
    }
    let Some(longest) = handling.cache_max else {
        return;
    };
    let is_longer =
        |default: &Duration| *default > longest && CACHE_DEFAULT.contains(&default.as_secs());
    if let Some(default) = handling.cache_default.filter(is_longer) {
        let key = InputsKey::CacheDefaultSeconds;
        let allowed = format!(
            "at most `{}`, the value of `cache-max-seconds`",
            longest.as_secs()
        );
        problems.note(key.problem_but(&default.as_secs().to_string(), &allowed));
    }
    if handling.synchronicity == Synchronicity::Event {
        let key = InputsKey::CacheMaxSeconds;
        problems.note(key.misplaced("with `synchronicity: event`", "with request-response"));
    }
}

/// A time that is not the default.
pub(super) fn unless_zero(given: Option<Duration>) -> Option<Duration> {
    given.filter(|given| !given.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Point,
        inputs::fixtures::{builder, pre, problems_of, shown, with},
    };

    #[test]
    fn times_are_whole_seconds_within_bounds() {
        let sidecar =
            pre("cache-max-seconds: 86400\ncache-default-seconds: 86400\ncache-stale-seconds: 60");
        assert_eq!(sidecar.cache_max(), Some(Duration::from_secs(86_400)));
        assert_eq!(sidecar.cache_default(), Duration::from_secs(86_400));
        assert_eq!(sidecar.cache_stale(), Duration::from_secs(60));
        for (lines, key, wrong, bounds) in [
            (
                "",
                "cache-max-seconds",
                ["0", "86401", "-1", "soon", "1.5", ""],
                "1 to 86400",
            ),
            (
                "cache-max-seconds: 86400\n",
                "cache-default-seconds",
                ["4294967296", "999999999999", "-1", "soon", "0.5", ""],
                "0 to 86400",
            ),
            (
                "cache-max-seconds: 1\n",
                "cache-stale-seconds",
                ["4294967296", "999999999999", "-1", "soon", "0.5", ""],
                "0 to 4294967295",
            ),
        ] {
            let line = 4 + lines.lines().count();
            for wrong in wrong {
                let expected = format!(
                    "line {line}, key `{key}`: found `{wrong}`, allowed: a whole number of seconds \
                     from {bounds}"
                );
                let problems = problems_of(&format!("{lines}{key}: {wrong}"));
                assert_eq!(problems, [expected]);
            }
        }
    }

    #[test]
    fn only_what_the_function_says_is_kept_and_nothing_is_stale_unless_something_else_is_said() {
        let sidecar = pre("cache-max-seconds: 60");
        assert_eq!(sidecar.cache_default(), Duration::ZERO);
        assert_eq!(sidecar.cache_stale(), Duration::ZERO);
        let written =
            pre("cache-max-seconds: 60\ncache-stale-seconds: 0\ncache-default-seconds: 0");
        assert_eq!(written, sidecar);
        assert_eq!(sidecar.to_string(), with("cache-max-seconds: 60\n"));
        let text =
            with("cache-max-seconds: 60\ncache-default-seconds: 5\ncache-stale-seconds: 7\n");
        assert_eq!(crate::Sidecar::pre(&text).unwrap().to_string(), text);
    }

    #[test]
    fn the_other_keys_need_a_cache() {
        for key in ["cache-default-seconds", "cache-stale-seconds"] {
            let problem =
                format!("key `{key}`: found without `cache-max-seconds`, allowed: only beside it");
            assert_eq!(
                problems_of(&format!("{key}: 5")),
                [format!("line 4, {problem}")]
            );
        }
    }

    #[test]
    fn a_default_is_at_most_the_longest_time() {
        let problem = "key `cache-default-seconds`: found `61`, allowed: at most `60`, the value of \
                       `cache-max-seconds`";
        let lines = "cache-max-seconds: 60\ncache-default-seconds: 61";
        assert_eq!(problems_of(lines), [format!("line 5, {problem}")]);
        let build = builder(Point::PreProcessor)
            .cache_max(Duration::from_secs(60))
            .cache_default(Duration::from_secs(61));
        assert_eq!(shown(build.build()), [problem]);
    }

    #[test]
    fn an_event_has_no_verdict_to_keep() {
        assert_eq!(
            problems_of("synchronicity: event\ncache-max-seconds: 60"),
            [
                "line 5, key `cache-max-seconds`: found with `synchronicity: event`, allowed: only with \
                 request-response"
            ],
        );
    }

    #[test]
    fn the_builder_takes_whole_seconds_alone() {
        let build = builder(Point::PreProcessor).cache_max(Duration::from_millis(1500));
        assert_eq!(
            shown(build.build()),
            [
                "key `cache-max-seconds`: found `1.5s`, allowed: a whole number of seconds from 1 to 86400"
            ],
        );
    }
}
