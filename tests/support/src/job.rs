//! Commands of a walk that go on, and what they print.

use std::{
    io::{self, BufRead, BufReader, Read},
    net::TcpStream,
    process::{Child, Command},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

/// How long something may take before a walk gives up; a first build takes minutes.
const LIMIT: Duration = Duration::from_secs(900);

/// A command that goes on until this is dropped. It has a process group of its own.
#[derive(Debug)]
pub(crate) struct Job {
    child: Child,
    output: Receiver<String>,
}

impl Job {
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command.spawn()?;
        Ok(Self {
            output: lines_of(&mut child),
            child,
        })
    }

    /// Waits for a line.
    pub(crate) fn wait_for(&self, expected: &str) -> Result<(), String> {
        let mut seen = Vec::new();
        loop {
            match self.output.recv_timeout(LIMIT) {
                Ok(line) if is_like(&line, expected) => return Ok(()),
                Ok(line) => seen.push(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Err(format!("no line {expected:?} in\n{}", seen.join("\n")));
                }
            }
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-9", "--", &group]).status();
        let _ = self.child.wait();
    }
}

/// What a child prints, on either stream.
fn lines_of(child: &mut Child) -> Receiver<String> {
    let (sender, output) = channel();
    let streams = [
        child
            .stdout
            .take()
            .map(|stream| Box::new(stream) as Box<dyn Read + Send>),
        child
            .stderr
            .take()
            .map(|stream| Box::new(stream) as Box<dyn Read + Send>),
    ];
    for stream in streams.into_iter().flatten() {
        let sender = sender.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                // Read on when nobody listens, so that the child does not block.
                let _ = sender.send(line);
            }
        });
    }
    output
}

/// Waits until the ports that a command names accept connections.
pub(crate) fn wait_for_ports(command: &str) -> Result<(), String> {
    let ports = command
        .split(' ')
        .filter_map(|word| word.parse::<u16>().ok());
    let begun = Instant::now();
    for port in ports {
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if begun.elapsed() > LIMIT {
                return Err(format!("nothing accepts connections at {port}"));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
    Ok(())
}

/// Whether a line is as shown, `…` standing for anything.
pub(crate) fn is_like(line: &str, shown: &str) -> bool {
    match shown.split_once('…') {
        None => line == shown,
        Some((before, after)) => line
            .strip_prefix(before)
            .is_some_and(|rest| rest.ends_with(after)),
    }
}
