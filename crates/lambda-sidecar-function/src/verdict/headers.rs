//! Headers that a verdict drops or sets, checked as they are put in.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::error::VerdictError;
use crate::{
    envelope::Values,
    limits::{MAX_HEADER_LINES, MAX_NAME, NAME_SIGNS, PROTECTED},
};

/// A checked name, in lower case.
pub(super) fn checked_name(name: &str) -> Result<String, VerdictError> {
    let lower = name.to_ascii_lowercase();
    let allowed = |c: char| c.is_ascii_alphanumeric() || NAME_SIGNS.contains(c);
    if name.starts_with(':') || PROTECTED.contains(&&*lower) {
        Err(VerdictError::ProtectedHeader(lower))
    } else if lower.is_empty() || lower.len() > MAX_NAME || !lower.chars().all(allowed) {
        Err(VerdictError::HeaderName(lower))
    } else {
        Ok(lower)
    }
}

/// The headers to set: each replaces what is there by these lines.
///
/// Its `Debug` shows names, not values.
#[derive(Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub(super) struct HeaderLines(BTreeMap<String, Values>);

impl HeaderLines {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lines, one by one: a name with several values comes several times.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .flat_map(|(name, values)| values.iter().map(move |value| (name.as_str(), value)))
    }

    pub(super) fn add(&mut self, name: &str, value: &[u8]) -> Result<(), VerdictError> {
        let name = checked_name(name)?;
        let is_allowed = |byte: &u8| !byte.is_ascii_control() || *byte == b'\t';
        let text = std::str::from_utf8(value).ok();
        let Some(value) = text.filter(|text| text.as_bytes().iter().all(is_allowed)) else {
            return Err(VerdictError::HeaderValue(name));
        };
        // As the sidecar does: what stands around a value is no part of it.
        let value = value.trim_matches([' ', '\t']);
        if self.iter().count() >= MAX_HEADER_LINES {
            return Err(VerdictError::TooManyHeaders);
        }
        match self.0.get_mut(&name) {
            Some(values) => values.push(value.into()),
            None => {
                self.0.insert(name, Values::One(value.into()));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for HeaderLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_frames_the_message_or_names_the_hop_is_refused_in_any_case() {
        for name in PROTECTED {
            let upper = name.to_ascii_uppercase();
            for name in [name, &upper] {
                let refused = VerdictError::ProtectedHeader(name.to_ascii_lowercase());
                assert_eq!(checked_name(name), Err(refused));
            }
        }
        assert!(matches!(
            checked_name(":path"),
            Err(VerdictError::ProtectedHeader(_))
        ));
    }

    #[test]
    fn what_is_no_header_name_is_refused() {
        let too_long = "a".repeat(MAX_NAME + 1);
        for name in ["", "bad name", "x-a:", "ü", "x\n", "(x)", &too_long] {
            let refused = checked_name(name);
            assert!(
                matches!(refused, Err(VerdictError::HeaderName(_))),
                "{name:?}"
            );
        }
        assert_eq!(
            checked_name("X-A!#$%&'*+.^_`|~").unwrap(),
            "x-a!#$%&'*+.^_`|~"
        );
        assert!(checked_name(&"a".repeat(MAX_NAME)).is_ok());
    }

    #[test]
    fn a_value_with_a_control_character_or_that_is_no_utf_8_is_refused() {
        let mut headers = HeaderLines::default();
        for value in ["a\nb", "\r", "\0", "\u{7f}"] {
            let refused = headers.add("X-A", value.as_bytes());
            assert_eq!(refused, Err(VerdictError::HeaderValue("x-a".into())));
        }
        assert!(headers.is_empty());
        // JSON carries no other text.
        let refused = headers.add("x-a", b"\xe9");
        assert_eq!(refused, Err(VerdictError::HeaderValue("x-a".into())));
        assert!(headers.is_empty());
        for value in ["", "a\tb", "ü€", "\u{80}"] {
            assert_eq!(headers.add("X-A", value.as_bytes()), Ok(()));
        }
    }

    #[test]
    fn white_space_around_a_value_is_no_part_of_it() {
        let mut headers = HeaderLines::default();
        for value in [" 1", "2\t ", " ", "a b"] {
            assert_eq!(headers.add("x-a", value.as_bytes()), Ok(()));
        }
        let values: Vec<_> = headers.iter().map(|(_, value)| value).collect();
        assert_eq!(values, ["1", "2", "", "a b"]);
    }

    #[test]
    fn more_header_lines_than_the_sidecar_takes_are_refused() {
        let mut headers = HeaderLines::default();
        for line in 0..MAX_HEADER_LINES {
            let name = if line % 2 == 0 { "x-a" } else { "x-b" };
            assert_eq!(headers.add(name, b""), Ok(()));
        }
        let refused = headers.add("x-c", b"");
        assert_eq!(refused, Err(VerdictError::TooManyHeaders));
    }
}
