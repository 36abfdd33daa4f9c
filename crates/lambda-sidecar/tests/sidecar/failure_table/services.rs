//! What keeps a function from answering: no connection, an exception, a timeout.

use std::time::Duration;

use super::{Expected, NO_CONNECTION, TIMEOUT, check, row};
use crate::common::Function;
use lambda_sidecar::{BoxError, FailureClass, InvocationError};

#[tokio::test(start_paused = true)]
async fn no_connection_and_no_credentials_are_told_alike() {
    for (function, class) in [
        (
            Function::fails(|| InvocationError::connect("dns: 10.0.0.1")),
            FailureClass::Connect,
        ),
        (
            Function::fails(|| InvocationError::credentials("role arn:aws:iam::1:role/r")),
            FailureClass::Credentials,
        ),
        (
            Function::fails(|| BoxError::from("of an unknown kind")),
            FailureClass::Connect,
        ),
    ] {
        check(&row(
            class.as_str(),
            function,
            class,
            Expected::Invalid(NO_CONNECTION),
        ))
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_exception_is_told_by_its_code_alone() {
    let throttled =
        Function::fails(|| InvocationError::throttled("TooManyRequestsException", "arn:secret"));
    let expected = Expected::Invalid("TooManyRequestsException");
    check(&row(
        "throttled",
        throttled,
        FailureClass::Throttled,
        expected,
    ))
    .await;
    let refused = Function::fails(|| {
        InvocationError::service(403, Some("AccessDeniedException".into()), "arn:secret")
    });
    let expected = Expected::Invalid("AccessDeniedException");
    check(&row(
        "refused",
        refused,
        FailureClass::ServiceException,
        expected,
    ))
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_504() {
    let reported = Function::fails(InvocationError::timeout);
    check(&row(
        "reported",
        reported,
        FailureClass::Timeout,
        Expected::Timeout,
    ))
    .await;
    let never = Function::never();
    check(&row(
        "never",
        never,
        FailureClass::Timeout,
        Expected::Timeout,
    ))
    .await;
    let late = Function::allows_after(TIMEOUT + Duration::from_millis(1));
    check(&row("late", late, FailureClass::Timeout, Expected::Timeout)).await;
}
