//! Which failed attempts are made again.

use std::{
    error::Error,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use aws_sdk_lambda::{
    config::retry::{RetryPartition, TokenBucket},
    error::SdkError,
    operation::invoke::InvokeError,
};
use aws_smithy_runtime_api::client::{
    interceptors::context::{FinalizerInterceptorContextRef, InterceptorContext},
    orchestrator::{HttpResponse, OrchestratorError},
    retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority},
};
use aws_smithy_types::retry::{ErrorKind, RetryConfig, RetrySpec};
use lambda_sidecar_core::{Invocation, Sidecar};
use tracing::{
    Dispatch,
    dispatcher::{get_default, with_default},
    instrument::WithSubscriber as _,
};

use super::throttle::{ends_within, is_throttled, reason, retry_after};
use crate::{
    function::unsent::{Unsent, is_unsent, unsent},
    observe,
};

/// Up to three attempts, close together: a client is waiting. The header `amz-sdk-request` says the same
/// number.
pub(super) const MAX_ATTEMPTS: u32 = 3;
const INITIAL_BACKOFF: Duration = Duration::from_millis(50);

/// No function runs longer than Lambda allows. A call's own deadline is kept by the layer, which
/// drops the call.
pub(super) const INVOKE_TIMEOUT: Duration = Duration::from_secs(15 * 60);

pub(super) fn config() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(MAX_ATTEMPTS)
        .with_initial_backoff(INITIAL_BACKOFF)
        // What AWS asks for is waited for, if the call has the time.
        .with_max_backoff(INVOKE_TIMEOUT)
        // A later one would bound that by five seconds.
        .with_retry_spec(RetrySpec::v2_0().with_non_throttling_initial_backoff(INITIAL_BACKOFF))
}

/// How long the SDK would wait after that many failed attempts.
fn backoff(failed: u32) -> Duration {
    (INITIAL_BACKOFF * 2_u32.pow(failed - 1)).mul_f64(fastrand::f64())
}

/// How often the attempts at a call are begun anew if the last of them met a connection that took no more requests.
/// Servers give connections up after so many requests, and a busy process may meet that three times.
pub(super) const ROUNDS: u32 = 3;

/// Whether the last attempt at a call met such a connection. An error of the answer's body says nothing about that.
pub(super) fn was_not_taken(error: &SdkError<InvokeError>) -> bool {
    match error {
        SdkError::DispatchFailure(failure) => failure
            .as_connector_error()
            .is_some_and(|error| unsent(error) == Some(Unsent::NotTaken)),
        _ => false,
    }
}

/// Whose attempts are made.
#[derive(Debug, Clone)]
pub(super) struct Attempted {
    sidecar: Arc<Sidecar>,
    /// When the call's time is over.
    until: Option<Instant>,
}

/// A call over the SDK, and who hears of it: the SDK itself tells nobody.
struct OverSdk {
    call: Attempted,
    dispatch: Dispatch,
}

tokio::task_local! {
    /// For the classifier and the interceptor, which the SDK shares among all calls.
    static OVER_SDK: OverSdk;
}

impl Attempted {
    pub(super) fn new(invocation: &Invocation) -> Self {
        Self {
            sidecar: Arc::clone(&invocation.sidecar),
            until: invocation.until,
        }
    }

    /// A call over the SDK, which makes the attempts.
    pub(super) fn over_sdk<F: Future>(self, send: F) -> impl Future<Output = F::Output> {
        let call = OverSdk {
            call: self,
            dispatch: get_default(Dispatch::clone),
        };
        // The SDK traces requests, payloads and all.
        OVER_SDK.scope(call, send.with_subscriber(Dispatch::none()))
    }

    /// After what pause the attempt is made again, for the lean transport; none if the function can have run, or the
    /// call has no time for what AWS asks.
    pub(super) fn pause(&self, failed: u32, error: &SdkError<InvokeError>) -> Option<Duration> {
        if let SdkError::DispatchFailure(failure) = error {
            let connection = failure.as_connector_error();
            let is_unsent = connection.is_some_and(|error| is_unsent(error));
            return is_unsent.then(|| backoff(failed));
        }
        let response = error.raw_response();
        let response = response.filter(|response| is_throttled(response))?;
        observe::throttled(&self.sidecar, reason(error.as_service_error()));
        match self.comes_back(response) {
            ComesBack::SomeTime => Some(backoff(failed)),
            ComesBack::After(pause) => Some(pause),
            ComesBack::TooLate => None,
        }
    }

    fn comes_back(&self, throttled: &HttpResponse) -> ComesBack {
        match retry_after(throttled) {
            None => ComesBack::SomeTime,
            Some(pause) if ends_within(pause, self.until) => ComesBack::After(pause),
            Some(_) => ComesBack::TooLate,
        }
    }
}

/// When AWS wants to see a throttled call again.
enum ComesBack {
    /// It does not say.
    SomeTime,
    After(Duration),
    /// The call's time is over before.
    TooLate,
}

/// Tells of an attempt over the SDK that AWS throttled.
pub(super) fn tell_if_throttled(context: &FinalizerInterceptorContextRef<'_>) {
    if context.response().is_some_and(is_throttled) {
        let error = context.output_or_error().and_then(Result::err);
        let error = error.and_then(OrchestratorError::as_operation_error);
        let reason = reason(error.and_then(|error| error.downcast_ref()));
        // Outside of a call of ours there is nobody to tell.
        let _ = OVER_SDK.try_with(|of| {
            with_default(&of.dispatch, || {
                observe::throttled(&of.call.sidecar, reason)
            });
        });
    }
}

/// Every call has its three attempts to itself.
///
/// The SDK by default shares one budget of retries among everything in the process that calls Lambda
/// in one region, so that a throttled function would use up the retries of all others. Three
/// attempts bound the load well enough; a breaker is a layer over the function service.
pub(super) fn partition() -> RetryPartition {
    RetryPartition::custom("lambda-sidecar")
        .token_bucket(TokenBucket::unlimited())
        .build()
}

/// Makes an attempt again only where the function cannot have run: the request was never sent, or AWS
/// throttled. Everything else is forbidden, whatever the SDK's own classifiers say: functions are
/// not idempotent.
#[derive(Debug)]
pub(super) struct OnlyIfNotRun;

impl ClassifyRetry for OnlyIfNotRun {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        if let Some(response) = context.response().filter(|response| is_throttled(response)) {
            let comes_back = OVER_SDK.try_with(|of| of.call.comes_back(response));
            return match comes_back.unwrap_or(ComesBack::SomeTime) {
                ComesBack::SomeTime => RetryAction::throttling_error(),
                ComesBack::After(pause) => {
                    let kind = ErrorKind::ThrottlingError;
                    RetryAction::retryable_error_with_explicit_delay(kind, pause)
                }
                ComesBack::TooLate => RetryAction::RetryForbidden,
            };
        }
        let unsent = match context.output_or_error() {
            // Only an error of the connection itself: one that came up while credentials were
            // fetched is of another kind, and has been tried again where it came up.
            Some(Err(error)) => error
                .as_connector_error()
                .is_some_and(|error| is_unsent(error as &(dyn Error + 'static))),
            _ => false,
        };
        if unsent {
            RetryAction::transient_error()
        } else {
            RetryAction::RetryForbidden
        }
    }

    fn name(&self) -> &'static str {
        "only if the function has not run"
    }

    /// After all of the SDK's own, which it thereby overrules.
    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}
