//! Holds the examples' READMEs true: runs the commands they show and compares what those print.
//!
//! Every line of a block marked `console` that begins with `$ ` is a command; the lines behind it are what it
//! prints. Where that begins with a status line (`curl -i`), of the headers only those shown are compared:
//! others, such as `date`, are left out of READMEs. `…` in a line stands for whatever changes from run to run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "it is for tests, which end by it"
)]

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, ChildStdout, Command, Stdio},
};

/// Where the READMEs say that the programs listen.
const README_ADDRESS: &str = "127.0.0.1:3000";

/// An example under way. It ends when this is dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    stdout: BufReader<ChildStdout>,
    address: String,
}

impl Program {
    /// Starts an example at an address that the system chooses, and waits until it listens.
    ///
    /// # Panics
    ///
    /// Where it does not start, or its first line does not say where it listens.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .env("ADDR", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut program = Self {
            child,
            stdout,
            address: String::new(),
        };
        let mut line = String::new();
        program.stdout.read_line(&mut line).unwrap();
        let Some((_, address)) = line.split_once("listening on http://") else {
            panic!("the first line is not where it listens: {line:?}");
        };
        program.address = address.trim_end().to_owned();
        program
    }

    /// Ends it; the lines it has printed since it listened.
    ///
    /// # Panics
    ///
    /// Where it cannot be ended, or printed something that is no text.
    #[must_use]
    pub fn printed(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        let lines = self.stdout.by_ref().lines();
        lines.map(Result::unwrap).collect()
    }

    /// Runs the README's commands one after the other. A command that begins as one of `binaries` runs
    /// that binary instead.
    ///
    /// # Panics
    ///
    /// Where the README has no commands, or one of them prints something else.
    pub fn keeps(&self, readme: &str, binaries: &[(&str, &str)]) {
        let examples = examples(readme);
        assert!(!examples.is_empty(), "the README has no commands");
        for Example { command, expected } in examples {
            let mut runnable = command.clone();
            for (shown, binary) in binaries {
                runnable = runnable.replacen(shown, binary, 1);
            }
            let runnable = runnable.replace(README_ADDRESS, &self.address);
            let printed = run(&runnable).replace(&self.address, README_ADDRESS);
            if let Err(difference) = compare(&expected, &printed) {
                panic!("$ {command}\n{difference}\nit printed:\n{printed}");
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Compares lines with those of the README's one block marked `text`: what is said while its commands run.
///
/// # Panics
///
/// Where they differ, or the README has no such block.
pub fn says(readme: &str, lines: &[String]) {
    let mut shown = readme.lines();
    assert!(shown.any(|line| line == "```text"), "no block of text");
    let shown: Vec<_> = shown
        .take_while(|line| *line != "```")
        .map(str::to_owned)
        .collect();
    if let Err(difference) = compare(&shown, &lines.join("\n")) {
        panic!("{difference}\nit said:\n{}", lines.join("\n"));
    }
}

/// A command and the lines that it prints.
struct Example {
    command: String,
    expected: Vec<String>,
}

fn examples(readme: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut lines = readme.lines();
    while lines.by_ref().any(|line| line == "```console") {
        for line in lines.by_ref().take_while(|line| *line != "```") {
            match (line.strip_prefix("$ "), examples.last_mut()) {
                (Some(command), _) => examples.push(Example {
                    command: command.to_owned(),
                    expected: Vec::new(),
                }),
                (None, Some(example)) => example.expected.push(line.to_owned()),
                (None, None) => panic!("output without a command: {line}"),
            }
        }
    }
    examples
}

/// What a command prints, on either of its outputs.
fn run(command: &str) -> String {
    if command.starts_with("curl ") {
        let found = Command::new("curl").arg("--version").output();
        assert!(found.is_ok(), "this test needs curl, which is not here");
    }
    // `-sS`: without curl's progress meter, which is not shown in READMEs.
    let quiet = command.replacen("curl ", "curl -sS --max-time 20 --noproxy '*' ", 1);
    let output = Command::new("sh")
        .args(["-c", &format!("{quiet} 2>&1")])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout)
        .unwrap()
        .replace("\r\n", "\n")
}

fn compare(expected: &[String], printed: &str) -> Result<(), String> {
    let mut printed: Vec<&str> = printed.lines().collect();
    let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    if expected
        .first()
        .is_some_and(|line| line.starts_with("HTTP/"))
    {
        let shown = head(&mut expected);
        let sent = head(&mut printed);
        for line in shown {
            if !sent.iter().any(|sent| is_like(line, sent)) {
                return Err(format!("it did not print: {line}"));
            }
        }
    }
    let same = expected.len() == printed.len()
        && expected
            .iter()
            .zip(&printed)
            .all(|(line, printed)| is_like(line, printed));
    if same {
        Ok(())
    } else {
        Err(format!("it was to print:\n{}", expected.join("\n")))
    }
}

/// Takes status line and headers, and the empty line behind them, off an answer.
fn head<'a>(lines: &mut Vec<&'a str>) -> Vec<&'a str> {
    let end = lines.iter().position(|line| line.is_empty());
    let body = lines.split_off(end.unwrap_or(lines.len()));
    let head = std::mem::replace(lines, body);
    if !lines.is_empty() {
        lines.remove(0);
    }
    head
}

/// Whether a line is the one shown, in which `…` stands for anything.
pub(crate) fn is_like(shown: &str, line: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|start| line.strip_prefix(start)) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn commands_and_their_output_are_found_in_console_blocks_alone() {
        let readme =
            "```sh\n$ no\n```\n```console\n$ curl a\none\ntwo\n$ c\n```\n```console\n$ d\n```\n";
        let found: Vec<_> = examples(readme)
            .into_iter()
            .map(|example| (example.command, example.expected.join("|")))
            .collect();
        assert_eq!(
            found,
            [
                ("curl a".into(), "one|two".into()),
                ("c".into(), String::new()),
                ("d".into(), String::new())
            ]
        );
    }

    #[test]
    fn headers_that_are_shown_have_to_come_and_others_may() {
        let printed = "HTTP/1.1 200 OK\ndate: now\nx-a: 1\n\nbody\n";
        for (shown, same) in [
            ("HTTP/1.1 200 OK\nx-a: 1\n\nbody", true),
            ("HTTP/1.1 200 OK\n\nbody", true),
            ("HTTP/1.1 404 Not Found\n\nbody", false),
            ("HTTP/1.1 200 OK\nx-a: 2\n\nbody", false),
            ("HTTP/1.1 200 OK\n\nother", false),
            ("HTTP/1.1 200 OK", false),
            ("HTTP/1.1 200 OK\n\nbody\nmore", false),
        ] {
            let found = compare(&lines(shown), printed).is_ok();
            assert_eq!(found, same, "{shown}");
        }
    }

    #[test]
    fn without_a_status_line_everything_is_compared() {
        assert!(compare(&lines("one\ntwo"), "one\ntwo\n").is_ok());
        assert!(compare(&lines("one"), "one\ntwo\n").is_err());
        assert!(compare(&lines(""), "one\n").is_err());
    }

    #[test]
    fn an_ellipsis_stands_for_anything() {
        for (shown, line, like) in [
            ("a…c", "abbbc", true),
            ("a…", "a", true),
            ("…", "", true),
            ("a…c", "abbbd", false),
            ("a…b…c", "a-b-c", true),
            ("a…b…c", "a-c", false),
            ("abc", "abcd", false),
            ("a…ab", "ab", false),
        ] {
            assert_eq!(is_like(shown, line), like, "{shown} {line}");
        }
    }
}
