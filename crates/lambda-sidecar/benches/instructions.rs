//! What `.ci/instructions` counts the instructions of: one case, called a number of times.
//!
//! There is no far end and no socket: the SDK's HTTP client is one that answers at once, so that what is
//! counted is the caller's alone. Without arguments each case is called once.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a measurement ends by it"
)]

use std::{
    convert::Infallible,
    future::{Ready, ready},
    hint::black_box,
    task::{Context, Poll},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_lambda::{primitives::Blob, types::InvocationType};
use aws_smithy_runtime_api::client::{
    http::{
        HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
    },
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_smithy_types::body::SdkBody;
use base64_simd::STANDARD;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use lambda_sidecar::{Answer, Functions, Invocation, LambdaSidecarLayer, Sidecar, Transport};
use tokio::runtime::Runtime;
use tower::{Layer as _, Service, service_fn};

const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:authz:live";
const ID: &str = "7632924a-8d8d-4d35-8a77-b57c4bb450af";

const CASES: [&str; 9] = [
    "application",
    "absent",
    "skipped",
    "layer",
    "hit",
    "invoke",
    "lean",
    "layer-over-sdk",
    "layer-over-lean",
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &*arguments {
        [case, calls] => run(case, calls.parse().unwrap()),
        _ => CASES.iter().for_each(|case| run(case, 1)),
    }
}

fn run(case: &str, calls: u32) {
    let run_time = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    match case {
        "application" => call_application(&run_time, App, calls),
        "absent" => {
            let layer = LambdaSidecarLayer::new(over(Transport::Sdk));
            call_application(&run_time, layer.layer(App), calls);
        }
        "layer" => call_local(&run_time, "", calls),
        "skipped" => call_local(&run_time, "when-methods: DELETE", calls),
        // The first call makes the only function call.
        "hit" => call_local(
            &run_time,
            "cache-max-seconds: 3600\ncache-default-seconds: 3600",
            calls,
        ),
        "invoke" => call_invoke(&run_time, calls),
        "lean" => call_function(&run_time, over(Transport::Lean), calls),
        "layer-over-sdk" => call_layer(&run_time, Transport::Sdk, calls),
        "layer-over-lean" => call_layer(&run_time, Transport::Lean, calls),
        unknown => panic!("no case {unknown}, there are {CASES:?}"),
    }
}

/// The application's own work: as little as there can be.
#[derive(Clone)]
struct App;

impl<B> Service<Request<B>> for App {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        black_box(&request);
        ready(Ok(Response::new(Full::from("hello"))))
    }
}

fn request() -> Request<Full<Bytes>> {
    Request::post("https://api.acme.com/orders?p1=a")
        .header("authorization", "Bearer qwerty")
        .header("x-forwarded-for", "203.0.113.7")
        .body(Full::from("{}"))
        .unwrap()
}

fn sidecar() -> Sidecar {
    sidecar_with("")
}

fn sidecar_with(keys: &str) -> Sidecar {
    let text = format!(
        "region: us-east-1
         functionARN: {ARN}
         useAssumeRole: false
         include-request-headers: authorization, x-forwarded-for
         expand-input: operation
         {keys}"
    );
    Sidecar::pre(&text).unwrap()
}

/// The envelope that the layer writes of the request, so that `invoke()` alone sends and signs the same.
fn invocation(run_time: &Runtime) -> Invocation {
    let (asked, taken) = std::sync::mpsc::channel();
    let function = move |invocation: Invocation| {
        asked.send(invocation).unwrap();
        ready(Ok::<_, Infallible>(Answer::ok("{}")))
    };
    let layer = LambdaSidecarLayer::new(service_fn(function)).request(sidecar());
    call_application(run_time, layer.layer(App), 1);
    let mut invocation = taken.recv().unwrap();
    invocation.message_id = ID.into();
    invocation
}

/// An HTTP client that answers `{}` to everything.
#[derive(Debug)]
struct AtOnce;

impl HttpConnector for AtOnce {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        black_box(request);
        let mut answer = HttpResponse::new(200.try_into().unwrap(), SdkBody::from("{}"));
        answer.headers_mut().insert("content-length", "2");
        HttpConnectorFuture::ready(Ok(answer))
    }
}

fn at_once() -> SharedHttpClient {
    let connector = SharedHttpConnector::new(AtOnce);
    http_client_fn(move |_, _| connector.clone())
}

fn config() -> SdkConfig {
    let credentials = Credentials::new("KEY", "secret", None, None, "bench");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(at_once())
        .build()
}

fn over(transport: Transport) -> Functions {
    Functions::new(&config()).transport(transport)
}

/// The layer with one sidecar with these keys, whose function costs nothing.
fn call_local(run_time: &Runtime, keys: &str, calls: u32) {
    let function = |_: Invocation| ready(Ok::<_, Infallible>(Answer::ok("{}")));
    let layer = LambdaSidecarLayer::new(service_fn(function)).request(sidecar_with(keys));
    call_application(run_time, layer.layer(App), calls);
}

fn call_layer(run_time: &Runtime, transport: Transport, calls: u32) {
    let layer = LambdaSidecarLayer::new(over(transport)).request(sidecar());
    call_application(run_time, layer.layer(App), calls);
}

fn call_application<S, R>(run_time: &Runtime, mut service: S, calls: u32)
where
    S: Service<Request<Full<Bytes>>, Response = Response<R>, Error = Infallible>,
{
    run_time.block_on(async {
        for _ in 0..calls {
            let response = service.call(black_box(request())).await;
            black_box(response.unwrap());
        }
    });
}

fn call_function(run_time: &Runtime, mut functions: Functions, calls: u32) {
    let invocation = invocation(run_time);
    run_time.block_on(async {
        for _ in 0..calls {
            let answer = functions.call(black_box(invocation.clone())).await;
            black_box(answer.unwrap());
        }
    });
}

fn call_invoke(run_time: &Runtime, calls: u32) {
    let client = aws_sdk_lambda::Client::new(&config());
    let invocation = invocation(run_time);
    let context = STANDARD.encode_to_string(invocation.client_context());
    run_time.block_on(async {
        for _ in 0..calls {
            let output = client
                .invoke()
                .function_name(black_box(ARN))
                .invocation_type(InvocationType::RequestResponse)
                .client_context(&context)
                .payload(Blob::from_maybe_shared(invocation.payload.clone()))
                .send()
                .await;
            black_box(output.unwrap());
        }
    });
}
