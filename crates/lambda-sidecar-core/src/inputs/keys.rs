//! The one table of keys: what a key is called, where it may stand, what it may hold and how its
//! text is read.

use std::{borrow::Cow, ops::RangeInclusive, time::Duration};

use super::{
    builder::SidecarBuilder,
    error::{InputsProblem, found},
    read,
};

pub(super) const DEFAULT_SESSION_NAME: &str = "TIBCO_Mashery_SideCar_Connector";
pub(super) const DEFAULT_EXPIRATION: Duration = Duration::from_secs(60 * 60);
pub(super) const DEFAULT_MAX_PAYLOAD_SIZE: u32 = 10;

/// What `expirationDuration` can be, in minutes.
pub(super) const EXPIRATION: RangeInclusive<u64> = 15..=720;
/// What `max-payload-size` can be, in KB.
pub(super) const MAX_PAYLOAD_SIZE: RangeInclusive<u32> = 1..=1024;
/// What `timeout` can be, in milliseconds.
pub(super) const TIMEOUT: RangeInclusive<u64> = 1..=u32::MAX as u64;

/// What the key of every value for `params` begins with; NAME follows.
const PARAM: &str = "sidecar-param-";

/// A key of the inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Region,
    FunctionArn,
    UseAssumeRole,
    RoleArn,
    ExternalId,
    SessionName,
    ExpirationDuration,
    Synchronicity,
    IncludeRequestHeaders,
    RequireRequestHeaders,
    SkipRequestHeaders,
    IncludeResponseHeaders,
    SkipResponseHeaders,
    RequireEavs,
    IncludeEavs,
    RequirePackageKeyEavs,
    IncludePackageKeyEavs,
    ExpandInput,
    MaxPayloadSize,
    MaxPayloadCondition,
    Param,
    FailSafe,
    EnableErrorSet,
    Timeout,
}

/// What is to be known of a key.
pub(super) struct Row {
    key: Key,
    /// The key as the documentation writes it.
    pub(super) name: &'static str,
    pub(super) form: Form,
    /// What it may hold, in the words of a message.
    allowed: &'static str,
}

/// How a key's text gets into the builder. Text and lists are judged by the validation alone.
pub(super) enum Form {
    Text,
    List,
    /// A list that may stand at `PostProcessor` alone.
    PostList,
    /// A value for `params`, under the NAME that ends the key.
    Param,
    /// A value of a type of its own; none where the text is no such value.
    Typed(fn(&mut SidecarBuilder, &str) -> Option<()>),
}

const BOOLEAN: &str = "true or false";
const HEADERS: &str = "header names, separated by commas";
const EAVS: &str = "names of extended attributes, separated by commas";

/// Every key, in the order in which they are documented and checked.
#[rustfmt::skip] // A table is read by its columns.
static TABLE: [Row; 24] = [
    row(Key::Region, "region", Form::Text, "an AWS region, such as us-east-1"),
    row(Key::FunctionArn, "functionARN", Form::Text,
        "arn:PARTITION:lambda:REGION:ACCOUNT:function:NAME, with or without :QUALIFIER"),
    row(Key::UseAssumeRole, "useAssumeRole", Form::Typed(read::use_assume_role), BOOLEAN),
    row(Key::RoleArn, "roleARN", Form::Text, "arn:PARTITION:iam::ACCOUNT:role/NAME"),
    row(Key::ExternalId, "externalIdKey", Form::Text,
        "the name of a Parameter Store entry, of letters, digits and . - _ / :"),
    row(Key::SessionName, "sessionName", Form::Text, "2 to 64 letters, digits and _ + = , . @ -"),
    row(Key::ExpirationDuration, "expirationDuration", Form::Typed(read::expiration_duration),
        "a whole number of minutes from 15 to 720"),
    row(Key::Synchronicity, "synchronicity", Form::Typed(read::synchronicity),
        "request-response or event"),
    row(Key::IncludeRequestHeaders, "include-request-headers", Form::List, HEADERS),
    row(Key::RequireRequestHeaders, "require-request-headers", Form::List, HEADERS),
    row(Key::SkipRequestHeaders, "skip-request-headers", Form::List, HEADERS),
    row(Key::IncludeResponseHeaders, "include-response-headers", Form::PostList, HEADERS),
    row(Key::SkipResponseHeaders, "skip-response-headers", Form::PostList, HEADERS),
    row(Key::RequireEavs, "require-eavs", Form::List, EAVS),
    row(Key::IncludeEavs, "include-eavs", Form::List, EAVS),
    row(Key::RequirePackageKeyEavs, "require-packageKey-eavs", Form::List, EAVS),
    row(Key::IncludePackageKeyEavs, "include-packageKey-eavs", Form::List, EAVS),
    row(Key::ExpandInput, "expand-input", Form::List,
        "requestPayload, responsePayload (PostProcessor only), remoteAddress, token, operation, \
         routing, separated by commas"),
    row(Key::MaxPayloadSize, "max-payload-size", Form::Typed(read::max_payload_size),
        "a whole number of KB from 1 to 1024"),
    row(Key::MaxPayloadCondition, "max-payload-condition", Form::Typed(read::max_payload_condition),
        "blocking or filtering"),
    row(Key::Param, "sidecar-param-NAME", Form::Param,
        "one line of text, under a NAME of one line and without a colon"),
    row(Key::FailSafe, "failSafe", Form::Typed(read::fail_safe), BOOLEAN),
    row(Key::EnableErrorSet, "enable_error_set", Form::Typed(read::enable_error_set), BOOLEAN),
    row(Key::Timeout, "timeout", Form::Typed(read::timeout),
        "a whole number of milliseconds from 1 to 4294967295"),
];

const fn row(key: Key, name: &'static str, form: Form, allowed: &'static str) -> Row {
    Row {
        key,
        name,
        form,
        allowed,
    }
}

/// A key's row is found by the key's number; this does not compile where one stands elsewhere.
const _: () = {
    assert!(TABLE.len() == Key::Timeout as usize + 1);
    let mut index = 0;
    while index < TABLE.len() {
        assert!(TABLE[index].key as usize == index);
        index += 1;
    }
};

impl Key {
    pub(super) fn row(self) -> &'static Row {
        &TABLE[self as usize]
    }

    /// The key that is written so, in whatever case, and the NAME that ends the key of a
    /// parameter.
    pub(super) fn find(written: &str) -> Option<(Self, &str)> {
        if let Some((prefix, name)) = written.split_at_checked(PARAM.len())
            && prefix.eq_ignore_ascii_case(PARAM)
        {
            return Some((Self::Param, name.trim_start()));
        }
        TABLE
            .iter()
            .find(|row| row.name.eq_ignore_ascii_case(written))
            .map(|row| (row.key, ""))
    }

    /// The known key that looks most like this unknown one.
    pub(super) fn nearest(unknown: &str) -> &'static str {
        // No key is longer; comparing costs the product of the lengths.
        let unknown: String = unknown.chars().take(64).collect();
        let unknown = unknown.to_ascii_lowercase();
        TABLE
            .iter()
            .map(|row| {
                let known = row.name.to_ascii_lowercase();
                (strsim::normalized_levenshtein(&known, &unknown), row.name)
            })
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map_or("", |(_, name)| name)
    }

    /// The key in the documentation's writing. Two keys are the same if this is.
    pub(super) fn documented(self, name: &str) -> Cow<'static, str> {
        match self.row().form {
            Form::Param => format!("{PARAM}{name}").into(),
            _ => self.row().name.into(),
        }
    }

    /// The key holds what it may not.
    pub(super) fn problem(self, value: &str) -> InputsProblem {
        self.problem_but(value, self.row().allowed)
    }

    /// The key holds what it may not, for a reason beyond the key itself.
    pub(super) fn problem_but(self, value: &str, allowed: &str) -> InputsProblem {
        InputsProblem::new(Some(self.row().name.to_owned()), found(value, allowed))
    }

    /// The parameter of this NAME cannot be written down.
    pub(super) fn problem_of_param(name: &str, text: &str) -> InputsProblem {
        let message = found(text, Self::Param.row().allowed);
        InputsProblem::new(Some(Self::Param.documented(name).into_owned()), message)
    }

    /// The key is given where it has no place.
    pub(super) fn misplaced(self, found: &str, allowed: &str) -> InputsProblem {
        let message = format!("found {found}, allowed: only {allowed}");
        InputsProblem::new(Some(self.row().name.to_owned()), message)
    }

    /// The key is required and has no value; the connector has a word of its own for what it holds.
    pub(super) fn missing(self, what: &str) -> InputsProblem {
        InputsProblem::missing(self.row().name, format!("{what} Not Specified"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first cells of the table of keys in the book.
    fn documented_keys() -> Vec<&'static str> {
        let page = include_str!("../../../../docs/inputs.md");
        let (_, table) = page.split_once("<!-- keys -->").unwrap();
        let (table, _) = table.split_once("<!-- /keys -->").unwrap();
        let rows = table.lines().filter(|line| line.starts_with("| `"));
        rows.map(|row| row.split('`').nth(1).unwrap()).collect()
    }

    #[test]
    fn the_book_has_every_key_in_this_order() {
        assert_eq!(documented_keys(), TABLE.each_ref().map(|row| row.name));
    }

    #[test]
    fn every_key_is_found_whatever_its_case() {
        for row in &TABLE {
            for written in [
                row.name.to_owned(),
                row.name.to_uppercase(),
                row.name.to_lowercase(),
            ] {
                let (key, _) = Key::find(&written).unwrap();
                assert_eq!(key, row.key, "{written}");
            }
        }
        assert_eq!(Key::find("externalIDKey"), Some((Key::ExternalId, "")));
    }

    #[test]
    fn the_name_of_a_parameter_keeps_its_case_and_its_prefix_has_none() {
        assert_eq!(
            Key::find("Sidecar-PARAM-UserId"),
            Some((Key::Param, "UserId"))
        );
        assert_eq!(Key::find("sidecar-param-"), Some((Key::Param, "")));
        assert_eq!(Key::find("sidecar-param-ü"), Some((Key::Param, "ü")));
    }

    #[test]
    fn what_is_no_key_is_not_found() {
        for written in [
            "",
            "regions",
            "sidecar-param",
            "sidecar-paramü",
            "fail-safe",
            "ſynchronicity",
        ] {
            assert_eq!(Key::find(written), None, "{written}");
        }
    }

    #[test]
    fn the_nearest_known_key_is_suggested() {
        for (unknown, nearest) in [
            ("expnd-input", "expand-input"),
            ("syncronicity", "synchronicity"),
            ("FAIL-SAFE", "failSafe"),
            ("function", "functionARN"),
            ("sidecar-params-x", "sidecar-param-NAME"),
            ("include-response-header", "include-response-headers"),
            ("enable-error-set", "enable_error_set"),
        ] {
            assert_eq!(Key::nearest(unknown), nearest);
        }
        assert_ne!(Key::nearest(&"ü".repeat(1 << 20)), "");
        assert_ne!(Key::nearest(""), "");
    }

    #[test]
    fn the_messages_name_the_bounds_that_are_checked() {
        for (key, low, high) in [
            (
                Key::ExpirationDuration,
                EXPIRATION.start().to_string(),
                EXPIRATION.end().to_string(),
            ),
            (
                Key::MaxPayloadSize,
                MAX_PAYLOAD_SIZE.start().to_string(),
                MAX_PAYLOAD_SIZE.end().to_string(),
            ),
            (
                Key::Timeout,
                TIMEOUT.start().to_string(),
                TIMEOUT.end().to_string(),
            ),
        ] {
            let bounds = format!("from {low} to {high}");
            assert!(key.row().allowed.ends_with(&bounds), "{key:?}");
        }
    }
}
