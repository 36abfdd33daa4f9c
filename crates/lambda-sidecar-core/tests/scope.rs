//! Scopes against a plain model, and what looking at one costs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri, request};
use lambda_sidecar_core::{
    CallContext, Decision, Point, Sidecar, SidecarBuilder,
    session::{CallFacts, Event, Head, Route, Session, Step},
};
use proptest::{collection::vec, prelude::*, sample::select};

fn sidecar(point: Point, set: impl FnOnce(SidecarBuilder) -> SidecarBuilder) -> Sidecar {
    set(Sidecar::local(point, "f")).build().unwrap()
}

fn session(sidecar: Sidecar, head: &request::Parts) -> Session {
    let mut route = Route::new();
    route.add(Arc::new(sidecar));
    let deadline = Instant::now() + Duration::from_secs(60);
    let facts = CallFacts::new(CallContext::new(), "an-id".into(), deadline);
    Session::new(Arc::new(route), facts, head)
}

fn request(method: &str, path: &str, headers: &HeaderMap) -> request::Parts {
    let builder = Request::builder().method(method).uri(path);
    let (mut head, ()) = builder.body(()).unwrap().into_parts();
    head.headers.clone_from(headers);
    head
}

/// Whether a request half with this scope has its function invoked.
fn invokes(sidecar: Sidecar, mut head: request::Parts) -> bool {
    let mut session = session(sidecar, &head);
    let step = session
        .advance(Head::Request(&mut head), Event::Entered, Instant::now())
        .unwrap();
    match step {
        Step::Invoke { .. } => {
            assert!(session.receipts().is_empty());
            true
        }
        Step::CallBackend { body: None } => {
            let decisions = session.receipts().iter().map(|it| it.decision());
            assert!(decisions.eq([Decision::Skipped]));
            false
        }
        step => panic!("{step:?}"),
    }
}

/// A pattern, tried in every way.
fn matches(pattern: &[u8], path: &[u8]) -> bool {
    match pattern {
        [] => path.is_empty(),
        [b'*', b'*', rest @ ..] => (0..=path.len()).any(|at| matches(rest, &path[at..])),
        [b'*', rest @ ..] => (0..=path.len())
            .take_while(|at| !path[..*at].contains(&b'/'))
            .any(|at| matches(rest, &path[at..])),
        [byte, rest @ ..] => path.first() == Some(byte) && matches(rest, &path[1..]),
    }
}

fn decoded(path: &[u8]) -> Vec<u8> {
    let hex = |digits: &[u8]| {
        let text = std::str::from_utf8(digits).ok()?;
        let plain = digits.iter().all(u8::is_ascii_hexdigit);
        plain.then(|| u8::from_str_radix(text, 16).ok())?
    };
    let mut decoded = Vec::new();
    let mut rest = path;
    while let [byte, after @ ..] = rest {
        let escape = after.get(..2).filter(|_| *byte == b'%').and_then(hex);
        decoded.push(escape.unwrap_or(*byte));
        rest = if escape.is_some() { &after[2..] } else { after };
    }
    decoded
}

fn segments(path: &[u8]) -> Vec<&[u8]> {
    path.split(|byte| *byte == b'/').skip(1).collect()
}

fn name_of(segment: &[u8]) -> &[u8] {
    segment.split(|byte| *byte == b';').next().unwrap()
}

fn without_parameters(path: &[u8]) -> Vec<u8> {
    let names = segments(path).into_iter().map(name_of);
    names.flat_map(|name| [b"/", name].concat()).collect()
}

fn readings(path: &str) -> Vec<Vec<u8>> {
    let sent = path.as_bytes().to_vec();
    let bare = without_parameters(&sent);
    vec![
        decoded(&bare),
        without_parameters(&decoded(&sent)),
        decoded(&sent),
        bare,
        sent,
    ]
}

fn is_unclear(path: &[u8]) -> bool {
    let segments = segments(path);
    let count = segments.len();
    let odd_segment = segments.iter().enumerate().any(|(at, segment)| {
        let name = name_of(segment);
        let is_empty = name.is_empty() && (at + 1 < count || !segment.is_empty());
        is_empty || matches!(name, b"." | b"..")
    });
    let broken_escape = (0..path.len()).any(|at| {
        let digits = path.get(at + 1..at + 3);
        path[at] == b'%' && !digits.is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
    });
    odd_segment
        || broken_escape
        || path
            .iter()
            .any(|byte| *byte == b'\\' || byte.is_ascii_control())
}

/// What the `when-` and the `unless-` key say of a path.
fn path_in_scope(when: &[String], unless: &[String], path: &str) -> bool {
    let readings = readings(path);
    let unclear = readings.iter().any(|path| is_unclear(path))
        || String::from_utf8(decoded(path.as_bytes())).is_err();
    let all = |pattern: &String| {
        readings
            .iter()
            .all(|path| matches(pattern.as_bytes(), path))
    };
    let any = |pattern: &String| {
        readings
            .iter()
            .any(|path| matches(pattern.as_bytes(), path))
    };
    (when.is_empty() || unclear || when.iter().any(any)) && (unclear || !unless.iter().any(all))
}

fn header_in_scope(when: &[String], unless: &[String], lines: &[(String, String)]) -> bool {
    let folded = |name: &str| name.to_lowercase().replace(['_', '.'], "-");
    let may_be = |item: &String| {
        let (name, value) = item
            .split_once('=')
            .map_or((&**item, None), |(n, v)| (n, Some(v)));
        lines.iter().any(|(of, line)| {
            let is_value = match value {
                None => !line.is_empty(),
                Some(value) => line.split(',').any(|member| member.trim() == value),
            };
            folded(of) == folded(name) && is_value
        })
    };
    let is = |item: &String| {
        let (name, value) = item
            .split_once('=')
            .map_or((&**item, None), |(n, v)| (n, Some(v)));
        let mut own = lines
            .iter()
            .filter(|(of, _)| of.to_lowercase() == name.to_lowercase());
        let matches = |line: &str| match value {
            None => !line.trim().is_empty(),
            Some(value) => line == value,
        };
        own.clone().count() > 0 && own.all(|(_, line)| matches(line))
    };
    (when.is_empty() || when.iter().any(may_be)) && !unless.iter().any(is)
}

fn pattern() -> impl Strategy<Value = String> {
    let piece = select(vec!["/", "a", "b", "*", "**", "%61", ";", "é", "."]);
    vec(piece, 0..6).prop_map(|pieces| format!("/{}", pieces.concat()))
}

fn path() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "/", "/", "a", "a", "b", ".", "..", ";", ";", "%61", "%2F", "%2f", "%2e", "%3B", "%5C",
        "%00", "%c3%a9", "%ff", "%c3", "%", "%2", "%25",
    ]);
    vec(piece, 0..8).prop_map(|pieces| format!("/{}", pieces.concat()))
}

fn header_line() -> impl Strategy<Value = (String, String)> {
    ("[xX][-_.]?[aA]", "[bB ,]{0,3}|b|b, c")
}

fn header_item() -> impl Strategy<Value = String> {
    "[xX][-_.]?[aA](=[bB]{1,2})?"
}

/// A list that is set, or none.
fn list<S: Strategy<Value = String>>(item: S) -> impl Strategy<Value = Vec<String>> {
    vec(item, 0..3)
}

type Setter = fn(SidecarBuilder, Vec<String>) -> SidecarBuilder;

fn scoped(point: Point, lists: [(&[String], Setter); 2]) -> Sidecar {
    sidecar(point, |builder| {
        lists
            .into_iter()
            .filter(|(list, _)| !list.is_empty())
            .fold(builder, |builder, (list, set)| set(builder, list.to_vec()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_path_is_in_scope_if_a_plain_model_says_so(
        when in list(pattern()),
        unless in list(pattern()),
        path in path(),
    ) {
        // What no URI can hold does not come in.
        prop_assume!(Uri::try_from(&path).is_ok());
        let sidecar = scoped(Point::PreProcessor, [
            (&when, |builder, list| builder.when_paths(list)),
            (&unless, |builder, list| builder.unless_paths(list)),
        ]);
        let head = request("GET", &path, &HeaderMap::new());
        prop_assert_eq!(invokes(sidecar, head), path_in_scope(&when, &unless, &path));
    }

    #[test]
    fn a_header_is_in_scope_if_a_plain_model_says_so(
        when in list(header_item()),
        unless in list(header_item()),
        lines in vec(header_line(), 0..4),
    ) {
        let mut headers = HeaderMap::new();
        for (name, line) in &lines {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_str(line).unwrap());
        }
        let sidecar = scoped(Point::PreProcessor, [
            (&when, |builder, list| builder.when_request_headers(list)),
            (&unless, |builder, list| builder.unless_request_headers(list)),
        ]);
        let head = request("GET", "/", &headers);
        prop_assert_eq!(invokes(sidecar, head), header_in_scope(&when, &unless, &lines));
    }

    #[test]
    fn when_methods_ignores_case_and_unless_methods_does_not(
        when in list("[gG][eE][tT]|POST"),
        unless in list("[gG][eE][tT]|POST"),
        method in "[gG][eE][tT]|POST|PUT",
    ) {
        let sidecar = scoped(Point::PreProcessor, [
            (&when, |builder, list| builder.when_methods(list)),
            (&unless, |builder, list| builder.unless_methods(list)),
        ]);
        let head = request(&method, "/", &HeaderMap::new());
        let expected = (when.is_empty() || when.iter().any(|of| of.eq_ignore_ascii_case(&method)))
            && !unless.contains(&method);
        prop_assert_eq!(invokes(sidecar, head), expected);
    }
}

/// A path and headers that make a scope look at everything.
fn demanding() -> request::Parts {
    let mut headers = HeaderMap::new();
    for at in 0..40 {
        let name = HeaderName::try_from(format!("x_{at}")).unwrap();
        headers.append(name, HeaderValue::from_static("a, b, c"));
    }
    let path = format!(
        "/a;v=1/{}/%c3%a9",
        "b%20c/".repeat(200).trim_end_matches('/')
    );
    request("post", &path, &headers)
}

#[test]
fn looking_at_a_scope_allocates_nothing() {
    let allocations = |sidecar: Sidecar| {
        let mut head = demanding();
        let mut session = session(sidecar, &head);
        let counted = allocation_counter::measure(|| {
            let entered = session.advance(Head::Request(&mut head), Event::Entered, Instant::now());
            drop(entered.unwrap());
        });
        (counted.count_total, session.receipts().len())
    };
    let (unscoped, _) = allocations(sidecar(Point::PreProcessor, |builder| builder));
    let in_scope = sidecar(Point::PreProcessor, |builder| {
        builder
            .when_methods(["POST"])
            .unless_methods(["GET"])
            .when_paths(["/x/*", "/a/**b**c/*"])
            .unless_paths(["/a/**/x", "/b/**"])
            .when_request_headers(["x-y", "x-39=c"])
            .unless_request_headers(["x-1", "x_2=a"])
    });
    assert_eq!(allocations(in_scope), (unscoped, 0));
    // The receipt alone.
    let skipped = sidecar(Point::PreProcessor, |builder| {
        builder.unless_paths(["/a**"]).when_request_headers(["x-y"])
    });
    assert_eq!(allocations(skipped), (1, 1));
}

#[test]
fn looking_at_the_scope_of_a_response_allocates_nothing() {
    let sidecar = sidecar(Point::PostProcessor, |builder| {
        builder
            .when_response_codes(["5xx"])
            .unless_response_headers(["x-a=1"])
    });
    let mut head = demanding();
    let mut session = session(sidecar, &head);
    let now = Instant::now();
    let entered = session.advance(Head::Request(&mut head), Event::Entered, now);
    assert!(matches!(entered, Ok(Step::CallBackend { .. })));
    let (mut head, ()) = Response::builder()
        .status(503)
        .header("x-a", "1")
        .body(())
        .unwrap()
        .into_parts();
    let counted = allocation_counter::measure(|| {
        let step = session.advance(Head::Response(&mut head), Event::Responded, now);
        assert!(matches!(step, Ok(Step::Respond { .. })));
    });
    // The receipt.
    assert_eq!(counted.count_total, 1);
}
