//! What the checks found wrong.

use std::{ops::RangeInclusive, time::Duration};

use super::{
    error::{InputsProblem, found, hidden},
    keys::InputsKey,
};

/// What is wrong so far. Checks continue after a problem, so that all are found at once.
#[derive(Debug, Default)]
pub(super) struct InputsProblems(Vec<InputsProblem>);

impl InputsProblems {
    pub(super) fn note(&mut self, problem: InputsProblem) {
        self.0.push(problem);
    }

    /// Passes on the value that a key's text was read as. If it could not be read, that is a
    /// problem.
    pub(super) fn value<T>(&mut self, key: InputsKey, text: &str, read: Option<T>) -> Option<T> {
        if read.is_none() {
            self.note(key.problem(text));
        }
        read
    }

    /// Checks a duration that must be a whole number of its key's units, within these bounds.
    pub(super) fn duration(
        &mut self,
        key: InputsKey,
        given: Duration,
        units: Option<u64>,
        bounds: &RangeInclusive<u64>,
    ) {
        let allowed = units.filter(|number| bounds.contains(number));
        let found = units.map_or_else(|| format!("{given:?}"), |number| number.to_string());
        self.value(key, &found, allowed);
    }

    /// The value that was made, unless something is wrong.
    pub(super) fn or<T>(self, made: Option<T>) -> Result<T, Vec<InputsProblem>> {
        match made {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0),
        }
    }
}

impl InputsKey {
    /// The key holds what it may not.
    pub(super) fn problem(self, value: &str) -> InputsProblem {
        self.problem_but(value, self.row().allowed)
    }

    /// The key holds what it may not, for a reason beyond the key itself.
    pub(super) fn problem_but(self, value: &str, allowed: &str) -> InputsProblem {
        let message = if self.shows(value) {
            found(value, allowed)
        } else {
            hidden(value, self.stranger(value), allowed)
        };
        InputsProblem::new(Some(self.row().name.to_owned()), message)
    }

    /// The parameter of this NAME cannot be written down.
    pub(super) fn problem_of_param(name: &str, text: &str) -> InputsProblem {
        let message = hidden(text, Self::Param.stranger(text), Self::Param.row().allowed);
        InputsProblem::new(Some(Self::Param.documented(name).into_owned()), message)
    }

    /// The key is given where it has no place.
    pub(super) fn misplaced(self, found: &str, allowed: &str) -> InputsProblem {
        let message = format!("found {found}, allowed: only {allowed}");
        InputsProblem::new(Some(self.row().name.to_owned()), message)
    }

    /// The key is required and has no value; the connector has a word of its own for what it holds.
    pub(super) fn missing(self, what: &str) -> InputsProblem {
        InputsProblem::missing(self.row().name, format!("{what} Not Specified"))
    }
}
