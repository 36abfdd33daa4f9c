//! What is printed of each thing that can become of a call.

use serde_json::{Value, json};

use super::{Scene, settled};
use crate::process::sidecar;

/// Both points, each with a sidecar that shows what it can.
fn both() -> String {
    let pre = sidecar("pre", "authz").replace(
        "useAss",
        "expand-input: operation, requestPayload\ninclude-request-headers: authorization\nuseAss",
    );
    format!(
        "{pre}{}",
        sidecar("post", "redact").replace("useAss", "expand-input: responsePayload\nuseAss")
    )
}

const REQUEST: &str =
    "POST /my/op?p1=a HTTP/1.1\nHost: api.acme.com\nAuthorization: Bearer a\n\n{\"n\":1}";
const RESPONSE: &str = "HTTP/1.1 201 Created\ncontent-type: text/plain\nconnection: close\n\nhello";

fn scene(lines: &str) -> Scene {
    let scene = Scene::new(lines);
    scene.write("request.http", REQUEST);
    scene.write("response.http", RESPONSE);
    scene
}

const BOTH_HALVES: [&str; 3] = ["--response", "response.http", "request.http"];

#[test]
fn an_allow_leaves_both_messages_as_they_are_but_for_the_gateways_own_headers() {
    let mut report = scene(&both()).report("{}", &BOTH_HALVES);
    settled(&mut report);
    insta::assert_json_snapshot!(report);
}

#[test]
fn a_modify_is_shown_as_understood_and_applied_to_both_messages() {
    let verdict = r#"{"modify":{"addHeaders":{"x-user":7,"host":"h"},"payload":"changed"}}"#;
    let mut report = scene(&both()).report(verdict, &BOTH_HALVES);
    settled(&mut report);
    insta::assert_json_snapshot!(report);
}

#[test]
fn a_terminate_at_pre_is_the_answer_and_the_backend_gets_nothing() {
    let verdict = r#"{"terminate":{"code":418,"message":"no"}}"#;
    let report = scene(&both()).report(verdict, &BOTH_HALVES);
    assert_eq!(report["sidecars"].as_array().unwrap().len(), 1);
    assert_eq!(report["sidecars"][0]["decision"], "terminate");
    assert_eq!(report["request"], Value::Null);
    assert_eq!(
        (&report["response"]["status"], &report["response"]["body"]),
        (&json!(418), &json!("no"))
    );
}

#[test]
fn a_terminate_at_post_is_the_answer_to_what_the_backend_got() {
    let verdict = r#"{"terminate":{"code":418,"message":"no"}}"#;
    let report = scene(&sidecar("post", "redact")).report(verdict, &BOTH_HALVES);
    assert_eq!(report["sidecars"][0]["point"], "PostProcessor");
    assert_eq!(
        report["request"]["uri"],
        "http://backend.test:9000/backend/op?p1=a"
    );
    assert_eq!(report["response"]["status"], 418);
}

#[test]
fn without_a_response_the_post_sidecars_are_left_out_and_that_is_said() {
    let scene = scene(&both());
    let report = scene.report("{}", &["request.http"]);
    assert_eq!(report["sidecars"].as_array().unwrap().len(), 1);
    assert_eq!(report["responseHalfLeftOut"], true);
    assert_eq!(report["response"], Value::Null);
    let (code, out, _) = scene.ask(&["--function", "python3 function.py {}", "request.http"]);
    assert_eq!(code, 0);
    assert!(out.ends_with(
        "post sidecars: not asked, for there is no `--response FILE` with the backend's answer\n"
    ), "{out}");
}

#[test]
fn what_is_relayed_is_shown_by_its_names_in_both_halves() {
    let hears = sidecar("post", "hears").replace("useAss", "expand-input: relay\nuseAss");
    let lines = format!("{}{hears}", sidecar("pre", "looks-up"));
    let scene = scene(&lines);
    let verdict = r#"{"relay":{"user":{"id":"s3cr3t"},"tier":"s3cr3t"}}"#;
    let report = scene.report(verdict, &BOTH_HALVES);
    let hidden = json!({ "user": "(not shown)", "tier": "(not shown)" });
    let [pre, post] = &report["sidecars"].as_array().unwrap()[..] else {
        panic!("{report}");
    };
    assert_eq!(pre["answer"]["payload"]["relay"], hidden);
    assert_eq!(
        (&pre["decision"], &pre["verdict"]),
        (&json!("allow"), &json!({}))
    );
    assert_eq!(pre["relay"], json!(["tier", "user"]));
    assert_eq!(post["envelope"]["relay"], hidden);
    assert_eq!(post.get("relay"), None);
    let function = format!("python3 function.py '{verdict}'");
    let arguments = [
        "--function",
        &function,
        "--response",
        "response.http",
        "request.http",
    ];
    let (code, out, _) = scene.ask(&arguments);
    assert_eq!(code, 0);
    assert!(out.contains("relays: tier, user\n"), "{out}");
    assert!(
        !report.to_string().contains("s3cr3t") && !out.contains("s3cr3t"),
        "{out}"
    );
}

#[test]
fn a_sidecar_that_the_request_does_not_concern_is_skipped_and_that_is_said() {
    let lines = sidecar("pre", "authz").replace("useAss", "when-methods: PURGE\nuseAss");
    let scene = scene(&lines);
    let report = scene.report("error", &["request.http"]);
    let skipped = json!({
        "point": "PreProcessor", "function": "authz", "decision": "skipped",
    });
    assert_eq!(report["sidecars"], json!([skipped]));
    assert_ne!(report["request"], Value::Null);
    let (code, out, _) = scene.ask(&["--function", "python3 function.py {}", "request.http"]);
    assert_eq!(code, 0);
    let said = "1. PreProcessor authz\nnot in its scope\ndecision: skipped\n";
    assert!(out.contains(said), "{out}");
}

#[test]
fn what_a_post_sidecar_requires_of_the_request_counts_without_a_response_too() {
    let lines =
        sidecar("post", "redact").replace("useAss", "require-request-headers: x-none\nuseAss");
    let report = scene(&lines).report("{}", &["request.http"]);
    assert_eq!(
        report["sidecars"][0]["error"],
        "RequiredHeaderConditionFailure"
    );
    assert_eq!(report["sidecars"][0]["envelope"], Value::Null);
    assert_eq!(report["response"]["status"], 400);
    assert_eq!(report["request"], Value::Null);
}

#[test]
fn a_function_error_is_shown_with_what_the_policy_makes_of_it() {
    let report = scene(&sidecar("pre", "authz")).report("error", &["request.http"]);
    let failure = json!({ "class": "function_error", "reason": "out of paper", "action": "block" });
    assert_eq!(report["sidecars"][0]["failure"], failure);
    assert_eq!(
        report["sidecars"][0]["answer"]["functionError"],
        "Unhandled"
    );
    let expected = r#"{"code":502,"message":{"detail":"out of paper","title":"PrinterError"}}"#;
    assert_eq!(report["response"]["body"], expected);

    let safe = sidecar("pre", "authz").replace("useAss", "failSafe: true\nuseAss");
    let report = scene(&safe).report("error", &["request.http"]);
    assert_eq!(report["sidecars"][0]["failure"]["action"], "forward");
    assert_eq!(report["request"]["method"], "POST");
}

#[test]
fn an_answer_that_is_no_verdict_is_shown_with_what_is_wrong_with_it() {
    let report = scene(&sidecar("pre", "authz")).report(r#"{"terminat":{}}"#, &["request.http"]);
    let failure = &report["sidecars"][0]["failure"];
    assert_eq!(failure["class"], "wrong_answer");
    let reason = failure["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("Invalid output from AWS Lambda function: "),
        "{reason}"
    );
    assert_eq!(
        report["sidecars"][0]["answer"]["payload"],
        json!({ "terminat": {} })
    );
}

#[test]
fn an_event_is_accepted_at_once_and_its_function_runs_all_the_same() {
    let lines = sidecar("pre", "log").replace("useAss", "synchronicity: event\nuseAss");
    let report = scene(&lines).report(r#"{"ran":true}"#, &["request.http"]);
    let receipt = &report["sidecars"][0];
    assert_eq!(receipt["decision"], "event");
    assert_eq!(receipt["answer"], json!({ "status": 202 }));
    assert_eq!(receipt["later"]["payload"], json!({ "ran": true }));
    assert_eq!(receipt["verdict"], Value::Null);
    assert_eq!(report["request"]["method"], "POST");
}

#[test]
fn an_event_for_a_queue_is_run_by_the_program_too() {
    let lines = "synchronicity: event\nevent-queue: 9\nuseAss";
    let queueing = sidecar("pre", "log").replace("useAss", lines);
    let report = scene(&queueing).report(r#"{"ran":true}"#, &["request.http"]);
    let receipt = &report["sidecars"][0];
    assert_eq!(receipt["decision"], "queued");
    assert_eq!(receipt["later"]["payload"], json!({ "ran": true }));
    assert_eq!(report["request"]["method"], "POST");
}

#[test]
fn the_gateways_own_refusals_are_answers_too() {
    let report = Scene::new("require_api_key = true\n").report("{}", &["/my"]);
    assert_eq!(report["response"]["status"], 403);
    assert_eq!(report["sidecars"], json!([]));
}

#[test]
fn an_application_is_found_by_its_key() {
    let pre = sidecar("pre", "authz").replace("useAss", "include-eavs: tier\nuseAss");
    let lines = format!(
        "{pre}[[applications]]\neavs = {{ tier = \"gold\" }}\n[[applications.package_keys]]\nkey = \"k\"\n"
    );
    let report = Scene::new(&lines).report("{}", &["-H", "x-api-key: k", "/my"]);
    assert_eq!(
        report["sidecars"][0]["envelope"]["eavs"],
        json!({ "tier": "gold" })
    );
}

#[test]
fn options_make_the_request_that_curl_would_make() {
    let pre = sidecar("pre", "authz")
        .replace("useAss", "expand-input: requestPayload, operation\nuseAss");
    let scene = Scene::new(&pre);
    scene.write("body", "a=1");
    let report = scene.report(
        "{}",
        &["-d", "@body", "-H", "x: 1", "http://api.acme.com/my?q"],
    );
    let envelope = &report["sidecars"][0]["envelope"];
    assert_eq!(envelope["request"]["payload"], "a=1");
    assert_eq!(envelope["operation"]["uri"], "http://api.acme.com/my?q");
    let request = &report["request"];
    assert_eq!(
        (&request["method"], &request["body"]),
        (&json!("POST"), &json!("a=1"))
    );
    let headers = request["headers"].as_array().unwrap();
    for expected in [
        ["x", "1"],
        ["content-type", "application/x-www-form-urlencoded"],
        ["content-length", "3"],
        ["host", "backend.test:9000"],
        ["x-forwarded-host", "api.acme.com"],
    ] {
        assert!(
            headers.contains(&json!(expected)),
            "{expected:?} {headers:?}"
        );
    }
    let report = scene.report("{}", &["-X", "PUT", "-d", "text", "/my"]);
    assert_eq!(report["request"]["method"], "PUT");
}
