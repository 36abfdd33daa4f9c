//! What can be read and can hardly be meant.

use super::{
    draft::Draft,
    keys::{Form, InputsKey},
    values,
};
use crate::{Synchronicity, policy::ErrorPolicy};

/// What of a draft can hardly be meant, by the key to blame. `is_given` says whether a key was written down at all.
pub(super) fn warnings(
    draft: &Draft,
    is_given: impl Fn(InputsKey) -> bool,
) -> Vec<(InputsKey, String)> {
    let mut warnings = without_effect(draft);
    warnings.extend(patterns(draft));
    warnings.extend(roles(draft));
    if !is_given(InputsKey::Timeout) {
        warnings.extend(without_timeout(draft));
    }
    warnings
}

fn without_effect(draft: &Draft) -> Vec<(InputsKey, String)> {
    let keys = draft.lists.keys();
    let warnings = keys.filter_map(|key| match key.row().form {
        Form::ListUsedAt(point) if point != draft.point => {
            let here = draft.point;
            let message = format!("has no effect at {here}, only at {point}");
            Some((*key, message))
        }
        _ => None,
    });
    warnings.collect()
}

/// Names are compared whole. A `*` may stand in the name of a header, but it stands for nothing else: who skips
/// `*` sends every header.
fn patterns(draft: &Draft) -> Vec<(InputsKey, String)> {
    let mut warnings = Vec::new();
    for (key, items) in &draft.lists {
        let is_pattern = |item: &&String| match key.lists_headers() {
            true => item.contains('*') && key.shows(item),
            false => *key != InputsKey::ExpandInput && *item == "*",
        };
        if let Some(item) = items.iter().find(is_pattern) {
            let but = match key {
                InputsKey::SkipRequestHeaders | InputsKey::SkipResponseHeaders => {
                    ": no other is skipped by it"
                }
                _ => "",
            };
            warnings.push((
                *key,
                format!("`{item}` is taken for a name, not for a pattern{but}"),
            ));
        }
    }
    warnings
}

fn roles(draft: &Draft) -> Vec<(InputsKey, String)> {
    let text = draft.texts.get(&InputsKey::UseAssumeRole);
    let assumes = text.and_then(|text| values::boolean(text));
    if assumes != Some(false) {
        return Vec::new();
    }
    let of_a_role = [
        InputsKey::RoleArn,
        InputsKey::ExternalId,
        InputsKey::SessionName,
        InputsKey::ExpirationDuration,
    ];
    of_a_role
        .into_iter()
        .filter(|key| draft.texts.contains_key(key))
        .map(|key| {
            (
                key,
                "has no effect beside `useAssumeRole: false`".to_owned(),
            )
        })
        .collect()
}

fn without_timeout(draft: &Draft) -> Option<(InputsKey, String)> {
    let handling = &draft.handling;
    let key = if handling.event_queue.is_some() {
        // Nobody waits for it.
        return None;
    } else if handling.synchronicity == Synchronicity::Event {
        InputsKey::Synchronicity
    } else if handling.policy != ErrorPolicy::SURE_FIRE {
        InputsKey::FailSafe
    } else {
        return None;
    };
    let message = "needs a `timeout`: a function that hangs uses up the whole call's time, and such a call is \
                   answered 504";
    Some((key, message.to_owned()))
}

#[cfg(test)]
mod tests {
    use crate::{
        Point, Sidecar,
        inputs::fixtures::{problems_of, with},
    };

    fn warnings_at(point: Point, lines: &str) -> Vec<String> {
        let warnings = Sidecar::warnings(point, &with(lines));
        warnings.iter().map(ToString::to_string).collect()
    }

    fn warnings(lines: &str) -> Vec<String> {
        warnings_at(Point::PreProcessor, lines)
    }

    #[test]
    fn response_headers_at_pre_are_accepted_without_effect_and_warned_of() {
        for key in ["include-response-headers", "Skip-Response-Headers"] {
            let text = with(&format!("{key}: x-a"));
            assert_eq!(Sidecar::pre(&text), Sidecar::pre(&with("")));
            let warnings = Sidecar::warnings(Point::PreProcessor, &text);
            let texts: Vec<_> = warnings.iter().map(ToString::to_string).collect();
            let expected = format!(
                "line 4, key `{key}`: has no effect at PreProcessor, only at PostProcessor"
            );
            assert_eq!(texts, [expected]);
            assert!(Sidecar::warnings(Point::PostProcessor, &text).is_empty());
        }
        // What could not be read at all is an error there too.
        assert_eq!(problems_of("skip-response-headers: x y").len(), 1);
    }

    #[test]
    fn what_goes_on_past_a_failure_needs_a_timeout() {
        for line in ["FailSafe: true", "synchronicity: Event"] {
            let (key, _) = line.split_once(':').unwrap();
            assert_eq!(
                warnings(line),
                [format!(
                    "line 4, key `{key}`: needs a `timeout`: a function that hangs uses up the whole call's time, and \
                     such a call is answered 504"
                )],
            );
            assert!(warnings(&format!("{line}\ntimeout: 5")).is_empty());
            // It is there, and an error.
            assert!(warnings(&format!("{line}\ntimeout: soon")).is_empty());
        }
        assert!(warnings("synchronicity: event\nevent-queue: 1").is_empty());
        assert!(warnings("failSafe: false\nsynchronicity: request-response").is_empty());
    }

    #[test]
    fn a_pattern_is_a_name_like_any_other_and_warned_of() {
        assert_eq!(
            warnings("Skip-Request-Headers: authorization, *"),
            [
                "line 4, key `Skip-Request-Headers`: `*` is taken for a name, not for a pattern: no other is \
                 skipped by it"
            ],
        );
        for key in [
            "include-request-headers",
            "require-request-headers",
            "own-request-headers",
        ] {
            assert_eq!(
                warnings(&format!("{key}: x-a, x-*")),
                [format!(
                    "line 4, key `{key}`: `x-*` is taken for a name, not for a pattern"
                )],
            );
        }
        for key in [
            "include-response-headers",
            "skip-response-headers",
            "own-response-headers",
        ] {
            let found = warnings_at(Point::PostProcessor, &format!("{key}: *"));
            assert_eq!(found.len(), 1, "{key}");
        }
        for key in [
            "require-eavs",
            "include-eavs",
            "require-packageKey-eavs",
            "include-packageKey-eavs",
        ] {
            assert_eq!(warnings(&format!("{key}: a, *")).len(), 1, "{key}");
            assert!(warnings(&format!("{key}: a*")).is_empty(), "{key}");
        }
        assert!(warnings("include-request-headers: x-a: SECRET*").is_empty());
    }

    #[test]
    fn a_role_beside_the_process_s_own_credentials_has_no_effect() {
        let role = "arn:aws:iam::123456789012:role/r";
        let found = warnings(&format!(
            "roleARN: {role}\nexternalIdKey: k\nsessionName: abc\nexpirationDuration: 20"
        ));
        assert_eq!(found.len(), 4);
        assert_eq!(
            found[0],
            "line 4, key `roleARN`: has no effect beside `useAssumeRole: false`"
        );
    }

    #[test]
    fn a_plain_text_has_no_warnings() {
        assert!(warnings("timeout: 5\ninclude-eavs: a\nskip-request-headers: x-a").is_empty());
    }
}
