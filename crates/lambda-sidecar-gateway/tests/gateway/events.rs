//! Events in the background, as clients, operators and the log see them.

use lambda_sidecar_test_support::scripted::{Answer, Gate, Leg, RefusedPort, Reply, ScriptedAws};

use crate::{
    backend::{Event, Server, event},
    client::get,
    guards::{assert_shown, run},
    process::{Gateway, TRANSPORTS, config, over, sidecar},
};

fn text(origin: &str, lines: &str, shutdown: u32) -> String {
    let lines = format!("synchronicity: event\n{lines}\nuseAss");
    let queueing = sidecar("pre", "audit").replace("useAss", &lines);
    let text = config(origin, &queueing).replace("= 60000", &format!("= {shutdown}"));
    format!("admin = '127.0.0.1:0'\n{text}")
}

fn dropped(reason: &str, count: u32) -> String {
    format!(
        r#"sidecar_events_dropped_total{{sidecar="audit",point="PreProcessor",reason="{reason}"}} {count}"#
    )
}

fn queued(count: u32) -> String {
    format!(r#"sidecar_events_queued{{sidecar="audit",point="PreProcessor"}} {count}"#)
}

/// Functions that accept events once this gate is open, and tell when one comes.
fn behind(gate: &Gate) -> (ScriptedAws, Event) {
    let (came, comes) = event();
    let accepted = Reply::answer(&Answer::new(202, ""));
    let accepted = accepted.behind(gate);
    let functions = ScriptedAws::deciding(move |_| {
        came.send(()).unwrap();
        accepted.clone()
    });
    (functions, comes)
}

fn call(gateway: &Gateway) {
    assert_eq!(get(&gateway.address, "/my").0.status(), 200);
}

#[test]
fn calls_do_not_wait_and_a_full_queue_is_counted_and_logged() {
    for transport in TRANSPORTS {
        let gate = Gate::default();
        let (functions, comes) = behind(&gate);
        let backend = Server::echoing_paths();
        let text = text(
            &backend.address,
            "event-queue: 2\nmax-concurrency: 1",
            60_000,
        );
        let (mut gateway, admin) = run(transport, &functions, &text);
        assert_shown(&admin, &[&queued(0), &dropped("full", 0)]);
        for _ in 0..5 {
            call(&gateway);
        }
        comes.wait();
        gateway.wait_for("audit PreProcessor queued");
        gateway.wait_for("audit PreProcessor dropped");
        assert_shown(&admin, &[&queued(2), &dropped("full", 2)]);
        // Two are waited for at the end.
        gate.open();
        gateway.signal("TERM");
        assert_eq!(gateway.end().code(), Some(0), "{transport}");
        assert_eq!(functions.count(Leg::Lambda), 3, "{transport}");
    }
}

#[test]
fn what_is_left_at_the_end_is_logged_by_its_number() {
    let (functions, comes) = behind(&Gate::default());
    let backend = Server::echoing_paths();
    let text = text(&backend.address, "event-queue: 9\nmax-concurrency: 2", 50);
    let (mut gateway, _) = run("sdk", &functions, &text);
    for _ in 0..7 {
        call(&gateway);
    }
    comes.wait();
    gateway.signal("TERM");
    let line = gateway.wait_for("events were not sent and are lost");
    assert!(line.contains("events=7"), "{line}");
    assert_eq!(gateway.end().code(), Some(0));
}

#[test]
fn a_reload_makes_a_new_queue_and_the_old_one_is_still_emptied() {
    let gate = Gate::default();
    let (functions, comes) = behind(&gate);
    let backend = Server::echoing_paths();
    let text = text(
        &backend.address,
        "event-queue: 1\nmax-concurrency: 1",
        60_000,
    );
    let (mut gateway, admin) = run("sdk", &functions, &text);
    for _ in 0..2 {
        call(&gateway);
    }
    comes.wait();
    gateway.signal("HUP");
    gateway.wait_for("configuration read again");
    for _ in 0..2 {
        call(&gateway);
    }
    comes.wait();
    assert_shown(&admin, &[&queued(2), &dropped("full", 0)]);
    gate.open();
    gateway.signal("TERM");
    assert_eq!(gateway.end().code(), Some(0));
    assert_eq!(functions.count(Leg::Lambda), 4);
}

/// A function that may have been called is not called again.
#[test]
fn an_event_is_sent_again_if_there_was_no_connection_and_not_if_it_broke() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .unwrap();
    // For the port.
    let _runtime = runtime.enter();
    for transport in TRANSPORTS {
        let accepted = Reply::answer(&Answer::new(202, ""));
        let functions = ScriptedAws::answering([Reply::reset_before(), accepted.clone()]);
        let backend = Server::echoing_paths();
        let text = text(&backend.address, "event-queue: 9", 60_000);
        let (mut gateway, admin) = run(transport, &functions, &text);
        call(&gateway);
        gateway.wait_for("events dropped");
        assert_shown(&admin, &[&dropped("failed", 1)]);
        gateway.signal("TERM");
        assert_eq!(gateway.end().code(), Some(0), "{transport}");
        assert_eq!(functions.count(Leg::Lambda), 1, "{transport}");

        let port = RefusedPort::take();
        let (config, url) = (over(transport, &text), port.endpoint());
        let mut gateway = Gateway::run_with(&config, &[("AWS_ENDPOINT_URL", &url)]);
        call(&gateway);
        gateway.wait_for("the function call failed");
        let functions = ScriptedAws::on(port.listen());
        functions.script(Leg::Lambda, [accepted]);
        gateway.signal("TERM");
        assert_eq!(gateway.end().code(), Some(0), "{transport}");
        assert_eq!(functions.count(Leg::Lambda), 1, "{transport}");
    }
}
