//! How single values are read. What cannot be read is `None`; the table of keys says what could.

use std::time::Duration;

use crate::{
    Synchronicity,
    policy::ErrorPolicy,
    sidecar::{Expand, PayloadCondition},
};

/// `true` or `false`, whatever their case.
pub(super) fn boolean(text: &str) -> Option<bool> {
    one_of(text, [("true", true), ("false", false)])
}

/// A number of digits alone: no sign, no white space.
fn whole(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// A whole number that fits the largest one any key allows.
pub(super) fn number(text: &str) -> Option<u32> {
    whole(text)?.try_into().ok()
}

pub(super) fn milliseconds(text: &str) -> Option<Duration> {
    Some(Duration::from_millis(u64::from(number(text)?)))
}

pub(super) fn seconds(text: &str) -> Option<Duration> {
    Some(Duration::from_secs(u64::from(number(text)?)))
}

/// A duration in seconds, if it is a whole number of them.
pub(super) fn whole_seconds(duration: Duration) -> Option<u64> {
    (duration.subsec_nanos() == 0).then_some(duration.as_secs())
}

/// A duration as a key in minutes writes it. One that is no whole number of them is shown with its
/// unit, so that it is no number.
pub(super) fn in_minutes(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if duration.subsec_nanos() == 0 && seconds.is_multiple_of(60) {
        (seconds / 60).to_string()
    } else {
        format!("{duration:?}")
    }
}

/// A duration in milliseconds, if it is a whole number of them.
pub(super) fn whole_milliseconds(duration: Duration) -> Option<u64> {
    let whole = duration.subsec_nanos().is_multiple_of(1_000_000);
    whole.then(|| duration.as_millis().try_into().ok())?
}

/// What `failSafe` says.
pub(super) fn policy(text: &str) -> Option<ErrorPolicy> {
    Some(match boolean(text)? {
        true => ErrorPolicy::FAIL_SAFE,
        false => ErrorPolicy::SURE_FIRE,
    })
}

pub(super) fn synchronicity(text: &str) -> Option<Synchronicity> {
    let words = [
        ("request-response", Synchronicity::RequestResponse),
        ("event", Synchronicity::Event),
    ];
    one_of(text, words)
}

pub(super) fn payload_condition(text: &str) -> Option<PayloadCondition> {
    let values = [PayloadCondition::Blocking, PayloadCondition::Filtering];
    one_of(text, values.map(|value| (value.as_str(), value)))
}

pub(super) fn expand(text: &str) -> Option<Expand> {
    one_of(text, Expand::ALL.iter().map(|part| (part.as_str(), *part)))
}

/// The value whose word the text is, whatever its case.
fn one_of<T>(text: &str, words: impl IntoIterator<Item = (&'static str, T)>) -> Option<T> {
    words
        .into_iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(text))
        .map(|(_, value)| value)
}

/// Lower-case letters and digits in two or more groups joined by hyphens, as `eu-west-1`.
pub(super) fn is_region(text: &str) -> bool {
    let group = |group: &str| {
        let mut bytes = group.bytes();
        !group.is_empty() && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.contains('-') && text.split('-').all(group)
}

/// The region of a function's ARN, `arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]`.
pub(super) fn region_of_function(text: &str) -> Option<&str> {
    let arn = Arn::read(text, |service| service == "lambda")?;
    let function = arn.resource.strip_prefix("function:")?;
    let (name, qualifier) = match function.split_once(':') {
        Some((name, qualifier)) => (name, Some(qualifier)),
        None => (function, None),
    };
    let readable = is_region(arn.region)
        && made_of(name, "-_.")
        && qualifier.is_none_or(|text| made_of(text.strip_prefix('$').unwrap_or(text), "-_."));
    readable.then_some(arn.region)
}

/// A role's ARN, `arn:PARTITION:iam::ACCOUNT:role/NAME`. With `sts` for `iam`, as the connector's
/// public examples have it, it is the same role.
pub(super) fn role(text: &str) -> Option<String> {
    let arn = Arn::read(text, |service| matches!(service, "iam" | "sts"))?;
    let name = arn.resource.strip_prefix("role/")?;
    // A role can stand under a path: role/division/team/NAME.
    let readable =
        arn.region.is_empty() && name.split('/').all(|segment| made_of(segment, "_+=,.@-"));
    let Arn {
        partition, account, ..
    } = arn;
    readable.then(|| format!("arn:{partition}:iam::{account}:role/{name}"))
}

/// The parts of an ARN that are the same for all services.
struct Arn<'a> {
    partition: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    fn read(text: &'a str, is_service: impl Fn(&str) -> bool) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (prefix, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let readable = prefix == "arn"
            && is_partition(partition)
            && is_service(service)
            && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit());
        readable.then_some(Self {
            partition,
            region,
            account,
            resource,
        })
    }
}

/// `aws`, `aws-cn`, `aws-us-gov` and whatever AWS adds in their manner.
fn is_partition(text: &str) -> bool {
    text == "aws" || (text.starts_with("aws-") && is_region(text))
}

/// The name of a Parameter Store entry. A hierarchical one without its leading `/` gets it.
pub(super) fn parameter_name(text: &str) -> Option<String> {
    let rooted = text.starts_with('/') || text.starts_with("arn:") || !text.contains('/');
    let root = if rooted { "" } else { "/" };
    let readable = !text.is_empty() && text.chars().all(is_in_parameter_names);
    readable.then(|| format!("{root}{text}"))
}

pub(super) fn is_in_parameter_names(character: char) -> bool {
    character.is_ascii_alphanumeric() || ".-_/:".contains(character)
}

/// What STS takes as a role session name.
pub(super) fn is_session_name(text: &str) -> bool {
    (2..=64).contains(&text.len()) && made_of(text, "_+=,.@-")
}

/// Whether a text is not empty and has only ASCII letters, digits and these characters.
fn made_of(text: &str, others: &str) -> bool {
    let allowed = |character: char| character.is_ascii_alphanumeric() || others.contains(character);
    !text.is_empty() && text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boolean_is_true_or_false_whatever_its_case() {
        for (text, value) in [
            ("true", Some(true)),
            ("TRUE", Some(true)),
            ("False", Some(false)),
            ("", None),
            ("yes", None),
            ("1", None),
        ] {
            assert_eq!(boolean(text), value, "{text}");
        }
    }

    #[test]
    fn a_number_is_digits_alone() {
        assert_eq!(number("15"), Some(15));
        assert_eq!(number("4294967295"), Some(u32::MAX));
        for text in [
            "",
            "-1",
            "+1",
            "1.0",
            "1e3",
            "1 0",
            "٣",
            "4294967296",
            "99999999999999999999999",
        ] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn enumerated_values_are_matched_without_regard_to_case() {
        assert_eq!(synchronicity("EVENT"), Some(Synchronicity::Event));
        assert_eq!(
            synchronicity("Request-Response"),
            Some(Synchronicity::RequestResponse)
        );
        assert_eq!(
            payload_condition("Filtering"),
            Some(PayloadCondition::Filtering)
        );
        assert_eq!(
            payload_condition("BLOCKING"),
            Some(PayloadCondition::Blocking)
        );
        for part in Expand::ALL {
            assert_eq!(expand(&part.as_str().to_uppercase()), Some(*part));
        }
        assert_eq!(synchronicity("async"), None);
    }

    #[test]
    fn a_region_is_lower_case_groups_joined_by_hyphens() {
        for text in [
            "us-east-1",
            "eu-west-1",
            "us-gov-west-1",
            "cn-north-1",
            "xx-2",
        ] {
            assert!(is_region(text), "{text}");
        }
        for text in [
            "",
            "-",
            "us",
            "us-",
            "-1",
            "us--1",
            "US-EAST-1",
            "us_east-1",
            "us-east-1 ",
            "ü-1",
        ] {
            assert!(!is_region(text), "{text}");
        }
    }

    #[test]
    fn a_function_arn_may_end_in_a_version_or_an_alias() {
        for end in [
            "authz",
            "authz:42",
            "authz:prod",
            "authz:$LATEST",
            "a-b_c:x-y_z",
        ] {
            let arn = format!("arn:aws:lambda:eu-west-1:123456789012:function:{end}");
            assert_eq!(region_of_function(&arn), Some("eu-west-1"), "{arn}");
        }
    }

    #[test]
    fn a_function_arn_can_be_in_every_partition() {
        for partition in ["aws", "aws-cn", "aws-us-gov", "aws-iso-b"] {
            let arn = format!("arn:{partition}:lambda:xx-north-1:123456789012:function:f");
            assert_eq!(region_of_function(&arn), Some("xx-north-1"), "{arn}");
        }
    }

    #[test]
    fn what_is_no_function_arn_is_not_read() {
        for text in [
            "",
            "authz",
            "arn",
            "arn:aws:lambda:us-east-1:123456789012",
            "arn:aws:lambda:us-east-1:123456789012:function:",
            "arn:aws:lambda:us-east-1:123456789012:function:f:",
            "arn:aws:lambda:us-east-1:123456789012:function:f:1:2",
            "arn:aws:lambda:us-east-1:123456789012:function:f:$",
            "arn:aws:lambda:us-east-1:123456789012:function:a b",
            "arn:aws:lambda:us-east-1:123456789012:layer:f",
            "arn:aws:lambda:us-east-1:12345678901:function:f",
            "arn:aws:lambda:us-east-1:1234567890123:function:f",
            "arn:aws:lambda:us-east-1:12345678901x:function:f",
            "arn:aws:lambda::123456789012:function:f",
            "arn:aws:s3:us-east-1:123456789012:function:f",
            "arn:azure:lambda:us-east-1:123456789012:function:f",
            "arn::lambda:us-east-1:123456789012:function:f",
            "ARN:aws:lambda:us-east-1:123456789012:function:f",
        ] {
            assert_eq!(region_of_function(text), None, "{text}");
        }
    }

    #[test]
    fn a_role_arn_of_sts_is_normalised_to_iam_in_every_partition() {
        for partition in ["aws", "aws-cn", "aws-us-gov"] {
            let normal = format!("arn:{partition}:iam::123456789012:role/sidecar");
            assert_eq!(role(&normal).as_ref(), Some(&normal));
            let public = format!("arn:{partition}:sts::123456789012:role/sidecar");
            assert_eq!(role(&public), Some(normal));
        }
    }

    #[test]
    fn a_role_can_stand_under_a_path() {
        let arn = "arn:aws:iam::123456789012:role/division/team/side_car+=,.@-";
        assert_eq!(role(arn).as_deref(), Some(arn));
    }

    #[test]
    fn what_is_no_role_arn_is_not_read() {
        for text in [
            "",
            "my-role",
            "arn:aws:iam::123456789012:role",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role//x",
            "arn:aws:iam::123456789012:role/x/",
            "arn:aws:iam::123456789012:role/a b",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam:us-east-1:123456789012:role/x",
            "arn:aws:iam::1234:role/x",
            "arn:aws:sts::123456789012:assumed-role/x/y",
            "arn:aws:lambda::123456789012:role/x",
        ] {
            assert_eq!(role(text), None, "{text}");
        }
    }

    #[test]
    fn a_hierarchical_parameter_name_without_its_leading_slash_gets_one() {
        for (text, name) in [
            ("acme/prod/trustKey", "/acme/prod/trustKey"),
            ("/acme/prod/trustKey", "/acme/prod/trustKey"),
            ("trustKey", "trustKey"),
            ("acme/key:3", "/acme/key:3"),
            (
                "arn:aws:ssm:us-east-1:123456789012:parameter/acme/key",
                "arn:aws:ssm:us-east-1:123456789012:parameter/acme/key",
            ),
        ] {
            assert_eq!(parameter_name(text).as_deref(), Some(name));
        }
        for text in ["", "a key", "schlüssel", "key=", "a\nb"] {
            assert_eq!(parameter_name(text), None, "{text}");
        }
    }

    #[test]
    fn a_session_name_is_2_to_64_characters_that_sts_takes() {
        for length in [2, 64] {
            assert!(is_session_name(&"x".repeat(length)), "{length}");
        }
        for length in [0, 1, 65] {
            assert!(!is_session_name(&"x".repeat(length)), "{length}");
        }
        assert!(is_session_name("A9_+=,.@-"));
        for text in ["a b", "a/b", "a:b", "sitzung-ä"] {
            assert!(!is_session_name(text), "{text}");
        }
    }

    #[test]
    fn durations_count_in_whole_units_alone() {
        assert_eq!(in_minutes(Duration::from_secs(120)), "2");
        assert_eq!(in_minutes(Duration::from_secs(121)), "121s");
        assert_eq!(in_minutes(Duration::from_millis(60_001)), "60.001s");
        assert_eq!(whole_milliseconds(Duration::from_micros(2000)), Some(2));
        assert_eq!(whole_milliseconds(Duration::from_micros(2001)), None);
        assert_eq!(whole_milliseconds(Duration::MAX), None);
    }
}
