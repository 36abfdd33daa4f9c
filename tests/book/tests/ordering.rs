//! What the page on ordering says of other layers, each sentence a test.

mod bodies;

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Extension, Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, DefaultBodyLimit, Request},
    middleware::{self, Next},
    response::Response,
    routing::{any, get},
};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use lambda_sidecar::{
    Envelope, Expand, LambdaSidecarLayer, LocalFunction, Modify, Point, Receipts,
    RequestSidecarLayer, ResponseSidecarLayer, Sidecar, SidecarBuilder, Terminate, Verdict,
};
use serde_json::{Value, json};
use tokio::{sync::Notify, time::Instant};
use tower::{
    Service as _, ServiceBuilder, ServiceExt as _, limit::ConcurrencyLimitLayer, service_fn,
};
use tower_http::{
    compression::CompressionLayer,
    cors::CorsLayer,
    decompression::RequestDecompressionLayer,
    limit::RequestBodyLimitLayer,
    request_id::{MakeRequestUuid, SetRequestIdLayer},
    timeout::TimeoutLayer,
    validate_request::ValidateRequestHeaderLayer,
};

/// The envelopes a function was sent.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<Value>>>);

impl Asked {
    fn all(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    fn count(&self) -> usize {
        self.all().len()
    }

    /// A function that answers this, and remembers what it was asked.
    fn answering(
        &self,
        verdict: impl Into<Verdict>,
    ) -> LocalFunction<
        impl FnMut(Envelope) -> std::future::Ready<Verdict> + Clone + Send + Sync + 'static,
    > {
        let (asked, verdict) = (self.clone(), verdict.into());
        LocalFunction::new(move |call: Envelope| {
            asked.0.lock().unwrap().push(json!(call));
            std::future::ready(verdict.clone())
        })
    }
}

fn pre() -> SidecarBuilder {
    Sidecar::local(Point::PreProcessor, "pre")
}

fn post() -> SidecarBuilder {
    Sidecar::local(Point::PostProcessor, "post")
}

const LONG: &str =
    r#"{"id":7,"text":"long enough that a compression layer thinks it worth its while"}"#;

/// A service that answers with a long text, or with the length of what it was sent.
fn service() -> Router {
    Router::new().route(
        "/",
        get(|| async { LONG }).post(|body: Bytes| async move { body.len().to_string() }),
    )
}

async fn call(app: Router, request: http::request::Builder, body: impl Into<Body>) -> Response {
    app.oneshot(request.body(body.into()).unwrap())
        .await
        .unwrap()
}

async fn get_root(app: Router) -> Response {
    call(app, Request::get("/"), Body::empty()).await
}

async fn text(response: Response) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

fn error_name(response: &Response) -> Option<&str> {
    response.headers().get("x-sidecar-error")?.to_str().ok()
}

const ID: HeaderName = HeaderName::from_static("x-request-id");

#[tokio::test]
async fn a_request_id_outside_is_the_message_id_and_one_inside_is_another() {
    let with_id = |id: &'static str| Request::get("/").header(ID, id);
    let set_id = || SetRequestIdLayer::new(ID, MakeRequestUuid);

    let asked = Asked::default();
    let sidecar = RequestSidecarLayer::new(pre().build().unwrap(), asked.answering(Verdict::Allow));
    call(
        service().layer(sidecar).layer(set_id()),
        with_id("mine"),
        Body::empty(),
    )
    .await;
    assert_eq!(asked.all()[0]["masheryMessageId"], "mine");

    let asked = Asked::default();
    let sidecar = RequestSidecarLayer::new(pre().build().unwrap(), asked.answering(Verdict::Allow));
    call(
        service().layer(set_id()).layer(sidecar),
        with_id("mine"),
        Body::empty(),
    )
    .await;
    assert_ne!(asked.all()[0]["masheryMessageId"], "mine");
}

#[tokio::test]
async fn a_layer_outside_sees_all_receipts_and_the_handler_those_of_the_request() {
    let seen = Arc::new(Mutex::new((0, 0)));
    let count =
        |extensions: &http::Extensions| extensions.get::<Receipts>().map_or(0, |all| all.len());
    let (handler, outside) = (Arc::clone(&seen), Arc::clone(&seen));
    let sidecars = LambdaSidecarLayer::new(Asked::default().answering(Verdict::Allow))
        .request(pre().build().unwrap())
        .response(post().build().unwrap());
    let app = Router::new()
        .route(
            "/",
            get(move |request: Request| async move {
                handler.lock().unwrap().0 = count(request.extensions());
            }),
        )
        .layer(sidecars)
        .layer(middleware::from_fn(move |request: Request, next: Next| {
            let outside = Arc::clone(&outside);
            async move {
                let response = next.run(request).await;
                outside.lock().unwrap().1 = count(response.extensions());
                response
            }
        }));
    get_root(app).await;
    assert_eq!(*seen.lock().unwrap(), (1, 2));
}

/// A function that takes this long; it says when it is dropped.
fn slow(
    seconds: u64,
    dropped: &Arc<Notify>,
) -> LocalFunction<
    impl FnMut(Envelope) -> Pin<Box<dyn Future<Output = Verdict> + Send>> + Clone + use<>,
> {
    struct Guard(Arc<Notify>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }
    let dropped = Arc::clone(dropped);
    LocalFunction::new(move |_call: Envelope| {
        let guard = Guard(Arc::clone(&dropped));
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            drop(guard);
            Verdict::Allow
        }) as Pin<Box<dyn Future<Output = Verdict> + Send>>
    })
}

fn time_out(seconds: u64) -> TimeoutLayer {
    TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(seconds))
}

#[tokio::test(start_paused = true)]
async fn a_timeout_outside_drops_the_function_call_and_answers_bare() {
    let dropped = Arc::new(Notify::new());
    let sidecar = LambdaSidecarLayer::new(slow(20, &dropped)).request(pre().build().unwrap());
    let response = get_root(service().layer(sidecar).layer(time_out(10))).await;
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(error_name(&response), None);
    dropped.notified().await;
    assert_eq!(text(response).await, "");
}

#[tokio::test(start_paused = true)]
async fn a_shorter_endpoint_timeout_answers_first_and_in_its_own_form() {
    let sidecar = LambdaSidecarLayer::new(slow(20, &Arc::default()))
        .request(pre().build().unwrap())
        .endpoint_timeout(Duration::from_secs(9));
    let response = get_root(service().layer(sidecar).layer(time_out(10))).await;
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(error_name(&response), Some("GatewayTimeout"));
}

/// A service that takes five seconds.
fn slow_service() -> Router {
    Router::new().route("/", get(|| tokio::time::sleep(Duration::from_secs(5))))
}

#[tokio::test(start_paused = true)]
async fn the_endpoint_timeout_does_not_limit_the_handler() {
    let sidecar = LambdaSidecarLayer::new(slow(0, &Arc::default()))
        .request(pre().build().unwrap())
        .endpoint_timeout(Duration::from_secs(1));
    assert_eq!(
        get_root(slow_service().layer(sidecar)).await.status(),
        StatusCode::OK
    );
}

#[tokio::test(start_paused = true)]
async fn a_timeout_inside_limits_the_handler_alone() {
    let sidecar =
        LambdaSidecarLayer::new(slow(20, &Arc::default())).request(pre().build().unwrap());
    let response = get_root(service().layer(time_out(1)).layer(sidecar)).await;
    assert_eq!(response.status(), StatusCode::OK);

    let asked = Asked::default();
    let sidecar =
        LambdaSidecarLayer::new(asked.answering(Verdict::Allow)).response(post().build().unwrap());
    let response = get_root(slow_service().layer(time_out(1)).layer(sidecar)).await;
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(asked.all()[0]["response"]["code"], 504);
}

/// A response sidecar that reads the body.
fn reading_response() -> Sidecar {
    post()
        .expand_input([Expand::ResponsePayload])
        .build()
        .unwrap()
}

/// What a caller has to bring to the fake of real authentication.
const SECRET: HeaderValue = HeaderValue::from_static("Bearer secret");

macro_rules! authentication {
    () => {
        ValidateRequestHeaderLayer::has_header_value("authorization", "Bearer secret").unwrap()
    };
}

#[tokio::test]
async fn with_authentication_outside_a_caller_nobody_knows_costs_no_function_call() {
    let asked = Asked::default();
    let sidecar = RequestSidecarLayer::new(pre().build().unwrap(), asked.answering(Verdict::Allow));
    let app = service().layer(sidecar).layer(authentication!());
    assert!(get_root(app.clone()).await.status().is_client_error());
    assert_eq!(asked.count(), 0);
    let known = Request::get("/").header(header::AUTHORIZATION, SECRET);
    assert_eq!(
        call(app, known, Body::empty()).await.status(),
        StatusCode::OK
    );
    assert_eq!(asked.count(), 1);
}

#[tokio::test]
async fn with_authentication_inside_a_function_that_sets_authorization_logs_the_caller_in() {
    let login = Modify::new().header(header::AUTHORIZATION, SECRET).unwrap();
    let sidecar =
        RequestSidecarLayer::new(pre().build().unwrap(), Asked::default().answering(login));
    let app = service().layer(authentication!()).layer(sidecar);
    assert_eq!(get_root(app).await.status(), StatusCode::OK);
}

fn preflight() -> http::request::Builder {
    Request::builder()
        .method(Method::OPTIONS)
        .uri("/")
        .header(header::ORIGIN, "https://shop.example")
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
}

#[tokio::test]
async fn cors_outside_answers_preflights_itself_and_lets_a_browser_read_a_terminate() {
    let asked = Asked::default();
    let no = Verdict::terminate(lambda_sidecar::StatusCode::FORBIDDEN);
    let sidecar = RequestSidecarLayer::new(pre().build().unwrap(), asked.answering(no));
    let app = service().layer(sidecar).layer(CorsLayer::permissive());
    assert_eq!(
        call(app.clone(), preflight(), Body::empty()).await.status(),
        StatusCode::OK
    );
    assert_eq!(asked.count(), 0);
    let response = get_root(app).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(
        response
            .headers()
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    );
}

#[tokio::test]
async fn with_cors_inside_functions_are_asked_about_preflights() {
    let asked = Asked::default();
    let no = Verdict::terminate(lambda_sidecar::StatusCode::FORBIDDEN);
    let sidecar = RequestSidecarLayer::new(pre().build().unwrap(), asked.answering(no));
    let app = service().layer(CorsLayer::permissive()).layer(sidecar);
    let response = call(app, preflight(), Body::empty()).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert!(
        !response
            .headers()
            .contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
    );
    assert_eq!(asked.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_its_function_takes_a_place_of_a_limit_inside() {
    for (inside, is_ready) in [(true, false), (false, true)] {
        let sidecar =
            || RequestSidecarLayer::new(pre().build().unwrap(), slow(30, &Arc::default()));
        let handler = service_fn(|_: Request<_>| async {
            Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
        });
        // Without the limit the second is ready at once.
        let limit = if inside { 1 } else { 2 };
        let stack = ServiceBuilder::new()
            .layer(sidecar())
            .concurrency_limit(limit)
            .service(handler);
        let (mut first, mut second) = (stack.clone(), stack);
        let waiting = first
            .ready()
            .await
            .unwrap()
            .call(http::Request::new(String::new()));
        let waiting = tokio::spawn(waiting);
        let ready = tokio::time::timeout(Duration::from_secs(1), second.ready()).await;
        assert_eq!(ready.is_ok(), is_ready);
        waiting.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn between_two_calls_of_router_layer_a_limit_inside_counts_handlers_alone() {
    let sidecar = RequestSidecarLayer::new(pre().build().unwrap(), slow(30, &Arc::default()));
    let app = service()
        .layer(ConcurrencyLimitLayer::new(1))
        .layer(sidecar);
    let begun = Instant::now();
    tokio::join!(get_root(app.clone()), get_root(app));
    // One after the other they would take a minute.
    assert!(begun.elapsed() < Duration::from_secs(31));
}

#[tokio::test]
async fn the_innermost_request_half_is_asked_last_and_sees_what_the_others_changed() {
    let tier = HeaderName::from_static("x-tier");
    let outer = Modify::new().header(tier, "gold").unwrap();
    let asked = Asked::default();
    let inner = pre().include_request_headers(["x-tier"]).build().unwrap();
    let app = service()
        .layer(RequestSidecarLayer::new(
            inner,
            asked.answering(Verdict::Allow),
        ))
        .layer(RequestSidecarLayer::new(
            pre().build().unwrap(),
            Asked::default().answering(outer),
        ));
    get_root(app).await;
    assert_eq!(asked.all()[0]["request"]["headers"]["x-tier"], "gold");
}

#[tokio::test]
async fn a_response_half_further_out_sees_a_terminate_of_a_layer_inside() {
    let asked = Asked::default();
    let no = Terminate::new(lambda_sidecar::StatusCode::FORBIDDEN).message("no");
    let app = service()
        .layer(RequestSidecarLayer::new(
            pre().build().unwrap(),
            Asked::default().answering(no),
        ))
        .layer(ResponseSidecarLayer::new(
            reading_response(),
            asked.answering(Verdict::Allow),
        ));
    get_root(app).await;
    assert_eq!(asked.all()[0]["response"]["code"], 403);
    assert_eq!(asked.all()[0]["response"]["payload"], "no");
}

#[tokio::test]
async fn with_route_layer_a_path_that_does_not_exist_costs_no_function_call() {
    let asked = Asked::default();
    let layer =
        || RequestSidecarLayer::new(pre().build().unwrap(), asked.answering(Verdict::Allow));
    let response = call(
        service().route_layer(layer()),
        Request::get("/none"),
        Body::empty(),
    )
    .await;
    assert_eq!(
        (response.status(), asked.count()),
        (StatusCode::NOT_FOUND, 0)
    );
    let response = call(
        service().layer(layer()),
        Request::get("/none"),
        Body::empty(),
    )
    .await;
    assert_eq!(
        (response.status(), asked.count()),
        (StatusCode::NOT_FOUND, 1)
    );
}

#[tokio::test]
async fn a_layer_inside_of_nesting_sees_the_path_without_its_prefix() {
    for (inside, expected) in [(true, "/orders"), (false, "/shop/orders")] {
        let asked = Asked::default();
        let sidecar = pre().expand_input([Expand::Operation]).build().unwrap();
        let layer = RequestSidecarLayer::new(sidecar, asked.answering(Verdict::Allow));
        let orders = Router::new().route("/orders", any(|| async { "none" }));
        let app = match inside {
            true => Router::new().nest("/shop", orders.layer(layer)),
            false => Router::new().nest("/shop", orders).layer(layer),
        };
        call(app, Request::get("/shop/orders"), Body::empty()).await;
        assert_eq!(asked.all()[0]["operation"]["path"], expected);
        assert_eq!(asked.all()[0]["operation"]["uri"], "/shop/orders");
    }
}

#[tokio::test]
async fn without_connect_info_there_is_no_remote_address() {
    for with in [true, false] {
        let asked = Asked::default();
        let sidecar = pre().expand_input([Expand::RemoteAddress]).build().unwrap();
        let app = service().layer(RequestSidecarLayer::new(
            sidecar,
            asked.answering(Verdict::Allow),
        ));
        let peer: std::net::SocketAddr = ([203, 0, 113, 7], 4711).into();
        let app = if with {
            app.layer(Extension(ConnectInfo(peer)))
        } else {
            app
        };
        get_root(app).await;
        assert_eq!(asked.all()[0].get("remoteAddr").is_some(), with);
    }
}
