//! Tower middleware that invokes a function before and after every call: *may I send this request to the
//! backend? may I send this response to the client?* The function answers **allow**, **modify**
//! (headers, body, status) or **terminate** (code, message).
//!
//! It is the behaviour of the API-management "AWS Lambda Sidecar Integration Connector": a function and
//! a configuration made for that work unchanged.
//!
//! # In an application
//!
//! ```no_run
//! # #[cfg(feature = "aws")]
//! # async fn app() -> Result<axum::Router, lambda_sidecar::InputsError> {
//! use axum::{Router, routing::post};
//! use lambda_sidecar::{Functions, LambdaSidecarLayer, Sidecar};
//!
//! let sidecar = Sidecar::pre("
//!     region: eu-west-1
//!     functionARN: arn:aws:lambda:eu-west-1:190954361614:function:authz
//!     useAssumeRole: false
//!     expand-input: operation
//! ")?;
//! let functions = Functions::from_env().await;
//! let app = Router::new()
//!     .route("/orders", post(|| async { "created" }))
//!     .layer(LambdaSidecarLayer::new(functions).request(sidecar));
//! # Ok(app)
//! # }
//! ```
//!
//! Without AWS a closure is the function:
//!
//! ```
//! use http::{Request, Response};
//! use lambda_sidecar::{
//!     Envelope, LocalFunction, Point, RequestSidecarLayer, Sidecar, SidecarBody, StatusCode, Verdict,
//! };
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sidecar = Sidecar::local(Point::PreProcessor, "authz")
//!     .include_request_headers(["authorization"])
//!     .build()?;
//! let authz = LocalFunction::new(|call: Envelope| async move {
//!     match call.header("authorization") {
//!         Some(_) => Verdict::Allow,
//!         None => Verdict::terminate(StatusCode::UNAUTHORIZED),
//!     }
//! });
//! let service = ServiceBuilder::new()
//!     .layer(RequestSidecarLayer::new(sidecar, authz))
//!     .service(service_fn(|_request: Request<SidecarBody<String>>| async {
//!         Ok::<_, std::convert::Infallible>(Response::new(String::from("welcome")))
//!     }));
//!
//! let response = service.oneshot(Request::new(String::new())).await?;
//! assert_eq!(response.status(), http::StatusCode::UNAUTHORIZED);
//! # Ok(())
//! # }
//! ```
//!
//! # What is where
//!
//! | | |
//! | --- | --- |
//! | the layers | [`LambdaSidecarLayer`], or one half alone: [`RequestSidecarLayer`], [`ResponseSidecarLayer`] |
//! | configuration of one sidecar | [`Sidecar`], from the connector's text or a typed builder |
//! | what the application knows of a call | [`CallContext`], in the request's extensions |
//! | the function | any `Service<`[`Invocation`]`, Response = `[`Answer`]`>`: [`Functions`], which dispatches to AWS Lambda (`AwsLambda`) and others, [`LocalFunction`] (a closure) |
//! | its answer | [`Verdict`]; closures get an [`Envelope`] and return one |
//! | when it fails | [`ErrorPolicy`]: sure-fire, fail-safe, or an action for each [`FailureClass`] |
//! | what was decided | [`Receipts`], in the extensions of request and response |
//! | events in the background | [`EventQueues`], to be emptied before the process ends |
//!
//! # Observability
//!
//! Every function call is a `tracing` span named `function call`, with OpenTelemetry's names for its
//! fields; what failed and which headers were refused is logged in it. With the feature `metrics`, calls,
//! decisions and failures are counted for whatever recorder the application has. What was decided is
//! in the call's [`Receipts`]. Payloads, header values and secrets are in none of them.
//!
//! # Features
//!
//! All but `metrics` are on by default.
//!
//! - `aws`: AWS Lambda as the function, over `aws-sdk-lambda`.
//! - `parameter-store`: the external id of an assumed role, over `aws-sdk-ssm`. Without it, sidecars have to
//!   set `useAssumeRole: false`.
//! - `axum`: axum's `ConnectInfo<SocketAddr>` is the peer's address and its `OriginalUri` the URI of the call, if
//!   the context names none; [`Receipts`] and `CurrentCall` are extractors.
//! - `tower-http`: the `RequestId` of tower-http 0.6 or 0.7 is the message id, if the context names none.
//! - `metrics`: counts for the recorder of the `metrics` crate that is installed when a layer is made; see
//!   [`METRICS`].

mod body;
mod call;
mod context;
#[cfg(feature = "axum")]
mod extract;
mod function;
mod future;
mod guard;
mod host;
mod invoke;
mod layer;
mod observe;
mod own;
mod progress;
mod receipts;
mod relay;
mod request;
mod response;
mod route;
mod service;

pub use lambda_sidecar_core::{
    Action, Application, AssumedRole, AwsFunction, CallContext, Connection, Endpoint, Enqueued,
    ErrorChain, ErrorContext, ErrorPolicy, ErrorSet, ErrorSetEntry, Expand, Failure, FailureClass,
    HeaderSelection, InputsError, InputsProblem, MessageId, OwnedHeaders, PROBLEM_JSON, PackageKey,
    PayloadCondition, Point, Precondition, ProtectedHeaders, RequiredHeader, Sidecar,
    SidecarBuilder, SidecarError, Synchronicity, Target, TimeoutsError, Token,
    X_ERROR_DETAIL_HEADER, X_SIDECAR_ERROR, check_timeouts, grpc_answer, is_forbidden_trailer,
    is_grpc, keeps_no_body, remove_forbidden_trailers,
    session::{self, Decision, Receipt},
};

/// The pure crate below this one: plans, and verdicts as they are read.
pub use lambda_sidecar_core;
/// The crate for authors of functions, whose types closures use too: those of an [`Envelope`]'s members are
/// here.
pub use lambda_sidecar_function;
pub use lambda_sidecar_function::{
    Envelope, Modify, Reply, StatusCode, Terminate, Verdict, VerdictError,
};

#[cfg(feature = "axum")]
pub use self::extract::{CurrentCall, NoSidecarLayer};
#[cfg(feature = "aws")]
pub use self::function::{
    AwsLambda, AwsSettingsError, ResolveError, Resolver, Transport, UnknownTransport,
};
pub use self::{
    body::SidecarBody,
    function::{
        Answer, AnswerResult, AnswerSource, Functions, IntoAnswer, Invocation, InvocationError,
        LocalFunction, LocalFuture,
    },
    future::ResponseFuture,
    guard::{EventQueues, VerdictCache},
    layer::LambdaSidecarLayer,
    observe::{METRICS, Metric, MetricKind, method_name},
    own::{NoFunction, OwnFunction, OwnFunctionFuture},
    progress::{CallProgress, UnderWay},
    receipts::Receipts,
    request::RequestSidecarLayer,
    response::ResponseSidecarLayer,
    service::LambdaSidecar,
};

/// An error of any kind, as Tower's layers pass it on.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
