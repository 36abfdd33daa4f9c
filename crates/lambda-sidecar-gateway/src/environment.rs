//! What the environment says of the program itself, and that an empty variable is an unset one.
//!
//! The AWS SDK takes an empty region for a region, and an empty endpoint for an endpoint. A program cannot safely
//! take variables out of its own environment, so it begins anew without them.

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    ops::RangeInclusive,
    os::unix::process::CommandExt,
    process::Command,
};

/// Begins the program anew, as the same process, if there are empty variables that it or the AWS SDK reads.
///
/// # Errors
///
/// If it cannot; the names of the variables and the reason.
pub(crate) fn without_empty_variables() -> Result<(), String> {
    let empty: Vec<_> = env::vars_os()
        .filter(|(name, value)| value.is_empty() && is_read(name))
        .map(|(name, _)| name)
        .collect();
    if empty.is_empty() {
        return Ok(());
    }
    let error = begin_anew(&empty);
    let names: Vec<_> = empty.iter().map(|name| name.to_string_lossy()).collect();
    Err(format!("empty variables ({}): {error}", names.join(", ")))
}

/// Comes back only if it fails.
fn begin_anew(without: &[OsString]) -> io::Error {
    let mut arguments = env::args_os();
    let name = arguments.next();
    let program = match env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    let mut command = Command::new(program);
    command.args(arguments);
    if let Some(name) = name {
        command.arg0(name);
    }
    for name in without {
        command.env_remove(name);
    }
    command.exec()
}

fn is_read(name: &OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_uppercase();
    name.starts_with("AWS_")
        || name.ends_with("_PROXY")
        || matches!(
            &*name,
            "RUST_LOG"
                | "SECRET_ACCESS_KEY"
                | "SMITHY_CLIENT_SDK_CUSTOM_PARTITION"
                | "SSL_CERT_DIR"
                | "SSL_CERT_FILE"
                | WORKER_THREADS
        )
}

const WORKER_THREADS: &str = "TOKIO_WORKER_THREADS";

/// More than any machine has processors. Each is a thread, whether it has work or not.
const THREADS: RangeInclusive<usize> = 1..=1024;

/// How many threads are to do the work, if the environment says so. Tokio reads the same variable, and panics if it
/// cannot use the value.
///
/// # Errors
///
/// The variable, what was found, and what is allowed.
pub(crate) fn worker_threads() -> Result<Option<usize>, String> {
    env::var_os(WORKER_THREADS)
        .filter(|value| !value.is_empty())
        .map(|value| threads(&value))
        .transpose()
}

fn threads(value: &OsStr) -> Result<usize, String> {
    let number = value.to_str().and_then(|text| text.parse().ok());
    number
        .filter(|number| THREADS.contains(number))
        .ok_or_else(|| {
            let (from, to) = THREADS.into_inner();
            let found: String = value.to_string_lossy().chars().take(40).collect();
            format!(
                "{WORKER_THREADS}: found `{}`, allowed: a whole number from {from} to {to}",
                found.escape_debug()
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_that_are_read_are_those_of_aws_proxies_certificates_log_and_threads() {
        for name in [
            "AWS_REGION",
            "AWS_ENDPOINT_URL",
            "https_proxy",
            "NO_PROXY",
            "RUST_LOG",
            "SSL_CERT_FILE",
            "TOKIO_WORKER_THREADS",
        ] {
            assert!(is_read(OsStr::new(name)), "{name}");
        }
        for name in ["HOME", "PATH", "MY_AWS_REGION"] {
            assert!(!is_read(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_number_of_threads_is_one_that_can_be_started() {
        for (text, number) in [("1", 1), ("8", 8), ("1024", 1024)] {
            assert_eq!(threads(OsStr::new(text)), Ok(number));
        }
        for text in ["0", "-1", "x", "1.5", " 2", "1025", "18446744073709551616"] {
            let error = threads(OsStr::new(text)).unwrap_err();
            let expected = format!(
                "TOKIO_WORKER_THREADS: found `{text}`, allowed: a whole number from 1 to 1024"
            );
            assert_eq!(error, expected);
        }
    }
}
