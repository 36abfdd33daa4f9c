//! What becomes of calls whose function call fails: through each stack, at both points, under both
//! policies, with status, error name and class.

use std::time::Duration;

use lambda_sidecar::Point;
use lambda_sidecar_tests::{
    failures::{
        EMPTY_ANSWER, Expected, NO_CREDENTIALS, THROTTLED, TIMEOUT, WRONG_ANSWER,
        check_function_error, check_in,
    },
    inputs::{Inputs, Policy},
    route::get,
    stack::Stack,
};

use super::{FUNCTIONS, allowed, aws, stacks};

#[tokio::test]
async fn a_wrong_external_id_is_a_failure_of_credentials() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-rust").with("externalIdKey", "sidecar/wrong");
    check_in(&stacks(aws).await, &inputs, &NO_CREDENTIALS).await;
}

#[tokio::test]
async fn a_missing_external_id_is_a_failure_of_credentials() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-rust").with("externalIdKey", "sidecar/absent");
    check_in(&stacks(aws).await, &inputs, &NO_CREDENTIALS).await;
}

#[tokio::test]
async fn an_external_id_that_may_not_be_read_is_a_failure_of_credentials() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-rust").with("externalIdKey", "other/id");
    check_in(&stacks(aws).await, &inputs, &NO_CREDENTIALS).await;
}

#[tokio::test]
async fn a_missing_role_is_a_failure_of_credentials() {
    let Some(aws) = aws() else { return };
    let there = aws.there();
    let inputs = Inputs::of(there, "sidecar-rust").with("roleARN", &there.role("nowhere"));
    check_in(&stacks(aws).await, &inputs, &NO_CREDENTIALS).await;
}

#[tokio::test]
async fn a_wrong_secret_key_is_a_failure_of_credentials_where_a_role_is_assumed() {
    let Some(aws) = aws() else { return };
    let there = aws.there();
    let stacks = Stack::all(&there.access().with_wrong_secret()).await;
    let inputs = Inputs::of(there, "sidecar-rust");
    check_in(&stacks, &inputs, &NO_CREDENTIALS).await;
}

#[tokio::test]
async fn a_wrong_secret_key_is_what_aws_calls_it_where_no_role_is_assumed() {
    let Some(aws) = aws() else { return };
    let there = aws.there();
    let stacks = Stack::all(&there.access().with_wrong_secret()).await;
    let inputs = Inputs::with_own_credentials(there, "sidecar-rust");
    let expected = Expected::exception("InvalidSignatureException");
    check_in(&stacks, &inputs, &expected).await;
}

#[tokio::test]
async fn the_own_credentials_serve_where_no_role_is_assumed() {
    let Some(aws) = aws() else { return };
    let sidecar = Inputs::with_own_credentials(aws.there(), "sidecar-rust").pre();
    for stack in stacks(aws).await {
        for route in stack.routes(vec![sidecar.clone()]).await {
            allowed(&route.call(get()).await);
        }
    }
}

#[tokio::test]
async fn a_function_that_is_not_allowed_is_a_service_exception() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "forbidden");
    let expected = Expected::exception("AccessDeniedException");
    check_in(&stacks(aws).await, &inputs, &expected).await;
}

#[tokio::test]
async fn a_missing_function_is_a_service_exception() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-missing");
    let expected = Expected::exception("ResourceNotFoundException");
    check_in(&stacks(aws).await, &inputs, &expected).await;
}

#[tokio::test]
async fn a_function_without_concurrency_is_throttled() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-throttled");
    check_in(&stacks(aws).await, &inputs, &THROTTLED).await;
}

#[tokio::test]
async fn an_error_that_the_function_returns_is_a_function_error() {
    let Some(aws) = aws() else { return };
    let stacks = stacks(aws).await;
    for (function, _) in FUNCTIONS {
        let inputs = Inputs::of(aws.there(), function).behaviour("error");
        check_function_error(&stacks, &inputs, "AskedToFail", "asked to fail").await;
    }
}

#[tokio::test]
async fn a_panic_is_a_function_error() {
    let Some(aws) = aws() else { return };
    let stacks = stacks(aws).await;
    let inputs = Inputs::of(aws.there(), "sidecar-rust").behaviour("panic");
    let title = "&alloc::boxed::Box<dyn core::any::Any + core::marker::Send>";
    check_function_error(&stacks, &inputs, title, "Lambda panicked: asked to panic").await;
    let inputs = Inputs::of(aws.there(), "sidecar-python").behaviour("panic");
    check_function_error(&stacks, &inputs, "KeyError", "'no such member'").await;
}

#[tokio::test]
async fn the_end_of_the_functions_process_is_a_function_error() {
    let Some(aws) = aws() else { return };
    let stacks = stacks(aws).await;
    let detail = "Runtime exited before returning a response";
    for (function, _) in FUNCTIONS {
        let inputs = Inputs::of(aws.there(), function).behaviour("exit");
        check_function_error(&stacks, &inputs, "Runtime.ExitError", detail).await;
    }
}

#[tokio::test]
async fn a_time_out_inside_the_function_is_a_function_error() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-impatient").behaviour("hang");
    let detail = "Task timed out after 1.00 seconds";
    check_function_error(&stacks(aws).await, &inputs, "Sandbox.Timedout", detail).await;
}

#[tokio::test]
async fn a_function_slower_than_our_timeout_is_a_timeout() {
    const OURS: Duration = Duration::from_millis(400);
    // What a busy machine may add, and far from what the function takes.
    const MARGIN: Duration = Duration::from_millis(1_000);
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-rust");
    let slow = inputs.clone().timeout(400).behaviour("slow");
    let slow = slow.with("sidecar-param-milliseconds", "5000");
    let ways = Policy::BOTH.map(|policy| slow.clone().policy(policy).at_both_points());
    for stack in stacks(aws).await {
        // It obtains the credentials, which all have in common: they are not what is waited for.
        let mut sidecars = vec![inputs.pre()];
        sidecars.extend(ways.concat());
        let routes = stack.routes(sidecars).await;
        allowed(&routes[0].call(get()).await);
        for (place, route) in routes[1..].iter().enumerate() {
            let point = [Point::PreProcessor, Point::PostProcessor][place % 2];
            let called = route.call(get()).await;
            println!("{stack:?}, {place}: {called:?}");
            match Policy::BOTH[place / 2] {
                Policy::SureFire => TIMEOUT.check_blocked(&called, point),
                Policy::FailSafe => TIMEOUT.check_let_pass(&called),
            }
            assert!(called.took >= OURS, "{called:?}");
            assert!(called.took < OURS + MARGIN, "{called:?}");
        }
    }
}

#[tokio::test]
async fn a_slow_function_within_our_timeout_is_waited_for() {
    let Some(aws) = aws() else { return };
    let inputs = Inputs::of(aws.there(), "sidecar-rust")
        .timeout(10_000)
        .behaviour("slow");
    let sidecar = inputs.with("sidecar-param-milliseconds", "300").pre();
    for stack in stacks(aws).await {
        for route in stack.routes(vec![sidecar.clone()]).await {
            let called = route.call(get()).await;
            allowed(&called);
            assert!(called.took >= Duration::from_millis(300), "{called:?}");
        }
    }
}

#[tokio::test]
async fn a_misspelt_verdict_is_a_wrong_answer() {
    let Some(aws) = aws() else { return };
    let stacks = stacks(aws).await;
    for (function, _) in FUNCTIONS {
        let inputs = Inputs::of(aws.there(), function).behaviour("misspelt");
        check_in(&stacks, &inputs, &WRONG_ANSWER).await;
    }
}

#[tokio::test]
async fn null_is_an_empty_answer() {
    let Some(aws) = aws() else { return };
    let stacks = stacks(aws).await;
    for (function, _) in FUNCTIONS {
        let inputs = Inputs::of(aws.there(), function).behaviour("null");
        check_in(&stacks, &inputs, &EMPTY_ANSWER).await;
    }
}
