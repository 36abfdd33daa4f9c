//! Which wrong values a message may show.

use http::HeaderName;

use super::{Form, InputsKey};
use crate::inputs::values;

impl InputsKey {
    /// Whether a message may show this value of the key, which is wrong. Where the name of a secret belongs, or where
    /// any text does, a wrong value can be the secret itself; and what is no name in a list of headers can be
    /// a header with its value.
    pub(in crate::inputs) fn shows(self, value: &str) -> bool {
        match self.row().form {
            Form::Param => false,
            _ if self == Self::ExternalId => false,
            _ if self.lists_headers() => value.is_empty() || is_header_name(value),
            _ => true,
        }
    }

    /// The first character that a value of the key may not have, and its place, from 1.
    pub(in crate::inputs) fn stranger(self, value: &str) -> Option<(usize, char)> {
        let belongs = |character: char| match self.row().form {
            Form::Param => !character.is_control(),
            _ if self == Self::ExternalId => values::is_in_parameter_names(character),
            _ => is_header_name(character.encode_utf8(&mut [0; 4])),
        };
        let mut characters = (1..).zip(value.chars());
        characters.find(|(_, character)| !belongs(*character))
    }

    /// Whether the key holds names of headers.
    pub(in crate::inputs) fn lists_headers(self) -> bool {
        matches!(
            self,
            Self::IncludeRequestHeaders
                | Self::RequireRequestHeaders
                | Self::SkipRequestHeaders
                | Self::IncludeResponseHeaders
                | Self::SkipResponseHeaders
                | Self::OwnRequestHeaders
                | Self::OwnResponseHeaders
        )
    }
}

fn is_header_name(text: &str) -> bool {
    HeaderName::from_bytes(text.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use crate::inputs::{fixtures::problems_of, keys::rows};

    #[test]
    fn every_key_of_header_names_is_known_as_one() {
        for row in rows() {
            assert_eq!(
                row.key.lists_headers(),
                row.allowed.starts_with("header names"),
                "{}",
                row.name
            );
        }
    }

    #[test]
    fn no_message_shows_a_value_that_could_be_a_secret() {
        for (line, described) in [
            ("externalIdKey: SECRET=", "found 7 characters (not shown"),
            ("externalIdKey: my SECRET", "with a space as character 3"),
            ("sidecar-param-: SECRET", "found 6 characters (not shown"),
            (
                "include-request-headers: x-a, authorization: Bearer SECRET",
                "as character 14",
            ),
            ("require-request-headers: SECRET=", "as character 7"),
            ("skip-request-headers: x SECRET", "as character 2"),
            (
                "include-response-headers: set-cookie: SECRET",
                "as character 11",
            ),
            ("skip-response-headers: SECRET;", "as character 7"),
            ("own-request-headers: x-user: SECRET", "as character 7"),
            (
                "a line with a SECRET",
                "found 20 characters without a colon",
            ),
            (": SECRET", "found a colon without a key before it"),
            ("token=SECRET: x", "found 12 characters before the colon"),
            ("Bearer SECRET: x", "found 13 characters before the colon"),
        ] {
            let problems = problems_of(line);
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(!problems[0].contains("SECRET"), "{problems:?}");
            assert!(problems[0].contains(described), "{problems:?}");
        }
    }
}
