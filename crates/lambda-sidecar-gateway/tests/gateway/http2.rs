//! HTTP/2 without TLS, on both sides.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
};

use crate::{
    backend::Server,
    process::{Gateway, LIMIT, config},
};

pub(crate) type Sender = hyper::client::conn::http2::SendRequest<Full<Bytes>>;

pub(crate) async fn connect(address: &str) -> Sender {
    let stream = TcpStream::connect(address).await.unwrap();
    let (executor, io) = (TokioExecutor::new(), TokioIo::new(stream));
    let handshake = hyper::client::conn::http2::handshake(executor, io);
    let (sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    sender
}

pub(crate) async fn call(sender: &mut Sender, request: Request<Full<Bytes>>) -> Response<Incoming> {
    let answer = tokio::time::timeout(LIMIT, sender.send_request(request));
    answer.await.unwrap().unwrap()
}

/// Sends the message back, with its status in the trailers.
async fn unary(
    request: Request<Incoming>,
) -> Result<Response<impl http_body::Body<Data = Bytes, Error = Infallible>>, Infallible> {
    assert_eq!(request.version(), Version::HTTP_2);
    assert_eq!(request.headers()["te"], "trailers");
    let message = request.into_body().collect().await.unwrap().to_bytes();
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    // So many kilobytes are asked for.
    if let Some(Ok(size)) = std::str::from_utf8(&message)
        .map(|text| text.strip_prefix("trailers "))
        .ok()
        .flatten()
        .map(str::parse::<usize>)
    {
        let text = HeaderValue::from_str(&"m".repeat(size * 1000)).unwrap();
        trailers.insert("grpc-message", text);
    }
    let body = Full::new(message).with_trailers(async { Some(Ok(trailers)) });
    let mut response = Response::new(body);
    let content_type = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert("content-type", content_type);
    Ok(response)
}

/// A gRPC backend, which insists on HTTP/2.
async fn grpc_backend() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            let service = hyper::service::service_fn(unary);
            tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}

fn grpc(path: &str) -> Request<Full<Bytes>> {
    Request::post(format!("http://api.test{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(Full::from("message"))
        .unwrap()
}

#[tokio::test]
async fn a_client_may_begin_with_http2() {
    let backend = Server::answering(|head, body| {
        format!("{} {:?} {body}", head.line, head.header("x-forwarded-host"))
    });
    let gateway = Gateway::run(&config(&backend.address, ""));
    let mut sender = connect(&gateway.address).await;
    for body in ["", "abc"] {
        let request = Request::post("http://api.test/my/x?y");
        let request = request.body(Full::from(body)).unwrap();
        let response = call(&mut sender, request).await;
        assert_eq!(response.version(), Version::HTTP_2);
        let text = response.into_body().collect().await.unwrap().to_bytes();
        let expected = format!("POST /backend/x?y HTTP/1.1 Some(\"api.test\") {body}");
        assert_eq!(text, expected);
    }
}

#[tokio::test]
async fn a_grpc_call_passes_with_its_trailers() {
    let backend = grpc_backend().await;
    let gateway = Gateway::run(&config(&backend, ""));
    let mut sender = connect(&gateway.address).await;
    let response = call(&mut sender, grpc("/my/Service/Method")).await;
    assert_eq!(response.status(), 200);
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
    assert_eq!(body.to_bytes(), "message");
}

/// A gRPC call whose answer has trailers of so many kilobytes.
fn with_trailers(kilobytes: usize) -> Request<Full<Bytes>> {
    grpc("/my/Service/Method").map(|_| Full::from(format!("trailers {kilobytes}")))
}

#[tokio::test]
async fn trailers_pass_as_a_whole_or_the_answer_is_an_error() {
    let backend = grpc_backend().await;
    let small = config(&backend, "").replacen("\n\n", "\n[limits]\nmax_header_kb = 32\n\n", 1);
    for (text, passes) in [
        (
            config(&backend, ""),
            [(20, true), (60, true), (70, false), (500, false)],
        ),
        (small, [(20, true), (31, true), (40, false), (400, false)]),
    ] {
        let gateway = Gateway::run(&text);
        for (kilobytes, passes) in passes {
            let stream = TcpStream::connect(&gateway.address).await.unwrap();
            let mut builder = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
            builder.max_header_list_size(1 << 20);
            let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            let answer = tokio::time::timeout(LIMIT, async {
                // The end may be there before the beginning was looked at, which is an error at once.
                let response = sender.send_request(with_trailers(kilobytes)).await?;
                response.into_body().collect().await
            });
            let body = answer.await.unwrap();
            assert_eq!(body.is_ok(), passes, "{kilobytes}");
            if let Ok(body) = body {
                let trailers = body.trailers().unwrap();
                assert_eq!(trailers["grpc-status"], "0");
                assert_eq!(trailers["grpc-message"].len(), kilobytes * 1000);
            }
        }
    }
}

#[tokio::test]
async fn trailers_of_a_request_pass_as_a_whole_or_the_call_is_an_error() {
    let backend = Server::start(|head, wire| {
        let body = wire.body(head);
        let trailers: usize = wire.trailers().iter().map(String::len).sum();
        let text = format!("{body} {trailers}");
        let length = text.len();
        wire.write(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{text}"
        ));
    });
    let gateway = Gateway::run(&config(&backend.address, ""));
    for (kilobytes, passes) in [(20, true), (60, true), (70, false), (240, false)] {
        let stream = TcpStream::connect(&gateway.address).await.unwrap();
        let (executor, io) = (TokioExecutor::new(), TokioIo::new(stream));
        let handshake = hyper::client::conn::http2::handshake(executor, io);
        let (mut sender, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        let mut trailers = HeaderMap::new();
        trailers.insert("x-first", HeaderValue::from_static("1"));
        for _ in 0..kilobytes {
            let text = HeaderValue::from_str(&"m".repeat(960)).unwrap();
            trailers.append("x-many", text);
        }
        let body = Full::new(Bytes::from("abc")).map_frame(|frame| frame);
        let body = body.with_trailers(std::future::ready(Some(Ok(trailers))));
        let request = Request::post("http://a/my")
            .header("te", "trailers")
            .header("trailer", "x-first, x-many")
            .body(body)
            .unwrap();
        let answer = tokio::time::timeout(LIMIT, sender.send_request(request));
        let response = answer.await.unwrap().unwrap();
        let status = if passes { 200 } else { 400 };
        assert_eq!(response.status(), status, "{kilobytes}");
        if passes {
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let expected = "x-first: 1".len() + kilobytes * (960 + "x-many: ".len());
            assert_eq!(body, format!("abc {expected}"));
        }
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_431() {
    let backend = Server::echoing_paths();
    let gateway = Gateway::run(&config(&backend.address, ""));
    for (kilobytes, status) in [(60, 200), (70, 431), (240, 431), (300, 431)] {
        let mut sender = connect(&gateway.address).await;
        let mut request = Request::get("http://a/my");
        for _ in 0..kilobytes {
            request = request.header("x-many", "m".repeat(960));
        }
        let response = call(&mut sender, request.body(Full::default()).unwrap()).await;
        assert_eq!(response.status(), status, "{kilobytes}");
    }
}

/// RFC 9113, section 8.2.1: such a value is malformed. The library lets it pass, and an HTTP/1 backend would read
/// another one than the function was shown.
#[tokio::test]
async fn white_space_around_a_value_is_no_part_of_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let gateway = Gateway::run(&config(&address, ""));
    let mut sender = connect(&gateway.address).await;
    let request = Request::get("http://a/my").header("x-a", " a \tb\t ");
    let calling = sender.send_request(request.body(Full::default()).unwrap());
    let calling = tokio::spawn(calling);
    let (mut backend, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let read = tokio::time::timeout(LIMIT, backend.read_buf(&mut head));
        assert!(read.await.unwrap().unwrap() > 0);
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.contains("\r\nx-a: a \tb\r\n"), "{head:?}");
    calling.abort();
}

/// RFC 9110, section 9.3.2.
#[tokio::test]
async fn an_own_answer_to_head_has_no_body() {
    let gateway = Gateway::run(&config("127.0.0.1:9", ""));
    let mut sender = connect(&gateway.address).await;
    for (path, status) in [("/other", 404), ("/my", 502), ("/my/..", 400)] {
        let request = Request::head(format!("http://a{path}"));
        let response = call(&mut sender, request.body(Full::default()).unwrap()).await;
        assert_eq!(response.status(), status, "{path}");
        assert!(response.headers()["content-length"].len() > 2, "{path}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(body.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn a_scheme_that_is_not_https_is_400() {
    let backend = Server::echoing_paths();
    let gateway = Gateway::run(&config(&backend.address, ""));
    let mut sender = connect(&gateway.address).await;
    for (uri, status) in [
        ("javascript://a/my", 400),
        ("ftp://a/my", 400),
        ("https://a/my", 200),
        ("http://a/my", 200),
    ] {
        let request = Request::get(uri).body(Full::default()).unwrap();
        assert_eq!(call(&mut sender, request).await.status(), status, "{uri}");
    }
}

#[tokio::test]
async fn a_grpc_client_understands_the_gateways_own_answers() {
    let gateway = Gateway::run(&config("127.0.0.1:9", ""));
    let mut sender = connect(&gateway.address).await;
    for (path, code) in [("/other", "12"), ("/my", "14"), ("/my/..", "13")] {
        let response = call(&mut sender, grpc(path)).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["grpc-status"], code, "{path}");
        assert!(response.headers().contains_key("grpc-message"));
        let body = response.into_body().collect().await.unwrap();
        assert!(body.trailers().is_none() && body.to_bytes().is_empty());
    }
}

#[tokio::test]
async fn calls_in_flight_on_http2_are_finished() {
    let (arrived, has_arrived) = crate::backend::event();
    let (release, released) = crate::backend::event();
    let backend = Server::start(move |_, wire| {
        arrived.send(()).unwrap();
        released.wait();
        wire.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone");
    });
    let mut gateway = Gateway::run(&config(&backend.address, ""));
    let mut sender = connect(&gateway.address).await;
    let request = Request::get("http://api.test/my")
        .body(Full::default())
        .unwrap();
    let answer = tokio::spawn(sender.send_request(request));
    let gateway = tokio::task::spawn_blocking(move || {
        has_arrived.wait();
        gateway.signal("TERM");
        gateway.wait_for("stopping");
        release.send(()).unwrap();
        gateway
    });
    let gateway = gateway.await.unwrap();
    let response = answer.await.unwrap().unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "done");
    let end = tokio::task::spawn_blocking(|| gateway.end());
    assert_eq!(end.await.unwrap().code(), Some(0));
}
