//! Commands of a walk that go on, and what they print.

use std::{
    io::{self, BufRead, BufReader, Read},
    net::TcpStream,
    process::{Child, Command},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use crate::readme::is_like;

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
                Ok(line) if is_like(expected, &line) => return Ok(()),
                Ok(line) => seen.push(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    return Err(format!("no line {expected:?} in\n{}", seen.join("\n")));
                }
            }
        }
    }

    /// Waits until the ports that its command names accept connections.
    pub(crate) fn wait_for_ports(&mut self, command: &str) -> Result<(), String> {
        let ports = command.split(' ').filter_map(|word| word.parse().ok());
        let ports: Vec<u16> = ports.collect();
        if ports.is_empty() {
            return Err("it goes on, and names no line and no port to wait for".to_owned());
        }
        let begun = Instant::now();
        for port in ports {
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                if let Ok(Some(status)) = self.child.try_wait() {
                    let output: Vec<_> = self.output.iter().collect();
                    return Err(format!("it ended, {status}:\n{}", output.join("\n")));
                }
                if begun.elapsed() > LIMIT {
                    return Err(format!("nothing accepts connections at {port}"));
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        Ok(())
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
