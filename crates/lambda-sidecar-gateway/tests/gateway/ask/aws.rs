//! `ask --aws`: the functions that `run` would call.

use lambda_sidecar_test_support::scripted::{Answer, Leg, Reply, ScriptedAws};
use serde_json::Value;

use super::Scene;
use crate::process::{TRANSPORTS, config, finished, over, sidecar};

#[test]
fn the_functions_of_lambda_are_called_over_the_transport_of_the_file() {
    for transport in TRANSPORTS {
        let functions = ScriptedAws::answering([Reply::verdict(
            r#"{"modify":{"addHeaders":{"x-user":"alice"}}}"#,
        )]);
        let scene = Scene::new("");
        let lines = format!("endpoint_id = \"e1\"\n{}", sidecar("pre", "authz"));
        scene.write("gateway.toml", &over(transport, &config("b", &lines)));
        let mut command = scene.command(&["--aws", "--format", "json", "/my"]);
        command
            .env("AWS_ENDPOINT_URL", functions.endpoint())
            .env("AWS_SECRET_ACCESS_KEY", "SECRET-credential");
        let (code, out, err) = finished(command);
        assert_eq!(code, 0, "{transport}\n{err}");
        let report: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(report["sidecars"][0]["decision"], "modify", "{transport}");
        let asked = functions.received(Leg::Lambda);
        assert_eq!(asked.len(), 1, "{transport}");
        assert!(asked[0].path.contains("authz"), "{transport}");
        assert!(
            !out.contains("SECRET") && !err.contains("SECRET"),
            "{transport}"
        );
    }
}

#[test]
fn a_function_that_cannot_be_reached_is_a_failure_of_the_call() {
    let scene = Scene::new(&sidecar("pre", "authz"));
    let mut command = scene.command(&["--aws", "--format", "json", "/my"]);
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let (code, out, _) = finished(command);
    assert_eq!(code, 0);
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["sidecars"][0]["failure"]["class"], "connect");
    assert_eq!(report["sidecars"][0]["answer"], Value::Null);
    assert_eq!(report["response"]["status"], 500);
}

#[test]
fn credentials_that_cannot_be_had_say_why_and_show_no_secret() {
    let scene = Scene::new(&sidecar("pre", "authz"));
    let mut command = scene.command(&["--aws", "--format", "json", "/my"]);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env("AWS_SECRET_ACCESS_KEY", "SECRET-credential");
    let (_, out, err) = finished(command);
    let report: Value = serde_json::from_str(&out).unwrap();
    let failure = &report["sidecars"][0]["failure"];
    assert_eq!(failure["class"], "credentials", "{err}");
    let reason = failure["reason"].as_str().unwrap();
    assert!(reason.contains("no credentials found in chain"), "{reason}");
    assert!(!out.contains("SECRET") && !err.contains("SECRET"));
}

/// The call does not wait for it, and whoever asks does.
#[test]
fn an_event_for_a_queue_is_sent_once_and_what_came_of_it_is_shown() {
    let lines = "synchronicity: event\nevent-queue: 9\nuseAss";
    let queueing = sidecar("pre", "audit").replace("useAss", lines);
    for (reply, class) in [
        (Reply::answer(&Answer::new(202, "")), None),
        (
            Reply::exception(400, "SomeException"),
            Some("service_exception"),
        ),
    ] {
        let functions = ScriptedAws::answering([reply]);
        let scene = Scene::new(&queueing);
        let mut command =
            scene.command(&["--aws", "--format", "json", "--fail-on", "error", "/my"]);
        command.env("AWS_ENDPOINT_URL", functions.endpoint());
        let (code, out, err) = finished(command);
        let report: Value = serde_json::from_str(&out).unwrap();
        let receipt = &report["sidecars"][0];
        assert_eq!(receipt["decision"], "queued", "{err}");
        assert_eq!(functions.count(Leg::Lambda), 1);
        assert_eq!(report["request"]["method"], "GET");
        match class {
            None => assert_eq!((code, &receipt["answer"]["status"]), (0, &202.into())),
            Some(class) => {
                assert_eq!(receipt["failure"]["class"], class);
                assert_eq!(receipt["failure"]["action"], "forward");
                assert_eq!(code, 6);
            }
        }
    }
}
