//! What a client, a backend or a function sends costs in proportion to its length, whatever is in it.
//!
//! Alone in its program, because callgrind runs it again for each case.

#![allow(
    clippy::expect_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::{hint::black_box, ops::Range, sync::Arc, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, request};
use lambda_sidecar_core::{
    Answer, CallContext, EnvelopeSource, Expand, Failure, OwnedHeaders, Payload, Point,
    ProtectedHeaders, RequestView, Sidecar, SidecarBuilder, Synchronicity, Verdict, check_request,
    grpc_answer, has_content_coding, remove_forbidden_trailers,
    session::{CallFacts, Event, Head, Route, Session, Step},
};
use lambda_sidecar_test_support::growth::{Case, Work, is_linear};

const CASES: &[Case] = &[
    ("a query of different names", |n| {
        query(n, |at| format!("{}=%20{at}&", mixed(at)))
    }),
    ("a query of one name", |n| {
        query(n, |at| format!("a=%20{at}&"))
    }),
    ("a query of nothing", |n| query(n, |_| "&".into())),
    ("a long path", |n| {
        envelope(
            local(),
            &format!("/{}", "%20a/".repeat(n)),
            HeaderMap::new(),
        )
    }),
    ("cookies in lines", |n| {
        let lines = repeated("cookie", n, |at| format!("c{at}=\"{at}\""));
        envelope(local().include_request_headers(["cookie"]), "/", lines)
    }),
    ("one header in lines", |n| {
        let lines = repeated("x-a", n, |at| at.to_string());
        envelope(local().include_request_headers(["x-a"]), "/", lines)
    }),
    ("selected headers", |n| {
        let names = numbers(n).map(|at| format!("x-{at}"));
        envelope(local().include_request_headers(names), "/", different(n))
    }),
    ("headers that are not skipped", |n| {
        envelope(
            local().skip_request_headers(["x-a", "x-b"]),
            "/",
            different(n),
        )
    }),
    ("required headers", |n| {
        let names = numbers(n).map(|at| format!("x-{at}"));
        let sidecar = built(local().require_request_headers(names));
        let (headers, context) = (different(n), CallContext::new());
        Box::new(move || {
            check_request(&sidecar, &context, &headers).expect("all are there");
        })
    }),
    ("a required header of blank lines", |n| {
        let sidecar = built(local().require_request_headers(["x-a"]));
        let headers = repeated("x-a", n, |_| " ".into());
        let context = CallContext::new();
        Box::new(move || {
            check_request(&sidecar, &context, &headers).expect_err("they are blank");
        })
    }),
    ("codings in lines", |n| {
        let headers = repeated("content-encoding", n, |_| "identity, ".into());
        Box::new(move || assert!(!has_content_coding(&headers)))
    }),
    ("trailers that pass", |n| {
        without(different(n), n, remove_forbidden_trailers)
    }),
    ("trailers that do not pass", |n| {
        without(named(n, "x-forwarded-"), 0, remove_forbidden_trailers)
    }),
    ("removed: one trailer that does not pass, in lines", |n| {
        let lines = repeated("x-forwarded-for", n, |at| at.to_string());
        without(lines, 0, remove_forbidden_trailers)
    }),
    ("headers beside an owned one", |n| {
        without(different(n), n, own)
    }),
    ("removed: an owned header in lines", |n| {
        without(repeated("x_user", n, |at| at.to_string()), 0, own)
    }),
    (
        "trailers of a message with changed headers",
        changed_trailers,
    ),
    ("an entry through a session", session),
    ("unknown members of a verdict", |n| {
        verdict(&format!(
            r#"{{"modify":{{}},{}}}"#,
            joined(n, |at| format!(r#""m{at}":[{at}]"#))
        ))
    }),
    ("members that are nearly `terminate`", |n| {
        wrong(&format!(
            r#"{{"modify":{{}},{}}}"#,
            joined(n, |_| r#""terminat":1"#.into())
        ))
    }),
    ("members that stand twice", |n| {
        wrong(&format!("{{{}}}", joined(n, |_| r#""modify":{}"#.into())))
    }),
    ("headers that a function sets", |n| {
        set_headers(&joined(n, |at| {
            format!(r#""x-{}":"\u0061{at}""#, mixed(at))
        }))
    }),
    ("one header that a function sets in spellings", |n| {
        set_headers(&joined(n, |at| {
            format!(r#""{}":1"#, ["x-a", "X-a", "x-A"][at % 3])
        }))
    }),
    ("one header that a function sets in a list", |n| {
        set_headers(&format!(r#""x-a":[{}]"#, joined(n, |at| at.to_string())))
    }),
    ("headers that a function must not set", |n| {
        set_headers(&joined(n, |at| format!(r#"":{at}":"1""#)))
    }),
    ("headers that a function drops", |n| {
        let names = joined(n, |at| format!(r#""x-{at}""#));
        applied(
            &format!(r#"{{"modify":{{"dropHeaders":[{names}]}}}}"#),
            different(n),
        )
    }),
    ("a deep answer", |n| {
        let deep = format!("{}{}", "[".repeat(n), "]".repeat(n));
        verdict(&format!(
            r#"{{"modify":{{"json":{{"a":1}}}},"other":{deep}}}"#
        ))
    }),
    ("an answer of text to unescape", |n| {
        verdict(&format!(
            r#"{{"modify":{{"payload":"{}"}}}}"#,
            r"\ud800\u00e9\n".repeat(n)
        ))
    }),
    ("what a function says of its error", |n| {
        let message = r"\u00e9 ".repeat(n);
        let payload = Bytes::from(format!(r#"{{"errorMessage":"{message}","errorType":"E"}}"#));
        Box::new(move || {
            let failed = Answer::failed("Unhandled", payload);
            let (point, protected) = (Point::PreProcessor, ProtectedHeaders::default());
            let waits = Synchronicity::RequestResponse;
            let verdict = Verdict::from_answer(point, waits, &failed, &protected);
            black_box(verdict.expect_err("it failed"));
        })
    }),
    ("a message of gRPC", |n| {
        let message = "\u{e9}%".repeat(n);
        let kind = HeaderValue::from_static("application/grpc");
        let status = http::StatusCode::FORBIDDEN;
        Box::new(move || {
            black_box(grpc_answer(status, &message, &kind, HeaderMap::new()));
        })
    }),
];

#[test]
fn what_is_read_costs_in_proportion_to_its_length() {
    is_linear(
        "what_is_read_costs_in_proportion_to_its_length",
        CASES,
        |work| {
            let counted = allocation_counter::measure(work);
            (counted.count_total, counted.bytes_total)
        },
    );
}

/// In an order that is neither that of the numbers nor its reverse.
fn mixed(at: usize) -> usize {
    10_000 + at * 7919 % 10_007
}

/// So many numbers, all as long as each other.
fn numbers(n: usize) -> Range<usize> {
    10_000..10_000 + n
}

fn joined(n: usize, item: impl Fn(usize) -> String) -> String {
    numbers(n).map(item).collect::<Vec<_>>().join(",")
}

fn append(headers: &mut HeaderMap, name: &str, value: &str) {
    let name: HeaderName = name.parse().expect("a name");
    headers.append(name, value.parse().expect("a value"));
}

fn repeated(name: &str, n: usize, value: impl Fn(usize) -> String) -> HeaderMap {
    let mut headers = HeaderMap::new();
    numbers(n).for_each(|at| append(&mut headers, name, &value(at)));
    headers
}

fn named(n: usize, prefix: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    numbers(n).for_each(|at| append(&mut headers, &format!("{prefix}{at}"), "1"));
    headers
}

fn different(n: usize) -> HeaderMap {
    named(n, "x-")
}

fn local() -> SidecarBuilder {
    Sidecar::local(Point::PreProcessor, "authz").expand_input([Expand::Operation])
}

fn built(builder: SidecarBuilder) -> Sidecar {
    builder.build().expect("a sidecar")
}

fn query(n: usize, pair: fn(usize) -> String) -> Work {
    let query: String = numbers(n).map(pair).collect();
    envelope(local(), &format!("/?{query}"), HeaderMap::new())
}

fn envelope(builder: SidecarBuilder, target: &str, headers: HeaderMap) -> Work {
    let (sidecar, context) = (built(builder), CallContext::new());
    let request = Request::get(target).body(()).expect("a request");
    Box::new(move || {
        let source = EnvelopeSource {
            sidecar: &sidecar,
            context: &context,
            message_id: "7632924a",
            request: RequestView {
                method: request.method(),
                uri: request.uri(),
                headers: &headers,
                payload: &Payload::NotExpanded,
            },
            response: None,
        };
        black_box(source.to_json());
    })
}

fn without(mut headers: HeaderMap, left: usize, remove: fn(&mut HeaderMap)) -> Work {
    Box::new(move || {
        remove(&mut headers);
        assert_eq!(headers.len(), left);
    })
}

fn own(headers: &mut HeaderMap) {
    OwnedHeaders::new(["x-user", "x-role"]).remove_from(headers);
}

fn verdict(answer: &str) -> Work {
    let answer = Bytes::from(answer.to_owned());
    Box::new(move || {
        black_box(parsed(&answer).expect("a verdict"));
    })
}

fn wrong(answer: &str) -> Work {
    let answer = Bytes::from(answer.to_owned());
    Box::new(move || {
        black_box(parsed(&answer).expect_err("no verdict"));
    })
}

fn parsed(answer: &Bytes) -> Result<Verdict, Failure> {
    Verdict::parse(Point::PreProcessor, answer, &ProtectedHeaders::default())
}

fn set_headers(entries: &str) -> Work {
    applied(
        &format!(r#"{{"modify":{{"addHeaders":{{{entries}}}}}}}"#),
        HeaderMap::new(),
    )
}

/// Read and applied to a request with these headers.
fn applied(answer: &str, headers: HeaderMap) -> Work {
    let answer = Bytes::from(answer.to_owned());
    let mut parts = parts("/");
    parts.headers = headers;
    Box::new(move || {
        let Ok(Verdict::Modify(modify)) = parsed(&answer) else {
            unreachable!("a modify");
        };
        modify.apply_to_request(&mut parts).expect("there is room");
        black_box(parts);
    })
}

fn parts(target: &str) -> request::Parts {
    Request::get(target)
        .body(())
        .expect("a request")
        .into_parts()
        .0
}

/// A session of one request half, that has entered.
fn entered(builder: SidecarBuilder, request: &mut request::Parts) -> Session {
    let mut route = Route::new();
    route.add(Arc::new(built(builder)));
    let now = Instant::now();
    let facts = CallFacts::new(CallContext::new(), "7632924a".into(), now);
    let mut session = Session::new(Arc::new(route), facts, request);
    let step = session.advance(Head::Request(request), Event::Entered, now);
    assert!(matches!(step, Ok(Step::Invoke { .. } | Step::Answer(_))));
    session
}

fn session(n: usize) -> Work {
    let mut request = parts(&format!("/?{}", "a=b&".repeat(n)));
    request.headers = different(n);
    Box::new(move || {
        let builder = local().include_request_headers(["x-10001"]);
        black_box(entered(
            builder.own_request_headers(["x-10002"]),
            &mut request,
        ));
    })
}

fn changed_trailers(n: usize) -> Work {
    let mut request = parts("/");
    let mut session = entered(local(), &mut request);
    let answer = r#"{"modify":{"dropHeaders":["x-a"],"addHeaders":{"x-b":"1"}}}"#;
    let answered = Event::Answered(Ok(Answer::ok(answer)));
    let step = session.advance(Head::Request(&mut request), answered, Instant::now());
    assert!(matches!(step, Ok(Step::CallBackend { .. })));
    let rules = session.take_trailer_rules();
    without_by(different(n), move |trailers| rules.remove_from(trailers))
}

fn without_by(mut trailers: HeaderMap, remove: impl Fn(&mut HeaderMap) + 'static) -> Work {
    Box::new(move || {
        remove(&mut trailers);
        black_box(Response::new(trailers));
    })
}
