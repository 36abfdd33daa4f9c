//! `check`: what is wrong with a file, without starting anything.

use std::path::Path;

use super::{console::say, exit::Exit};
use crate::config::Config;

/// Prints everything that is wrong with the file, and what in it has no effect.
///
/// # Errors
///
/// [`Exit::Configuration`] if anything is, even if `run` would start with it.
pub(super) fn check(file: &Path) -> Result<(), Exit> {
    let problems = match Config::load(file) {
        Ok(config) => {
            config.warnings.texts().for_each(say);
            config.blocked
        }
        Err(problems) => problems,
    };
    problems.texts().for_each(say);
    if problems.is_empty() {
        say(format_args!("{} is fine", file.display()));
        return Ok(());
    }
    Err(Exit::Configuration)
}
