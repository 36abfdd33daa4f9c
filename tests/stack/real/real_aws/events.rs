//! Functions that are told and not waited for.

use lambda_sidecar::{Decision, FailureClass};
use lambda_sidecar_tests::{
    inputs::{Inputs, Policy},
    route::get,
};

use super::{aws, each_way, passed_untouched, stacks};
use crate::written::{file, lines_once_there};

#[tokio::test]
async fn an_event_is_accepted_and_its_function_really_runs() {
    let Some(aws) = aws() else { return };
    let mark = file("event");
    let mut runs = 0;
    for (stack, function, _) in each_way(aws).await {
        let inputs = Inputs::of(aws.there(), function)
            // What the function answers is of no interest.
            .behaviour("terminate")
            .with("synchronicity", "event")
            .with("sidecar-param-mark", mark.to_str().unwrap());
        let sidecars = Policy::BOTH.map(|policy| inputs.clone().policy(policy).at_both_points());
        for route in stack.routes(sidecars.concat()).await {
            let called = route.call(get()).await;
            assert_eq!(called.outcome().decision(), Decision::Event, "{called:?}");
            assert_eq!(called.outcome().failure(), None);
            passed_untouched(&called);
            runs += 1;
            lines_once_there(&mark, runs).await;
        }
    }
}

#[tokio::test]
async fn an_event_that_fails_lets_the_call_pass_under_both_policies() {
    let Some(aws) = aws() else { return };
    let there = aws.there();
    let rust = Inputs::of(there, "sidecar-rust");
    for (inputs, class) in [
        (
            Inputs::of(there, "sidecar-missing"),
            FailureClass::ServiceException,
        ),
        (
            Inputs::of(there, "forbidden"),
            FailureClass::ServiceException,
        ),
        (
            rust.clone().with("externalIdKey", "sidecar/wrong"),
            FailureClass::Credentials,
        ),
        (
            rust.with("roleARN", &there.role("nowhere")),
            FailureClass::Credentials,
        ),
    ] {
        let inputs = inputs.with("synchronicity", "event");
        let sidecars = Policy::BOTH.map(|policy| inputs.clone().policy(policy).at_both_points());
        for stack in stacks(aws).await {
            for route in stack.routes(sidecars.concat()).await {
                let called = route.call(get()).await;
                assert_eq!(called.outcome().failure(), Some(class), "{called:?}");
                passed_untouched(&called);
            }
        }
    }
}
