//! The `inputs` texts of an endpoint, with their mistakes at lines of the file.

use std::time::Duration;

use lambda_sidecar::{InputsError, Point, Sidecar, SidecarError, check_timeouts};

use super::{document::Field, problem::ConfigProblem, reader::Table};

/// The sidecars of one endpoint, in the order they run.
#[derive(Debug, Default, Clone)]
pub(crate) struct Sidecars {
    pub(crate) pre: Vec<Sidecar>,
    pub(crate) post: Vec<Sidecar>,
}

impl Sidecars {
    /// All of them, in the order they run.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Sidecar> {
        self.pre.iter().chain(&self.post)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pre.is_empty() && self.post.is_empty()
    }
}

/// What is wrong with an endpoint's inputs.
#[derive(Debug, Default)]
pub(super) struct Mistakes {
    /// As the file's author is told.
    pub(super) problems: Vec<ConfigProblem>,
    /// As the client is told.
    messages: Vec<String>,
}

impl Mistakes {
    pub(super) fn detail(&self) -> String {
        self.messages.join("; ")
    }

    fn add(&mut self, field: &Field<'_, '_, &str>, error: &InputsError) {
        let lines = field.lines_of_text();
        for problem in error.problems() {
            let in_file = |line: usize| lines.get(line - 1).copied();
            let mut message = named(problem.message());
            if let Some(first) = problem.first_line().and_then(in_file) {
                message.push_str(&format!(", first in line {first}"));
            }
            let line = problem.line().and_then(in_file);
            self.problems.push(ConfigProblem::new(
                line.unwrap_or_else(|| field.line()),
                problem.key().unwrap_or(&field.key),
                message,
            ));
        }
        self.messages.push(error.to_string());
    }
}

/// Reads `pre` and `post` of an endpoint.
///
/// # Errors
///
/// All mistakes of all texts.
pub(super) fn read(endpoint: &mut Table<'_, '_>, timeout: Duration) -> Result<Sidecars, Mistakes> {
    let mut mistakes = Mistakes::default();
    let sidecars = Sidecars {
        pre: list(endpoint, "pre", Point::PreProcessor, &mut mistakes),
        post: list(endpoint, "post", Point::PostProcessor, &mut mistakes),
    };
    if let Err(error) = check_timeouts(timeout, sidecars.iter()) {
        let message = error.to_string();
        mistakes.problems.push(ConfigProblem::new(
            endpoint.line(),
            "timeout",
            named(&message),
        ));
        mistakes.messages.push(message);
    }
    if mistakes.messages.is_empty() {
        Ok(sidecars)
    } else {
        Err(mistakes)
    }
}

/// A mistake, behind the name that the client sees for every mistake in inputs.
fn named(message: &str) -> String {
    let error = SidecarError::invalid_inputs(message.to_owned());
    format!("{}: {message}", error.name())
}

fn list(
    endpoint: &mut Table<'_, '_>,
    key: &'static str,
    point: Point,
    mistakes: &mut Mistakes,
) -> Vec<Sidecar> {
    let mut sidecars = Vec::new();
    for mut table in endpoint.tables(key) {
        let inputs = table.string("inputs");
        let inputs = table.require("inputs", inputs);
        table.finish();
        let Some(inputs) = inputs else { continue };
        match Sidecar::parse(point, inputs.value) {
            Ok(sidecar) => sidecars.push(sidecar),
            Err(error) => mistakes.add(&inputs, &error),
        }
    }
    sidecars
}
