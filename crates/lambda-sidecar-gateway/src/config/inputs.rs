//! The `inputs` texts of an endpoint, with their mistakes at lines of the file.

use std::time::Duration;

use lambda_sidecar::{
    Expand, InputsError, InputsProblem, Point, Sidecar, SidecarError, check_timeouts,
};

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

/// An endpoint whose inputs are wrong. What is wrong with them was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Blocked;

/// A sidecar's `timeout`, and the line of the file that it stands in.
#[derive(Debug)]
struct TimeoutLine {
    timeout: Duration,
    line: usize,
}

/// What is read of the inputs.
#[derive(Debug, Default)]
struct Reading {
    has_error_set: bool,
    problems: Vec<ConfigProblem>,
    warnings: Vec<ConfigProblem>,
    timeouts: Vec<TimeoutLine>,
}

impl Reading {
    fn wrong(&mut self, field: &Field<'_, '_, &str>, error: &InputsError) {
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
    }

    fn warn(&mut self, field: &Field<'_, '_, &str>, warnings: &[InputsProblem]) {
        let lines = field.lines_of_text();
        for warning in warnings {
            let key = warning.key().unwrap_or(&field.key);
            let line = warning.line().and_then(|line| lines.get(line - 1).copied());
            self.warnings.push(ConfigProblem::warning(
                line.unwrap_or_else(|| line_of(field, key)),
                key,
                warning.message(),
            ));
        }
    }

    /// Warns of what has no effect in this gateway, or at this endpoint.
    fn warn_of(&mut self, field: &Field<'_, '_, &str>, sidecar: &Sidecar, has_error_set: bool) {
        let mut warn = |key: &str, message: &str| {
            let line = line_of(field, key);
            let warning = ConfigProblem::warning(line, key, message);
            self.warnings.push(warning);
        };
        if sidecar.expands(Expand::Token) {
            warn(
                "expand-input",
                "`token` has no effect: the gateway knows no tokens",
            );
        }
        if sidecar.uses_error_set() && !has_error_set {
            warn(
                "enable_error_set",
                "has no effect: the endpoint has no `error_set`",
            );
        }
    }

    /// Refuses what the sidecars of an endpoint make of each other.
    fn refuse(&mut self, field: &Field<'_, '_, &str>, problems: &[InputsProblem]) {
        for problem in problems {
            let key = problem.key().unwrap_or(&field.key);
            let (line, message) = (line_of(field, key), named(problem.message()));
            self.problems.push(ConfigProblem::new(line, key, message));
        }
    }

    fn keep_timeout(&mut self, field: &Field<'_, '_, &str>, sidecar: &Sidecar) {
        if let Some(timeout) = sidecar.timeout() {
            let line = line_of(field, "timeout");
            self.timeouts.push(TimeoutLine { timeout, line });
        }
    }

    /// Which timeouts there are, their sum, and how it compares.
    fn sum_of_timeouts(&self, endpoint: Duration) -> String {
        let timeouts = self.timeouts.iter();
        let parts: Vec<String> = timeouts
            .map(|part| format!("{} (line {})", part.timeout.as_millis(), part.line))
            .collect();
        let timeouts = self.timeouts.iter().map(|part| part.timeout);
        let sum = timeouts.fold(Duration::ZERO, Duration::saturating_add);
        let is = if sum == endpoint {
            "equal to"
        } else {
            "greater than"
        };
        let endpoint = endpoint.as_millis();
        format!(
            "found {} = {} ms, {is} the endpoint's `timeout_ms` of {endpoint}, allowed: less; \
             shorten a `timeout`, or raise `timeout_ms`",
            parts.join(" + "),
            sum.as_millis(),
        )
    }
}

/// The line of the file in which inputs have this key.
fn line_of(field: &Field<'_, '_, &str>, key: &str) -> usize {
    let at = field.value.lines().position(|line| {
        let written = line.split_once(':').map(|(written, _)| written.trim());
        written.is_some_and(|written| written.eq_ignore_ascii_case(key))
    });
    let line = at.and_then(|at| field.lines_of_text().get(at).copied());
    line.unwrap_or_else(|| field.line())
}

/// Inputs without a mistake, and where they stand.
type ReadInputs<'d, 't> = (Field<'d, 't, &'d str>, Sidecar);

/// Reads `pre` and `post` of an endpoint.
///
/// # Errors
///
/// All mistakes of all texts.
pub(super) fn read(
    endpoint: &mut Table<'_, '_>,
    timeout: Duration,
    has_error_set: bool,
    warnings: &mut Vec<ConfigProblem>,
) -> Result<Sidecars, Vec<ConfigProblem>> {
    let mut reading = Reading {
        has_error_set,
        ..Reading::default()
    };
    let pre = list(endpoint, "pre", Point::PreProcessor, &mut reading);
    let post = list(endpoint, "post", Point::PostProcessor, &mut reading);
    let both = || pre.iter().chain(&post);
    let route: Vec<&Sidecar> = both().map(|(_, sidecar)| sidecar).collect();
    for (inputs, sidecar) in both() {
        reading.warn(inputs, &sidecar.scope_warnings(&route));
        reading.refuse(inputs, &sidecar.tenant_problems(&route));
    }
    let sidecars = Sidecars {
        pre: pre.into_iter().map(|(_, sidecar)| sidecar).collect(),
        post: post.into_iter().map(|(_, sidecar)| sidecar).collect(),
    };
    if let Err(error) = check_timeouts(timeout, sidecars.iter()) {
        let message = format!("{error}: {}", reading.sum_of_timeouts(timeout));
        let line = endpoint.line_of("timeout_ms");
        reading.problems.push(ConfigProblem::new(
            line.unwrap_or_else(|| endpoint.line()),
            "endpoints.timeout_ms",
            named(&message),
        ));
    }
    warnings.append(&mut reading.warnings);
    if reading.problems.is_empty() {
        Ok(sidecars)
    } else {
        Err(reading.problems)
    }
}

/// A mistake, behind the name that the client sees for every mistake in inputs.
fn named(message: &str) -> String {
    let error = SidecarError::invalid_inputs(message.to_owned());
    format!("{}: {message}", error.name())
}

fn list<'d, 't>(
    endpoint: &mut Table<'d, 't>,
    key: &'static str,
    point: Point,
    reading: &mut Reading,
) -> Vec<ReadInputs<'d, 't>> {
    let mut sidecars = Vec::new();
    for mut table in endpoint.tables(key) {
        let inputs = table.string("inputs");
        let inputs = table.require("inputs", inputs);
        table.finish();
        let Some(inputs) = inputs else { continue };
        reading.warn(&inputs, &Sidecar::warnings(point, inputs.value));
        match Sidecar::parse(point, inputs.value) {
            Ok(sidecar) => {
                reading.keep_timeout(&inputs, &sidecar);
                reading.warn_of(&inputs, &sidecar, reading.has_error_set);
                sidecars.push((inputs, sidecar));
            }
            Err(error) => reading.wrong(&inputs, &error),
        }
    }
    sidecars
}
