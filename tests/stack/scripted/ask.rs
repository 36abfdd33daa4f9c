//! `ask --function` runs what was written for Lambda unchanged: programs of `lambda_runtime`, modules of
//! `awslambdaric`, and modules on the run time in JavaScript of `examples/functions`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use lambda_sidecar_tests::{
    gateway,
    samples::{Language, Sample},
};
use serde_json::{Value, json};

const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

const ENRICH: Sample = Sample::new("enrich", env!("CARGO_BIN_EXE_sample-enrich"));
const REDACT: Sample = Sample::new("redact", env!("CARGO_BIN_EXE_sample-redact"));

/// A file with one endpoint at `/shop` that has this sidecar, at `pre` or `post`.
fn file(name: &str, point: &str, inputs: &str) -> PathBuf {
    let text = format!(
        "listen = '127.0.0.1:8080'\n\n[[endpoints]]\nendpoint_id = 'e1'\npath = '/shop'\n\
         origin = 'http://backend.test:9000'\n\n[[endpoints.{point}]]\ninputs = \"\"\"\n\
         region: us-east-1\nuseAssumeRole: false\n\
         functionARN: arn:aws:lambda:us-east-1:123456789012:function:sample\n{inputs}\n\"\"\"\n"
    );
    written(&format!("{name}.toml"), &text)
}

fn written(name: &str, text: &str) -> PathBuf {
    let path = Path::new(SCRATCH).join(format!("ask-{name}"));
    fs::write(&path, text).expect("cargo's directory for tests is there");
    path
}

/// What `ask` reports of this sample, in each language that this machine has.
fn reports(sample: Sample, file: &Path, arguments: &[&str]) -> Vec<(Language, Value)> {
    let of = |language: Language| {
        let Some(function) = sample.command(language, SCRATCH) else {
            language.left_out();
            return None;
        };
        let output = Command::new(gateway::program())
            .current_dir(language.folder())
            // What Python compiles would lie among the sources.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .args(["ask", "--endpoint", "e1", "--format", "json", "--config"])
            .arg(file)
            .args(["--function", &function])
            .args(arguments)
            .output()
            .expect("the gateway is a program");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{language:?}: {said}");
        let report = serde_json::from_slice(&output.stdout);
        Some((language, report.expect("it reports JSON")))
    };
    let reports: Vec<_> = Language::ALL.into_iter().filter_map(of).collect();
    assert!(!reports.is_empty());
    reports
}

#[test]
fn a_function_for_the_request_runs_unchanged_in_each_language() {
    let file = file(
        "request",
        "pre",
        "sidecar-param-header-x-region: eu\nsidecar-param-header-x-quota: 100",
    );
    let arguments = ["-H", "authorization: Bearer qwerty", "-H", "x-tier: gold"];
    let arguments = [&arguments[..], &["-H", "x-kept: 1", "/shop/orders/7"]].concat();
    for (language, report) in reports(ENRICH, &file, &arguments) {
        let decided = &report["sidecars"][0];
        assert_eq!(decided["decision"], "modify", "{language:?}: {report:#}");
        assert_eq!(decided["failure"], Value::Null, "{language:?}: {report:#}");
        let request = &report["request"];
        assert_eq!(request["uri"], "http://backend.test:9000/orders/7");
        let headers = request["headers"].as_array().expect("it has headers");
        for expected in [["x-region", "eu"], ["x-quota", "100"], ["x-kept", "1"]] {
            let is_there = headers.contains(&json!(expected));
            assert!(is_there, "{language:?}, {expected:?}: {report:#}");
        }
        for dropped in ["authorization", "x-tier"] {
            let is_gone = headers.iter().all(|header| header[0] != dropped);
            assert!(is_gone, "{language:?}, {dropped}: {report:#}");
        }
    }
}

#[test]
fn a_function_for_the_response_runs_unchanged_in_each_language() {
    let answer = written(
        "answer.http",
        "HTTP/1.1 200 OK\ncontent-type: application/json\n\n{\"id\":7,\"card\":\"4111\"}",
    );
    let answer = answer.to_str().expect("cargo's directory is text");
    let arguments = ["--response", answer, "/shop/orders/7"];
    let expand = "expand-input: responsePayload\n";
    let listed = file(
        "listed",
        "post",
        &format!("{expand}sidecar-param-members: card"),
    );
    for (language, report) in reports(REDACT, &listed, &arguments) {
        let decided = &report["sidecars"][0];
        assert_eq!(decided["decision"], "modify", "{language:?}: {report:#}");
        let response = &report["response"];
        assert_eq!(response["status"], 200);
        let body = response["body"].as_str().expect("the body is text");
        let body: Value = serde_json::from_str(body).expect("the body is JSON");
        assert_eq!(body, json!({ "id": 7, "card": "[redacted]" }));
    }
    let misspelt = file(
        "misspelt",
        "post",
        &format!("{expand}sidecar-param-member: card"),
    );
    for (language, report) in reports(REDACT, &misspelt, &arguments) {
        let decided = &report["sidecars"][0];
        assert_eq!(decided["decision"], "terminate", "{language:?}: {report:#}");
        assert_eq!(report["response"]["status"], 502);
    }
}
