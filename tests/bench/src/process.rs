//! Processes that the benchmark starts, asks and stops.

use std::{net::SocketAddr, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStdin, ChildStdout, Command},
    time::{sleep, timeout},
};

use crate::Result;

/// How long a process may take to start.
const START: Duration = Duration::from_secs(30);

/// A process that runs. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    pub(crate) pid: u32,
    /// Where it listens.
    pub(crate) address: Option<SocketAddr>,
    /// Whether it is this program, and can be asked.
    pub(crate) answers: bool,
}

impl Process {
    /// This program in another role.
    pub(crate) async fn role(args: &[String], variables: &[(&str, String)]) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(args);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let mut process = Self::spawn(command)?;
        process.answers = true;
        process.address = process.until("ready").await?;
        Ok(process)
    }

    /// Another program, which says where it listens in a line that begins like that.
    pub(crate) async fn program(command: Command, says: &str) -> Result<Self> {
        let mut process = Self::spawn(command)?;
        process.address = process.until(says).await?;
        Ok(process)
    }

    /// Another program, which was told where to listen.
    pub(crate) async fn listening(command: Command, address: SocketAddr) -> Result<Self> {
        let mut process = Self::spawn(command)?;
        let connecting = async {
            while TcpStream::connect(address).await.is_err() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::select! {
            connected = timeout(START, connecting) => connected?,
            ended = process.child.wait() => return Err(format!("it ended: {}", ended?).into()),
        }
        process.address = Some(address);
        Ok(process)
    }

    fn spawn(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn()?;
        let (Some(stdin), Some(stdout), Some(pid)) =
            (child.stdin.take(), child.stdout.take(), child.id())
        else {
            return Err("a process ended at once".into());
        };
        Ok(Self {
            child,
            stdin,
            lines: BufReader::new(stdout).lines(),
            pid,
            address: None,
            answers: false,
        })
    }

    async fn until(&mut self, says: &str) -> Result<Option<SocketAddr>> {
        let said = async {
            while let Some(line) = self.lines.next_line().await? {
                if let Some(address) = line.strip_prefix(says) {
                    return Ok(address.trim().parse().ok());
                }
            }
            Err("a process ended before it was ready".into())
        };
        timeout(START, said).await?
    }

    /// Sends one line and waits for the one that answers it: numbers.
    pub(crate) async fn ask(&mut self, line: &str) -> Result<Vec<u64>> {
        self.stdin.write_all(format!("{line}\n").as_bytes()).await?;
        let answer = self.lines.next_line().await?;
        let answer = answer.ok_or("a process ended before it answered")?;
        let numbers = answer
            .split(' ')
            .map(str::parse)
            .collect::<std::result::Result<_, _>>();
        numbers.map_err(|_| format!("`{line}` was answered `{answer}`").into())
    }

    /// Where it listens.
    pub(crate) fn listens(&self) -> Result<SocketAddr> {
        self.address
            .ok_or_else(|| "a process does not listen".into())
    }
}
