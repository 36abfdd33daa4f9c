//! Guards, as clients, operators and the log see them.

use lambda_sidecar_test_support::scripted::{Gate, Leg, Reply, ScriptedAws};

use crate::{
    backend::{Server, event},
    client::{Wire, answer, get, send},
    process::{Gateway, TRANSPORTS, config, over, sidecar},
};

/// A gateway in front of this backend with a guarded sidecar, and the address of its metrics.
pub(crate) fn run(transport: &str, functions: &ScriptedAws, text: &str) -> (Gateway, String) {
    let url = functions.endpoint();
    let mut gateway = Gateway::run_with(&over(transport, text), &[("AWS_ENDPOINT_URL", &url)]);
    let admin = gateway.address_after("admin on http://");
    (gateway, admin)
}

pub(crate) fn text(origin: &str, guards: &str) -> String {
    let guarded = sidecar("pre", "guard").replace("useAss", &format!("{guards}\nuseAss"));
    format!("admin = '127.0.0.1:0'\n{}", config(origin, &guarded))
}

#[track_caller]
pub(crate) fn assert_shown(admin: &str, lines: &[&str]) {
    let (_, metrics) = get(admin, "/metrics");
    for line in lines {
        assert!(metrics.lines().any(|one| one == *line), "{line}\n{metrics}");
    }
}

const OPEN: &str = r#"sidecar_breaker_open{sidecar="guard",point="PreProcessor"} 1"#;
const CLOSED: &str = r#"sidecar_breaker_open{sidecar="guard",point="PreProcessor"} 0"#;

/// The attempts of a throttled call are one failure, and a rejected call is no function call.
#[test]
fn an_open_breaker_is_counted_logged_and_told_and_a_reload_makes_a_new_one() {
    for transport in TRANSPORTS {
        let functions = ScriptedAws::deciding(|_| Reply::exception(400, "SomeException"));
        let backend = Server::echoing_paths();
        let text = text(
            &backend.address,
            "breaker-failures: 2\nbreaker-open-seconds: 3600",
        );
        let (mut gateway, admin) = run(transport, &functions, &text);
        assert_shown(&admin, &[CLOSED]);
        for _ in 0..2 {
            assert_eq!(get(&gateway.address, "/my").0.status(), 500, "{transport}");
        }
        gateway.wait_for("the breaker opens: the function is left alone");
        let (head, body) = get(&gateway.address, "/my");
        assert_eq!(head.status(), 503, "{transport}");
        assert!(body.contains("AWS Lambda function is not called"), "{body}");
        let left: u32 = head.header("retry-after").unwrap().parse().unwrap();
        assert!((3500..=3600).contains(&left), "{left}");
        let line = "guard PreProcessor error InvalidResponseFromAWSLambdaInPreProcess rejected";
        gateway.wait_for(line);
        assert_eq!(functions.count(Leg::Lambda), 2);
        assert_shown(
            &admin,
            &[
                OPEN,
                r#"sidecar_rejected_total{sidecar="guard",point="PreProcessor",reason="breaker"} 1"#,
                r#"sidecar_calls_total{sidecar="guard",point="PreProcessor"} 2"#,
                r#"sidecar_duration_seconds_count{sidecar="guard",point="PreProcessor"} 2"#,
                r#"sidecar_failures_total{sidecar="guard",point="PreProcessor",class="rejected"} 1"#,
            ],
        );
        functions.decide(|_| Reply::verdict("{}"));
        gateway.signal("HUP");
        gateway.wait_for("configuration read again");
        assert_eq!(get(&gateway.address, "/my").0.status(), 200, "{transport}");
    }
}

#[test]
fn a_client_that_leaves_gives_its_place_back() {
    let ((asks, asked), may_answer) = (event(), Gate::default());
    let allow = Reply::verdict("{}").behind(&may_answer);
    let functions = ScriptedAws::deciding(move |_| {
        asks.send(()).unwrap();
        allow.clone()
    });
    let backend = Server::echoing_paths();
    let text = text(&backend.address, "max-concurrency: 1");
    let (mut gateway, admin) = run("sdk", &functions, &text);
    let mut first = Wire::connect(&gateway.address);
    send(&mut first, "GET /my HTTP/1.1\nHost: gw.test\n\n");
    asked.wait();
    let (head, _) = get(&gateway.address, "/my");
    assert_eq!(
        (head.status(), head.header("retry-after")),
        (503, Some("1".to_owned()))
    );
    let rejected =
        r#"sidecar_rejected_total{sidecar="guard",point="PreProcessor",reason="concurrency"} 1"#;
    assert_shown(&admin, &[rejected]);
    drop(first);
    gateway.wait_for("call aborted");
    let mut second = Wire::connect(&gateway.address);
    send(&mut second, "GET /my HTTP/1.1\nHost: gw.test\n\n");
    asked.wait();
    may_answer.open();
    assert_eq!(answer(&mut second).0.status(), 200);
}
