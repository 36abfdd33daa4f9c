//! Trailers that never pass, on endpoints with sidecars and without, over both protocols.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use lambda_sidecar_test_support::scripted::{Reply, ScriptedAws};
use tokio::net::TcpStream;

use crate::{
    backend::Server,
    client::{Wire, answer, send},
    process::{Gateway, LIMIT, config, sidecar},
};

/// What each side sends, and of that what passes.
const SENT: [&str; 8] = [
    "authorization",
    "set-cookie",
    "x_forwarded_for",
    "x-key",
    "x_key",
    "x-hop",
    "x-user",
    "x-sum",
];
const PASSED: [&str; 2] = ["x-sum: 1", "x-user: 1"];

/// Where the key of the package stands, for gateway and backend. It is nothing to the client.
const KEY: &str = "api_key = { header = 'X-Key' }\n";
const KEYS: [&str; 2] = ["x-key: 1", "x_key: 1"];

/// Over HTTP/1 it is nominated as one of the connection's.
const HOP: &str = "x-hop: 1";

fn chunked(head: &str) -> String {
    let lines: String = SENT.iter().map(|name| format!("{name}: 1\r\n")).collect();
    let names = SENT.join(", ");
    format!(
        "{head}transfer-encoding: chunked\r\ntrailer: {names}\r\nconnection: X-Hop\r\n\r\n\
         3\r\nabc\r\n0\r\n{lines}\r\n"
    )
}

/// Answers with the trailers that it got, as a header, and with trailers of its own.
fn backend() -> Server {
    Server::start(|head, wire| {
        let body = wire.body(head);
        let trailers = match head.header("transfer-encoding") {
            Some(_) => wire.trailers(),
            None => Vec::new(),
        };
        assert_eq!(body, "abc");
        let got = sorted(trailers).join(", ");
        wire.write(chunked(&format!("HTTP/1.1 200 OK\r\nx-got: {got}\r\n")));
    })
}

/// Removing a trailer may change the order of the others.
fn sorted(mut trailers: Vec<String>) -> Vec<String> {
    trailers.sort();
    trailers
}

/// These, and those that pass here alone.
fn and(passed: &[&str], more: &[&str]) -> Vec<String> {
    let all = passed.iter().chain(more);
    sorted(all.map(|line| (*line).to_owned()).collect())
}

/// A function that changes nothing, or sets `x-user`.
fn functions() -> ScriptedAws {
    ScriptedAws::deciding(|asked| match asked.path.contains("sign") {
        true => Reply::verdict(r#"{"modify":{"addHeaders":{"x-user":"alice"}}}"#),
        false => Reply::verdict("{}"),
    })
}

/// Each configuration with what passes to the backend and to the client.
fn cases() -> Vec<(String, &'static [&'static str], &'static [&'static str])> {
    vec![
        (String::new(), &PASSED, &PASSED),
        ("strip_api_key = true\n".to_owned(), &PASSED, &PASSED),
        (sidecar("pre", "allow"), &PASSED, &PASSED),
        (sidecar("post", "allow"), &PASSED, &PASSED),
        (sidecar("pre", "sign"), &PASSED[..1], &PASSED),
        (sidecar("post", "sign"), &PASSED, &PASSED[..1]),
    ]
}

fn run(functions: &ScriptedAws, origin: &str, lines: &str) -> Gateway {
    let url = functions.endpoint();
    let lines = format!("{KEY}{lines}");
    Gateway::run_with(&config(origin, &lines), &[("AWS_ENDPOINT_URL", &url)])
}

#[test]
fn forbidden_and_changed_trailers_do_not_pass_over_http1() {
    let (backend, functions) = (backend(), functions());
    for (lines, to_backend, to_client) in cases() {
        let gateway = run(&functions, &backend.address, &lines);
        let mut wire = Wire::connect(&gateway.address);
        send(
            &mut wire,
            &chunked("POST /my HTTP/1.1\r\nhost: a\r\nte: trailers\r\n").replace("\r\n", "\n"),
        );
        let (head, body) = answer(&mut wire);
        assert_eq!(body, "abc");
        assert_eq!(
            head.header("x-got").unwrap(),
            to_backend.join(", "),
            "{lines}"
        );
        assert_eq!(sorted(wire.trailers()), and(to_client, &KEYS), "{lines}");
    }
}

#[tokio::test]
async fn forbidden_and_changed_trailers_do_not_pass_over_http2() {
    let (backend, functions) = (backend(), functions());
    for (lines, to_backend, to_client) in cases() {
        let gateway = run(&functions, &backend.address, &lines);
        let stream = TcpStream::connect(&gateway.address).await.unwrap();
        let (executor, io) = (TokioExecutor::new(), TokioIo::new(stream));
        let handshake = hyper::client::conn::http2::handshake(executor, io);
        let (mut sender, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        let trailers: HeaderMap = SENT
            .iter()
            .map(|name| (HeaderName::from_static(name), HeaderValue::from_static("1")))
            .collect();
        let trailers = std::future::ready(Some(Ok(trailers)));
        // Of no length that it knows: a message with a length has no trailers.
        let body = Full::new(Bytes::from("abc")).map_frame(|frame| frame);
        let body = body.with_trailers(trailers);
        let request = Request::post("http://api.test/my")
            .header("te", "trailers")
            .header("trailer", SENT.join(", "));
        let response = sender.send_request(request.body(body).unwrap());
        let response = tokio::time::timeout(LIMIT, response)
            .await
            .unwrap()
            .unwrap();
        let got = response.headers()["x-got"].to_str().unwrap().to_owned();
        assert_eq!(got, and(to_backend, &[HOP]).join(", "), "{lines}");
        let trailers = response.into_body().collect().await.unwrap();
        let trailers = trailers.trailers().unwrap();
        let left = trailers.keys().map(|name| format!("{name}: 1"));
        assert_eq!(sorted(left.collect()), and(to_client, &KEYS), "{lines}");
    }
}
