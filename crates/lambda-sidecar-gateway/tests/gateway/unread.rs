//! What one call of a connection does not read costs the others nothing, and is bounded.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use lambda_sidecar_test_support::scripted::{Reply, ScriptedAws};
use tokio::net::TcpStream;

use crate::{
    backend::{Server, event},
    client::{Wire, send},
    http2::{self, Sender},
    process::{Gateway, LIMIT, config, sidecar},
};

fn call(path: &str, body: usize) -> Request<Full<Bytes>> {
    let request = Request::post(format!("http://a{path}"));
    request.body(Full::from(vec![b'x'; body])).unwrap()
}

/// A client with these windows, for each stream and for the connection.
async fn connect(address: &str, stream: u32, connection: u32) -> Sender {
    let tcp = TcpStream::connect(address).await.unwrap();
    let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    builder
        .initial_stream_window_size(stream)
        .initial_connection_window_size(connection);
    let handshake = builder.handshake(TokioIo::new(tcp)).await;
    let (sender, connection) = handshake.unwrap();
    tokio::spawn(connection);
    sender
}

#[tokio::test]
async fn no_upload_waits_for_another_of_its_connection() {
    let (asked, was_asked) = event();
    let functions = ScriptedAws::deciding(move |_| {
        asked.send(()).unwrap();
        Reply::never()
    });
    let backend = Server::answering(|_, body| body.len().to_string());
    let url = functions.endpoint();
    let open = format!(
        "[[endpoints]]\npath = '/open'\norigin = 'http://{}'\n",
        backend.address
    );
    let text = format!("{}{open}", config("127.0.0.1:9", &sidecar("pre", "guard")));
    let gateway = Gateway::run_with(&text, &[("AWS_ENDPOINT_URL", &url)]);
    let mut sender = http2::connect(&gateway.address).await;
    // Each of these is 2 MB that nobody reads, while its function works.
    let waiting: Vec<_> = (0..20)
        .map(|_| tokio::spawn(sender.send_request(call("/my", 2 << 20))))
        .collect();
    let was_asked = tokio::task::spawn_blocking(move || (0..20).for_each(|_| was_asked.wait()));
    was_asked.await.unwrap();
    let answer = http2::call(&mut sender, call("/open", 200_000)).await;
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "200000");
    assert!(waiting.iter().all(|call| !call.is_finished()));
}

/// A backend whose answers are of this length.
fn large_answers(length: usize) -> Server {
    Server::start(move |head, wire| {
        let length = if head.path().ends_with("small") {
            4
        } else {
            length
        };
        wire.write(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n"
        ));
        let piece = vec![b'x'; length.min(1 << 16)];
        for _ in 0..length / piece.len() {
            // The gateway may end it at any time.
            if !wire.try_write(&piece) {
                return;
            }
        }
    })
}

/// The most memory that a process has had resident, in bytes.
fn most_resident(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap();
    kilobytes.parse::<usize>().unwrap() * 1024
}

#[tokio::test]
async fn answers_that_are_not_read_are_bounded_and_ended_and_hold_no_other() {
    let backend = large_answers(64 << 20);
    let text = format!("{}\n", config(&backend.address, ""));
    let text = text.replacen("\n\n", "\n[limits]\nbody_idle_timeout_ms = 2000\n\n", 1);
    let mut gateway = Gateway::run(&text);
    let mut sender = connect(&gateway.address, 1 << 20, 64 << 20).await;
    let small = http2::call(&mut sender, call("/my/small", 0)).await;
    small.into_body().collect().await.unwrap();
    let before = most_resident(gateway.id());
    let mut unread = Vec::new();
    for _ in 0..60 {
        let answer = http2::call(&mut sender, call("/my/large", 0)).await;
        unread.push(answer.into_body());
    }
    // Each is ended in time, after what the client's window has taken.
    let lines = tokio::task::spawn_blocking(move || {
        for _ in 0..60 {
            gateway.next_line("call aborted");
        }
        gateway
    });
    let gateway = tokio::time::timeout(LIMIT, lines).await.unwrap().unwrap();
    let grown = most_resident(gateway.id()) - before;
    assert!(grown < 40 << 20, "{} kB", grown / 1024);
    // The connection is still of use.
    let small = http2::call(&mut sender, call("/my/small", 0)).await;
    assert_eq!(
        small.into_body().collect().await.unwrap().to_bytes(),
        "xxxx"
    );
    drop((unread, gateway));
}

#[test]
fn an_answer_over_http1_that_is_not_read_ends() {
    let backend = large_answers(64 << 20);
    let text = config(&backend.address, "");
    let text = text.replacen("\n\n", "\n[limits]\nbody_idle_timeout_ms = 200\n\n", 1);
    let mut gateway = Gateway::run(&text);
    let mut wire = Wire::connect(&gateway.address);
    send(&mut wire, "GET /my HTTP/1.1\nHost: a\n\n");
    assert_eq!(wire.head().unwrap().status(), 200);
    let line = gateway.wait_for("call aborted");
    assert!(line.contains("aborted=\"client\""), "{line}");
}
