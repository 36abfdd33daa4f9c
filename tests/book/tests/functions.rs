//! The functions of the page on writing functions fit the sidecars that other pages give them.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use lambda_sidecar::{
    Answer, Application, CallContext, Point, ProtectedHeaders, Sidecar, Synchronicity,
};
use lambda_sidecar_core::{EnvelopeSource, Payload, RequestView, Verdict};
use lambda_sidecar_test_support::page::{Page, all};

/// The ARN that the pages give to the page's own `authz`.
const AUTHZ: &str = "arn:aws:lambda:eu-west-1:222222222222:function:authz";

/// The inputs of a page, from blocks of their own and from its Rust programs, with their lines.
fn inputs(page: &Page) -> Vec<(usize, String)> {
    let of_block = |block: lambda_sidecar_test_support::page::Block| match block.language() {
        "inputs" => vec![(block.line, block.text)],
        "rust" => {
            let texts = block.text.split("Sidecar::pre(\"").skip(1);
            let texts = texts.filter_map(|text| Some(text.split_once("\")")?.0.to_owned()));
            texts.map(|text| (block.line, text)).collect()
        }
        _ => Vec::new(),
    };
    let found = page.blocks().into_iter().flat_map(of_block);
    found.filter(|(_, text)| text.contains(AUTHZ)).collect()
}

/// The envelope of a call that `authz` looks at to its end and lets pass, as this sidecar makes it.
fn envelope(sidecar: &Sidecar) -> Vec<u8> {
    let context = CallContext::new().application(Application::new([("tier", "silver")]).into());
    let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer me"))]);
    let uri = "/orders/7".parse().unwrap();
    let payload = Payload::NotExpanded;
    let request = RequestView {
        method: &http::Method::GET,
        uri: &uri,
        headers: &headers,
        payload: &payload,
    };
    let envelope = EnvelopeSource {
        sidecar,
        context: &context,
        message_id: "id",
        request,
        response: None,
    };
    envelope.to_json().to_vec()
}

/// What a handler in Python answers.
fn run(source: &str, envelope: &[u8]) -> Result<String, String> {
    let program = format!(
        "{source}\nimport json, sys\nprint(json.dumps(handler(json.load(sys.stdin), None)))"
    );
    let mut python = Command::new("python3")
        .args(["-c", &program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(envelope).unwrap();
    let output = python.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err(text(output.stderr))
    }
}

#[test]
fn every_sidecar_of_the_book_that_asks_authz_sends_what_authz_reads() {
    let blocks = Page::read("writing-functions.md").unwrap().blocks();
    let authz = blocks
        .iter()
        .find(|block| block.file.as_deref() == Some("authz.py"));
    let authz = &authz.unwrap().text;
    let mut pages = Vec::new();
    for page in all().unwrap() {
        for (line, text) in inputs(&page) {
            let at = format!("{}:{line}", page.name);
            let sidecar = Sidecar::pre(&text).expect(&at);
            let answer = run(authz, &envelope(&sidecar)).unwrap_or_else(|e| panic!("{at}: {e}"));
            let (point, mode) = (Point::PreProcessor, Synchronicity::RequestResponse);
            let protected = ProtectedHeaders::default();
            let verdict = Verdict::from_answer(point, mode, &Answer::ok(answer), &protected);
            assert!(
                matches!(verdict, Ok(Verdict::Modify(_))),
                "{at}: {verdict:?}"
            );
            pages.push(page.name.clone());
        }
    }
    for page in [
        "aws.md",
        "getting-started-axum.md",
        "getting-started-tonic.md",
    ] {
        assert!(pages.contains(&page.to_owned()), "{page} names `authz`");
    }
}

/// The handler alone: a sample has a comment before it, and in Rust its `main` and tests around it.
#[test]
fn the_functions_of_the_page_on_relay_are_the_samples() {
    let blocks = Page::read("relay.md").unwrap().blocks();
    for (language, start, sample) in [
        ("python", "# Yours", "python/plan.py"),
        ("js", "// Yours", "javascript/plan.mjs"),
        ("rust", "async fn answer", "rust/src/bin/plan.rs"),
    ] {
        let block = blocks.iter().find(|block| block.language() == language);
        let text = &block.unwrap().text;
        let handler = text.split_at(text.find(start).unwrap()).1;
        let handler = handler.split("\n# let _").next().unwrap().trim_end();
        let sample = Page::read(&format!("../examples/functions/{sample}")).unwrap();
        assert!(sample.text.contains(handler), "{handler}");
    }
}
