//! What a call costs in allocations. Counts are stable, so they are bounds.
//!
//! Only this thread is counted, run time and client connections included; the far end is on another.

#![cfg(feature = "aws")]
#![allow(
    clippy::unwrap_used,
    reason = "tests, their helpers included, end by it"
)]

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_lambda::{primitives::Blob, types::InvocationType};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, Uri};
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use lambda_sidecar::{
    Answer, Application, CallContext, Endpoint, Expand, Functions, Invocation, LambdaSidecarLayer,
    PackageKey, Point, Sidecar, Token, Transport,
};
use lambda_sidecar_core::{EnvelopeSource, Payload, RequestView};
use lambda_sidecar_test_support::scripted::{Answer as Answered, Reply, ScriptedAws};
use tokio::runtime::Runtime;
use tower::{Layer as _, Service};

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:authz:live";
const CALLS: u64 = 100;

/// What goes over the wire with either transport, but as constants.
const HEADERS: [(&str, &str); 9] = [
    ("content-type", "application/octet-stream"),
    ("x-amz-invocation-type", "RequestResponse"),
    ("x-amz-client-context", CONTEXT),
    ("x-amz-date", "20260801T000000Z"),
    (
        "x-amz-user-agent",
        "aws-sdk-rust/1.3.16 ua/2.1 api/lambda/1.156.0 os/linux lang/rust/1.95.0",
    ),
    (
        "user-agent",
        "aws-sdk-rust/1.3.16 os/linux lang/rust/1.95.0",
    ),
    (
        "amz-sdk-invocation-id",
        "7632924a-8d8d-4d35-8a77-b57c4bb450af",
    ),
    ("amz-sdk-request", "attempt=1; max=3"),
    (
        "authorization",
        "AWS4-HMAC-SHA256 Credential=KEY/20150830/us-east-1/lambda/aws4_request, SignedHeaders=content-type;host;x-amz-client-context;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    ),
];
const CONTEXT: &str =
    "eyJjdXN0b20iOnsibWVzc2FnZUlkIjoiNzYzMjkyNGEtOGQ4ZC00ZDM1LThhNzctYjU3YzRiYjQ1MGFmIn19";

/// A far end that answers `{}` to everything, on a thread of its own.
fn far_end() -> ScriptedAws {
    let answer = Answered::verdict("{}").header("content-type", "application/json");
    let answer = answer.header("x-amz-executed-version", "7");
    ScriptedAws::answering([Reply::answer(&answer)]).forgetful()
}

fn run_time() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// How many allocations one call makes, once everything is warm.
fn allocations<F: Future>(run_time: &Runtime, mut call: impl FnMut() -> F) -> u64 {
    let mut run = |calls| {
        run_time.block_on(async {
            for _ in 0..calls {
                call().await;
                // What the connection does after the answer belongs to the call.
                tokio::task::yield_now().await;
            }
        });
    };
    run(CALLS);
    let counted = allocation_counter::measure(|| run(CALLS));
    counted.count_total.div_ceil(CALLS)
}

fn config(endpoint: &str) -> SdkConfig {
    let credentials = Credentials::new("KEY", "secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build()
}

fn sidecar() -> Sidecar {
    sidecar_with("operation")
}

fn layer<F>(function: F, expanded: &str) -> LambdaSidecarLayer<F> {
    LambdaSidecarLayer::new(function).request(sidecar_with(expanded))
}

fn sidecar_with(expanded: &str) -> Sidecar {
    let text = format!(
        "region: us-east-1
         functionARN: {ARN}
         useAssumeRole: false
         include-request-headers: authorization, x-forwarded-for
         expand-input: {expanded}"
    );
    Sidecar::pre(&text).unwrap()
}

/// Without the request's payload and with it.
const EXPANDED: [&str; 2] = ["operation", "operation, requestPayload"];

fn invocation() -> Invocation {
    Invocation::new(
        Arc::new(sidecar()),
        vec![b'x'; 400],
        "7632924a-8d8d-4d35-8a77-b57c4bb450af",
    )
}

fn over(transport: Transport, endpoint: &str) -> Functions {
    Functions::new(&config(endpoint)).transport(transport)
}

/// Of a call of the function itself.
fn of_function(run_time: &Runtime, functions: &Functions) -> u64 {
    let invocation = invocation();
    allocations(run_time, || {
        let (mut functions, invocation) = (functions.clone(), invocation.clone());
        async move { functions.call(invocation).await.unwrap() }
    })
}

/// Of a plain POST of what the lean transport sends.
fn of_plain_post(run_time: &Runtime, endpoint: &str) -> u64 {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build(connector);
    let path = ARN.replace(':', "%3A");
    let uri: Uri = format!("{endpoint}/2015-03-31/functions/{path}/invocations")
        .parse()
        .unwrap();
    let payload = Bytes::from(vec![b'x'; 400]);
    allocations(run_time, || {
        let mut request = Request::new(Full::new(payload.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri.clone();
        let headers = request.headers_mut();
        headers.reserve(HEADERS.len());
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let client = &client;
        async move {
            let response = client.request(request).await.unwrap();
            response.into_body().collect().await.unwrap().to_bytes()
        }
    })
}

/// Of the SDK's `invoke()` alone.
fn of_invoke(run_time: &Runtime, endpoint: &str) -> u64 {
    let client = aws_sdk_lambda::Client::new(&config(endpoint));
    let payload = Bytes::from(vec![b'x'; 400]);
    allocations(run_time, || {
        let invoke = client
            .invoke()
            .function_name(ARN)
            .invocation_type(InvocationType::RequestResponse)
            .client_context(CONTEXT)
            .payload(Blob::from_maybe_shared(payload.clone()));
        async move { invoke.send().await.unwrap() }
    })
}

/// How often what holds it was cloned.
#[derive(Default)]
struct Clones(Arc<AtomicUsize>);

impl Clones {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Clone for Clones {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(&self.0))
    }
}

#[derive(Clone, Default)]
struct App(Clones);

/// A body that cannot be cloned.
struct OneOfAKind(Full<Bytes>);

impl Body for OneOfAKind {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }
}

impl<B: Send + 'static> Service<Request<B>> for App {
    type Response = Response<OneOfAKind>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        std::future::ready(Ok(Response::new(OneOfAKind("hello".into()))))
    }
}

fn request() -> Request<OneOfAKind> {
    Request::post("https://api.acme.com/orders?p1=a")
        .header("host", "api.acme.com")
        .header("authorization", "Bearer qwerty")
        .header("x-forwarded-for", "203.0.113.7")
        .body(OneOfAKind("{}".into()))
        .unwrap()
}

/// Of a call of the application, the request's own included.
fn of_app<S, R>(run_time: &Runtime, service: S) -> u64
where
    S: Service<Request<OneOfAKind>, Response = Response<R>, Error = Infallible>,
{
    let mut service = service;
    // A reference cannot leave the closure; the calls come one by one.
    let service = std::cell::RefCell::new(&mut service);
    allocations(run_time, || {
        let call = service.borrow_mut().call(request());
        async move { drop(call.await.unwrap()) }
    })
}

#[test]
fn the_lean_transport_makes_at_most_30_more_than_a_plain_post() {
    let (run_time, far_end) = (run_time(), far_end());
    let endpoint = far_end.endpoint();
    let plain = of_plain_post(&run_time, &endpoint);
    let lean = of_function(&run_time, &over(Transport::Lean, &endpoint));
    println!("plain POST: {plain}, lean transport: {lean}");
    assert!(lean <= plain + 30, "{lean} against {plain}");
}

#[test]
fn the_layer_over_the_sdk_makes_at_most_10_more_than_invoke_alone() {
    let (run_time, far_end) = (run_time(), far_end());
    let endpoint = far_end.endpoint();
    let invoke = of_invoke(&run_time, &endpoint);
    let function = of_function(&run_time, &over(Transport::Sdk, &endpoint));
    let bare = of_app(&run_time, App::default());
    println!("invoke(): {invoke}, as a function: {function}, bare application: {bare}");
    for expanded in EXPANDED {
        let layer = layer(over(Transport::Sdk, &endpoint), expanded);
        let layered = of_app(&run_time, layer.layer(App::default()));
        println!("layered, with {expanded}: {layered}");
        assert!(layered <= bare + invoke + 10, "with {expanded}");
    }
}

#[test]
fn the_layer_over_the_lean_transport_makes_at_most_11_more_than_the_transport() {
    let (run_time, far_end) = (run_time(), far_end());
    let endpoint = far_end.endpoint();
    let lean = of_function(&run_time, &over(Transport::Lean, &endpoint));
    let bare = of_app(&run_time, App::default());
    println!("lean transport: {lean}, bare application: {bare}");
    for expanded in EXPANDED {
        let layer = layer(over(Transport::Lean, &endpoint), expanded);
        let layered = of_app(&run_time, layer.layer(App::default()));
        println!("layered, with {expanded}: {layered}");
        assert!(layered <= bare + lean + 11, "with {expanded}");
    }
}

/// What the layer itself makes: its function answers at once and makes nothing.
#[test]
fn the_layer_itself_makes_at_most_11() {
    let run_time = run_time();
    let bare = of_app(&run_time, App::default());
    println!("bare: {bare}");
    for expanded in EXPANDED {
        let layer = layer(at_once(Clones::default()), expanded);
        let layered = of_app(&run_time, layer.layer(App::default()));
        println!("the layer with a function that makes nothing, with {expanded}: {layered}");
        assert!(layered <= bare + 11, "with {expanded}");
    }
}

/// Of an Allow that is kept, with all that the layer does for a call. What another verdict changes comes on top.
#[test]
fn a_hit_makes_at_most_14() {
    let run_time = run_time();
    let bare = of_app(&run_time, App::default());
    let minute = Duration::from_secs(60);
    for (verdict, most) in [
        ("{}", 14),
        (r#"{"modify":{"addHeaders":{"x-user":"u-1"}}}"#, 24),
    ] {
        let sidecar = Sidecar::local(Point::PreProcessor, "f")
            .include_request_headers(["authorization"])
            .cache_max(minute)
            .cache_default(minute);
        let function = tower::service_fn(move |_: Invocation| {
            std::future::ready(Ok::<_, Infallible>(
                Answer::ok(verdict).version("7".to_owned()),
            ))
        });
        let layer = LambdaSidecarLayer::new(function).request(sidecar.build().unwrap());
        let layered = of_app(&run_time, layer.layer(App::default()));
        println!("a hit of {verdict}: {layered}, bare: {bare}");
        assert!(layered <= bare + most, "{verdict}: {layered}");
    }
}

/// Bodies here cannot be cloned, so that they are not is for the compiler to see.
#[test]
fn an_absent_half_makes_none_and_clones_nothing() {
    let run_time = run_time();
    let bare = of_app(&run_time, App::default());
    let (app, function) = (App::default(), Clones::default());
    let (of_app_itself, of_function) = (
        Clones(Arc::clone(&app.0.0)),
        Clones(Arc::clone(&function.0)),
    );
    let service = LambdaSidecarLayer::new(at_once(function)).layer(app);
    let before = (of_app_itself.count(), of_function.count());
    let layered = of_app(&run_time, service);
    assert_eq!(layered, bare);
    assert_eq!((of_app_itself.count(), of_function.count()), before);
}

/// A function that answers at once and makes nothing.
fn at_once(
    clones: Clones,
) -> impl Service<Invocation, Response = Answer, Error = Infallible, Future: Send> + Clone {
    tower::service_fn(move |_: Invocation| {
        let _held = &clones;
        std::future::ready(Ok(Answer::ok(Bytes::from_static(b"{}"))))
    })
}

/// How many allocations the envelope of a request makes, for a sidecar that sends all there is.
fn of_envelope(request: &Request<()>, payload: &Payload) -> u64 {
    let sidecar = Sidecar::local(Point::PreProcessor, "authz")
        .include_request_headers(["authorization", "cookie", "x-forwarded-for"])
        .include_request_headers((0..100).map(|at| format!("x-{at}")))
        .include_eavs(["tier"])
        .include_package_key_eavs(["plan"])
        .expand_input(
            Expand::ALL
                .iter()
                .copied()
                .filter(|part| part.only_at().is_none()),
        )
        .param("ratio", "1.50")
        .build()
        .unwrap();
    let context = CallContext::new()
        .endpoint(Arc::new(Endpoint::new().service_id("s").endpoint_id("e")))
        .application(Arc::new(Application::new([("tier", "gold \"plated\"")])))
        .package_key(Arc::new(PackageKey::new("key", [("plan", "free")])))
        .token(Token::new().scope("read").user_context(r#"{"id":7}"#))
        .routing(Uri::from_static("http://backend.internal:8080/orders?p1=a"))
        .remote_addr([203, 0, 113, 7].into());
    let source = EnvelopeSource {
        sidecar: &sidecar,
        context: &context,
        message_id: "7632924a-8d8d-4d35-8a77-b57c4bb450af",
        request: RequestView {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            payload,
        },
        response: None,
    };
    let mut envelope = Bytes::new();
    let counted = allocation_counter::measure(|| envelope = source.to_json());
    assert!(!envelope.is_empty());
    counted.count_total
}

fn body(bytes: &[u8]) -> Payload {
    Payload::Whole {
        bytes: Bytes::copy_from_slice(bytes),
        coded: false,
    }
}

#[test]
fn an_envelope_is_one_allocation() {
    let get = |uri: &str| Request::get(uri).body(()).unwrap();
    let headers = |values: &[&[u8]]| {
        let mut request = get("/orders");
        for value in values {
            for name in ["authorization", "cookie", "x-forwarded-for"] {
                let value = HeaderValue::from_bytes(value).unwrap();
                request.headers_mut().append(name, value);
            }
        }
        request
    };
    let mut many = get("/");
    for at in 0..100 {
        let name = HeaderName::try_from(format!("x-{at}")).unwrap();
        many.headers_mut().insert(name, HeaderValue::from(at));
    }
    for (shape, request, payload) in [
        ("a path alone", get("/orders"), Payload::NotExpanded),
        ("one name", get("/orders?p1=a"), Payload::NotExpanded),
        (
            "a name that stands twice",
            get("/orders?p1=a&p2=b&p1=c"),
            Payload::NotExpanded,
        ),
        (
            "a whole URI",
            get("https://api.acme.com/orders?p1=a"),
            Payload::NotExpanded,
        ),
        (
            "headers",
            headers(&[b"Bearer qwerty"]),
            Payload::NotExpanded,
        ),
        (
            "repeated headers",
            headers(&[b"a", b"b", b"c"]),
            Payload::NotExpanded,
        ),
        ("a hundred headers", many, Payload::NotExpanded),
        (
            "headers in ISO-8859-1",
            headers(&[b"caf\xe9", b"\xfc"]),
            Payload::NotExpanded,
        ),
        (
            "a payload left out",
            get("/"),
            Payload::LeftOut { length: Some(9) },
        ),
        ("an empty payload", get("/"), body(b"")),
        ("text", get("/"), body(b"{\"order\":\t\"7\"}\r\n")),
        (
            "bytes",
            get("/"),
            body(b"\xff\xfe of one payload as base64"),
        ),
        (
            "a long text",
            get("/"),
            body(&b"say \"cheese\" ".repeat(5_000)),
        ),
        ("many bytes", get("/"), body(&b"\x00\xff".repeat(50_000))),
    ] {
        assert_eq!(of_envelope(&request, &payload), 1, "{shape}");
    }
}
