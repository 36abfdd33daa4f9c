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

/// The same sentence for a value that could be a secret in the wrong place: what it is like, never what it is.
/// `stranger` is the first character that may not be there, counted from 1.
pub(super) fn hidden(value: &str, stranger: Option<(usize, char)>, allowed: &str) -> String {
    let length = length(value);
    let stranger = stranger.map_or(String::new(), |(at, character)| {
        format!(", with {} as character {at}", kind(character))
    });
    format!("found {length} (not shown: it could be a secret){stranger}, allowed: {allowed}")
}

/// How long a text is, in words.
pub(super) fn length(text: &str) -> String {
    match text.chars().count() {
        1 => "1 character".to_owned(),
        count => format!("{count} characters"),
    }
}

fn kind(character: char) -> String {
    match character {
        ' ' => "a space".to_owned(),
        _ if character.is_control() => "a control character".to_owned(),
        _ if is_invisible(character) => {
            format!("the invisible U+{:04X}", u32::from(character))
        }
        _ if character.is_ascii() => "a character of punctuation".to_owned(),
        _ => "a character beyond ASCII".to_owned(),
    }
}

/// Whether nothing is seen of a character but the room it takes, if any: white space other than a space, joiners,
/// marks of order and of direction, and the mark that some editors begin a file with.
fn is_invisible(character: char) -> bool {
    let marks = [
        '\u{ad}'..='\u{ad}',
        '\u{180e}'..='\u{180e}',
        '\u{200b}'..='\u{200f}',
        '\u{202a}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
        '\u{feff}'..='\u{feff}',
    ];
    let is_space = character.is_whitespace() && character != ' ';
    is_space || marks.iter().any(|range| range.contains(&character))
}

/// Text of the configuration as it can stand in a message: on one line, visible, and not endless.
fn shown(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut shown = String::new();
    for character in text.chars().take(LONGEST) {
        if character.is_control() || is_invisible(character) {
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
    fn what_cannot_be_seen_is_written_out() {
        assert_eq!(
            found("\u{feff}region\u{a0}", "x"),
            r"found `\u{feff}region\u{a0}`, allowed: x"
        );
    }

    #[test]
    fn what_could_be_a_secret_is_described_and_not_shown() {
        for (stranger, with) in [
            (None, ""),
            (Some((2, ' ')), ", with a space as character 2"),
            (Some((1, '\n')), ", with a control character as character 1"),
            (
                Some((1, '=')),
                ", with a character of punctuation as character 1",
            ),
            (
                Some((1, 'ü')),
                ", with a character beyond ASCII as character 1",
            ),
            (
                Some((1, '\u{200b}')),
                ", with the invisible U+200B as character 1",
            ),
        ] {
            let expected =
                format!("found 6 characters (not shown: it could be a secret){with}, allowed: x");
            assert_eq!(hidden("SECRÉT", stranger, "x"), expected);
        }
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
