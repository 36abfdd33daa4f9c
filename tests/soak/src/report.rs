//! The table at the end.

use std::fmt;

use crate::{coverage::LONG_ENOUGH, judge::Check, soak::Results};

/// Pools and allocator may hold so much more than after the warm-up, in kilobytes.
const MORE_MEMORY: u64 = 4 * 1024;
/// Connections to STS and Parameter Store come and go.
const MORE_DESCRIPTORS: usize = 4;

/// One in so many calls may need the excuse that it was met by an outage.
const MOST_EXCUSED: u64 = 8;

/// One thing that has to hold, and whether it does.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) what: &'static str,
    pub(crate) holds: bool,
    pub(crate) how: String,
}

impl Results {
    pub(crate) fn all_hold(&self) -> bool {
        self.lines().iter().all(|line| line.holds)
    }

    fn lines(&self) -> Vec<Line> {
        let account = &self.account;
        let none = |what, count: usize| Line {
            what,
            holds: count == 0,
            how: format!("{count} calls fail"),
        };
        let (warm, end, heard, happened) = (self.warm, self.end, &self.heard, &self.happened);
        let in_flight = self.in_flight;
        let reloads = (heard.taken, heard.refused) == (happened.right_files, happened.wrong_files);
        let stopped = self
            .exit
            .as_ref()
            .is_ok_and(|status| status.code() == Some(0));
        let line = |what, holds, how| Line { what, holds, how };
        vec![
            self.all_met_with(),
            line(
                "few calls met an outage",
                account.excused * MOST_EXCUSED < account.calls,
                format!("{} of {}", account.excused, account.calls),
            ),
            none("every call ended in time", account.failures(Check::Ended)),
            none("answered as specified", account.failures(Check::Answered)),
            none(
                "none let through that is blocked",
                account.failures(Check::NotLetThrough),
            ),
            none(
                "nothing passes that must not",
                account.failures(Check::NotPassed),
            ),
            none(
                "no function invoked twice",
                account.failures(Check::InvokedOnce),
            ),
            none("envelopes as specified", account.failures(Check::Envelope)),
            line(
                "no expired credentials used",
                account.expired == 0,
                format!("{} times", account.expired),
            ),
            line(
                "in flight while calls were made",
                in_flight.requests > 0 && in_flight.functions > 0,
                format!(
                    "up to {} requests, {} function calls",
                    in_flight.requests, in_flight.functions
                ),
            ),
            line(
                "none in flight at rest",
                warm.none_in_flight && end.none_in_flight,
                String::new(),
            ),
            line(
                "memory flat",
                end.resident <= warm.resident + MORE_MEMORY,
                format!(
                    "RSS {} kB warm, {} kB at the end",
                    warm.resident, end.resident
                ),
            ),
            line(
                "descriptors flat",
                end.descriptors <= warm.descriptors + MORE_DESCRIPTORS,
                format!("{} warm, {} at the end", warm.descriptors, end.descriptors),
            ),
            line(
                "reloads as the files deserve",
                reloads,
                format!("{} taken, {} refused", heard.taken, heard.refused),
            ),
            line("no panic", heard.panics == 0, format!("{}", heard.panics)),
            line(
                "no secret in the log",
                heard.secrets == 0,
                format!("{} lines", heard.secrets),
            ),
            line(
                "exit code 0 after SIGTERM",
                stopped,
                format!("{:?}", self.exit),
            ),
        ]
        .into_iter()
        .chain(self.events.iter().cloned())
        .collect()
    }

    /// What never happened was not tested.
    fn all_met_with(&self) -> Line {
        let mut missing = self.account.coverage.missing(self.seconds);
        let short = self.seconds < LONG_ENOUGH;
        let happened = &self.happened;
        for (what, count) in [
            ("a restart of a backend", happened.backend_restarts),
            ("a restart of the far end", happened.lambda_restarts),
            ("a refusal of credentials", happened.refusals),
            ("a right file", happened.right_files),
            ("a wrong file", happened.wrong_files),
        ] {
            if count == 0 && !short {
                missing.push(what.into());
            }
        }
        if self.account.keys() < 2 && !short {
            missing.push("new credentials".into());
        }
        Line {
            what: "everything was met with",
            holds: self.account.calls > 0 && missing.is_empty(),
            how: match &*missing {
                [] => format!("{} calls", self.account.calls),
                missing => format!(
                    "{} calls, never: {}",
                    self.account.calls,
                    missing.join(", ")
                ),
            },
        }
    }
}

impl fmt::Display for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (account, happened) = (&self.account, &self.happened);
        if !account.failing.is_empty() || self.heard.panics > 0 {
            writeln!(f, "the gateway's latest lines:\n{}", self.last_lines)?;
        }
        for (kind, count) in &account.kinds {
            writeln!(f, "  {count:>7}  {kind}")?;
        }
        for (odd, count) in account.coverage.odd() {
            writeln!(f, "  {count:>7}  {odd}")?;
        }
        writeln!(
            f,
            "  {:>7}  calls, {} invocations; {} calls were met by an outage",
            account.calls, account.invocations, account.excused
        )?;
        writeln!(
            f,
            "{} restarts of backends, {} of the far end, {} refusals of credentials, {} right and {} wrong files",
            happened.backend_restarts,
            happened.lambda_restarts,
            happened.refusals,
            happened.right_files,
            happened.wrong_files
        )?;
        for Line { what, holds, how } in self.lines() {
            let mark = if holds { "ok  " } else { "FAIL" };
            writeln!(f, "{mark} {what:<34} {how}")?;
        }
        // What is wrong comes last: a log that keeps only its end keeps this.
        writeln!(f, "seed {}", self.seed)?;
        for failing in &account.failing {
            writeln!(f, "{failing}")?;
        }
        Ok(())
    }
}
