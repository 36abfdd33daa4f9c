//! Headers that a scope looks at: there and not empty, or with one value.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    blank::is_blank,
    folded::{folded, is_spelling_of},
};

/// `name` (there and not empty) or `name=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeaderTest {
    /// Folded in a `when-` key.
    pub(crate) name: HeaderName,
    value: Option<Box<str>>,
}

impl HeaderTest {
    /// An item of a `when-` key. It holds for every spelling that a lenient server takes for the name.
    pub(crate) fn of_when(text: &str) -> Option<Self> {
        let test = Self::of_unless(text)?;
        let name: String = test.name.as_str().chars().map(folded).collect();
        Some(Self {
            name: HeaderName::from_bytes(name.as_bytes()).ok()?,
            ..test
        })
    }

    /// An item of an `unless-` key.
    pub(crate) fn of_unless(text: &str) -> Option<Self> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(value.trim_start())),
            None => (text, None),
        };
        let is_writable = |text: &str| {
            let plain = HeaderValue::from_str(text).is_ok() && !text.contains(['\t', ',']);
            plain && !text.is_empty()
        };
        if !value.is_none_or(is_writable) {
            return None;
        }
        Some(Self {
            name: HeaderName::from_bytes(name.as_bytes()).ok()?,
            value: value.map(Box::from),
        })
    }

    /// Whether some reader of these headers could find the test to hold: in any spelling of the name, and in
    /// any line or member of a line.
    pub(super) fn may_hold(&self, headers: &HeaderMap) -> bool {
        headers.iter().any(|(name, line)| {
            is_spelling_of(self.name.as_str(), name.as_str())
                && match &self.value {
                    None => !line.is_empty(),
                    Some(value) => {
                        let mut members = line.as_bytes().split(|byte| *byte == b',');
                        members.any(|member| member.trim_ascii() == value.as_bytes())
                    }
                }
        })
    }

    /// Whether every reader of these headers finds the test to hold: every line of just this name is a match.
    pub(super) fn holds_for_certain(&self, headers: &HeaderMap) -> bool {
        let is_match = |line: &HeaderValue| match &self.value {
            None => !is_blank(line.as_bytes()),
            Some(value) => line.as_bytes() == value.as_bytes(),
        };
        let mut lines = headers.get_all(&self.name).iter().peekable();
        lines.peek().is_some() && lines.all(is_match)
    }
}

impl fmt::Display for HeaderTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            None => f.write_str(self.name.as_str()),
            Some(value) => write!(f, "{}={value}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_when_header_holds_if_some_reader_could_find_it_there() {
        for (item, lines, expected) in [
            ("X-Beta", &[("x-beta", "no")][..], true),
            ("x-beta", &[("x_beta", "1")], true),
            ("x_beta.y", &[("x-beta-y", "1")], true),
            ("x-beta", &[("x-beta", "")], false),
            ("x-beta", &[("x-beta", ""), ("x-beta", "1")], true),
            ("x-beta", &[("xbeta", "1")], false),
            ("x-beta", &[], false),
            ("x-tier=gold", &[("x-tier", "gold")], true),
            ("x-tier=gold", &[("x-tier", "Gold")], false),
            (
                "x-tier=gold",
                &[("x-tier", "iron"), ("x-tier", "gold")],
                true,
            ),
            ("x-tier=gold", &[("x.tier", "iron ,\tgold ")], true),
            ("x-tier=gold", &[("x-tier", "golden, marigold")], false),
            ("x-tier=gold", &[("x-tier", "")], false),
            ("type=a/b; c=d", &[("type", "a/b; c=d")], true),
        ] {
            let test = HeaderTest::of_when(item).unwrap();
            assert_eq!(
                test.may_hold(&headers(lines)),
                expected,
                "{item}: {lines:?}"
            );
        }
    }

    #[test]
    fn an_unless_header_holds_if_no_reader_can_find_anything_else() {
        for (item, lines, expected) in [
            ("X-Skip", &[("x-skip", "1")][..], true),
            ("x-skip", &[("x_skip", "1")], false),
            ("x-skip", &[("x-skip", "")], false),
            ("x-skip", &[("x-skip", " ")], false),
            ("x-skip", &[("x-skip", "1"), ("x-skip", "")], false),
            ("x-skip", &[], false),
            ("x-probe=deep", &[("x-probe", "deep")], true),
            (
                "x-probe=deep",
                &[("x-probe", "deep"), ("x-probe", "deep")],
                true,
            ),
            (
                "x-probe=deep",
                &[("x-probe", "deep"), ("x-probe", "other")],
                false,
            ),
            ("x-probe=deep", &[("x-probe", "deep, other")], false),
            ("x-probe=deep", &[("x-probe", "deep ")], false),
            ("x-probe=deep", &[("x-probe", "Deep")], false),
        ] {
            let test = HeaderTest::of_unless(item).unwrap();
            let holds = test.holds_for_certain(&headers(lines));
            assert_eq!(holds, expected, "{item}: {lines:?}");
        }
    }

    #[test]
    fn what_is_no_test_is_not_read() {
        for item in [
            "", "=", "=x", "a b", "a=", "ü", "a=b,c", "a=b\nc", "a=\u{7f}", "a b=c",
        ] {
            assert_eq!(HeaderTest::of_when(item), None, "{item}");
            assert_eq!(HeaderTest::of_unless(item), None, "{item}");
        }
    }

    #[test]
    fn a_test_is_printed_as_it_is_read() {
        for item in ["x-a", "x-a=b", "x-a=b=c", "content-type=a/b; c=\"d\""] {
            let test = HeaderTest::of_when(item).unwrap();
            assert_eq!(test.to_string(), item);
        }
    }
}
