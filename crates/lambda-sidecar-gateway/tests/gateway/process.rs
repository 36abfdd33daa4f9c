//! The gateway as a child process.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

/// How long something may take before a test gives up; nothing waits for it to pass.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// A text of the repository, by its path there.
pub(crate) fn repository(path: &str) -> String {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    fs::read_to_string(root.join(path)).unwrap()
}

/// A gateway that runs; it is killed with the test.
pub(crate) struct Gateway {
    child: Child,
    folder: Folder,
    output: Receiver<String>,
    /// Every line so far.
    pub(crate) log: Vec<String>,
    pub(crate) address: String,
}

impl Gateway {
    /// `run` with this file, ready to be called.
    pub(crate) fn run(config: &str) -> Self {
        Self::run_with(config, &[])
    }

    /// `run` with these environment variables too.
    pub(crate) fn run_with(config: &str, env: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let file = folder.file(config);
        let mut command = program();
        command.arg("run").arg("--config").arg(file);
        command.envs(env.iter().copied());
        Self::start(command, folder)
    }

    /// Any command that says where it listens.
    pub(crate) fn start(mut command: Command, folder: Folder) -> Self {
        let mut child = command.spawn().unwrap();
        let (sender, output) = channel();
        let stdout = child.stdout.take().unwrap();
        let stderr = child.stderr.take().unwrap();
        for stream in [Box::new(stdout) as Box<dyn Read + Send>, Box::new(stderr)] {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
        }
        let mut gateway = Self {
            child,
            folder,
            output,
            log: Vec::new(),
            address: String::new(),
        };
        gateway.address = gateway.address_after("listening on http://");
        gateway
    }

    /// Waits for a line with this text.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        if let Some(line) = self.log.iter().find(|line| line.contains(text)) {
            return line.clone();
        }
        loop {
            let Ok(line) = self.output.recv_timeout(LIMIT) else {
                panic!("no {text:?} in\n{}", self.log.join("\n"));
            };
            self.log.push(line.clone());
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Waits for a further line with this text.
    pub(crate) fn next_line(&mut self, text: &str) -> String {
        let earlier = std::mem::take(&mut self.log);
        let line = self.wait_for(text);
        self.log.splice(0..0, earlier);
        line
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn address_after(&mut self, text: &str) -> String {
        let line = self.wait_for(text);
        line.rsplit_once(text).unwrap().1.to_owned()
    }

    /// Puts another file in place of the one it was started with.
    pub(crate) fn rewrite(&self, config: &str) {
        self.folder.file(config);
    }

    /// Puts a pipe that nobody writes to in the place of that file.
    pub(crate) fn rewrite_as_pipe(&self) {
        let path = self.folder.path("gateway.toml");
        fs::remove_file(&path).unwrap();
        let status = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(status.success());
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(name, self.child.id());
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> ExitStatus {
        // Both streams end with the process.
        while let Ok(line) = self.output.recv_timeout(LIMIT) {
            self.log.push(line);
        }
        match self.child.try_wait().unwrap() {
            Some(status) => status,
            None if self.output.recv().is_err() => self.child.wait().unwrap(),
            None => panic!("still running"),
        }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a process a signal.
pub(crate) fn signal(name: &str, id: u32) {
    let kill = format!("kill -{name} {id}");
    let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(status.success());
}

/// The program, with nothing of the caller's AWS settings.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lambda-sidecar-gateway"));
    command
        .env_clear()
        .envs([
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "TEST"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs it to its end: exit code, standard output, standard error.
pub(crate) fn finished(mut command: Command) -> (i32, String, String) {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// A folder of a test's own, gone afterwards.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "gateway-test-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// The configuration file, with this text now.
    pub(crate) fn file(&self, config: &str) -> PathBuf {
        let path = self.path("gateway.toml");
        fs::write(&path, config).unwrap();
        path
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Every value of `transport`: what holds over one holds over the other.
pub(crate) const TRANSPORTS: [&str; 2] = ["sdk", "lean"];

/// The same file with this transport.
pub(crate) fn over(transport: &str, config: &str) -> String {
    format!("transport = \"{transport}\"\n{config}")
}

/// A file with one endpoint at `/my`, and these lines for it.
pub(crate) fn config(origin: &str, lines: &str) -> String {
    format!(
        "listen = \"127.0.0.1:0\"\nshutdown_timeout_ms = 60000\n\n\
         [[endpoints]]\npath = \"/my\"\norigin = \"http://{origin}/backend\"\n{lines}"
    )
}

/// A sidecar at `point` (`pre` or `post`) whose function is `name`.
pub(crate) fn sidecar(point: &str, name: &str) -> String {
    format!(
        "[[endpoints.{point}]]\ninputs = '''\nregion: us-east-1\nuseAssumeRole: false\n\
         functionARN: arn:aws:lambda:us-east-1:123456789012:function:{name}\n'''\n"
    )
}
