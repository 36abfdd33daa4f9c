//! Which failed attempts are made again.

use std::{error::Error, time::Duration};

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
use aws_smithy_types::retry::RetryConfig;

use crate::function::unsent::{Unsent, is_unsent, unsent};

/// Up to three attempts, close together: a client is waiting. The header `amz-sdk-request` says the same
/// number.
pub(super) const MAX_ATTEMPTS: u32 = 3;
const INITIAL_BACKOFF: Duration = Duration::from_millis(50);

pub(super) fn config() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(MAX_ATTEMPTS)
        .with_initial_backoff(INITIAL_BACKOFF)
        .with_max_backoff(Duration::from_secs(1))
}

/// How long the SDK would wait after that many failed attempts.
pub(super) fn backoff(failed: u32) -> Duration {
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

/// Whether the function cannot have run, for the lean transport.
pub(super) fn has_not_run(error: &SdkError<InvokeError>) -> bool {
    match error {
        SdkError::DispatchFailure(failure) => failure
            .as_connector_error()
            .is_some_and(|error| is_unsent(error)),
        error => error.raw_response().is_some_and(is_throttled),
    }
}

fn is_throttled(response: &HttpResponse) -> bool {
    response.status().as_u16() == 429
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
        if context.response().is_some_and(is_throttled) {
            return RetryAction::throttling_error();
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
