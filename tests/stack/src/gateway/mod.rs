//! The gateway as a process of its own, with one endpoint for each sidecar.

mod backend;
mod counters;
mod program;

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use lambda_sidecar::{Point, Sidecar, Transport};

pub use self::program::find as program;
use self::{backend::Backend, counters::Counters};
use crate::{access::Access, route::Called};

/// A gateway that runs, and the backend behind it. Both end when this is dropped.
#[derive(Debug)]
pub struct Gateway {
    process: Process,
    backend: Backend,
    client: Client<HttpConnector, Full<Bytes>>,
    address: String,
    admin: String,
}

impl Gateway {
    /// Starts one with an endpoint for each of these sidecars, and waits until it accepts connections.
    pub async fn start(access: &Access, transport: Transport, sidecars: &[Sidecar]) -> Self {
        let backend = Backend::start().await;
        let file = file(transport, sidecars, backend.address());
        let (process, said) = Process::start(access, &file);
        let [address, admin] = said;
        Self {
            process,
            backend,
            client: Client::builder(TokioExecutor::new()).build_http(),
            address,
            admin,
        }
    }

    /// Calls the backend through the endpoint of the sidecar with this number.
    pub async fn call(&self, sidecar: usize, request: Request<Full<Bytes>>) -> Called {
        let (mut parts, body) = request.into_parts();
        let below = parts.uri.path_and_query().expect("it has a path");
        parts.uri = uri(&format!("{}/{sidecar}{below}", self.address));
        let before = self.counters().await;
        let since = Instant::now();
        let (answer, body) = self.answer(Request::from_parts(parts, body)).await;
        let took = since.elapsed();
        Called {
            status: answer.status,
            headers: answer.headers,
            body,
            outcomes: self.counters().await.decided_since(&before),
            backend: self.backend.take(),
            took,
        }
    }

    async fn counters(&self) -> Counters {
        let request = Request::get(uri(&format!("{}/metrics", self.admin)));
        let request = request.body(Full::default()).expect("it is a request");
        let (_, text) = self.answer(request).await;
        Counters::read(std::str::from_utf8(&text).expect("metrics are text"))
    }

    async fn answer(&self, request: Request<Full<Bytes>>) -> (http::response::Parts, Bytes) {
        let answer = self.client.request(request).await;
        let (parts, body) = answer
            .map(Response::into_parts)
            .unwrap_or_else(|error| panic!("{:?} does not answer: {error:?}", self.process));
        let body = body.collect().await.expect("the body never breaks off");
        (parts, body.to_bytes())
    }
}

fn uri(text: &str) -> Uri {
    text.parse().expect("it is a URI")
}

fn file(transport: Transport, sidecars: &[Sidecar], backend: &str) -> String {
    let transport = match transport {
        Transport::Lean => "lean",
        _ => "sdk",
    };
    let mut file =
        format!("listen = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\ntransport = \"{transport}\"\n");
    for (number, sidecar) in sidecars.iter().enumerate() {
        let point = match sidecar.point() {
            Point::PreProcessor => "pre",
            Point::PostProcessor => "post",
        };
        let _ = write!(
            file,
            "[[endpoints]]\npath = \"/{number}\"\norigin = \"http://{backend}\"\ntimeout_ms = 60000\n\
             [[endpoints.{point}]]\ninputs = '''\n{sidecar}'''\n"
        );
    }
    file
}

/// The process, killed when this is dropped.
#[derive(Debug)]
struct Process(Child);

impl Process {
    /// Starts it, and gives back where it listens and where its metrics are.
    fn start(access: &Access, file: &str) -> (Self, [String; 2]) {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = format!("lambda-sidecar-tests-{}-{count}.toml", std::process::id());
        let path = std::env::temp_dir().join(path);
        fs::write(&path, file).expect("the folder for temporary files is there");
        let (mut process, stdout) = Self::spawn(access, &path);
        let mut lines = BufReader::new(stdout).lines();
        let said = ["listening on ", "admin on "].map(|what| {
            let line = lines.next().and_then(Result::ok).unwrap_or_default();
            let address = line.strip_prefix(what).map(str::to_owned);
            address.unwrap_or_else(|| panic!("the gateway does not start with\n{file}"))
        });
        // It has been read by now; nobody sends SIGHUP.
        let _ = fs::remove_file(path);
        assert!(process.0.try_wait().is_ok_and(|ended| ended.is_none()));
        (process, said)
    }

    fn spawn(access: &Access, file: &Path) -> (Self, std::process::ChildStdout) {
        let mut command = Command::new(program::find());
        command.arg("run").arg("--config").arg(file);
        // That it does not start is an error; that function calls fail, which is what these tests are
        // about, is a warning.
        command
            .env_clear()
            .envs(access.environment())
            .env("RUST_LOG", "error");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the gateway is a program");
        let stdout = child.stdout.take().expect("it is piped");
        (Self(child), stdout)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
