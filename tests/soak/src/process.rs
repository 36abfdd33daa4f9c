//! The gateway as a process: started, told, watched, stopped.

use std::{
    collections::VecDeque,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lambda_sidecar_test_support::scripted::{EXTERNAL_ID, SECRET_KEY, SESSION_TOKEN};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    sync::watch,
    time::timeout,
};

use crate::events::HeardEvents;

/// How long starting, reloading and stopping may take.
const BOUND: Duration = Duration::from_secs(30);
const LAST_LINES: usize = 30;

/// A gateway that runs. It is killed when this is dropped, and its folder removed.
#[derive(Debug)]
pub(crate) struct Gateway {
    child: Child,
    pid: u32,
    folder: PathBuf,
    pub(crate) address: SocketAddr,
    admin: SocketAddr,
    log: Arc<Log>,
}

/// What it said.
#[derive(Debug, Default)]
struct Log {
    heard: watch::Sender<Heard>,
    events: Mutex<HeardEvents>,
    last: Mutex<VecDeque<String>>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    listening: Option<SocketAddr>,
    admin: Option<SocketAddr>,
    pub(crate) taken: u32,
    pub(crate) refused: u32,
    pub(crate) panics: u32,
    /// In how many lines it said a secret.
    pub(crate) secrets: u32,
    /// How many of the two streams are at their end.
    ended: u8,
}

/// Requests and function calls under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct InFlight {
    pub(crate) requests: u64,
    pub(crate) functions: u64,
}

impl InFlight {
    /// The most of each.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            requests: self.requests.max(other.requests),
            functions: self.functions.max(other.functions),
        }
    }
}

/// What may never stand in the log.
const SECRETS: [&str; 3] = [EXTERNAL_ID, SECRET_KEY, SESSION_TOKEN];

impl Gateway {
    /// Starts it with this file and these variables alone.
    pub(crate) async fn start(
        program: &Path,
        file: &str,
        variables: &[(&str, String)],
    ) -> io::Result<Self> {
        let folder =
            std::env::temp_dir().join(format!("lambda-sidecar-soak-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let path = folder.join("gateway.toml");
        fs::write(&path, file)?;
        let mut command = Command::new(program);
        command.arg("run").arg("--config").arg(&path).env_clear();
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn()?;
        let log = Arc::<Log>::default();
        if let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) {
            tokio::spawn(Arc::clone(&log).listen(stdout));
            tokio::spawn(Arc::clone(&log).listen(stderr));
        }
        let heard = log
            .until(|heard| heard.admin.is_some() || heard.ended > 0)
            .await?;
        let (Some(address), Some(admin), Some(pid)) = (heard.listening, heard.admin, child.id())
        else {
            return Err(io::Error::other(format!(
                "the gateway did not start:\n{}",
                log.last()
            )));
        };
        Ok(Self {
            child,
            pid,
            folder,
            address,
            admin,
            log,
        })
    }

    pub(crate) fn heard(&self) -> Heard {
        self.log.heard.borrow().clone()
    }

    /// The latest lines of its log.
    pub(crate) fn last_lines(&self) -> String {
        self.log.last()
    }

    /// Has it read a new file, and waits until it says what it did with it.
    pub(crate) async fn reload(&self, file: &str) -> io::Result<()> {
        fs::write(self.folder.join("gateway.toml"), file)?;
        let answers = |heard: &Heard| heard.taken + heard.refused;
        let before = answers(&self.heard());
        self.signal("HUP").await?;
        self.log
            .until(|heard| answers(heard) > before || heard.ended > 0)
            .await?;
        Ok(())
    }

    async fn signal(&self, name: &str) -> io::Result<()> {
        let kill = format!("kill -{name} {}", self.pid);
        Command::new("sh")
            .args(["-c", &kill])
            .status()
            .await
            .map(drop)
    }

    /// Asks it to stop, and waits until it has and its log is read to the end.
    pub(crate) async fn stop(&mut self) -> io::Result<ExitStatus> {
        self.signal("TERM").await?;
        let status = timeout(BOUND, self.child.wait()).await??;
        self.log.until(|heard| heard.ended == 2).await?;
        Ok(status)
    }

    /// Kills it, and waits until its log is read to the end.
    pub(crate) async fn kill(&mut self) -> io::Result<ExitStatus> {
        self.child.start_kill()?;
        let status = timeout(BOUND, self.child.wait()).await??;
        self.log.until(|heard| heard.ended == 2).await?;
        Ok(status)
    }

    /// What it said of events in the background.
    pub(crate) fn heard_events(&self) -> HeardEvents {
        self.log.events().clone()
    }

    /// Resident memory in kilobytes, and open file descriptors.
    pub(crate) fn size(&self) -> io::Result<(u64, usize)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|rest| rest.trim().split(' ').next()?.parse().ok());
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.pid))?.count();
        let resident = resident.ok_or_else(|| io::Error::other("no VmRSS"))?;
        Ok((resident, descriptors))
    }

    /// What it says is under way.
    pub(crate) async fn in_flight(&self) -> io::Result<InFlight> {
        let mut stream = TcpStream::connect(self.admin).await?;
        let request = b"GET /metrics HTTP/1.1\r\nhost: soak\r\nconnection: close\r\n\r\n";
        stream.write_all(request).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let sum = |gauge: &str| -> Option<u64> {
            let lines = answer.lines().filter(|line| line.starts_with(gauge));
            let values = lines.map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
            values.reduce(|sum, value| Some(sum? + value?))?
        };
        let requests = sum("gateway_requests_in_flight ");
        let functions = sum("sidecar_calls_in_flight{");
        match (requests, functions) {
            (Some(requests), Some(functions)) => Ok(InFlight {
                requests,
                functions,
            }),
            _ => Err(io::Error::other(
                "the gateway does not say what is in flight",
            )),
        }
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Log {
    async fn listen(self: Arc<Self>, stream: impl AsyncRead + Unpin) {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            self.heard.send_modify(|heard| heard.take(&line));
            self.events().take(&line);
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            last.push_back(line);
            if last.len() > LAST_LINES {
                last.pop_front();
            }
        }
        self.heard.send_modify(|heard| heard.ended += 1);
    }

    async fn until(&self, is: impl FnMut(&Heard) -> bool) -> io::Result<Heard> {
        let mut heard = self.heard.subscribe();
        let heard = timeout(BOUND, heard.wait_for(is)).await?;
        heard.map(|heard| heard.clone()).map_err(io::Error::other)
    }

    fn events(&self) -> MutexGuard<'_, HeardEvents> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last(&self) -> String {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.iter().cloned().collect::<Vec<_>>().join("\n")
    }
}

impl Heard {
    fn take(&mut self, line: &str) {
        let address = |what: &str| line.strip_prefix(what).and_then(|at| at.parse().ok());
        self.listening = self.listening.or_else(|| address("listening on http://"));
        self.admin = self.admin.or_else(|| address("admin on http://"));
        self.taken += u32::from(line.contains("configuration read again"));
        self.refused += u32::from(line.contains("configuration not read again"));
        self.panics += u32::from(line.contains("panicked at"));
        self.secrets += u32::from(SECRETS.iter().any(|secret| line.contains(secret)));
    }
}
