//! Which key is meant by what somebody wrote.

use std::borrow::Cow;

use super::{Form, InputsKey, TABLE};

/// What the key of every value for `params` begins with; NAME follows.
const PARAM: &str = "sidecar-param-";

impl InputsKey {
    /// The key that is written so, in whatever case, and the NAME that ends the key of a
    /// parameter.
    pub(in crate::inputs) fn find(written: &str) -> Option<(Self, &str)> {
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
    pub(in crate::inputs) fn nearest(unknown: &str) -> &'static str {
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
    pub(in crate::inputs) fn documented(self, name: &str) -> Cow<'static, str> {
        match self.row().form {
            Form::Param => format!("{PARAM}{name}").into(),
            _ => self.row().name.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_whatever_its_case() {
        for row in &TABLE {
            for written in [
                row.name.to_owned(),
                row.name.to_uppercase(),
                row.name.to_lowercase(),
            ] {
                let (key, _) = InputsKey::find(&written).unwrap();
                assert_eq!(key, row.key, "{written}");
            }
        }
        assert_eq!(
            InputsKey::find("externalIDKey"),
            Some((InputsKey::ExternalId, ""))
        );
    }

    #[test]
    fn the_name_of_a_parameter_keeps_its_case_and_its_prefix_has_none() {
        assert_eq!(
            InputsKey::find("Sidecar-PARAM-UserId"),
            Some((InputsKey::Param, "UserId"))
        );
        assert_eq!(
            InputsKey::find("sidecar-param-"),
            Some((InputsKey::Param, ""))
        );
        assert_eq!(
            InputsKey::find("sidecar-param-ü"),
            Some((InputsKey::Param, "ü"))
        );
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
            assert_eq!(InputsKey::find(written), None, "{written}");
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
            assert_eq!(InputsKey::nearest(unknown), nearest);
        }
        assert_ne!(InputsKey::nearest(&"ü".repeat(1 << 20)), "");
        assert_ne!(InputsKey::nearest(""), "");
    }
}
