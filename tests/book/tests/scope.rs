//! The recipes of the page on scope: which of their functions are invoked for which call.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Request, Response, StatusCode};
use lambda_sidecar::{Answer, CallContext, Sidecar};
use lambda_sidecar_core::{
    Enqueued,
    session::{CallFacts, Event, Head, Route, Session, Step},
};
use lambda_sidecar_test_support::page::{Block, Page};

/// The inputs of a recipe: the blocks between its comment and the next one.
fn recipe(name: &str) -> Vec<Sidecar> {
    let page = Page::read("scope.md").unwrap();
    let is_comment = |line: &str| line.starts_with("<!-- recipe: ");
    let mut lines = (1..).zip(page.text.lines());
    let start = lines.find(|(_, line)| *line == format!("<!-- recipe: {name} -->"));
    let (start, _) = start.unwrap_or_else(|| panic!("no recipe {name}"));
    let end = lines.find(|(_, line)| is_comment(line) || line.starts_with("## "));
    let end = end.map_or(usize::MAX, |(line, _)| line);
    let blocks = page.blocks().into_iter();
    let blocks = blocks.filter(|block| (start..end).contains(&block.line));
    let sidecars: Vec<Sidecar> = blocks.map(|block| read(&block)).collect();
    assert!(!sidecars.is_empty(), "{name}");
    sidecars
}

fn read(block: &Block) -> Sidecar {
    match block.says("pre") {
        true => Sidecar::pre(&block.text).unwrap(),
        false => Sidecar::post(&block.text).unwrap(),
    }
}

/// The functions that are invoked for a call; each answers this.
fn invoked(
    name: &str,
    request: http::request::Builder,
    response: http::response::Builder,
    answer: &str,
) -> Vec<String> {
    let mut route = Route::new();
    for sidecar in recipe(name) {
        route.add(Arc::new(sidecar));
    }
    let (mut request, ()) = request.body(()).unwrap().into_parts();
    let (mut response, ()) = response.body(()).unwrap().into_parts();
    let now = Instant::now();
    let facts = CallFacts::new(
        CallContext::new(),
        "an-id".into(),
        now + Duration::from_secs(9),
    );
    let mut session = Session::new(Arc::new(route), facts, &request);
    let mut has_responded = false;
    let mut invoked = Vec::new();
    let mut event = Event::Entered;
    loop {
        has_responded |= matches!(event, Event::Responded);
        let head = match has_responded {
            true => Head::Response(&mut response),
            false => Head::Request(&mut request),
        };
        event = match session.advance(head, event, now).unwrap() {
            Step::ReadBody(_) => {
                Event::Body(lambda_sidecar_core::session::BodyRead::Whole("{}".into()))
            }
            Step::Invoke { invocation, .. } => {
                invoked.push(invocation.sidecar.name().to_owned());
                Event::Answered(Ok(Answer::ok(answer.to_owned())))
            }
            Step::Enqueue { invocation } => {
                invoked.push(invocation.sidecar.name().to_owned());
                Event::Enqueued(Enqueued::Queued)
            }
            Step::CallBackend { .. } => Event::Responded,
            Step::Respond { .. } => return invoked,
            Step::Answer(answer) => panic!("{answer:?}"),
        };
    }
}

fn requested(name: &str, method: &str, path: &str) -> bool {
    let request = Request::builder().method(method).uri(path);
    !invoked(name, request, Response::builder(), "{}").is_empty()
}

fn responded(name: &str, status: u16, content_type: &str) -> bool {
    let response = Response::builder()
        .status(StatusCode::from_u16(status).unwrap())
        .header("content-type", content_type);
    !invoked(name, Request::builder(), response, "{}").is_empty()
}

#[test]
fn no_function_is_invoked_for_health_checks_and_preflights() {
    for (method, path, expected) in [
        ("GET", "/health", false),
        ("GET", "/health/live", false),
        ("OPTIONS", "/orders", false),
        ("GET", "/orders", true),
        ("GET", "/healthy", true),
        ("GET", "/health/../orders", true),
        ("options", "/orders", true),
    ] {
        assert_eq!(
            requested("no-function", method, path),
            expected,
            "{method} {path}"
        );
    }
}

#[test]
fn only_writes_come_before_the_function() {
    for (method, expected) in [
        ("GET", false),
        ("HEAD", false),
        ("OPTIONS", false),
        ("POST", true),
        ("DELETE", true),
        ("PURGE", true),
    ] {
        assert_eq!(requested("writes", method, "/"), expected, "{method}");
    }
}

#[test]
fn only_json_comes_before_the_function() {
    for (content_type, expected) in [
        ("application/json", true),
        ("application/json; charset=utf-8", true),
        ("text/html", false),
        ("application/json; v=1", false),
    ] {
        assert_eq!(
            responded("json", 200, content_type),
            expected,
            "{content_type}"
        );
    }
}

#[test]
fn only_errors_come_before_the_function() {
    for (status, expected) in [(200, false), (304, false), (400, true), (599, true)] {
        assert_eq!(
            responded("errors", status, "text/plain"),
            expected,
            "{status}"
        );
    }
}

#[test]
fn one_part_of_an_api_comes_before_the_function() {
    for (path, expected) in [
        ("/orders", true),
        ("/orders/7", true),
        ("/orders/7/status", false),
        ("/orders/7/items/status", true),
        ("/customers", false),
    ] {
        assert_eq!(requested("part", "GET", path), expected, "{path}");
    }
}

#[test]
fn an_earlier_function_decides_for_a_later_one() {
    let functions = |answer| {
        // What the client says does not count.
        let request = Request::builder()
            .header("x_risk", "high")
            .header("x-risk", "high");
        invoked("earlier", request, Response::builder(), answer)
    };
    assert_eq!(functions("{}"), ["score"]);
    let high = r#"{"modify":{"addHeaders":{"x-risk":"high"}}}"#;
    assert_eq!(functions(high), ["score", "challenge"]);
}
