//! What is read from a file, and where each mistake is found.

mod applications;
mod book;
mod endpoints;
mod file;
mod inputs;
mod lines;
mod secrets;
mod syntax;

use super::Config;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

fn problems(text: &str) -> Vec<String> {
    match Config::parse("f.toml", text) {
        Ok(config) => config.blocked.texts().collect(),
        Err(problems) => problems.texts().collect(),
    }
}

/// The single problem of a file.
fn problem(text: &str) -> String {
    let mut all = problems(text);
    assert_eq!(all.len(), 1, "{text}\n{all:#?}");
    all.remove(0)
}

/// The warnings of a file that has no problems.
fn warnings(text: &str) -> Vec<String> {
    let config = Config::parse("f.toml", text).unwrap();
    config.warnings.texts().collect()
}

/// A file whose one endpoint, from line 3, has these lines besides path and origin (lines 4 and 5).
fn with_endpoint(lines: &str) -> String {
    format!(
        "listen = \"127.0.0.1:0\"\n\n[[endpoints]]\npath = \"/my\"\norigin = \"http://b/x\"\n{lines}"
    )
}

fn inputs(lines: &str) -> String {
    format!("region: us-east-1\nfunctionARN: {FUNCTION}\nuseAssumeRole: false\n{lines}")
}
