//! The table: one row for each thing that is held against another.

use std::fmt;

/// All rows, and what had to be left out.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    left_out: Vec<String>,
}

#[derive(Debug)]
struct Row {
    goal: Option<u8>,
    what: String,
    measured: String,
    compared: String,
    bound: Option<Bound>,
}

#[derive(Debug)]
struct Bound {
    text: String,
    holds: bool,
}

/// What one row compares, and how it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Compared<'a> {
    pub(crate) value: f64,
    /// What the value is, with `{}` in its place.
    pub(crate) says: &'a str,
    pub(crate) decimals: usize,
}

impl<'a> Compared<'a> {
    /// So many times something.
    pub(crate) fn ratio(value: f64, says: &'a str) -> Self {
        Self {
            value,
            says,
            decimals: 2,
        }
    }

    /// So many of something.
    pub(crate) fn count(value: f64, says: &'a str) -> Self {
        Self {
            value,
            says,
            decimals: 1,
        }
    }
}

impl fmt::Display for Compared<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = format!("{:.*}", self.decimals, self.value);
        f.write_str(&self.says.replace("{}", &value))
    }
}

impl Table {
    /// A row that is held against a bound of a goal.
    pub(crate) fn goal(
        &mut self,
        goal: u8,
        what: impl Into<String>,
        measured: impl Into<String>,
        compared: Compared<'_>,
        at_most: f64,
    ) {
        self.rows.push(Row {
            goal: Some(goal),
            what: what.into(),
            measured: measured.into(),
            compared: compared.to_string(),
            bound: Some(Bound {
                text: at_most.to_string(),
                // What could not be measured does not hold.
                holds: compared.value <= at_most,
            }),
        });
    }

    /// A row that is held against nothing.
    pub(crate) fn row(
        &mut self,
        what: impl Into<String>,
        measured: impl Into<String>,
        compared: Compared<'_>,
    ) {
        self.plain(what, measured, compared.to_string());
    }

    /// A row that others are held against.
    pub(crate) fn plain(
        &mut self,
        what: impl Into<String>,
        measured: impl Into<String>,
        compared: impl Into<String>,
    ) {
        self.rows.push(Row {
            goal: None,
            what: what.into(),
            measured: measured.into(),
            compared: compared.into(),
            bound: None,
        });
    }

    pub(crate) fn leave_out(&mut self, what: impl Into<String>) {
        self.left_out.push(what.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| goal | what | measured | compared | at most | |")?;
        writeln!(f, "| --- | --- | --- | --- | --- | --- |")?;
        for row in &self.rows {
            let goal = row.goal.map(|goal| goal.to_string()).unwrap_or_default();
            let (bound, result) = match &row.bound {
                Some(Bound { text, holds: true }) => (text.as_str(), "pass"),
                Some(Bound { text, holds: false }) => (text.as_str(), "**miss**"),
                None => ("", ""),
            };
            let Row {
                what,
                measured,
                compared,
                ..
            } = row;
            writeln!(
                f,
                "| {goal} | {what} | {measured} | {compared} | {bound} | {result} |"
            )?;
        }
        if !self.left_out.is_empty() {
            writeln!(f)?;
        }
        for left_out in &self.left_out {
            writeln!(f, "- Left out: {left_out}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_missed_above_its_bound_and_where_nothing_was_measured() {
        for (value, result) in [(1.3, "pass"), (1.301, "**miss**"), (f64::NAN, "**miss**")] {
            let mut table = Table::default();
            table.goal(2, "it", "", Compared::ratio(value, "{}"), 1.3);
            assert!(table.to_string().contains(result), "{table}");
        }
    }
}
