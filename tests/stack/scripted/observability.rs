//! What is told of function calls: spans, metrics, and the names that the page on operations has for spans.
//! The names of metrics are tested where a gateway shows all of them.
mod counts;
mod events;

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    fs,
    future::{pending, ready},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use lambda_sidecar::{
    Answer, AnswerResult, CallContext, Invocation, InvocationError, LambdaSidecarLayer, METRICS,
    Point, Sidecar, SidecarBody,
};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tokio::sync::{Semaphore, mpsc};
use tower::{BoxError, Layer, ServiceExt, service_fn};
use tracing::{Subscriber, field::Visit, span};
use tracing_subscriber::{layer::Context, prelude::*, registry::LookupSpan};

const SECRET: &str = "SECRET";

/// Longer than anything takes whose clock is not paused.
const ENDPOINT_TIMEOUT: Duration = Duration::from_secs(60);

/// A call through a request half named `pre` and a response half named `post`, which is fail-safe. What
/// functions answer is told by their names.
async fn call(
    answer: impl Fn(&str) -> Result<Answer, InvocationError> + Clone + Send + Sync + 'static,
) -> Response<SidecarBody<Full<Bytes>>> {
    call_with(Method::POST, move |name| ready(answer(name))).await
}

/// The same with any method, and functions that may take their time.
async fn call_with<F>(
    method: Method,
    answer: impl Fn(&str) -> F + Clone + Send + Sync + 'static,
) -> Response<SidecarBody<Full<Bytes>>>
where
    F: Future<Output = Result<Answer, InvocationError>> + Send + 'static,
{
    let function = service_fn(move |invocation: Invocation| {
        let answer = answer(invocation.sidecar.name());
        async move { answer.await.map_err(BoxError::from) }
    });
    let all = |point, name| {
        let sidecar = Sidecar::local(point, name);
        sidecar.include_request_headers(["authorization"])
    };
    let layer = LambdaSidecarLayer::new(function)
        .endpoint_timeout(ENDPOINT_TIMEOUT)
        .request(all(Point::PreProcessor, "pre").build().unwrap())
        .response({
            let sidecar = all(Point::PostProcessor, "post");
            sidecar
                .policy(lambda_sidecar::ErrorPolicy::FAIL_SAFE)
                .build()
                .unwrap()
        });
    let backend = layer.layer(service_fn(
        |request: Request<SidecarBody<Full<Bytes>>>| async {
            drop(request);
            Ok::<_, Infallible>(Response::new(Full::from(SECRET)))
        },
    ));
    let request = Request::builder()
        .method(method)
        .uri("/orders?key=SECRET")
        .header("authorization", SECRET)
        .extension(CallContext::new().message_id("message-1"))
        .body(Full::from(SECRET))
        .unwrap();
    backend.oneshot(request).await.unwrap()
}

/// The fields of a span or of a log line.
type Told = BTreeMap<String, String>;

/// Every span with its fields, and the fields of every log line.
#[derive(Clone, Default)]
struct Spans {
    spans: Arc<Mutex<BTreeMap<u64, Told>>>,
    log: Arc<Mutex<Vec<Told>>>,
}

struct Fields<'a>(&'a mut Told);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> tracing_subscriber::Layer<S> for Spans {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, id: &span::Id, _: Context<'_, S>) {
        let mut spans = self.spans.lock().unwrap();
        let fields = spans.entry(id.into_u64()).or_default();
        fields.insert("name".to_owned(), attributes.metadata().name().to_owned());
        attributes.record(&mut Fields(fields));
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, _: Context<'_, S>) {
        let mut spans = self.spans.lock().unwrap();
        values.record(&mut Fields(spans.get_mut(&id.into_u64()).unwrap()));
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut line = BTreeMap::new();
        event.record(&mut Fields(&mut line));
        self.log.lock().unwrap().push(line);
    }
}

/// The spans of what is done, in order.
fn spans(done: impl FnOnce(&tokio::runtime::Runtime)) -> Vec<Told> {
    told(done).0
}

/// The spans of what is done, in order, and its log.
fn told(done: impl FnOnce(&tokio::runtime::Runtime)) -> (Vec<Told>, Vec<Told>) {
    let run_time = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let spans = Spans::default();
    // A span's number may be used again after its end; none ends while this one keeps it.
    let subscriber = tracing_subscriber::registry().with(spans.clone());
    tracing::subscriber::with_default(subscriber, || done(&run_time));
    let log = spans.log.lock().unwrap().clone();
    let spans = spans.spans.lock().unwrap();
    (spans.values().cloned().collect(), log)
}

fn fields<const N: usize>(expected: [(&str, &str); N]) -> BTreeMap<String, String> {
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    expected.map(owned).into_iter().collect()
}

#[test]
fn a_function_call_is_one_span_with_opentelemetrys_names() {
    let seen = spans(|run_time| {
        run_time.block_on(call(|_| {
            Ok(Answer::ok(
                r#"{"terminate":{"code":403,"message":"SECRET"}}"#,
            ))
        }));
    });
    assert_eq!(
        seen,
        [fields([
            ("name", "function call"),
            ("otel.kind", "client"),
            ("faas.invoked_name", "pre"),
            ("http.request.method", "POST"),
            ("http.response.status_code", "403"),
            ("sidecar.point", "PreProcessor"),
            ("sidecar.synchronicity", "RequestResponse"),
            ("sidecar.message_id", "message-1"),
            ("sidecar.decision", "terminate"),
        ])]
    );
}

#[test]
fn a_failed_function_call_says_its_class_and_whether_it_failed_open() {
    let seen = spans(|run_time| {
        run_time.block_on(call(|name| match name {
            "pre" => Ok(Answer::ok("{}")),
            _ => Err(InvocationError::throttled(
                "TooManyRequestsException".to_owned(),
                SECRET,
            )),
        }));
    });
    let failed = seen.iter().find(|span| span["faas.invoked_name"] == "post");
    let failed = failed.unwrap();
    for (name, value) in [
        ("error.type", "throttled"),
        ("otel.status_code", "ERROR"),
        ("sidecar.failed_open", "true"),
        ("sidecar.decision", "allow"),
    ] {
        assert_eq!(failed[name], value);
    }
}

/// What comes of a function without a timeout that hangs.
fn hang(run_time: &tokio::runtime::Runtime) {
    run_time.block_on(async {
        tokio::time::pause();
        let response = call_with(Method::POST, |_| pending()).await;
        assert_eq!(response.status(), 504);
    });
}

#[test]
fn the_end_of_the_whole_calls_time_is_an_error_of_the_span() {
    let seen = spans(hang);
    assert_eq!(seen.len(), 1, "{seen:?}");
    for (name, value) in [
        ("error.type", "GatewayTimeout"),
        ("otel.status_code", "ERROR"),
        ("http.response.status_code", "504"),
        ("sidecar.decision", "error"),
    ] {
        assert_eq!(
            seen[0].get(name).map(String::as_str),
            Some(value),
            "{seen:?}"
        );
    }
    assert!(!seen[0].contains_key("sidecar.failed_open"), "{seen:?}");
}

#[test]
fn a_method_that_http_does_not_define_is_other() {
    for (method, told) in [("PATCH", "PATCH"), ("SECRET", "_OTHER"), ("get", "_OTHER")] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let seen = spans(|run_time| {
            run_time.block_on(call_with(method, |_| ready(Ok(Answer::ok("{}")))));
        });
        assert!(!seen.is_empty());
        for span in seen {
            assert_eq!(span["http.request.method"], told);
        }
    }
}

#[test]
fn no_span_holds_payloads_header_values_or_queries() {
    let seen = spans(|run_time| {
        let response = run_time.block_on(call(|_| {
            Ok(Answer::ok(
                r#"{"modify":{"addHeaders":{"x-a":"SECRET"},"payload":"SECRET"}}"#,
            ))
        }));
        let body = run_time.block_on(response.into_body().collect());
        assert_eq!(body.unwrap().to_bytes(), SECRET);
    });
    assert!(
        !seen.is_empty() && !format!("{seen:?}").contains(SECRET),
        "{seen:?}"
    );
}

/// Ways for a function to answer, or not to, with the secret in it.
fn told_secrets() -> Vec<(&'static str, Result<Answer, InvocationError>)> {
    let answers = [
        r#"{"modify":{"addHeaders":{"x-a":"SECRET"},"payload":"SECRET"}}"#,
        r#"{"modify":{"addHeaders":{"te":"SECRET"},"json":["SECRET"]}}"#,
        r#"{"modify":{"addHeaders":{"x-a":"SECRET\u0000"}}}"#,
        r#"{"modify":{"completeWithCode":"SECRET","base64Encoded":true,"payload":"SECRET"}}"#,
        r#"{"terminate":{"code":403,"message":"SECRET","addHeaders":{"x-a":"SECRET"}}}"#,
        r#"{"terminate":{"code":"SECRET"}}"#,
        r#"{"terminate":{"code":403,"message":"SECRET"#,
        r#""SECRET""#,
        "SECRET",
    ];
    let answers = answers.map(|answer| (answer, Ok(Answer::ok(answer))));
    let function_errors = [
        r#"{"errorType":"Error","errorMessage":"SECRET","stackTrace":["SECRET"]}"#,
        r#"{"errorMessage":{"a":"SECRET"}}"#,
        "SECRET",
    ];
    let function_errors = function_errors.map(|payload| {
        let answer = Answer::failed("Unhandled", payload);
        (payload, Ok(answer))
    });
    let mut told = vec![("timeout", Err(InvocationError::timeout()))];
    told.extend(answers);
    told.extend(function_errors);
    told
}

/// One way, at the point of this half alone.
fn at(
    half: &'static str,
    answer: Result<Answer, InvocationError>,
) -> impl Fn(&str) -> Result<Answer, InvocationError> + Clone + Send + Sync + 'static {
    let answer = Arc::new(Mutex::new(Some(answer)));
    move |name| match name == half {
        true => answer.lock().unwrap().take().expect("it is asked once"),
        false => Ok(Answer::ok("{}")),
    }
}

#[test]
fn no_span_and_no_log_line_holds_what_a_function_answers() {
    for half in ["pre", "post"] {
        for (what, answer) in told_secrets() {
            let is_failure = !matches!(&answer, Ok(answer) if answer.result == AnswerResult::Ok);
            let (spans, log) = told(|run_time| {
                run_time.block_on(call(at(half, answer)));
            });
            let asked = spans.iter().find(|span| span["faas.invoked_name"] == half);
            let asked = asked.unwrap_or_else(|| panic!("{half} {what}: {spans:?}"));
            if is_failure {
                assert!(asked.contains_key("error.type"), "{half} {what}: {asked:?}");
                assert!(!log.is_empty(), "{half} {what}");
            }
            let told = format!("{spans:?} {log:?}");
            assert!(!told.contains(SECRET), "{half} {what}: {told}");
        }
    }
}

/// The text of an exception, which can name accounts and roles, is for the log, and only for it.
#[test]
fn what_aws_says_stands_in_the_log_and_in_no_span() {
    for half in ["pre", "post"] {
        for error in [
            InvocationError::connect(SECRET),
            InvocationError::credentials(SECRET),
            InvocationError::throttled("TooManyRequestsException", SECRET),
            InvocationError::service(400, Some("AnException".into()), SECRET),
            InvocationError::service(500, None, SECRET),
            InvocationError::wrong_answer(SECRET),
        ] {
            let class = error.class().to_string();
            let (spans, log) = told(|run_time| {
                run_time.block_on(call(at(half, Err(error))));
            });
            let asked = spans.iter().find(|span| span["faas.invoked_name"] == half);
            assert_eq!(asked.map(|span| &span["error.type"]), Some(&class));
            assert!(!format!("{spans:?}").contains(SECRET), "{half}: {spans:?}");
            let failed = log.iter().find(|line| line.get("class") == Some(&class));
            let failed = failed.unwrap_or_else(|| panic!("{half} {class}: {log:?}"));
            assert!(failed["cause"].contains(SECRET), "{half}: {failed:?}");
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The rows of the table between `<!-- name -->` and its end on the page on operations, without their last
/// cell and without the marks of code.
fn table(name: &str) -> Vec<Vec<String>> {
    let page = fs::read_to_string(root().join("docs/operations.md")).unwrap();
    let (_, rest) = page.split_once(&format!("<!-- {name} -->")).unwrap();
    let (table, _) = rest.split_once(&format!("<!-- /{name} -->")).unwrap();
    let rows = table.lines().filter(|line| line.starts_with('|')).skip(2);
    let cells = |row: &str| {
        let cells = row.trim_matches('|').split('|');
        let mut cells: Vec<_> = cells.map(|cell| cell.trim().replace('`', "")).collect();
        cells.pop();
        cells
    };
    rows.map(cells).collect()
}

/// The names of the fields of every span made, be they filled or not.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<BTreeSet<String>>>);

impl<S: Subscriber> tracing_subscriber::Layer<S> for Names {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        let fields = attributes.metadata().fields().iter();
        let names = fields.map(|field| field.name().to_owned());
        self.0.lock().unwrap().extend(names);
    }
}

#[test]
fn the_pages_span_is_that_of_the_code() {
    let names = Names::default();
    let subscriber = tracing_subscriber::registry().with(names.clone());
    let run_time = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    tracing::subscriber::with_default(subscriber, || {
        run_time.block_on(call(|_| Ok(Answer::ok("{}"))));
    });
    let of_page: BTreeSet<_> = table("span").into_iter().flatten().collect();
    assert_eq!(of_page, *names.0.lock().unwrap());
}
