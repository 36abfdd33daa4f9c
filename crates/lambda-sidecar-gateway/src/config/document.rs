//! The file while it is read, and the values found in it.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
};

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
    /// What the tables that were read can have.
    tables: RefCell<BTreeMap<String, BTreeSet<&'static str>>>,
    /// The keys that were looked for, and whether they are required: the book has to list them.
    #[cfg(test)]
    pub(super) known_keys: RefCell<BTreeMap<String, bool>>,
}

impl<'t> Document<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            lines: LineIndex::new(text),
            problems: RefCell::default(),
            tables: RefCell::default(),
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

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    /// Keeps in mind that a table of this path can have this key.
    pub(super) fn note(&self, path: &str, key: &'static str) {
        let mut tables = self.tables.borrow_mut();
        let keys = tables.entry(path.to_owned()).or_default();
        keys.insert(key);
    }

    /// The tables that can have this key.
    pub(super) fn tables_with(&self, key: &str) -> Vec<String> {
        let tables = self.tables.borrow();
        let having = tables.iter().filter(|(_, keys)| keys.contains(key));
        having.map(|(path, _)| path.clone()).collect()
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

    /// What can be read at this field and can hardly be meant.
    pub(super) fn warning(&self, message: impl fmt::Display) -> ConfigProblem {
        ConfigProblem::warning(self.line(), self.key.clone(), message)
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
