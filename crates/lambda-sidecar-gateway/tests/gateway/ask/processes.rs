//! The process of a function, from its start to its end.

use std::{
    process::Child,
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{Scene, is_running};
use crate::{
    client::call,
    process::{Folder, Gateway, LIMIT, program, sidecar, signal},
};

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < LIMIT, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn all_end(scene: &Scene) {
    let started = scene.started();
    assert!(!started.is_empty(), "no function was started");
    for id in started {
        wait_until("the function has ended", || !is_running(&id));
    }
}

/// An `ask` under way; it is killed with the test.
struct Asking(Child);

impl Drop for Asking {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_runtime_api_tells_the_function_what_lambda_would() {
    let scene = Scene::new(&sidecar("pre", "authz").replace("useAss", "timeout: 9000\nuseAss"));
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let header = format!("traceparent: {trace}");
    let report = scene.report("headers", &["-H", &header, "/my"]);
    let body = report["response"]["body"].as_str().unwrap();
    let told: serde_json::Value = serde_json::from_str(&body.to_lowercase()).unwrap();
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:authz";
    assert_eq!(told["lambda-runtime-invoked-function-arn"], arn);
    let id = &report["sidecars"][0]["envelope"]["masheryMessageId"];
    let context = told["lambda-runtime-client-context"].as_str().unwrap();
    let context: serde_json::Value = serde_json::from_str(context).unwrap();
    assert_eq!(
        context,
        json!({ "custom": { "messageid": id, "traceparent": trace } })
    );
    let left: i64 = told["lambda-runtime-deadline-ms"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let left = left - told["now-ms"].as_i64().unwrap();
    assert!((1..=9000).contains(&left), "{left}");
    let trace = told["lambda-runtime-trace-id"].as_str().unwrap();
    assert!(trace.starts_with("root=1-"), "{trace}");
}

#[test]
fn one_process_serves_one_sidecar_after_the_other_and_ends_with_the_report() {
    let lines = format!("{}{}", sidecar("pre", "one"), sidecar("pre", "two"));
    let scene = Scene::new(&lines);
    let report = scene.report("{}", &["/my"]);
    assert_eq!(report["sidecars"].as_array().unwrap().len(), 2);
    assert_eq!(scene.started().len(), 1);
    all_end(&scene);
}

#[test]
fn what_a_function_started_ends_with_it() {
    let scene = Scene::new(&sidecar("pre", "authz"));
    scene.report("start", &["/my"]);
    assert_eq!(scene.started().len(), 2);
    all_end(&scene);
}

#[test]
fn what_a_function_prints_does_not_mix_with_the_report() {
    let scene = Scene::new(&sidecar("pre", "authz"));
    let function = "python3 -u function.py {}";
    let (code, out, err) = scene.ask(&["--function", function, "/my"]);
    assert_eq!(code, 0);
    assert!(!out.contains("the function prints"), "{out}");
    assert!(err.contains("the function prints"), "{err}");
}

#[test]
fn a_process_that_ends_before_its_answer_is_a_function_error() {
    let lines = format!("{}{}", sidecar("pre", "one"), sidecar("pre", "two"));
    let lines = lines.replace("useAss", "failSafe: true\nuseAss");
    let scene = Scene::new(&lines);
    let report = scene.report("exit", &["/my"]);
    for receipt in report["sidecars"].as_array().unwrap() {
        assert_eq!(
            receipt["answer"]["payload"]["errorType"],
            "Runtime.ExitError"
        );
        let message = receipt["answer"]["payload"]["errorMessage"]
            .as_str()
            .unwrap();
        assert!(
            message.ends_with("Runtime exited with error: exit status: 7"),
            "{message}"
        );
    }
    assert_eq!(
        scene.started().len(),
        2,
        "the second call gets a new process"
    );
}

#[test]
fn an_error_while_it_starts_is_the_functions_own() {
    let scene = Scene::new(&sidecar("pre", "authz"));
    let report = scene.report("init-error", &["/my"]);
    let payload = &report["sidecars"][0]["answer"]["payload"];
    assert_eq!(
        payload,
        &json!({ "errorMessage": "no such module", "errorType": "ImportError" })
    );
    assert_eq!(report["response"]["status"], 502);
}

#[test]
fn a_function_that_takes_too_long_is_a_timeout_and_its_process_ends() {
    let scene = Scene::new(&sidecar("pre", "authz").replace("useAss", "timeout: 3000\nuseAss"));
    let report = scene.report("hang", &["/my"]);
    let failure = json!({ "class": "timeout", "reason": "no answer in time", "action": "block" });
    assert_eq!(report["sidecars"][0]["failure"], failure);
    assert_eq!(report["response"]["status"], 504);
    all_end(&scene);
}

#[test]
fn the_endpoints_time_is_kept_where_a_sidecar_has_none() {
    let scene = Scene::new(&format!("timeout_ms = 3000\n{}", sidecar("pre", "authz")));
    let report = scene.report("hang", &["/my"]);
    assert_eq!(report["sidecars"][0]["error"], "GatewayTimeout");
    assert_eq!(report["response"]["status"], 504);
    all_end(&scene);
}

#[test]
fn an_interrupt_ends_the_function_too_and_exits_3() {
    let scene = Scene::new(&sidecar("pre", "authz"));
    let mut ask = Asking(
        scene
            .command(&["--function", "python3 function.py hang", "/my"])
            .spawn()
            .unwrap(),
    );
    wait_until("the function is asked", || scene.0.path("asked").exists());
    signal("INT", ask.0.id());
    assert_eq!(ask.0.wait().unwrap().code(), Some(3));
    all_end(&scene);
}

#[test]
fn the_demo_asks_a_program_where_one_is_given() {
    let scene = Scene::new("");
    let mut command = program();
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .current_dir(scene.0.path(""))
        .args(["demo", "--function"])
        .arg(r#"python3 function.py '{"modify":{"addHeaders":{"x-user":"mine"}}}'"#);
    let gateway = Gateway::start(command, Folder::new());
    let request = "GET /shop/orders/7 HTTP/1.1\nHost: a\n\n";
    let (head, body) = call(&gateway.address, request);
    assert_eq!(head.header("x-user").as_deref(), Some("mine"));
    assert!(body.contains(r#""seen_user":"mine""#), "{body}");
    gateway.signal("INT");
    assert_eq!(gateway.end().code(), Some(0));
    all_end(&scene);
}

#[test]
fn a_program_that_ends_at_once_says_so_with_its_status_and_its_last_words() {
    let scene = Scene::new(&sidecar("pre", "authz"));
    scene.write("broken.py", "import no_such_module\n");
    scene.write("quiet.py", "def main(event, context):\n    return {}\n");
    for (function, status, words) in [
        (
            "python3 broken.py",
            "exit status: 1",
            "No module named 'no_such_module'",
        ),
        (
            "python3 quiet.py",
            "exit status: 0",
            "has to speak the Runtime API",
        ),
    ] {
        let args = ["--format", "json", "--function", function, "/my"];
        let (_, out, _) = scene.ask(&args);
        let report: serde_json::Value = serde_json::from_str(&out).unwrap();
        let payload = &report["sidecars"][0]["answer"]["payload"];
        assert_eq!(payload["errorType"], "Runtime.ExitError");
        let message = payload["errorMessage"].as_str().unwrap();
        assert!(
            message.contains(status) && message.contains(words),
            "{message}"
        );
    }
}

#[test]
fn an_answer_that_is_too_large_is_called_so() {
    let scene = Scene::new(&sidecar("pre", "authz"));
    let report = scene.report("large", &["/my"]);
    let payload = &report["sidecars"][0]["answer"]["payload"];
    assert_eq!(payload["errorType"], "Function.ResponseSizeTooLarge");
}

#[test]
fn a_time_with_the_start_of_the_program_in_it_says_so() {
    let lines = format!("{}{}", sidecar("pre", "one"), sidecar("pre", "two"));
    let scene = Scene::new(&lines);
    let report = scene.report("{}", &["/my"]);
    assert_eq!(report["sidecars"][0]["latencyWithStart"], true);
    assert!(report["sidecars"][1].get("latencyWithStart").is_none());
    let (_, out, _) = scene.ask(&["--function", "python3 function.py {}", "/my"]);
    assert!(
        out.contains(" ms, with the start of the program\n"),
        "{out}"
    );
}

#[test]
fn scripts_hear_of_the_outcome_by_the_exit_code() {
    let scene = Scene::new(&sidecar("pre", "authz").replace("useAss", "failSafe: true\nuseAss"));
    for (function, fail_on, expected) in [
        ("{}", "terminate,error", 0),
        (r#"{"terminate":{"code":403}}"#, "terminate,error", 5),
        (r#"{"terminate":{"code":403}}"#, "error", 0),
        ("exit", "terminate,error", 6),
        ("exit", "terminate", 0),
    ] {
        let command = format!("python3 function.py '{function}'");
        let args = ["--function", &command, "--fail-on", fail_on, "/my"];
        let (code, out, err) = scene.ask(&args);
        assert_eq!(code, expected, "{function} {fail_on}\n{out}\n{err}");
    }
}
