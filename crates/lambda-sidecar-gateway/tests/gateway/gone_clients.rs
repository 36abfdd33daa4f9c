//! Clients that do not wait for their answers: each call has its line and is counted all the same.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use lambda_sidecar_test_support::scripted::{Reply, ScriptedAws};
use tokio::sync::mpsc::unbounded_channel;

use crate::{
    backend::{Server, event},
    client::{Wire, get, send},
    http2,
    process::{Gateway, TRANSPORTS, config, over, sidecar},
};

/// A function that is asked, and never answers.
fn silent_function(asked: impl Fn() + Send + 'static) -> ScriptedAws {
    ScriptedAws::deciding(move |_| {
        asked();
        Reply::never()
    })
}

#[test]
fn a_client_that_goes_while_the_function_works_has_a_line_and_is_counted() {
    for transport in TRANSPORTS {
        let (asked, was_asked) = event();
        let functions = silent_function(move || asked.send(()).unwrap());
        let url = functions.endpoint();
        let text = config("127.0.0.1:9", &sidecar("pre", "guard"));
        let text = over(transport, &format!("admin = '127.0.0.1:0'\n{text}"));
        let mut gateway = Gateway::run_with(&text, &[("AWS_ENDPOINT_URL", &url)]);
        let admin = gateway.address_after("admin on http://");
        let mut wire = Wire::connect(&gateway.address);
        send(&mut wire, "GET /my/x?secret HTTP/1.1\nHost: a\n\n");
        was_asked.wait();
        drop(wire);
        let line = gateway.wait_for("call aborted");
        for expected in [
            "INFO access: ",
            r#"http.request.method="GET""#,
            r#"url.path="/my/x""#,
            "http.response.status_code=499",
            r#"aborted="client""#,
            r#"endpoint="/my""#,
            "message_id=\"",
            "duration_ms=",
            "sidecars=guard PreProcessor under-way ",
        ] {
            assert!(line.contains(expected), "{expected}: {line}");
        }
        let (_, metrics) = get(&admin, "/metrics");
        for expected in [
            r#"gateway_requests_total{endpoint="/my",status="499"} 1"#,
            "gateway_requests_in_flight 0",
            r#"sidecar_cancelled_total{sidecar="guard",point="PreProcessor"} 1"#,
            r#"sidecar_duration_seconds_count{sidecar="guard",point="PreProcessor"} 1"#,
        ] {
            let found = metrics.lines().any(|line| line == expected);
            assert!(found, "{expected}\n{metrics}");
        }
    }
}

#[tokio::test]
async fn each_of_400_streams_that_are_reset_has_its_line() {
    const CALLS: usize = 400;
    let (asked, mut was_asked) = unbounded_channel();
    let functions = silent_function(move || asked.send(()).unwrap());
    let url = functions.endpoint();
    let text = config("127.0.0.1:9", &sidecar("pre", "guard"));
    let mut gateway = Gateway::run_with(&text, &[("AWS_ENDPOINT_URL", &url)]);
    let mut sender = http2::connect(&gateway.address).await;
    for call in 0..CALLS {
        let request = Request::get(format!("http://a/my/{call}"));
        let request = request.body(Full::<Bytes>::default()).unwrap();
        let answer = tokio::spawn(sender.send_request(request));
        was_asked.recv().await.unwrap();
        // The stream is reset.
        answer.abort();
    }
    let lines = tokio::task::spawn_blocking(move || {
        for call in 0..CALLS {
            gateway.wait_for(&format!("url.path=\"/my/{call}\""));
        }
        gateway.log.clone()
    });
    let lines = lines.await.unwrap();
    let aborted = |line: &&String| line.contains("status_code=499 aborted=\"client\"");
    assert_eq!(lines.iter().filter(aborted).count(), CALLS);
}

#[test]
fn an_answer_that_does_not_get_through_says_by_whose_doing() {
    let (gone, is_gone) = event();
    let backend = Server::start(move |head, wire| {
        wire.write("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc");
        if head.path().ends_with("client") {
            is_gone.wait();
            wire.is_at_end();
        }
        wire.close();
    });
    let mut gateway = Gateway::run(&config(&backend.address, ""));
    for by in ["backend", "client"] {
        let mut wire = Wire::connect(&gateway.address);
        send(&mut wire, &format!("GET /my/{by} HTTP/1.1\nHost: a\n\n"));
        assert_eq!(wire.head().unwrap().status(), 200);
        assert_eq!(wire.exactly(3), "abc");
        if by == "client" {
            drop(wire);
            gone.send(()).unwrap();
        }
        let line = gateway.wait_for(&format!("url.path=\"/my/{by}\""));
        let expected = format!("http.response.status_code=200 aborted=\"{by}\"");
        assert!(line.contains(&expected), "{line}");
        assert!(line.contains("http.response.body.size=3 "), "{line}");
    }
}

#[test]
fn answers_without_a_body_that_is_sent_are_whole() {
    let backend = Server::start(|head, wire| {
        let status = head.path().rsplit('/').next().unwrap().to_owned();
        let length = if status == "204" {
            ""
        } else {
            "content-length: 3\r\n"
        };
        wire.write(format!("HTTP/1.1 {status} X\r\n{length}\r\n"));
    });
    let mut gateway = Gateway::run(&config(&backend.address, ""));
    for (method, status) in [("HEAD", "200"), ("GET", "204"), ("GET", "304")] {
        let mut wire = Wire::connect(&gateway.address);
        send(
            &mut wire,
            &format!("{method} /my/{status} HTTP/1.1\nHost: a\n\n"),
        );
        assert_eq!(wire.head().unwrap().status().to_string(), status);
        let line = gateway.wait_for(&format!("url.path=\"/my/{status}\""));
        assert!(line.contains("call answered"), "{line}");
    }
    let mut wire = Wire::connect(&gateway.address);
    send(&mut wire, "HEAD /nowhere HTTP/1.1\nHost: a\n\n");
    wire.head();
    let line = gateway.wait_for("url.path=\"/nowhere\"");
    assert!(line.contains("call answered"), "{line}");
}

#[test]
fn calls_that_a_stop_cuts_off_have_their_lines() {
    let (asked, was_asked) = event();
    let functions = silent_function(move || asked.send(()).unwrap());
    let url = functions.endpoint();
    let text = config("127.0.0.1:9", &sidecar("pre", "guard")).replace("= 60000", "= 50");
    let mut gateway = Gateway::run_with(&text, &[("AWS_ENDPOINT_URL", &url)]);
    let mut wire = Wire::connect(&gateway.address);
    send(&mut wire, "GET /my HTTP/1.1\nHost: a\n\n");
    was_asked.wait();
    gateway.signal("TERM");
    let line = gateway.wait_for("call aborted");
    assert!(line.contains("status_code=499 aborted=\"stop\""), "{line}");
    assert_eq!(gateway.end().code(), Some(0));
}
