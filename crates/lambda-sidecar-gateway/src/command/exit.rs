//! How the program ends.

use std::process::ExitCode;

/// Why the program ends other than well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// The configuration is wrong.
    Configuration,
    /// The command line is wrong.
    CommandLine,
    /// It could not start.
    Start,
    /// `ask --fail-on terminate`: a sidecar terminates the call.
    Terminated,
    /// `ask --fail-on error`: a function call fails.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Configuration => 1,
            Exit::CommandLine => 2,
            Exit::Start => 3,
            Exit::Terminated => 5,
            Exit::Failed => 6,
        })
    }
}
