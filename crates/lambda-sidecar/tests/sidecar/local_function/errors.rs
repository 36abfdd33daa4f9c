//! How a function's error is classed, whatever it is wrapped in.

use std::{error::Error, fmt, time::Duration};

use super::answer;
use crate::common::{Backend, Function, Got, pre};
use lambda_sidecar::{Answer, FailureClass, Invocation, InvocationError};
use tower::ServiceBuilder;

fn assert_connect(got: &Got) {
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::Connect));
    got.assert_problem(
        "InvalidResponseFromAWSLambdaInPreProcess",
        500,
        "Error while connecting to AWS lambda.",
    );
}

/// An error with another behind it.
#[derive(Debug)]
struct Wrapped<E>(E);

impl<E> fmt::Display for Wrapped<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrapped")
    }
}

impl<E: Error + 'static> Error for Wrapped<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[tokio::test]
async fn a_call_error_is_found_behind_other_errors() {
    let function = tower::service_fn(|_: Invocation| async {
        Err::<Answer, _>(Wrapped(Wrapped(InvocationError::timeout())))
    });
    let got = answer(pre("f"), function, &Backend::new()).await;
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::Timeout));
    assert_eq!(got.status, 504);
    // Behind Tower's own layers too.
    let function = ServiceBuilder::new()
        .load_shed()
        .concurrency_limit(1)
        .timeout(Duration::from_secs(1))
        .service(Function::fails(|| {
            Wrapped(InvocationError::credentials("x"))
        }));
    let got = answer(pre("f"), function, &Backend::new()).await;
    assert_eq!(got.outcomes()[0].failure(), Some(FailureClass::Credentials));
}

#[tokio::test]
async fn an_error_without_a_call_error_counts_as_connect() {
    let function =
        tower::service_fn(|_: Invocation| async { Err::<Answer, _>(Wrapped(fmt::Error)) });
    assert_connect(&answer(pre("f"), function, &Backend::new()).await);
}
