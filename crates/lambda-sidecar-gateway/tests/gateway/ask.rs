//! `ask`: one request through the sidecars, with a program as the function.

mod aws;
mod book;
mod mistakes;
mod outcomes;
mod processes;

use std::{fs, process::Command};

use serde_json::Value;

use crate::process::{Folder, config, finished, program};

/// A function in plain Python; its first argument says what it does.
const FUNCTION: &str = r#"
import json, os, subprocess, sys, time, urllib.request

API = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime"
do = sys.argv[1]

def started(pid):
    with open("started", "a") as file:
        file.write(f"{pid}\n")

started(os.getpid())

def post(path, value):
    urllib.request.urlopen(f"{API}/{path}", data=json.dumps(value).encode()).close()

if do == "init-error":
    post("init/error", {"errorMessage": "no such module", "errorType": "ImportError"})
    sys.exit(1)
print("the function prints")
while True:
    with urllib.request.urlopen(f"{API}/invocation/next") as call:
        event, headers = json.load(call), call.headers
    invocation = "invocation/" + headers["Lambda-Runtime-Aws-Request-Id"]
    if do == "exit":
        sys.exit(7)
    elif do == "start":
        child = subprocess.Popen(["sleep", "3600"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        started(child.pid)
        post(f"{invocation}/response", {})
    elif do == "large":
        post(f"{invocation}/response", "x" * 7_000_000)
    elif do == "hang":
        open("asked", "w").close()
        time.sleep(3600)
    elif do == "error":
        post(f"{invocation}/error", {"errorMessage": "out of paper", "errorType": "PrinterError"})
    elif do == "headers":
        shown = {name: value for name, value in headers.items() if name.lower().startswith("lambda-")}
        shown["now-ms"] = int(time.time() * 1000)
        post(f"{invocation}/response", {"terminate": {"code": 200, "json": shown}})
    else:
        post(f"{invocation}/response", json.loads(do))
"#;

/// A folder with a function in it, and a configuration with these lines for its endpoint.
struct Scene(Folder);

impl Scene {
    fn new(lines: &str) -> Self {
        let folder = Folder::new();
        folder.file(&config(
            "backend.test:9000",
            &format!("endpoint_id = \"e1\"\n{lines}"),
        ));
        let scene = Self(folder);
        scene.write("function.py", FUNCTION);
        scene
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.path(name), text).unwrap();
    }

    /// The processes that were started, by id.
    fn started(&self) -> Vec<String> {
        let lines = fs::read_to_string(self.0.path("started")).unwrap_or_default();
        lines.lines().map(str::to_owned).collect()
    }

    /// `ask` of this endpoint with these arguments, in the folder.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = program();
        command
            .current_dir(self.0.path(""))
            .env("PATH", std::env::var_os("PATH").unwrap())
            .args(["ask", "--config", "gateway.toml", "--endpoint", "e1"])
            .args(args);
        command
    }

    fn ask(&self, args: &[&str]) -> (i32, String, String) {
        finished(self.command(args))
    }

    /// What the function is told to do, what is asked with these arguments, and the report.
    fn report(&self, function: &str, args: &[&str]) -> Value {
        let function = format!("python3 function.py '{function}'");
        let mut all = vec!["--format", "json", "--function", &function];
        all.extend(args);
        let (code, out, err) = self.ask(&all);
        assert_eq!(code, 0, "{out}\n{err}");
        serde_json::from_str(&out).unwrap()
    }
}

/// What a test that fails has started does not outlive it.
impl Drop for Scene {
    fn drop(&mut self) {
        let started = self.started();
        let left = started.iter().filter(|id| is_running(id));
        // Another process may have the id by now, but not in this folder.
        let of_here = |id: &&String| {
            let folder = fs::read_link(format!("/proc/{id}/cwd"));
            folder.is_ok_and(|folder| {
                fs::canonicalize(self.0.path("")).is_ok_and(|own| own == folder)
            })
        };
        for id in left.filter(of_here) {
            let kill = format!("kill -KILL {id}");
            let _ = Command::new("sh").args(["-c", &kill]).status();
        }
    }
}

fn is_running(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The state stands behind the name, which is in brackets.
    stat.rsplit_once(')')
        .is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

/// What differs from run to run made the same.
fn settled(report: &mut Value) {
    for receipt in report["sidecars"].as_array_mut().unwrap() {
        if let Some(id) = receipt.pointer_mut("/envelope/masheryMessageId") {
            *id = "ID".into();
        }
        if receipt["latencyMs"].is_f64() {
            receipt["latencyMs"] = "MS".into();
        }
    }
}
