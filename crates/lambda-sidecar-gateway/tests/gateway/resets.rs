//! Messages that end before they are whole, and uploads that nobody wants.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    ops::RangeInclusive,
    sync::mpsc::{Sender, channel},
    thread,
};

use http::{HeaderValue, Method, Request};
use http_body_util::Full;

use crate::{
    backend::{Server, event},
    client::{Wire, answer, get, send},
    http2,
    process::{Gateway, LIMIT, config},
};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const INTERNAL_ERROR: u8 = 2;
const CANCEL: u8 = 8;

/// Those that there are (RFC 9113, section 7).
const CODES: RangeInclusive<u8> = 0..=13;

/// A frame of HTTP/2; of stream 1, but for those of the connection.
fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let stream = u8::from(![SETTINGS, PING, GOAWAY].contains(&kind));
    let head = [
        length[1], length[2], length[3], kind, flags, 0, 0, 0, stream,
    ];
    [&head[..], payload].concat()
}

/// `POST http://a.test/my` and more fields, in the static table of HPACK and literals.
fn post(fields: &[u8]) -> Vec<u8> {
    let pseudo = b"\x83\x86\x04\x03/my\x01\x06a.test";
    frame(HEADERS, END_HEADERS, &[pseudo, fields].concat())
}

const GRPC: &[u8] = b"\x0f\x10\x10application/grpc";
/// `content-length: 3`.
const THREE: &[u8] = b"\x0f\x0d\x013";
const ZERO: &[u8] = b"\x0f\x0d\x010";

/// Connects as a client of HTTP/2, and sends a POST with these fields and some data that is not at its end.
fn begin(gateway: &Gateway, fields: &[u8]) -> TcpStream {
    let mut client = begin_without_data(gateway, fields);
    client.write_all(&frame(DATA, 0, b"abc")).unwrap();
    client
}

fn begin_without_data(gateway: &Gateway, fields: &[u8]) -> TcpStream {
    let mut client = TcpStream::connect(&gateway.address).unwrap();
    client.set_read_timeout(Some(LIMIT)).unwrap();
    let mut begin = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    begin.extend(frame(SETTINGS, 0, b""));
    begin.extend(post(fields));
    client.write_all(&begin).unwrap();
    client
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
        let mut client = begin(&gateway, b"");
        has_first.wait();
        Break::Reset(code).write_to(&mut client);
        assert_eq!(end.recv_timeout(LIMIT).unwrap(), None, "code {code}");
    }
}

/// Whoever has the whole length takes the message for whole, so the last of it is held until its end is seen.
#[test]
fn a_request_that_its_client_breaks_off_after_its_whole_length_does_not_arrive_whole() {
    for by in breaks() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let gateway = Gateway::run(&config(&address, ""));
        let mut client = begin(&gateway, THREE);
        let (mut backend, _) = listener.accept().unwrap();
        backend.set_read_timeout(Some(LIMIT)).unwrap();
        let mut head = vec![0; 5];
        backend.read_exact(&mut head).unwrap();
        assert_eq!(head, b"POST ");
        by.write_to(&mut client);
        let mut rest = Vec::new();
        backend.read_to_end(&mut rest).unwrap();
        let rest = String::from_utf8(rest).unwrap();
        assert!(rest.ends_with("\r\n\r\n"), "{by:?}: {rest}");
    }
}

/// Of a body of length 0 there is nothing to hold, so that its head is held.
#[test]
fn a_request_of_length_0_that_its_client_breaks_off_does_not_reach_an_http1_backend() {
    let backend = Server::echoing_paths();
    let gateway = Gateway::run(&config(&backend.address, ""));
    for by in breaks() {
        let mut client = begin_without_data(&gateway, ZERO);
        until_read(&mut client);
        by.write_to(&mut client);
        assert_eq!(get(&gateway.address, "/my/whole").1, "/backend/whole");
        let seen = backend.seen();
        assert!(
            seen.iter().all(|(head, _)| head.path() == "/backend/whole"),
            "{by:?}"
        );
    }
}

#[test]
fn a_request_of_length_0_whose_end_comes_later_arrives_with_its_length() {
    let backend = Server::echoing_paths();
    let gateway = Gateway::run(&config(&backend.address, ""));
    for end in [
        frame(DATA, END_STREAM, b""),
        // `x-t: 1`
        frame(HEADERS, END_STREAM | END_HEADERS, b"\x00\x03x-t\x011"),
    ] {
        let mut client = begin_without_data(&gateway, ZERO);
        client.write_all(&frame(DATA, 0, b"")).unwrap();
        until_read(&mut client);
        client.write_all(&end).unwrap();
        read_until(&mut client, HEADERS);
    }
    let seen = backend.seen();
    let lengths: Vec<_> = seen
        .iter()
        .map(|(head, _)| head.header("content-length").unwrap())
        .collect();
    assert_eq!(lengths, ["0", "0"]);
}

/// Until the other side has read what was written so far.
fn until_read(stream: &mut TcpStream) {
    stream.write_all(&frame(PING, 0, &[0; 8])).unwrap();
    read_until(stream, PING);
}

/// How the sender of a message ends what it has begun.
#[derive(Debug, Clone, Copy)]
enum Break {
    Reset(u8),
    /// It announces the end of the connection, without an error, and closes it.
    GoAway,
}

/// All that there are.
fn breaks() -> impl Iterator<Item = Break> {
    CODES.map(Break::Reset).chain([Break::GoAway])
}

impl Break {
    fn write_to(self, stream: &mut TcpStream) {
        match self {
            Self::Reset(code) => stream.write_all(&frame(RST_STREAM, 0, &[0, 0, 0, code])),
            Self::GoAway => stream
                .write_all(&frame(GOAWAY, 0, &[0, 0, 0, 1, 0, 0, 0, 0]))
                .and_then(|()| stream.shutdown(Shutdown::Write)),
        }
        .unwrap();
    }
}

/// The next frame's kind, flags and payload.
fn read_frame(stream: &mut TcpStream) -> (u8, u8, Vec<u8>) {
    let mut head = [0; 9];
    stream.read_exact(&mut head).unwrap();
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut payload).unwrap();
    (head[3], head[4], payload)
}

/// Reads frames until one of this kind, and gives back its payload. None of them ends the stream.
fn read_until(stream: &mut TcpStream, kind: u8) -> Vec<u8> {
    loop {
        let (is, flags, payload) = read_frame(stream);
        if is == kind {
            return payload;
        }
        let can_end = is == HEADERS || is == DATA;
        assert!(!can_end || flags & END_STREAM == 0, "it ended as a whole");
    }
}

/// A gRPC backend that answers with these fields and data, and breaks off once it is told to.
fn breaking_off(by: Break, fields: &'static [u8]) -> (String, Sender<()>) {
    let (breaks, may_break) = channel();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut preface = [0; 24];
        stream.read_exact(&mut preface).unwrap();
        stream.write_all(&frame(SETTINGS, 0, b"")).unwrap();
        read_until(&mut stream, HEADERS);
        let mut answer = frame(HEADERS, END_HEADERS, &[b"\x88", fields].concat());
        answer.extend(frame(DATA, 0, b"abc"));
        stream.write_all(&answer).unwrap();
        may_break.recv_timeout(LIMIT).unwrap();
        by.write_to(&mut stream);
        // Until the gateway ends it.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    (address, breaks)
}

/// Another code would say more than is true: `NO_ERROR` that the answer is whole, `REFUSED_STREAM` that nobody has
/// seen the call (RFC 9113, section 8.7).
#[test]
fn an_answer_that_its_backend_breaks_off_is_an_internal_error_at_the_client_whatever_the_code() {
    for (by, fields) in breaks().flat_map(|by| [(by, &b""[..]), (by, THREE)]) {
        let (backend, breaks) = breaking_off(by, fields);
        let gateway = Gateway::run(&config(&backend, ""));
        let mut client = begin(&gateway, GRPC);
        read_until(&mut client, HEADERS);
        if fields.is_empty() {
            assert_eq!(read_until(&mut client, DATA), b"abc");
        }
        breaks.send(()).unwrap();
        let code = read_until(&mut client, RST_STREAM);
        assert_eq!(code, [0, 0, 0, INTERNAL_ERROR], "{by:?}");
    }
}

/// A gRPC backend that answers with this head, which does not end the stream, and then with these bytes.
fn answering(head: Vec<u8>, then: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 24]).unwrap();
        stream.write_all(&frame(SETTINGS, 0, b"")).unwrap();
        while read_frame(&mut stream).0 != HEADERS {}
        let head = frame(HEADERS, END_HEADERS, &head);
        stream.write_all(&[head, then].concat()).unwrap();
        // Until the gateway ends it.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    address
}

/// Methods and heads of answers that have no body: of length 0, and of statuses 204 and 304.
fn without_body() -> [(Method, Vec<u8>, u16); 4] {
    let head = |status: &[u8], fields: &[u8]| [status, fields].concat();
    [
        (Method::POST, head(b"\x88", ZERO), 200),
        (Method::POST, head(b"\x89", b""), 204),
        (Method::POST, head(b"\x8b", b""), 304),
        (Method::HEAD, head(b"\x88", THREE), 200),
    ]
}

/// The status of HTTP and of gRPC with which a call is answered.
async fn statuses(method: Method, backend: &str) -> (u16, Option<HeaderValue>) {
    let gateway = Gateway::run(&config(backend, ""));
    let mut sender = http2::connect(&gateway.address).await;
    let request = Request::builder().method(method).uri("http://a/my");
    let request = request.header("content-type", "application/grpc");
    let response = http2::call(&mut sender, request.body(Full::default()).unwrap()).await;
    let status = response.headers().get("grpc-status").cloned();
    (response.status().as_u16(), status)
}

#[tokio::test]
async fn an_answer_without_a_body_that_its_backend_breaks_off_is_a_bad_gateway() {
    for (method, head, _) in without_body() {
        for code in [0, CANCEL] {
            let reset = frame(RST_STREAM, 0, &[0, 0, 0, code]);
            let backend = answering(head.clone(), reset);
            let (_, grpc) = statuses(method.clone(), &backend).await;
            // Unavailable.
            assert_eq!(grpc.unwrap(), "14", "{method} {head:?} {code}");
        }
    }
}

#[tokio::test]
async fn an_answer_without_a_body_whose_end_comes_later_passes() {
    // With the length that another answer's body has.
    let not_modified = [b"\x8b", THREE].concat();
    let not_modified = (Method::POST, not_modified, 304);
    for (method, head, status) in without_body().into_iter().chain([not_modified]) {
        let end = [frame(DATA, 0, b""), frame(DATA, END_STREAM, b"")].concat();
        let backend = answering(head, end);
        let answered = statuses(method.clone(), &backend).await;
        assert_eq!(answered, (status, None), "{method}");
    }
}

#[test]
fn a_request_that_its_client_breaks_off_is_reset_at_an_http2_backend_whatever_the_code() {
    for (by, fields) in breaks().flat_map(|by| [(by, &b""[..]), (by, THREE)]) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let gateway = Gateway::run(&config(&address, ""));
        let mut client = begin(&gateway, &[GRPC, fields].concat());
        let (mut backend, _) = listener.accept().unwrap();
        backend.set_read_timeout(Some(LIMIT)).unwrap();
        backend.read_exact(&mut [0; 24]).unwrap();
        backend.write_all(&frame(SETTINGS, 0, b"")).unwrap();
        read_until(&mut backend, HEADERS);
        if fields.is_empty() {
            assert_eq!(read_until(&mut backend, DATA), b"abc");
        }
        by.write_to(&mut client);
        let code = read_until(&mut backend, RST_STREAM);
        let is_failure = code == [0, 0, 0, INTERNAL_ERROR] || code == [0, 0, 0, CANCEL];
        assert!(is_failure, "{by:?}: {code:?}");
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
