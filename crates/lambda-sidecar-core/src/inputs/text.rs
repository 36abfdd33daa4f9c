//! The text form: one `key: value` a line.

use std::{borrow::Cow, collections::BTreeMap};

use super::{
    draft::Draft,
    error::{InputsError, InputsProblem, found},
    keys::{Form, InputsKey},
    validate::validate,
};
use crate::{Point, sidecar::Sidecar};

impl Sidecar {
    /// Reads the inputs of a `PreProcessor` sidecar.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the text at once, see [`InputsError`].
    pub fn pre(text: &str) -> Result<Self, InputsError> {
        Self::parse(Point::PreProcessor, text)
    }

    /// Reads the inputs of a `PostProcessor` sidecar.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the text at once, see [`InputsError`].
    pub fn post(text: &str) -> Result<Self, InputsError> {
        Self::parse(Point::PostProcessor, text)
    }

    /// Reads the inputs of a sidecar at this point: one `key: value` a line, empty lines and lines
    /// that begin with `#` skipped.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the text at once, see [`InputsError`].
    pub fn parse(point: Point, text: &str) -> Result<Self, InputsError> {
        Reader::read(point, text).finish()
    }

    /// The keys of a text that have no effect at this point, each with its line. The connector accepts them, and
    /// so does [`parse`](Self::parse); whoever wrote one may expect something of it.
    ///
    /// ```
    /// # use lambda_sidecar_core as lambda_sidecar;
    /// use lambda_sidecar::{Point, Sidecar};
    ///
    /// let text = "region: eu-west-1\nskip-response-headers: date";
    /// let warnings = Sidecar::warnings(Point::PreProcessor, text);
    /// assert_eq!(warnings[0].line(), Some(2));
    /// assert_eq!(warnings[0].message(), "has no effect at PreProcessor, only at PostProcessor");
    /// ```
    #[must_use]
    pub fn warnings(point: Point, text: &str) -> Vec<InputsProblem> {
        Reader::read(point, text).without_effect()
    }
}

/// Fills a draft and has it validated; the errors of both are given together.
struct Reader<'a> {
    draft: Draft,
    /// Where each key stands, by its documented writing.
    seen: BTreeMap<Cow<'static, str>, KeyLine<'a>>,
    problems: Vec<InputsProblem>,
}

struct KeyLine<'a> {
    line: usize,
    written: &'a str,
}

impl<'a> Reader<'a> {
    fn read(point: Point, text: &'a str) -> Self {
        let mut reader = Self {
            draft: Draft::new(point),
            seen: BTreeMap::new(),
            problems: Vec::new(),
        };
        for (line, content) in (1..).zip(text.lines().map(str::trim)) {
            if !content.is_empty() && !content.starts_with('#') {
                reader.line(line, content);
            }
        }
        reader
    }

    fn without_effect(&self) -> Vec<InputsProblem> {
        let keys = self.draft.lists.keys();
        let warnings = keys.filter_map(|key| match key.row().form {
            Form::ListUsedAt(point) if point != self.draft.point => {
                let place = self.seen.get(key.row().name)?;
                let here = self.draft.point;
                let message = format!("has no effect at {here}, only at {point}");
                Some(InputsProblem::new(None, message).at(place.line, Some(place.written)))
            }
            _ => None,
        });
        warnings.collect()
    }

    fn line(&mut self, line: usize, content: &'a str) {
        let pair = content
            .split_once(':')
            .map(|(key, value)| (key.trim_end(), value.trim_start()));
        match pair {
            Some((written, value)) if !written.is_empty() => {
                if let Err(problem) = self.entry(KeyLine { line, written }, value) {
                    self.problems.push(problem.at(line, Some(written)));
                }
            }
            _ => {
                let problem = InputsProblem::new(None, found(content, "`key: value`"));
                self.problems.push(problem.at(line, None));
            }
        }
    }

    fn entry(&mut self, place: KeyLine<'a>, value: &str) -> Result<(), InputsProblem> {
        let written = place.written;
        let (key, name) = InputsKey::find(written).ok_or_else(|| unknown(written))?;
        let documented = key.documented(name);
        if let Some(first) = self.seen.get(&documented) {
            return Err(InputsProblem::twice(first.line));
        }
        self.seen.insert(documented, place);
        match key.row().form {
            Form::Text => self.draft.set_text(key, value),
            Form::List | Form::ListAt(_) | Form::ListUsedAt(_) => {
                self.draft.set_list(key, value.split(','))
            }
            Form::Param => self.draft.set_param(name, value),
            Form::Handling(read) => {
                read(&mut self.draft.handling, value).ok_or_else(|| key.problem(value))?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Sidecar, InputsError> {
        let validated = validate(self.draft);
        let found_later = match validated {
            Ok(sidecar) if self.problems.is_empty() => return Ok(sidecar),
            Ok(_) => Vec::new(),
            Err(problems) => problems,
        };
        let seen = &self.seen;
        let located = found_later.into_iter().map(|problem| {
            match problem.key().and_then(|key| seen.get(key)) {
                Some(place) if !problem.is_missing_key() => {
                    problem.at(place.line, Some(place.written))
                }
                _ => problem,
            }
        });
        self.problems.extend(located);
        Err(InputsError::new(self.problems))
    }
}

fn unknown(written: &str) -> InputsProblem {
    let message = format!(
        "unknown key, the nearest known one is `{}`",
        InputsKey::nearest(written)
    );
    InputsProblem::new(None, message)
}

#[cfg(test)]
mod tests {
    use crate::{
        Sidecar,
        inputs::fixtures::{FUNCTION, pre, problems_of, shown, with},
    };

    #[test]
    fn white_space_around_key_and_value_is_trimmed() {
        let text = format!(
            "   region   :   us-east-1   \r\n\tfunctionARN:{FUNCTION}\r\nuseAssumeRole :false"
        );
        assert_eq!(Sidecar::pre(&text).unwrap(), pre(""));
        assert_eq!(
            pre("sidecar-param-p  :   a b   ").params(),
            r#"{"p":"a b"}"#
        );
    }

    #[test]
    fn empty_lines_and_comment_lines_are_skipped() {
        assert_eq!(pre("\n  \n# region: x\n  # no colon\n#"), pre(""));
    }

    #[test]
    fn the_key_ends_at_the_first_colon() {
        let sidecar = pre("sidecar-param-url: https://a.test:8080/x?y=1");
        assert_eq!(sidecar.params(), r#"{"url":"https://a.test:8080/x?y=1"}"#);
    }

    #[test]
    fn keys_are_matched_without_regard_to_case() {
        let text = format!(
            "REGION: us-east-1\nfunctionarn: {FUNCTION}\nUSEASSUMEROLE: FALSE\nExpand-Input: TOKEN"
        );
        assert_eq!(Sidecar::pre(&text).unwrap(), pre("expand-input: token"));
    }

    #[test]
    fn a_line_without_a_key_and_a_colon_is_an_error() {
        for line in ["just words", ": value", ":"] {
            assert_eq!(
                problems_of(line),
                [format!("line 4: found `{line}`, allowed: `key: value`")],
            );
        }
    }

    #[test]
    fn an_unknown_key_is_an_error_with_the_nearest_known_key() {
        assert_eq!(
            problems_of("expnd-input: operation"),
            ["line 4, key `expnd-input`: unknown key, the nearest known one is `expand-input`"],
        );
    }

    #[test]
    fn a_key_that_stands_twice_is_an_error_that_names_both_lines() {
        assert_eq!(
            problems_of("\nRegion: eu-west-1\nREGION:"),
            [
                "line 5, key `Region`: stands twice, first in line 1",
                "line 6, key `REGION`: stands twice, first in line 1",
            ],
        );
    }

    #[test]
    fn the_names_of_parameters_are_compared_with_their_case() {
        assert_eq!(
            problems_of("sidecar-param-a: 1\nsidecar-param-A: 2\nSIDECAR-PARAM-a: 3"),
            ["line 6, key `SIDECAR-PARAM-a`: stands twice, first in line 4"],
        );
    }

    #[test]
    fn all_errors_are_reported_together_in_line_order_and_missing_keys_last() {
        let text = format!(
            "max-payload-size: 5000\n\
             failSafe: 2\n\
             functionARN: {FUNCTION}\n\
             syncronicity: event\n\
             sessionName: x\n\
             roleARN: arn:aws:iam::123456789012:role/sidecar\n\
             own-response-headers: a\n\
             failsafe: true\n\
             no colon"
        );
        let error = Sidecar::pre(&text).unwrap_err();
        let lines: Vec<_> = error
            .problems()
            .iter()
            .map(|problem| problem.line())
            .collect();
        let numbered = [1, 2, 4, 5, 7, 8, 9].map(Some);
        assert_eq!(lines[..7], numbered);
        assert_eq!(lines[7..], [None, None]);
        let shown = shown(Err(error));
        assert_eq!(
            shown[7..],
            ["AWS Region Not Specified", "External ID Not Specified"]
        );
    }

    #[test]
    fn a_problem_names_the_key_as_it_was_written() {
        let error = Sidecar::pre(&with("FAILsafe: 2\nMAX-payload-SIZE: 0")).unwrap_err();
        let keys: Vec<_> = error
            .problems()
            .iter()
            .map(|problem| problem.key())
            .collect();
        assert_eq!(keys, [Some("FAILsafe"), Some("MAX-payload-SIZE")]);
    }
}
