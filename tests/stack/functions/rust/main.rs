//! The function the tests put behind sidecars, on AWS's own runtime for Rust.
//!
//! It does what the envelope's `params.behaviour` says, so that each test case chooses by a
//! `sidecar-param`. `functions/python/app.py` is the same in Python.

use std::{fs::OpenOptions, io::Write, time::Duration};

use lambda_runtime::{Diagnostic, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    run(service_fn(answer)).await
}

async fn answer(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let envelope = event.payload;
    let params = &envelope["params"];
    // MiniStack waits 50 ms for a log line where there is none.
    eprintln!("asked for {}", params["behaviour"]);
    if let Some(path) = params["mark"].as_str() {
        leave_mark(path, &envelope).map_err(|error| failure("MarkNotWritten", &error))?;
    }
    match params["behaviour"].as_str().unwrap_or("allow") {
        "allow" => Ok(json!({})),
        "modify" => Ok(modify(&envelope)),
        "echo" => Ok(json!({ "modify": { "addHeaders": { "x-envelope": envelope.to_string() } } })),
        "terminate" => Ok(json!({ "terminate": {
            "code": 451,
            "message": "not today, says rust",
            "addHeaders": { "x-function": "rust" },
        } })),
        "misspelt" => Ok(json!({ "Terminate": { "code": 403 } })),
        "null" => Ok(Value::Null),
        "error" => Err(failure("AskedToFail", &"asked to fail")),
        "slow" => {
            let milliseconds = params["milliseconds"].as_u64().unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            Ok(json!({}))
        }
        "hang" => std::future::pending().await,
        "panic" => the_panic(),
        "exit" => the_exit(),
        other => Err(failure("UnknownBehaviour", &other)),
    }
}

/// What changes at both points; `completeWithCode` has an effect on responses only.
fn modify(envelope: &Value) -> Value {
    json!({ "modify": {
        "dropHeaders": ["X-Drop-Me"],
        "addHeaders": { "x-function": "rust", "x-point": envelope["point"] },
        "json": { "changed_by": "rust" },
        "completeWithCode": 203,
    } })
}

/// A line for each run: what an event, which has no answer, can be known by.
fn leave_mark(path: &str, envelope: &Value) -> std::io::Result<()> {
    let message_id = envelope["masheryMessageId"].as_str().unwrap_or_default();
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(format!("{message_id}\n").as_bytes())
}

fn failure(error_type: &str, message: &impl ToString) -> Diagnostic {
    Diagnostic {
        error_type: error_type.to_owned(),
        error_message: message.to_string(),
    }
}

#[expect(clippy::panic, reason = "it is what the test case asks for")]
fn the_panic() -> Result<Value, Diagnostic> {
    panic!("asked to panic")
}

#[expect(clippy::exit, reason = "it is what the test case asks for")]
fn the_exit() -> Result<Value, Diagnostic> {
    std::process::exit(3)
}
