//! The virtual environment that holds the stand-ins.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use super::tell;

const REQUIREMENTS: &str = include_str!("../../python/requirements.txt");

/// Where stand-ins and their virtual environment are, beside cargo's directory for tests.
pub(super) fn directory(scratch: &Path) -> PathBuf {
    scratch.parent().unwrap_or(scratch).join("real-aws")
}

/// The Python of the virtual environment in `directory`, which is made where it is not there yet or
/// was made for other versions.
///
/// Test programs that run at the same time wait for the one that makes it.
pub(super) fn python(directory: &Path) -> Result<PathBuf, String> {
    fs::create_dir_all(directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let lock = directory.join("lock");
    let lock = File::create(&lock)
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| format!("{}: {error}", lock.display()))?;
    let venv = directory.join("venv");
    let python = venv.join("bin/python");
    let made_for = venv.join("made-for.txt");
    let made = fs::read_to_string(&made_for).is_ok_and(|text| text == REQUIREMENTS)
        && run(Command::new(&python).arg("--version")).is_ok();
    if !made {
        make(&venv, &python)?;
        // Last, so that what broke off half-way is made again.
        fs::write(&made_for, REQUIREMENTS).map_err(|error| error.to_string())?;
    }
    drop(lock);
    Ok(python)
}

fn make(venv: &Path, python: &Path) -> Result<(), String> {
    tell(&format!("making {} (once, about a minute)", venv.display()));
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(venv))
    .map_err(|reason| format!("python3 with its venv module is missing: {reason}"))?;
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/requirements.txt");
    run(Command::new(python)
        .args(["-m", "pip", "install", "--quiet", "--requirement"])
        .arg(requirements))
    .map_err(|reason| {
        format!(
            "the packages of tests/stack/python/requirements.txt could not be installed: {reason}"
        )
    })
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}
