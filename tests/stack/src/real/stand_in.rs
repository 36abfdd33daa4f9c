//! One stand-in for AWS: its process, and the administrator's side of it.

use std::{
    env,
    ffi::OsStr,
    fmt,
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{ChildStdin, ChildStdout, Command, Stdio},
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

use super::{tell, venv};
use crate::access::Access;

/// A stand-in that runs and is set up.
///
/// It ends when this value is dropped or the process ends.
#[derive(Debug)]
pub struct StandIn {
    there: There,
    administrator: Mutex<Administrator>,
}

/// What was set up in the stand-in.
#[derive(Clone)]
pub struct There {
    /// Where it listens, for all services.
    pub endpoint: String,
    /// The region of all that is in it.
    pub region: String,
    /// The account of all that is in it.
    pub account: String,
    /// What the trust policies of the roles demand.
    pub external_id: String,
    /// ARN of the user whose key this is.
    pub user: String,
    /// Access key of the user under whom the process under test runs.
    pub access_key_id: String,
    secret_access_key: String,
}

/// The line to the process that runs the stand-in; the process ends when the line is cut.
#[derive(Debug)]
struct Administrator {
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl StandIn {
    /// Starts `stand_in.py` with these arguments, and waits until all is set up.
    pub(super) fn start(scratch: &Path, arguments: &[&OsStr]) -> Result<Self, String> {
        let directory = venv::directory(scratch);
        let python = venv::python(&directory)?;
        let log = Log::create(&directory, arguments[0])?;
        let mut administrator = Administrator::start(&python, &directory, arguments, &log)?;
        let there = administrator
            .next_answer()
            .and_then(|answer| There::read(&answer))
            .ok_or_else(|| format!("{arguments:?} did not start:\n{}", log.text()))?;
        tell(&format!(
            "{} listens on {}",
            arguments[0].display(),
            there.endpoint
        ));
        Ok(Self {
            there,
            administrator: Mutex::new(administrator),
        })
    }

    /// What was set up in it.
    pub fn there(&self) -> &There {
        &self.there
    }

    /// A call an administrator makes meanwhile: boto3's names for service, call and arguments.
    pub fn administer(&self, service: &str, call: &str, arguments: &Value) -> Value {
        self.ask(&json!({ "service": service, "call": call, "arguments": arguments }))
    }

    /// The same in another account and region than the rest. MiniStack has every account there is.
    pub fn administer_in(
        &self,
        (account, region): (&str, &str),
        service: &str,
        call: &str,
        arguments: &Value,
    ) -> Value {
        let elsewhere = json!({ "account": account, "region": region });
        self.ask(&json!({
            "service": service, "call": call, "arguments": arguments, "elsewhere": elsewhere,
        }))
    }

    fn ask(&self, request: &Value) -> Value {
        let mut answer = self
            .administrator
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .ask(request);
        let (service, call) = (&request["service"], &request["call"]);
        assert!(
            answer.get("error").is_none(),
            "{service} {call}: {}",
            answer["error"]
        );
        answer["result"].take()
    }
}

impl There {
    fn read(answer: &Value) -> Option<Self> {
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        Some(Self {
            endpoint: text("endpoint")?,
            region: text("region")?,
            account: text("account")?,
            external_id: text("external_id")?,
            user: text("user")?,
            access_key_id: text("access_key_id")?,
            secret_access_key: text("secret_access_key")?,
        })
    }

    /// What an application of that user has.
    pub fn access(&self) -> Access {
        Access {
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
        }
    }

    /// The ARN of a function.
    pub fn function(&self, name: &str) -> String {
        format!(
            "arn:aws:lambda:{}:{}:function:{name}",
            self.region, self.account
        )
    }

    /// The ARN of a role.
    pub fn role(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:role/{name}", self.account)
    }
}

impl fmt::Debug for There {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("There")
            .field("endpoint", &self.endpoint)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl Administrator {
    fn start(
        python: &Path,
        directory: &Path,
        arguments: &[&OsStr],
        log: &Log,
    ) -> Result<Self, String> {
        let mut command = Command::new(python);
        command
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python/stand_in.py"))
            .args(arguments)
            .env("STAND_IN_DIRECTORY", directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log.writer()?);
        // Neither the stand-in nor its functions are to see the AWS settings of the machine.
        for (name, _) in env::vars_os().filter(|(name, _)| is_aws(name)) {
            command.env_remove(name);
        }
        let mut process = command.spawn().map_err(|error| error.to_string())?;
        let (Some(requests), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("the stand-in has no pipes".to_owned());
        };
        Ok(Self {
            requests,
            answers: BufReader::new(answers),
        })
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.requests, "{request}").expect("the stand-in is gone");
        self.next_answer().expect("the stand-in is gone")
    }

    fn next_answer(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line).ok()?;
        serde_json::from_str(&line).ok()
    }
}

fn is_aws(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("AWS_"))
}

/// What the stand-in prints, shown where it does not start.
struct Log(PathBuf);

impl Log {
    fn create(directory: &Path, name: &OsStr) -> Result<Self, String> {
        let path = directory.join(name).with_extension("log");
        File::create(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }

    fn writer(&self) -> Result<File, String> {
        File::options()
            .append(true)
            .open(&self.0)
            .map_err(|error| error.to_string())
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.0).unwrap_or_default()
    }
}
