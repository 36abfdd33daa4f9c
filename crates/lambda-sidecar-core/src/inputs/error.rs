//! Everything that is wrong with one sidecar's inputs.

use std::{error::Error, fmt};

/// Everything that is wrong with one sidecar's inputs, in the order of the lines; keys that are
/// missing come last.
///
/// ```
/// # use lambda_sidecar_core as lambda_sidecar;
/// use lambda_sidecar::Sidecar;
///
/// let error = Sidecar::pre("useAssumeRole: false\nfailSafe: maybe").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "line 2, key `failSafe`: found `maybe`, allowed: true or false; \
///      AWS Region Not Specified; Function ARN Not Specified",
/// );
/// assert_eq!(error.problems()[0].line(), Some(2));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputsError {
    problems: Vec<InputsProblem>,
}

impl InputsError {
    /// Brings the problems into order; those without a line keep theirs.
    pub(super) fn new(mut problems: Vec<InputsProblem>) -> Self {
        problems.sort_by_key(|problem| (problem.missing, problem.line.unwrap_or(usize::MAX)));
        Self { problems }
    }

    /// The single problems; never empty.
    #[must_use]
    pub fn problems(&self) -> &[InputsProblem] {
        &self.problems
    }
}

impl fmt::Display for InputsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl Error for InputsError {}

/// One thing that is wrong with a sidecar's inputs.
///
/// `Display` names the line and the key where there are such; a missing key has the fixed message
/// of the connector, `AWS Region Not Specified` for instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputsProblem {
    line: Option<usize>,
    key: Option<String>,
    message: String,
    first_line: Option<usize>,
    missing: bool,
}

impl InputsProblem {
    pub(super) fn new(key: Option<String>, message: String) -> Self {
        Self {
            line: None,
            key,
            message,
            first_line: None,
            missing: false,
        }
    }

    /// A key that stands in this line already.
    pub(super) fn twice(first_line: usize) -> Self {
        Self {
            first_line: Some(first_line),
            ..Self::new(None, "stands twice".to_owned())
        }
    }

    /// A required key has no value.
    pub(super) fn missing(key: &str, message: String) -> Self {
        Self {
            missing: true,
            ..Self::new(Some(key.to_owned()), message)
        }
    }

    /// The same problem, found in this line of a text at the key as written there.
    pub(super) fn at(self, line: usize, written: Option<&str>) -> Self {
        Self {
            line: Some(line),
            key: written.map(shown).or(self.key),
            ..self
        }
    }

    pub(super) fn is_missing_key(&self) -> bool {
        self.missing
    }

    /// The line of the text, counted from 1. None for a missing key, and with the builder.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// The key, as it was written. None where a line has none.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// What was found and what is allowed, without any line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The line where a key that stands twice stands first, counted as [`line`](Self::line) is. `Display`
    /// names it behind the message.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use lambda_sidecar::Sidecar;
    ///
    /// let error = Sidecar::pre("region: eu-west-1\nregion: eu-west-1").unwrap_err();
    /// let twice = &error.problems()[0];
    /// assert_eq!((twice.line(), twice.first_line()), (Some(2), Some(1)));
    /// assert_eq!(twice.to_string(), "line 2, key `region`: stands twice, first in line 1");
    /// ```
    #[must_use]
    pub fn first_line(&self) -> Option<usize> {
        self.first_line
    }
}

impl fmt::Display for InputsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.missing {
            match (self.line, &self.key) {
                (Some(line), Some(key)) => write!(f, "line {line}, key `{key}`: ")?,
                (Some(line), None) => write!(f, "line {line}: ")?,
                (None, Some(key)) => write!(f, "key `{key}`: ")?,
                (None, None) => {}
            }
        }
        f.write_str(&self.message)?;
        match self.first_line {
            Some(first) => write!(f, ", first in line {first}"),
            None => Ok(()),
        }
    }
}

/// The sentence all problems with a value share.
pub(super) fn found(value: &str, allowed: &str) -> String {
    format!("found `{}`, allowed: {allowed}", shown(value))
}

/// Text of the configuration as it can stand in a message: on one line, and not endless.
fn shown(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut shown = String::new();
    for character in text.chars().take(LONGEST) {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_stands_on_one_line_whatever_it_holds() {
        assert_eq!(
            found("a\nb\u{1b}[0m", "x"),
            r"found `a\nb\u{1b}[0m`, allowed: x"
        );
    }

    #[test]
    fn what_was_found_is_cut_where_it_is_endless() {
        let message = found(&"ü".repeat(1 << 20), "x");
        assert_eq!(message, format!("found `{}…`, allowed: x", "ü".repeat(200)));
        let whole = "ü".repeat(200);
        assert_eq!(found(&whole, "x"), format!("found `{whole}`, allowed: x"));
    }

    #[test]
    fn problems_come_in_line_order_those_without_a_line_next_and_missing_keys_last() {
        let at = |line| InputsProblem::new(None, String::new()).at(line, None);
        let missing = InputsProblem::missing("region", "AWS Region Not Specified".to_owned());
        let without = InputsProblem::new(Some("failSafe".to_owned()), String::new());
        let error = InputsError::new(vec![missing.clone(), at(2), without.clone(), at(1)]);
        assert_eq!(error.problems(), [at(1), at(2), without, missing]);
    }

    #[test]
    fn a_missing_key_is_named_beside_its_message() {
        let missing = InputsProblem::missing("region", "AWS Region Not Specified".to_owned());
        assert_eq!(missing.key(), Some("region"));
        assert_eq!(missing.line(), None);
        assert_eq!(missing.message(), missing.to_string());
    }
}
