//! The command that runs a function.

use std::{ffi::OsStr, process::Stdio};

use tokio::process::Command;

/// The command line of a function, split as a shell splits words; no shell runs it.
#[derive(Debug, Clone)]
pub(crate) struct FunctionCommand {
    program: String,
    arguments: Vec<String>,
}

impl FunctionCommand {
    /// Splits a command line.
    ///
    /// # Errors
    ///
    /// What was found and what is allowed.
    pub(crate) fn parse(line: &str) -> Result<Self, String> {
        let mut words = shlex::split(line)
            .ok_or_else(|| format!("found `{line}`, allowed: words with every quote closed"))?
            .into_iter();
        match words.next() {
            Some(program) => Ok(Self {
                program,
                arguments: words.collect(),
            }),
            None => Err("found nothing, allowed: a program and its arguments".to_owned()),
        }
    }

    pub(crate) fn program(&self) -> &str {
        &self.program
    }

    /// The process to be started, killed when it is dropped. Standard output is for what the caller prints
    /// itself, so whatever the function prints goes to standard error.
    pub(super) fn to_command(&self, runtime_api: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env("AWS_LAMBDA_RUNTIME_API", runtime_api)
            .envs([
                // What runtime clients insist on.
                ("AWS_LAMBDA_FUNCTION_NAME", "local"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
                ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/local"),
                ("AWS_LAMBDA_LOG_STREAM_NAME", "local"),
            ])
            .stdin(Stdio::null())
            .stdout(std::io::stderr())
            .stderr(Stdio::piped())
            // What it starts is in its group, to be killed with it.
            .process_group(0)
            .kill_on_drop(true);
        command
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_as_a_shell_splits_words() {
        let command = FunctionCommand::parse("python3 'my function.py' --x=\"a b\"").unwrap();
        assert_eq!(command.program(), "python3");
        assert_eq!(command.arguments, ["my function.py", "--x=a b"]);
    }

    #[test]
    fn a_command_line_that_is_none_is_refused_with_what_is_allowed() {
        for (line, expected) in [
            ("", "found nothing, allowed: a program and its arguments"),
            (
                "python3 'app",
                "found `python3 'app`, allowed: words with every quote closed",
            ),
        ] {
            assert_eq!(FunctionCommand::parse(line).unwrap_err(), expected);
        }
    }
}
