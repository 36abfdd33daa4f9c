//! The file while it is read, and the values found in it.

use std::{cell::RefCell, fmt, ops::Range};

use super::{
    lines::{LineIndex, line_offsets},
    problem::ConfigProblem,
};

/// The file while it is read.
#[derive(Debug)]
pub(super) struct Document<'t> {
    text: &'t str,
    lines: LineIndex,
    problems: RefCell<Vec<ConfigProblem>>,
    /// The keys that were looked for, and whether they are required: the book has to list them.
    #[cfg(test)]
    pub(super) known_keys: RefCell<std::collections::BTreeMap<String, bool>>,
}

impl<'t> Document<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            lines: LineIndex::new(text),
            problems: RefCell::default(),
            #[cfg(test)]
            known_keys: RefCell::default(),
        }
    }

    /// The line that holds the byte at this offset.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.lines.line(offset)
    }

    pub(super) fn report(&self, problem: ConfigProblem) {
        self.problems.borrow_mut().push(problem);
    }

    /// A mistake in the TOML itself.
    pub(super) fn report_syntax(&self, error: &toml::de::Error) {
        let span = error.span();
        let line = span.as_ref().map(|span| self.lines.line(span.start));
        let doubled = error.message().starts_with("duplicate key");
        let key = span.and_then(|span| self.text.get(span));
        let problem = match (key, line) {
            (Some(key), Some(line)) if doubled => {
                let key = key.trim_matches(['"', '\'']);
                let mut message = "stands twice in its table".to_owned();
                if let Some(first) = self.earlier_line(key, line) {
                    message.push_str(&format!(", first in line {first}"));
                }
                message.push_str("; remove one of them");
                ConfigProblem::new(line, key, message)
            }
            _ => ConfigProblem {
                line,
                key: None,
                message: format!("not TOML: {}", error.message()),
            },
        };
        self.report(problem);
    }

    /// The line of the same table, before this one, that has this key or is the table's own.
    fn earlier_line(&self, key: &str, line: usize) -> Option<usize> {
        let unquoted = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
        let before: Vec<&str> = self.text.lines().take(line - 1).collect();
        let header = |text: &str| text.trim_start().starts_with('[');
        let is_header = self.text.lines().nth(line - 1).is_some_and(header);
        for (at, text) in before.iter().enumerate().rev() {
            if header(text) {
                let name = text.trim().trim_matches(['[', ']']);
                let last = name.rsplit('.').next().unwrap_or_default();
                if is_header && unquoted(last) == key {
                    return Some(at + 1);
                }
                if !is_header {
                    return None;
                }
            }
            let name = text.split_once('=').map(|(name, _)| unquoted(name));
            if name.as_deref() == Some(key) && !is_header {
                return Some(at + 1);
            }
        }
        None
    }

    pub(super) fn into_problems(self) -> Vec<ConfigProblem> {
        self.problems.into_inner()
    }
}

/// One value of the file, with its place.
#[derive(Debug)]
pub(super) struct Field<'d, 't, T> {
    pub(super) document: &'d Document<'t>,
    pub(super) value: T,
    pub(super) key: String,
    pub(super) span: Range<usize>,
}

impl<'d, 't, T> Field<'d, 't, T> {
    pub(super) fn line(&self) -> usize {
        self.document.lines.line(self.span.start)
    }

    /// Reports this field as wrong.
    pub(super) fn wrong(&self, message: impl fmt::Display) {
        let problem = ConfigProblem::new(self.line(), self.key.clone(), message.to_string());
        self.document.report(problem);
    }

    /// The value as something narrower, or a report of why it is none.
    pub(super) fn read<U, E: fmt::Display>(
        self,
        read: impl FnOnce(&T) -> Result<U, E>,
    ) -> Option<U> {
        read(&self.value)
            .map_err(|message| self.wrong(message))
            .ok()
    }

    /// For each line of a string's value, the line of the file it stands in.
    pub(super) fn lines_of_text(&self) -> Vec<usize> {
        let raw = &self.document.text[self.span.clone()];
        let offsets = line_offsets(raw).into_iter();
        offsets
            .map(|offset| self.document.lines.line(self.span.start + offset))
            .collect()
    }
}
