//! Lines on standard output, and reasons in the log.

use std::{fmt::Display, io::Write};

use tokio::net::TcpListener;

use super::exit::Exit;
use crate::{config::ConfigProblems, observe::logging::FATAL};

/// One line on standard output. Nobody has to read it, so a closed one is no failure.
pub(super) fn say(line: impl Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Says at which address a listener is.
pub(super) fn announce(what: &str, listener: &TcpListener) {
    if let Ok(address) = listener.local_addr() {
        say(format_args!("{what} http://{address}"));
    }
}

/// Logs why the program ends, whatever else the log has.
pub(super) fn fatal(reason: impl Display) {
    tracing::error!(target: FATAL, "{reason}");
}

/// Logs why the program cannot start.
pub(super) fn cannot_start(reason: impl Display) -> Exit {
    fatal(reason);
    Exit::Start
}

/// Logs everything that is wrong with a configuration file that the program cannot do without.
pub(super) fn wrong_configuration(problems: &ConfigProblems) -> Exit {
    problems.texts().for_each(fatal);
    Exit::Configuration
}
