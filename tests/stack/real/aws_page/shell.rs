//! The one shell in which the commands of a page are run.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A shell that ends when this value is dropped. A variable that one block sets is there in the next.
#[derive(Debug)]
pub(crate) struct Shell {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    log: PathBuf,
}

impl Shell {
    /// A shell in `folder` whose `aws` is the one in the folder `programs`. Nothing of the machine's own AWS
    /// settings gets in.
    pub(crate) fn start(folder: &Path, programs: &Path, environment: &[(&str, &str)]) -> Self {
        let found = env::var_os("PATH").unwrap_or_default();
        let path = [programs.to_owned()]
            .into_iter()
            .chain(env::split_paths(&found));
        let log = folder.join("log.txt");
        let mut shell = Command::new("sh");
        shell
            .arg("-eu")
            .current_dir(folder)
            .env_clear()
            .env("PATH", env::join_paths(path).expect("PATH can be made"))
            .env("LC_ALL", "C.UTF-8")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log).expect("the log can be made"));
        let mut process = shell.spawn().expect("there is a shell");
        Self {
            commands: process.stdin.take().expect("the shell has a pipe"),
            answers: BufReader::new(process.stdout.take().expect("the shell has a pipe")),
            process,
            log,
        }
    }

    /// Runs commands. Where one fails, the shell ends, and the error is what was printed.
    pub(crate) fn run(&mut self, commands: &str) -> Result<(), String> {
        // Its standard input and output are the line to this test.
        let told = writeln!(
            self.commands,
            "{{\n{commands}\n}} </dev/null >&2\necho done"
        );
        let mut answer = String::new();
        let read = self.answers.read_line(&mut answer);
        if told.is_ok() && read.is_ok() && answer == "done\n" {
            return Ok(());
        }
        Err(fs::read_to_string(&self.log).unwrap_or_default())
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
