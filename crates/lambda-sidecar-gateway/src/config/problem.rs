//! What is wrong with a configuration file.

use std::{collections::HashSet, fmt};

/// One mistake, and its place in the file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ConfigProblem {
    /// The line of the file, from 1; none if the file as a whole is meant.
    pub(super) line: Option<usize>,
    /// The key as it stands in the file or in an `inputs` text.
    pub(super) key: Option<String>,
    pub(super) message: String,
}

impl ConfigProblem {
    pub(super) fn new(line: usize, key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            line: Some(line),
            key: Some(key.into()),
            message: message.into(),
        }
    }

    /// What can be read and can hardly be meant.
    pub(super) fn warning(line: usize, key: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::new(line, key, format!("warning: {message}"))
    }
}

/// What does not keep a file from being read.
#[derive(Debug, Default)]
pub(super) struct SetAside {
    /// Mistakes in the inputs of endpoints that are to be blocked for them.
    pub(super) blocked: Vec<ConfigProblem>,
    pub(super) warnings: Vec<ConfigProblem>,
}

/// Everything that is wrong with one file, in the order of its lines.
#[derive(Debug, Default)]
pub(crate) struct ConfigProblems {
    file: String,
    list: Vec<ConfigProblem>,
}

impl ConfigProblems {
    pub(super) fn new(file: &str, mut list: Vec<ConfigProblem>) -> Self {
        list.sort_by_key(|problem| problem.line);
        let mut seen = HashSet::new();
        list.retain(|problem| seen.insert(problem.clone()));
        Self {
            file: file.to_owned(),
            list,
        }
    }

    /// The problems of a file that could not be read at all.
    pub(crate) fn whole_file(file: &str, message: impl fmt::Display) -> Self {
        let problem = ConfigProblem {
            line: None,
            key: None,
            message: message.to_string(),
        };
        Self::new(file, vec![problem])
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Each problem as one line of text: ``FILE:LINE: key `…`: …``.
    pub(crate) fn texts(&self) -> impl Iterator<Item = String> + '_ {
        self.list.iter().map(|problem| {
            let mut text = self.file.clone();
            if let Some(line) = problem.line {
                text.push_str(&format!(":{line}"));
            }
            if let Some(key) = &problem.key {
                text.push_str(&format!(": key `{key}`"));
            }
            format!("{text}: {}", problem.message)
        })
    }
}

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, text) in self.texts().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&text)?;
        }
        Ok(())
    }
}
