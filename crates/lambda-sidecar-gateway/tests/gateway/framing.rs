//! Where a message ends, said once at every way out.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use lambda_sidecar_test_support::scripted::{Leg, Reply, ScriptedAws};

use crate::{
    backend::Server,
    client::{Head, Wire, answer, call, send},
    http2,
    process::{Gateway, config, sidecar},
};

/// A function that changes nothing but a header.
fn functions() -> ScriptedAws {
    ScriptedAws::answering([Reply::verdict(r#"{"modify":{"addHeaders":{"x-a":"1"}}}"#)])
}

fn run(functions: &ScriptedAws, origin: &str, lines: &str) -> Gateway {
    let url = functions.endpoint();
    Gateway::run_with(&config(origin, lines), &[("AWS_ENDPOINT_URL", &url)])
}

/// An endpoint without sidecars, and with one at each side, that is sent the payload or is not.
fn endpoints() -> Vec<String> {
    let with_payload = |point: &str, part: &str| {
        let lines = sidecar(point, point);
        lines.replace("useAss", &format!("expand-input: {part}\nuseAss"))
    };
    vec![
        String::new(),
        sidecar("pre", "pre"),
        sidecar("post", "post"),
        with_payload("pre", "requestPayload"),
        with_payload("post", "responsePayload"),
    ]
}

fn framing(head: &Head) -> String {
    let length = head.header("content-length");
    format!("{length:?} {:?}", head.header("transfer-encoding"))
}

/// A backend that answers with the framing, body and trailers that it was sent.
fn echoing() -> Server {
    Server::start(|head, wire| {
        let body = wire.body(head);
        let is_chunked = head.header("transfer-encoding").is_some();
        let trailers = if is_chunked {
            wire.trailers()
        } else {
            Vec::new()
        };
        let text = format!("{} {body} {trailers:?}", framing(head));
        let length = text.len();
        wire.write(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{text}"
        ));
    })
}

/// A backend that says its length twice; the second time it is wrong.
fn backend_of_two_lengths() -> Server {
    Server::start(|head, wire| {
        wire.body(head);
        wire.write(
            "HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n\
             b\r\nhello world\r\n0\r\n\r\n",
        );
    })
}

#[test]
fn chunks_of_a_backend_go_before_its_length() {
    for lines in endpoints() {
        let (functions, backend) = (functions(), backend_of_two_lengths());
        let gateway = run(&functions, &backend.address, &lines);
        let mut wire = Wire::connect(&gateway.address);
        for _ in 0..2 {
            send(&mut wire, "GET /my HTTP/1.1\nHost: a\n\n");
            let head = wire.head().unwrap();
            assert_ne!(head.header("content-length").as_deref(), Some("5"));
            assert_eq!(wire.body(&head), "hello world", "{lines}");
            if head.header("transfer-encoding").is_some() {
                wire.trailers();
            }
        }
    }
}

#[tokio::test]
async fn chunks_of_a_backend_go_before_its_length_over_http2() {
    for lines in endpoints() {
        let (functions, backend) = (functions(), backend_of_two_lengths());
        let gateway = run(&functions, &backend.address, &lines);
        let mut sender = http2::connect(&gateway.address).await;
        let request = Request::get("http://a/my").body(Full::default()).unwrap();
        let response = http2::call(&mut sender, request).await;
        let length = response.headers().get("content-length").cloned();
        assert!(length.is_none_or(|length| length == "11"), "{lines}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "hello world", "{lines}");
    }
}

#[test]
fn chunks_of_a_client_go_before_its_length() {
    for lines in endpoints() {
        let functions = functions();
        let backend = echoing();
        let gateway = run(&functions, &backend.address, &lines);
        for (first, second) in [
            ("Content-Length: 3\n", "Transfer-Encoding: chunked\n"),
            ("Transfer-Encoding: chunked\n", "Content-Length: 3\n"),
        ] {
            let request = format!("POST /my HTTP/1.1\nHost: a\n{first}{second}\n");
            let mut wire = Wire::connect(&gateway.address);
            send(&mut wire, &request);
            wire.write("5\r\nhello\r\n0\r\n\r\n");
            let (_, seen) = answer(&mut wire);
            assert_eq!(seen, "None Some(\"chunked\") hello []", "{lines}");
        }
    }
}

#[tokio::test]
async fn frames_of_http2_go_before_a_length_that_no_function_sees() {
    let functions = functions();
    let backend = Server::answering(|head, body| format!("{} {body}", framing(head)));
    let lines = sidecar("pre", "pre").replace("useAss", "skip-request-headers: x\nuseAss");
    let gateway = run(&functions, &backend.address, &lines);
    let mut sender = http2::connect(&gateway.address).await;
    let request = Request::post("http://api.test/my").header("content-length", "3");
    let request = request.body(Full::from("abc")).unwrap();
    let body = http2::call(&mut sender, request).await.into_body();
    let seen = body.collect().await.unwrap().to_bytes();
    assert_eq!(seen, "Some(\"3\") None abc");
    let asked = functions.received(Leg::Lambda).remove(0);
    let envelope: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
    let expected = serde_json::json!({ "host": "api.test" });
    assert_eq!(envelope["request"]["headers"], expected);
}

#[tokio::test]
async fn the_authority_of_http2_is_the_host_that_a_sidecar_requires() {
    let functions = functions();
    let backend = Server::echoing_paths();
    let lines = sidecar("pre", "pre").replace("useAss", "require-request-headers: Host\nuseAss");
    let gateway = run(&functions, &backend.address, &lines);
    let mut sender = http2::connect(&gateway.address).await;
    let request = Request::get("http://api.test:81/my").body(Full::default());
    let response = http2::call(&mut sender, request.unwrap()).await;
    assert_eq!(response.status(), 200);
    let asked = functions.received(Leg::Lambda).remove(0);
    let envelope = String::from_utf8_lossy(&asked.body);
    assert!(envelope.contains(r#""host":"api.test:81""#), "{envelope}");
}

#[test]
fn equal_lengths_are_one_and_different_ones_are_an_error() {
    for (lengths, expected) in [
        ("content-length: 5\r\ncontent-length: 5\r\n", 200),
        ("content-length: 5, 5\r\n", 200),
        ("content-length: 5\r\ncontent-length: 4\r\n", 502),
        ("content-length: 5, 6\r\n", 502),
        ("content-length: five\r\n", 502),
    ] {
        let backend = Server::start(move |head, wire| {
            wire.write(format!("HTTP/1.1 200 OK\r\n{lengths}\r\n"));
            if !head.line.starts_with("HEAD") {
                wire.write("12345");
            }
        });
        let gateway = Gateway::run(&config(&backend.address, ""));
        for method in ["GET", "HEAD"] {
            let mut wire = Wire::connect(&gateway.address);
            send(&mut wire, &format!("{method} /my HTTP/1.1\nHost: a\n\n"));
            let head = wire.head().unwrap();
            assert_eq!(head.status(), expected, "{method} {lengths}");
            if expected == 200 {
                assert_eq!(head.header("content-length").as_deref(), Some("5"));
            }
        }
    }
    let backend = Server::answering(|head, body| format!("{} {body}", framing(head)));
    let gateway = Gateway::run(&config(&backend.address, ""));
    let posted = |second: &str| {
        let request = format!("POST /my HTTP/1.1\nHost: a\nContent-Length: 5\n{second}\n12345");
        call(&gateway.address, &request)
    };
    assert_eq!(posted("Content-Length: 5\n").1, "Some(\"5\") None 12345");
    assert_eq!(posted("Content-Length: 4\n").0.status(), 400);
}

#[test]
fn another_coding_than_chunked_is_501_and_of_a_backend_502() {
    let backend = Server::answering(|_, _| String::new());
    let gateway = Gateway::run(&config(&backend.address, ""));
    for codings in [
        "Transfer-Encoding: gzip, chunked\n",
        "Transfer-Encoding: gzip\nTransfer-Encoding: chunked\n",
        "Transfer-Encoding: chunked, chunked\n",
        "Transfer-Encoding: x;a=\"b, chunked\", chunked\n",
    ] {
        let request = format!("POST /my HTTP/1.1\nHost: a\n{codings}\n0\n\n");
        assert_eq!(
            call(&gateway.address, &request).0.status(),
            501,
            "{codings}"
        );
    }
    assert!(backend.seen().is_empty());
    for codings in ["gzip, chunked", "gzip", "chunked, gzip", "identity"] {
        let backend = Server::start(move |_, wire| {
            wire.write(format!(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: {codings}\r\n\r\n0\r\n\r\n"
            ));
        });
        let gateway = Gateway::run(&config(&backend.address, ""));
        let request = "GET /my HTTP/1.1\nHost: a\n\n";
        assert_eq!(call(&gateway.address, request).0.status(), 502, "{codings}");
    }
}

#[test]
fn a_status_without_a_body_keeps_none_rfc_9110_15_3_6() {
    for lines in endpoints() {
        for status in [204, 205, 304] {
            for body in [
                "content-length: 5\r\n\r\nhello",
                "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n",
            ] {
                let backend = Server::start(move |_, wire| {
                    wire.write(format!(
                        "HTTP/1.1 {status} X\r\nconnection: close\r\n{body}"
                    ));
                });
                let functions = functions();
                let gateway = run(&functions, &backend.address, &lines);
                let mut wire = Wire::connect(&gateway.address);
                send(
                    &mut wire,
                    "GET /my HTTP/1.1\nHost: a\n\nGET /x HTTP/1.1\nHost: a\n\n",
                );
                let head = wire.head().unwrap();
                assert_eq!(head.status(), status);
                assert_eq!(head.header("transfer-encoding"), None, "{status} {lines}");
                if status == 205 {
                    assert_eq!(
                        head.header("content-length").as_deref(),
                        Some("0"),
                        "{lines}"
                    );
                }
                // What follows is the next answer.
                assert_eq!(wire.head().unwrap().status(), 404, "{status} {lines}");
            }
        }
    }
}

#[test]
fn a_body_arrives_whatever_the_method_is() {
    for lines in endpoints() {
        let functions = functions();
        let backend = echoing();
        let gateway = run(&functions, &backend.address, &lines);
        for method in ["GET", "DELETE", "OPTIONS", "POST"] {
            let request = format!(
                "{method} /my HTTP/1.1\nHost: a\nTrailer: x-sum\nTransfer-Encoding: chunked\n\n\
                 3\nabc\n0\nx-sum: 7\n\n"
            );
            let (_, seen) = call(&gateway.address, &request);
            let expected = "None Some(\"chunked\") abc [\"x-sum: 7\"]";
            assert_eq!(seen, expected, "{method} {lines}");
            let request = format!("{method} /my HTTP/1.1\nHost: a\nContent-Length: 3\n\nabc");
            let (_, seen) = call(&gateway.address, &request);
            assert_eq!(seen, "Some(\"3\") None abc []", "{method} {lines}");
        }
    }
}

#[tokio::test]
async fn no_body_is_a_length_of_zero_if_the_method_makes_one_expect_a_body() {
    for lines in endpoints() {
        let functions = functions();
        let backend = Server::answering(|head, _| framing(head));
        let gateway = run(&functions, &backend.address, &lines);
        let mut sender = http2::connect(&gateway.address).await;
        for (method, expected) in [
            ("POST", "Some(\"0\") None"),
            ("PUT", "Some(\"0\") None"),
            ("PATCH", "Some(\"0\") None"),
            ("GET", "None None"),
            ("DELETE", "None None"),
        ] {
            let request = Request::builder().method(method).uri("http://a/my");
            let request = request.body(Full::<Bytes>::default()).unwrap();
            let body = http2::call(&mut sender, request).await.into_body();
            let seen = body.collect().await.unwrap().to_bytes();
            assert_eq!(seen, expected, "{method} over HTTP/2 {lines}");
            let request = format!("{method} /my HTTP/1.1\nHost: a\n\n");
            let (_, seen) = call(&gateway.address, &request);
            assert_eq!(seen, expected, "{method} over HTTP/1 {lines}");
        }
    }
}
