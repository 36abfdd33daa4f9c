//! Every block of every page is what its language says.

use lambda_sidecar::{ProtectedHeaders, Sidecar};
use lambda_sidecar_book::WITH_RUST;
use lambda_sidecar_core::Verdict;
use lambda_sidecar_test_support::page::{Block, Page, all};
use serde::Deserialize as _;
use serde_json::Value;

/// What a block can be, and what holds it true.
const LANGUAGES: [&str; 10] = [
    "console", // walked
    "http",    // sent by a walk
    "inputs",  // read, here
    "js",      // run by a walk
    "json",    // known, here
    "python",  // run by a walk
    "rust",    // compiled, by rustdoc
    "sh",      // its syntax, here; that of aws.md is run by tests/stack
    "text",    // an excerpt
    "toml",    // checked by the gateway
];

fn blocks(language: &str) -> Vec<(Page, Block)> {
    blocks_of(all().unwrap(), language)
}

/// The pages of the book, and the README in front of it. Its Rust is an excerpt of the crate's own documentation.
fn pages_and_readme() -> Vec<Page> {
    let mut pages = all().unwrap();
    pages.push(Page::read("../README.md").unwrap());
    pages
}

fn blocks_of(pages: Vec<Page>, language: &str) -> Vec<(Page, Block)> {
    let mut found = Vec::new();
    for page in pages {
        for block in page.blocks() {
            if block.language() == language {
                found.push((page.clone(), block));
            }
        }
    }
    found
}

#[test]
fn every_block_says_what_it_is() {
    for page in pages_and_readme() {
        for block in page.blocks() {
            let (name, line, language) = (&page.name, block.line, block.language());
            assert!(LANGUAGES.contains(&language), "{name}:{line}: {language:?}");
        }
    }
}

/// The pages whose commands are run: by `walk.rs`, or by the gateway's `tests/gateway/walk.rs` and `tests/gateway/ask`.
const WALKED: [&str; 5] = [
    "gateway.md",
    "getting-started-axum.md",
    "getting-started-gateway.md",
    "getting-started-tonic.md",
    "writing-functions.md",
];

#[test]
fn every_page_with_commands_is_walked() {
    for (page, block) in blocks("console") {
        assert!(
            WALKED.contains(&page.name.as_str()),
            "{}:{}",
            page.name,
            block.line
        );
    }
}

#[test]
fn every_page_with_rust_is_compiled() {
    let mut pages: Vec<String> = blocks("rust")
        .into_iter()
        .map(|(page, _)| page.name)
        .collect();
    pages.dedup();
    assert_eq!(pages, WITH_RUST);
}

#[test]
fn no_rust_block_is_left_out_of_compiling() {
    for (page, block) in blocks("rust") {
        for word in ["ignore", "compile_fail", "should_panic"] {
            assert!(!block.says(word), "{}:{}: {word}", page.name, block.line);
        }
    }
}

#[test]
fn every_inputs_text_can_be_read() {
    let blocks = blocks("inputs");
    assert!(!blocks.is_empty());
    for (page, block) in blocks {
        let read = match block.info.as_str() {
            "inputs,pre" => Sidecar::pre(&block.text),
            "inputs,post" => Sidecar::post(&block.text),
            other => panic!("{}:{}: {other}", page.name, block.line),
        };
        if let Err(error) = read {
            panic!("{}:{}: {error}", page.name, block.line);
        }
    }
}

#[test]
fn every_json_block_is_something_known() {
    let blocks = blocks_of(pages_and_readme(), "json");
    assert!(!blocks.is_empty());
    for (page, block) in blocks {
        let at = format!("{}:{}", page.name, block.line);
        let json: Value = serde_json::from_str(&block.text).expect(&at);
        match kind(&json) {
            Kind::Envelope => assert_envelope(&json, &at),
            Kind::Verdict => assert_verdict(&block.text, &at),
            Kind::Policy => assert_policy(&json, &at),
            Kind::Problem => {
                let name = json["title"].as_str().unwrap();
                assert_eq!(
                    json["type"],
                    format!("urn:lambda-sidecar:error:{name}"),
                    "{at}"
                );
            }
            Kind::FunctionError => assert!(json["message"]["title"].is_string(), "{at}"),
            Kind::Unknown => panic!("{at}: neither envelope, verdict, policy nor error"),
        }
    }
}

enum Kind {
    Envelope,
    Verdict,
    Policy,
    Problem,
    FunctionError,
    Unknown,
}

fn kind(json: &Value) -> Kind {
    let has = |member: &str| json.get(member).is_some();
    match json {
        _ if has("point") => Kind::Envelope,
        _ if has("modify") || has("terminate") => Kind::Verdict,
        _ if has("Statement") => Kind::Policy,
        _ if has("instance") => Kind::Problem,
        _ if has("code") && has("message") => Kind::FunctionError,
        _ => Kind::Unknown,
    }
}

/// Members as the page on the envelope lists them, lengths and point as the payloads say.
fn assert_envelope(json: &Value, at: &str) {
    let table = Page::read("envelope.md").unwrap().table("envelope");
    let known: Vec<&str> = table.iter().map(|row| row[0].as_str()).collect();
    let free = [
        "params",
        "relay",
        "eavs",
        "packageKeyEAVs",
        "request.headers",
        "response.headers",
        "operation.query",
    ];
    for (name, value) in json.as_object().unwrap() {
        assert!(known.contains(&name.as_str()), "{at}: {name}");
        let (false, Some(members)) = (free.contains(&name.as_str()), value.as_object()) else {
            continue;
        };
        for member in members.keys() {
            let path = format!("{name}.{member}");
            assert!(known.contains(&path.as_str()), "{at}: {path}");
        }
    }
    // As an author's function reads it.
    let read = lambda_sidecar_function::Envelope::deserialize(json);
    let read = read.unwrap_or_else(|error| panic!("{at}: {error}"));
    assert_eq!(serde_json::to_value(read).unwrap(), *json, "{at}");
    assert_eq!(
        json["point"] == "PostProcessor",
        json.get("response").is_some(),
        "{at}"
    );
    for message in [&json["request"], &json["response"]] {
        if let (Some(payload), false) = (
            message["payload"].as_str(),
            message["payloadBase64Encoded"] == true,
        ) {
            assert_eq!(message["payloadLength"], payload.len(), "{at}");
        }
    }
}

fn assert_verdict(text: &str, at: &str) {
    let json = text.to_owned().into();
    for point in [
        lambda_sidecar::Point::PreProcessor,
        lambda_sidecar::Point::PostProcessor,
    ] {
        let verdict = Verdict::parse(point, &json, &ProtectedHeaders::default());
        match verdict {
            Ok(Verdict::Modify(modify)) => assert!(modify.refused().is_empty(), "{at}"),
            Ok(Verdict::Terminate(terminate)) => assert!(terminate.refused().is_empty(), "{at}"),
            other => panic!("{at}: {other:?}"),
        }
    }
}

fn assert_policy(json: &Value, at: &str) {
    assert_eq!(json["Version"], "2012-10-17", "{at}");
    for statement in json["Statement"].as_array().unwrap() {
        let action = statement["Action"].as_str().unwrap();
        let known = [
            "lambda:InvokeFunction",
            "sts:AssumeRole",
            "ssm:GetParameter",
        ];
        assert!(known.contains(&action), "{at}: {action}");
        assert!(
            statement.get("Resource").is_some() != statement.get("Principal").is_some(),
            "{at}"
        );
    }
}

#[test]
fn what_a_sample_function_prints_is_a_verdict() {
    let mut count = 0;
    for (page, block) in blocks("console") {
        for line in block
            .text
            .lines()
            .filter(|line| line.starts_with("{\"modify") || line.starts_with("{\"terminate"))
        {
            assert_verdict(line, &format!("{}:{}", page.name, block.line));
            count += 1;
        }
    }
    assert_eq!(count, 2);
}

#[test]
fn every_shell_block_is_shell() {
    for (page, block) in blocks_of(pages_and_readme(), "sh") {
        let status = std::process::Command::new("sh")
            .args(["-n", "-c", &block.text])
            .status();
        assert!(status.unwrap().success(), "{}:{}", page.name, block.line);
    }
}
