//! An empty variable of the environment is an unset one.
//!
//! The AWS SDK takes an empty region for a region, and an empty endpoint for an endpoint. A program cannot safely
//! take variables out of its own environment, so it begins anew without them.

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
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
        || matches!(&*name, "RUST_LOG" | "SSL_CERT_DIR" | "SSL_CERT_FILE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variables_that_are_read_are_those_of_aws_proxies_certificates_and_the_log() {
        for name in [
            "AWS_REGION",
            "AWS_ENDPOINT_URL",
            "https_proxy",
            "NO_PROXY",
            "RUST_LOG",
        ] {
            assert!(is_read(OsStr::new(name)), "{name}");
        }
        for name in ["HOME", "PATH", "MY_AWS_REGION"] {
            assert!(!is_read(OsStr::new(name)), "{name}");
        }
    }
}
