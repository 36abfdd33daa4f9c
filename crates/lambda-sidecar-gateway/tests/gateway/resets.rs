//! Messages that end before they are whole, and uploads that nobody wants.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    ops::RangeInclusive,
    sync::mpsc::{Sender, channel},
    thread,
};

use http::Request;
use http_body_util::{BodyExt, Full};

use crate::{
    backend::{Server, event},
    client::{Wire, answer, send},
    http2,
    process::{Gateway, LIMIT, config},
};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const END_HEADERS: u8 = 4;

/// Those that there are (RFC 9113, section 7).
const CODES: RangeInclusive<u8> = 0..=13;

/// A frame of HTTP/2; of stream 1, but for settings.
fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let stream = u8::from(kind != SETTINGS);
    let head = [
        length[1], length[2], length[3], kind, flags, 0, 0, 0, stream,
    ];
    [&head[..], payload].concat()
}

/// `POST http://a.test/my`, in the static table of HPACK and literals.
fn post() -> Vec<u8> {
    frame(HEADERS, END_HEADERS, b"\x83\x86\x04\x03/my\x01\x06a.test")
}

#[test]
fn a_request_that_its_client_resets_is_cut_off_at_the_backend_whatever_the_code() {
    let (first, has_first) = event();
    let (ended, end) = channel();
    let backend = Server::start(move |_, wire| {
        assert_eq!(wire.chunk(), "abc");
        first.send(()).unwrap();
        ended.send(wire.line()).unwrap();
    });
    let gateway = Gateway::run(&config(&backend.address, ""));
    // The first one could pass for an end, now and then.
    for code in [0; 7].into_iter().chain(CODES) {
        let mut client = TcpStream::connect(&gateway.address).unwrap();
        let mut begin = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        begin.extend(frame(SETTINGS, 0, b""));
        begin.extend(post());
        begin.extend(frame(DATA, 0, b"abc"));
        client.write_all(&begin).unwrap();
        has_first.wait();
        client
            .write_all(&frame(RST_STREAM, 0, &[0, 0, 0, code]))
            .unwrap();
        assert_eq!(end.recv_timeout(LIMIT).unwrap(), None, "code {code}");
    }
}

/// A gRPC backend that resets its answer with this code after the first data, once it is told to.
fn resetting(code: u8) -> (String, Sender<()>) {
    let (resets, may_reset) = channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).unwrap();
        stream.write_all(&frame(SETTINGS, 0, b"")).unwrap();
        loop {
            let mut head = [0; 9];
            stream.read_exact(&mut head).unwrap();
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            stream.read_exact(&mut payload).unwrap();
            if head[3] == HEADERS {
                break;
            }
        }
        let mut answer = frame(HEADERS, END_HEADERS, b"\x88");
        answer.extend(frame(DATA, 0, b"abc"));
        stream.write_all(&answer).unwrap();
        may_reset.recv_timeout(LIMIT).unwrap();
        stream
            .write_all(&frame(RST_STREAM, 0, &[0, 0, 0, code]))
            .unwrap();
        // Until the gateway ends it.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    (address, resets)
}

#[tokio::test]
async fn an_answer_that_its_backend_resets_is_cut_off_at_the_client_whatever_the_code() {
    for code in CODES {
        let (backend, resets) = resetting(code);
        let gateway = Gateway::run(&config(&backend, ""));
        let mut sender = http2::connect(&gateway.address).await;
        let request = Request::post("http://a/my").header("content-type", "application/grpc");
        let request = request.body(Full::from("m")).unwrap();
        let answer = http2::call(&mut sender, request).await;
        assert_eq!(answer.status(), 200);
        let mut body = answer.into_body();
        let first = body.frame().await.unwrap().unwrap();
        assert_eq!(first.into_data().unwrap(), "abc");
        resets.send(()).unwrap();
        let end = tokio::time::timeout(LIMIT, body.frame()).await.unwrap();
        assert!(end.is_some_and(|end| end.is_err()), "code {code}");
    }
}

fn refusing() -> Gateway {
    Gateway::run(&config("127.0.0.1:9", "require_api_key = true\n"))
}

fn upload(length: usize, headers: &str) -> String {
    format!("POST /my HTTP/1.1\nHost: a\nContent-Length: {length}\n{headers}\n")
}

#[test]
fn a_client_that_writes_its_refused_upload_first_reads_the_answer() {
    let gateway = refusing();
    for length in [1, 100_000, 1_000_000] {
        let mut wire = Wire::connect(&gateway.address);
        send(&mut wire, &upload(length, ""));
        wire.write(vec![b'x'; length]);
        let (head, _) = answer(&mut wire);
        assert_eq!(head.status(), 403);
        assert_eq!(head.header("connection").as_deref(), Some("close"));
        assert!(wire.is_at_end(), "{length}");
    }
}

#[test]
fn a_refused_upload_is_read_for_a_bounded_size_and_time() {
    let gateway = refusing();
    let mut client = TcpStream::connect(&gateway.address).unwrap();
    let head = upload(1_000_000_000, "").replace('\n', "\r\n");
    client.write_all(head.as_bytes()).unwrap();
    let piece = vec![b'x'; 100_000];
    let written = (0..10_000).take_while(|_| client.write_all(&piece).is_ok());
    // What is beyond the bound is in the buffers of the sockets.
    assert!(written.count() < 1_000);

    let mut wire = Wire::connect(&gateway.address);
    send(&mut wire, &upload(1_000, ""));
    assert_eq!(answer(&mut wire).0.status(), 403);
    assert!(wire.is_at_end());
}

#[test]
fn a_client_that_waits_to_be_asked_for_its_upload_is_not_asked_in_vain() {
    let gateway = refusing();
    let mut wire = Wire::connect(&gateway.address);
    send(&mut wire, &upload(1_000, "Expect: 100-continue\n"));
    assert_eq!(answer(&mut wire).0.status(), 403);
    assert!(wire.is_at_end());
}
