//! Goals 6 to 8 of the performance goals: what requests in flight hold at the peak.
//!
//! The application, its HTTP server and the calls to the function run on the thread of the test, and the
//! allocator says the most bytes that this thread held at a time. Clients and the far end, which answers
//! when all requests wait for it, are on a thread of their own and are not counted.

#![cfg(target_os = "linux")]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, mpsc},
    task::{Context, Poll},
    thread,
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
use lambda_sidecar_tests::{config::sdk_config, inputs::Inputs};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
    sync::{Barrier, oneshot},
    task::JoinSet,
};
use tower::{Layer, ServiceExt, service_fn};

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

fn run_time() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The most bytes that the application holds, above what it held before, while so many requests with so
/// long a body are in flight.
fn peak(sidecar: Sidecar, transport: Transport, requests: usize, length: usize) -> u64 {
    let (address, far_end) = mpsc::channel();
    let (begin, began) = oneshot::channel();
    let (end, ended) = oneshot::channel();
    let clients = thread::spawn(move || {
        run_time().block_on(outside(&address, began, requests, length));
        end.send(()).unwrap();
    });
    let run_time = run_time();
    let far_end = far_end.recv().unwrap();
    let (listener, app) = run_time.block_on(async {
        let config = sdk_config(&format!("http://{far_end}"), "us-east-1", "AKIA", "secret").await;
        let functions = Functions::new(&config).transport(transport);
        functions.warm_up(&sidecar).await.unwrap();
        let layer = LambdaSidecarLayer::new(functions).request(sidecar);
        let app = Router::new().route("/", post(create_order)).layer(layer);
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), app)
    });
    begin.send(listener.local_addr().unwrap()).unwrap();
    let counted = measure(|| {
        run_time.block_on(async {
            tokio::select! {
                served = axum::serve(listener, app) => served.unwrap(),
                // An error: the clients' thread has panicked.
                _ = ended => {}
            }
        });
    });
    clients.join().unwrap();
    counted.bytes_max
}

/// Reads the body as it comes and keeps nothing of it.
async fn create_order(mut body: Body) -> &'static str {
    while let Some(Ok(_)) = body.frame().await {}
    "created"
}

/// The far end and the clients. Ends when all requests are answered.
async fn outside(
    address: &mpsc::Sender<SocketAddr>,
    began: oneshot::Receiver<SocketAddr>,
    requests: usize,
    length: usize,
) {
    let function = TcpListener::bind("127.0.0.1:0").await.unwrap();
    address.send(function.local_addr().unwrap()).unwrap();
    let all_in_flight = Arc::new(Barrier::new(requests));
    tokio::spawn(async move {
        while let Ok((socket, _)) = function.accept().await {
            tokio::spawn(answer(socket, Arc::clone(&all_in_flight)));
        }
    });
    let app = began.await.unwrap();
    let mut clients = JoinSet::new();
    for _ in 0..requests {
        clients.spawn(client(app, length));
    }
    while let Some(called) = clients.join_next().await {
        called.unwrap();
    }
}

/// The function: reads one request after the other, and answers when all requests there are wait for it.
async fn answer(socket: TcpStream, all_in_flight: Arc<Barrier>) {
    let mut socket = BufReader::new(socket);
    while let Some(length) = head(&mut socket).await {
        let mut rest = (&mut socket).take(length);
        tokio::io::copy(&mut rest, &mut tokio::io::sink())
            .await
            .unwrap();
        all_in_flight.wait().await;
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        socket.write_all(answer.as_bytes()).await.unwrap();
    }
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
    assert_eq!(body, b"created");
}

fn asks_for_the_payload() -> Sidecar {
    let inputs = Inputs::scripted().with("expand-input", "requestPayload");
    inputs.with("max-payload-size", "1024").pre()
}

fn asks_for_no_payload() -> Sidecar {
    Inputs::scripted().with("expand-input", "operation").pre()
}

const BOTH: [Transport; 2] = [Transport::Lean, Transport::Sdk];

#[test]
fn a_megabyte_that_is_asked_for_is_held_2_6_times_at_most() {
    for transport in BOTH {
        let each = peak(asks_for_the_payload(), transport, 100, 1 << 20) / 100;
        println!("{transport:?}: {} KiB each", each / KIB);
        assert!(each * 10 <= 26 * MIB, "{transport:?}: {each} bytes each");
    }
}

#[test]
fn a_request_in_flight_holds_60_kib_at_most() {
    for transport in BOTH {
        let each = peak(asks_for_no_payload(), transport, 1_000, 400) / 1_000;
        println!("{transport:?}: {} bytes each", each);
        assert!(each <= 60 * KIB, "{transport:?}: {each} bytes each");
    }
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
