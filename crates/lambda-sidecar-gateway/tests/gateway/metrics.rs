//! What is counted.

use std::{thread::yield_now, time::Instant};

use lambda_sidecar_test_support::scripted::{Gate, Reply, ScriptedAws};

use crate::{
    backend::{Server, event},
    client::{Wire, answer, call, get, send},
    process::{Gateway, LIMIT, TRANSPORTS, config, over, repository, sidecar},
};

/// Functions that answer so, but for one that answers what is no verdict.
fn one_broken(verdict: &'static str) -> ScriptedAws {
    ScriptedAws::deciding(move |asked| match asked.path.contains("broken") {
        true => Reply::verdict("[]"),
        false => Reply::verdict(verdict),
    })
}

#[test]
fn calls_and_decisions_are_counted() {
    let functions = one_broken(r#"{"modify":{"addHeaders":{"te":"x"}}}"#);
    let backend = Server::echoing_paths();
    let safe = sidecar("post", "broken").replace("useAss", "failSafe: true\nuseAss");
    let lines = format!("{}{safe}", sidecar("pre", "changer"));
    let text = format!(
        "admin = '127.0.0.1:0'\n{}",
        config(&backend.address, &lines)
    );
    let url = functions.endpoint();
    let mut gateway = Gateway::run_with(&text, &[("AWS_ENDPOINT_URL", &url)]);
    let admin = gateway.address_after("admin on http://");
    for path in ["/my", "/my/x?secret", "/nowhere"] {
        get(&gateway.address, path);
    }
    let (head, metrics) = get(&admin, "/metrics");
    assert!(
        head.header("content-type")
            .unwrap()
            .starts_with("text/plain")
    );
    for expected in [
        r#"gateway_requests_total{endpoint="/my",status="200"} 2"#,
        r#"gateway_requests_total{endpoint="",status="404"} 1"#,
        r#"gateway_requests_in_flight 0"#,
        r#"sidecar_calls_total{sidecar="changer",point="PreProcessor"} 2"#,
        r#"sidecar_calls_in_flight{sidecar="changer",point="PreProcessor"} 0"#,
        r#"sidecar_decisions_total{sidecar="changer",point="PreProcessor",decision="modify"} 2"#,
        r#"sidecar_decisions_total{sidecar="changer",point="PreProcessor",decision="error"} 0"#,
        r#"sidecar_decisions_total{sidecar="broken",point="PostProcessor",decision="allow"} 2"#,
        r#"sidecar_failures_total{sidecar="broken",point="PostProcessor",class="wrong_answer"} 2"#,
        r#"sidecar_failed_open_total{sidecar="broken",point="PostProcessor"} 2"#,
        r#"sidecar_refused_headers_total{sidecar="changer",point="PreProcessor"} 2"#,
        r#"sidecar_duration_seconds_count{sidecar="changer",point="PreProcessor"} 2"#,
        r#"sidecar_envelope_bytes_bucket{sidecar="changer",point="PreProcessor",le="1024"} 2"#,
    ] {
        assert!(
            metrics.lines().any(|line| line == expected),
            "{expected}\n{metrics}"
        );
    }
    assert!(!metrics.contains("secret") && !metrics.contains("nowhere"));
}

/// Waits until the gauges stand so: of function calls, of requests.
fn wait_for_in_flight(admin: &str, calls: u32, requests: u32) {
    let lines = [
        format!(r#"sidecar_calls_in_flight{{sidecar="guard",point="PreProcessor"}} {calls}"#),
        format!("gateway_requests_in_flight {requests}"),
    ];
    let since = Instant::now();
    loop {
        let (_, metrics) = get(admin, "/metrics");
        let stands = |line: &String| metrics.lines().any(|one| one == line);
        if lines.iter().all(stands) {
            return;
        }
        assert!(since.elapsed() < LIMIT, "{lines:?}\n{metrics}");
        yield_now();
    }
}

#[test]
fn what_is_in_flight_is_counted_while_it_is_and_not_after() {
    for transport in TRANSPORTS {
        let ((asks, asked), may_answer) = (event(), Gate::default());
        let allow = Reply::verdict("{}").behind(&may_answer);
        let functions = ScriptedAws::deciding(move |_| {
            asks.send(()).unwrap();
            allow.clone()
        });
        let (ends, may_end) = event();
        let backend = Server::start(move |_, wire| {
            wire.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nha");
            may_end.wait();
            wire.write("lf");
        });
        let text = config(&backend.address, &sidecar("pre", "guard"));
        let text = over(transport, &format!("admin = '127.0.0.1:0'\n{text}"));
        let url = functions.endpoint();
        let mut gateway = Gateway::run_with(&text, &[("AWS_ENDPOINT_URL", &url)]);
        let admin = gateway.address_after("admin on http://");

        let mut clients = [0, 1, 2].map(|_| Wire::connect(&gateway.address));
        for (client, begun) in clients.iter_mut().zip(1..) {
            send(client, "GET /my HTTP/1.1\nHost: gw.test\n\n");
            asked.wait();
            wait_for_in_flight(&admin, begun, begun);
        }
        // One of them is not waited for any longer.
        let [first, second, gone] = &mut clients;
        gone.close();
        wait_for_in_flight(&admin, 2, 2);
        // The answers are under way, and no function is asked any more.
        may_answer.open();
        wait_for_in_flight(&admin, 0, 2);
        (0..2).for_each(|_| ends.send(()).unwrap());
        for client in [first, second] {
            assert_eq!(answer(client).1, "half", "{transport}");
        }
        wait_for_in_flight(&admin, 0, 0);
    }
}

#[test]
fn decisions_are_counted_too_where_the_backend_fails() {
    for transport in TRANSPORTS {
        let functions = ScriptedAws::start();
        let url = functions.endpoint();
        let text = config("127.0.0.1:9", &sidecar("pre", "guard"));
        let text = over(transport, &format!("admin = '127.0.0.1:0'\n{text}"));
        let mut gateway = Gateway::run_with(&text, &[("AWS_ENDPOINT_URL", &url)]);
        let admin = gateway.address_after("admin on http://");
        assert_eq!(get(&gateway.address, "/my").0.status(), 502, "{transport}");
        let (_, metrics) = get(&admin, "/metrics");
        let expected =
            r#"sidecar_decisions_total{sidecar="guard",point="PreProcessor",decision="allow"} 1"#;
        assert!(metrics.contains(expected), "{transport}\n{metrics}");
    }
}

#[test]
fn a_call_has_a_line_in_the_access_log_with_the_receipt_and_without_its_query() {
    let functions = one_broken(r#"{"modify":{"addHeaders":{"x-secret":"SECRET"}}}"#);
    let backend = Server::echoing_paths();
    let safe = sidecar("post", "broken").replace("useAss", "failSafe: true\nuseAss");
    let lines = format!("{}{safe}", sidecar("pre", "changer"));
    let url = functions.endpoint();
    let mut gateway = Gateway::run_with(
        &config(&backend.address, &lines),
        &[("AWS_ENDPOINT_URL", &url)],
    );
    call(&gateway.address, "SECRET /my HTTP/1.1\nHost: a\n\n");
    let line = gateway.wait_for("call answered");
    assert!(line.contains(r#"http.request.method="_OTHER""#), "{line}");
    get(&gateway.address, "/my/op?api_key=SECRET");
    let line = gateway.wait_for(r#"url.path="/my/op""#);
    for expected in [
        "INFO access: call answered",
        r#"http.request.method="GET""#,
        r#"url.path="/my/op""#,
        "http.response.status_code=200",
        r#"endpoint="/my""#,
        "message_id=\"",
        "duration_ms=",
        "sidecars=changer PreProcessor modify ",
        "; broken PostProcessor allow wrong_answer failed-open ",
    ] {
        assert!(line.contains(expected), "{expected}: {line}");
    }
    let fields = line.split(' ').filter_map(|word| word.split_once('='));
    let fields: Vec<_> = fields.map(|(name, _)| name).collect();
    assert_eq!(fields, fields_of_the_access_log_in_the_book(), "{line}");
    assert!(!gateway.log.join("\n").contains("SECRET"));
}

/// In the first sentence of the section: `name`, `name` and `name`.
fn fields_of_the_access_log_in_the_book() -> Vec<String> {
    let page = repository("docs/operations.md");
    let section = page.split("## Access log\n").nth(1).unwrap();
    let sentence = section.split(". ").next().unwrap();
    let names = sentence.split_once("level `info`: ").unwrap().1;
    let names = names.split('`').skip(1).step_by(2);
    names.map(str::to_owned).collect()
}
