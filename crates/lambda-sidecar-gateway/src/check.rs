//! `check`: what is wrong with a file, without starting anything.

use std::path::Path;

use crate::{config::Config, exit::Exit, run::say};

/// Prints everything that is wrong with the file.
///
/// # Errors
///
/// [`Exit::Configuration`] where there is anything, even if `run` would start with it.
pub(crate) fn check(file: &Path) -> Result<(), Exit> {
    let problems = match Config::load(file) {
        Ok(config) => config.blocked,
        Err(problems) => problems,
    };
    problems.texts().for_each(say);
    if problems.is_empty() {
        say(format_args!("{} is fine", file.display()));
        return Ok(());
    }
    Err(Exit::Configuration)
}
