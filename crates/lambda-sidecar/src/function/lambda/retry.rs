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
    interceptors::context::InterceptorContext,
    orchestrator::HttpResponse,
    retries::classifiers::{ClassifyRetry, RetryAction, RetryClassifierPriority},
};
use aws_smithy_types::retry::{ErrorKind, RetryConfig, RetrySpec};
use lambda_sidecar_core::{Invocation, Sidecar};
use tokio::task::futures::TaskLocalFuture;

use super::{
    clients::INVOKE_TIMEOUT,
    throttle::{ends_within, is_throttled, reason, retry_after},
};
use crate::{
    function::unsent::{Unsent, is_unsent, unsent},
    observe,
};

/// Up to three attempts, close together: a client is waiting. The header `amz-sdk-request` says the same
/// number.
pub(super) const MAX_ATTEMPTS: u32 = 3;
const INITIAL_BACKOFF: Duration = Duration::from_millis(50);

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

tokio::task_local! {
    /// For the classifier, which the SDK shares among all calls.
    static ATTEMPTED: Attempted;
}

impl Attempted {
    pub(super) fn new(invocation: &Invocation) -> Self {
        Self {
            sidecar: Arc::clone(&invocation.sidecar),
            until: invocation.until,
        }
    }

    /// A call over the SDK, which makes the attempts.
    pub(super) fn over_sdk<F: Future>(self, call: F) -> TaskLocalFuture<Self, F> {
        ATTEMPTED.scope(self, call)
    }

    /// After what pause the attempt is made again, for the lean transport; none if the function can have run, or the
    /// call has no time for what AWS asks.
    pub(super) fn pause(&self, failed: u32, error: &SdkError<InvokeError>) -> Option<Duration> {
        if let SdkError::DispatchFailure(failure) = error {
            let connection = failure.as_connector_error();
            let is_unsent = connection.is_some_and(|error| is_unsent(error));
            return is_unsent.then(|| backoff(failed));
        }
        let response = error
            .raw_response()
            .filter(|response| is_throttled(response))?;
        match self.throttled(response, error.as_service_error()) {
            Throttled::WithoutATime => Some(backoff(failed)),
            Throttled::After(pause) => Some(pause),
            Throttled::BeyondItsTime => None,
        }
    }

    /// AWS has throttled an attempt.
    fn throttled(&self, response: &HttpResponse, error: Option<&InvokeError>) -> Throttled {
        observe::throttled(&self.sidecar, reason(error));
        match retry_after(response) {
            None => Throttled::WithoutATime,
            Some(pause) if ends_within(pause, self.until) => Throttled::After(pause),
            Some(_) => Throttled::BeyondItsTime,
        }
    }
}

/// When AWS wants to see a throttled call again.
enum Throttled {
    WithoutATime,
    After(Duration),
    /// The call's time is over before.
    BeyondItsTime,
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
            let exception = match context.output_or_error() {
                Some(Err(error)) => error.as_operation_error(),
                _ => None,
            };
            let exception = exception.and_then(|error| error.downcast_ref());
            let throttled = ATTEMPTED.try_with(|call| call.throttled(response, exception));
            return match throttled.unwrap_or(Throttled::WithoutATime) {
                Throttled::WithoutATime => RetryAction::throttling_error(),
                Throttled::After(pause) => {
                    let kind = ErrorKind::ThrottlingError;
                    RetryAction::retryable_error_with_explicit_delay(kind, pause)
                }
                Throttled::BeyondItsTime => RetryAction::RetryForbidden,
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
