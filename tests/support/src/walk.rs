//! Doing what a page says, in an empty folder: files are written, commands are run, and what they print is
//! compared with what the page shows.
//!
//! In a `console` block a line that begins with `$ ` is a command; the lines behind it are what it prints, `…` standing
//! for anything. A command that ends with `&` goes on until the walk ends; where the page shows what it prints first,
//! that is waited for, else until the ports it names accept connections.

use std::{
    fs, io,
    net::TcpListener,
    os::unix::{fs::symlink, process::CommandExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::{
    job::Job,
    page::{self, Block, Page},
    readme::is_like,
};

/// The ports that pages write; each walk has others.
const PORTS: [&str; 6] = ["3000", "3001", "8080", "8081", "9000", "9001"];

/// A walk through a page.
#[derive(Debug)]
pub struct Walk {
    root: PathBuf,
    folder: PathBuf,
    env: Vec<(String, String)>,
    ports: Vec<(&'static str, String)>,
    jobs: Vec<Job>,
}

impl Walk {
    /// An empty folder beside a clone of the repository, with these folders' programs at hand.
    ///
    /// # Errors
    ///
    /// Where folder or ports cannot be had.
    pub fn begin(programs: &[PathBuf]) -> io::Result<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("book-walk-{}-{count}", std::process::id());
        let root = std::env::temp_dir().join(name);
        fs::create_dir_all(&root)?;
        let clone = page::folder().join("..").canonicalize()?;
        symlink(&clone, root.join("lambda-sidecar"))?;
        let found = std::env::var_os("PATH").unwrap_or_default();
        let path = programs
            .iter()
            .cloned()
            .chain(std::env::split_paths(&found));
        let path = std::env::join_paths(path).map_err(io::Error::other)?;
        let target = clone.join("target/walk");
        let env = [
            ("PATH", path),
            ("CARGO_TARGET_DIR", target.into_os_string()),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_string_lossy().into_owned()));
        Ok(Self {
            folder: root.clone(),
            root,
            env: env.into(),
            ports: free_ports()?,
            jobs: Vec::new(),
        })
    }

    /// Does what the page says, from its first block to its last.
    ///
    /// # Errors
    ///
    /// The block where something is not as the page shows it.
    pub fn through(&mut self, page: &Page) -> Result<(), String> {
        for block in page.blocks() {
            self.block(&block)
                .map_err(|error| format!("{}:{}: {error}", page.name, block.line))?;
        }
        Ok(())
    }

    fn block(&mut self, block: &Block) -> Result<(), String> {
        if block.language() == "console" {
            return self.console(&block.text);
        }
        match &block.file {
            Some(name) => self.write(name, &block.text).map_err(|e| e.to_string()),
            None => Ok(()),
        }
    }

    fn write(&self, name: &str, text: &str) -> io::Result<()> {
        let file = self.folder.join(name);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        if name == "Cargo.toml" {
            // The versions that this repository was tested with.
            fs::copy(
                self.root.join("lambda-sidecar/Cargo.lock"),
                self.folder.join("Cargo.lock"),
            )?;
        }
        fs::write(file, self.here(text))
    }

    fn console(&mut self, text: &str) -> Result<(), String> {
        let mut commands: Vec<(String, Vec<String>)> = Vec::new();
        for line in self.here(text).lines() {
            match (line.strip_prefix("$ "), commands.last_mut()) {
                (Some(command), _) => commands.push((command.to_owned(), Vec::new())),
                (None, Some((_, expected))) => expected.push(line.to_owned()),
                (None, None) => return Err("a console block begins with a command".into()),
            }
        }
        for (command, expected) in commands {
            self.command(&command, &expected)
                .map_err(|error| format!("`{command}`: {error}"))?;
        }
        Ok(())
    }

    fn command(&mut self, command: &str, expected: &[String]) -> Result<(), String> {
        if let Some(folder) = command.strip_prefix("cd ") {
            self.folder.push(folder);
            return Ok(());
        }
        if let Some(settings) = command.strip_prefix("export ") {
            let pairs = settings.split(' ').filter_map(|pair| pair.split_once('='));
            self.env
                .extend(pairs.map(|(name, value)| (name.into(), value.into())));
            return Ok(());
        }
        match command.strip_suffix(" &") {
            Some(job) => self.start(job, expected),
            None => self.run(command, expected),
        }
    }

    fn run(&self, command: &str, expected: &[String]) -> Result<(), String> {
        let output = self.shell(command).output().map_err(|e| e.to_string())?;
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        let printed: Vec<&str> = printed.lines().collect();
        let log = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(format!("{}\n{log}", output.status));
        }
        let same = printed.len() == expected.len();
        if same
            && printed
                .iter()
                .zip(expected)
                .all(|(line, shown)| is_like(shown, line))
        {
            return Ok(());
        }
        Err(format!(
            "the page shows\n{}\nand this was printed\n{}\n{log}",
            expected.join("\n"),
            printed.join("\n")
        ))
    }

    fn start(&mut self, command: &str, expected: &[String]) -> Result<(), String> {
        let mut shell = self.shell(&format!("exec {command}"));
        let mut job = Job::start(&mut shell).map_err(|e| e.to_string())?;
        let ready = match expected.first() {
            Some(first) => job.wait_for(first),
            None => job.wait_for_ports(command),
        };
        self.jobs.push(job);
        ready
    }

    fn shell(&self, command: &str) -> Command {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", command])
            .current_dir(&self.folder)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // `cargo run` starts a child of its own; both end together.
            .process_group(0);
        shell
    }

    /// A text with this walk's ports. In two steps: an own port can hold a page's one.
    fn here(&self, text: &str) -> String {
        let mark = |index: usize| format!("\u{1}{index}\u{1}");
        let ports = || self.ports.iter().enumerate();
        let marked = ports().fold(text.to_owned(), |text, (index, (port, _))| {
            text.replace(port, &mark(index))
        });
        ports().fold(marked, |text, (index, (_, own))| {
            text.replace(&mark(index), own)
        })
    }
}

impl Drop for Walk {
    fn drop(&mut self) {
        self.jobs.clear();
        let _ = fs::remove_file(self.root.join("lambda-sidecar"));
        let _ = fs::remove_dir_all(&self.root);
    }
}

fn free_ports() -> io::Result<Vec<(&'static str, String)>> {
    // All are bound before the first is given back, so that no two are the same.
    let listeners = PORTS.map(|port| (port, TcpListener::bind("127.0.0.1:0")));
    let ports = listeners
        .into_iter()
        .map(|(port, listener)| Ok((port, listener?.local_addr()?.port().to_string())));
    ports.collect()
}

/// The program of this name in one of the folders of `PATH`.
#[must_use]
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file: &PathBuf| Path::is_file(file))
}
