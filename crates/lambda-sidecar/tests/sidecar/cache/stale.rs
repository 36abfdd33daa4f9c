//! A verdict whose time is over stands in for a function call that failed.

use lambda_sidecar::{Decision, ErrorPolicy, FailureClass};
use tokio::time::advance;

use super::*;
use crate::{common::BOTH, guards::in_order};

const STALE: Duration = Duration::from_secs(30);
const HELD: &str = r#"{"unchangedFor":5,"terminate":{"code":451,"message":"held"}}"#;

fn with_stale(point: Point, policy: ErrorPolicy) -> SidecarBuilder {
    let sidecar = cached(point).cache_stale(STALE).policy(policy);
    sidecar.timeout(Duration::from_secs(1))
}

const POLICIES: [ErrorPolicy; 2] = [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE];

#[tokio::test(start_paused = true)]
async fn it_stands_in_for_every_failure_but_a_wrong_answer_under_either_policy() {
    for (end, class) in [
        ("connect", FailureClass::Connect),
        ("credentials", FailureClass::Credentials),
        ("throttled", FailureClass::Throttled),
        ("service_exception", FailureClass::ServiceException),
        ("timeout", FailureClass::Timeout),
        ("never", FailureClass::Timeout),
        ("failed", FailureClass::FunctionError),
        ("rejected", FailureClass::Rejected),
        ("no_resources", FailureClass::NoResources),
    ] {
        for point in BOTH {
            for policy in POLICIES {
                let function = in_order([HELD, end]);
                let service = service(with_stale(point, policy), &function);
                call(&service).await;
                advance(Duration::from_secs(6)).await;
                let got = call(&service).await;
                assert_eq!(
                    (got.status.as_u16(), &*got.body),
                    (451, &b"held"[..]),
                    "{end}"
                );
                assert_eq!(function.asked().len(), 2);
                let receipt = &got.outcomes()[0];
                assert_eq!(receipt.decision(), Decision::Terminate);
                assert_eq!(
                    (receipt.failure(), receipt.failed_open()),
                    (Some(class), false)
                );
                let AnswerSource::Stale { age, failure } = source(&got) else {
                    panic!("not stale: {end}")
                };
                assert_eq!(
                    (age.as_secs(), failure),
                    (6 + u64::from(end == "never"), class)
                );
                // A function call was made, unless it was rejected.
                assert_eq!(receipt.latency().is_some(), class != FailureClass::Rejected);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn it_does_not_stand_in_for_a_wrong_answer() {
    for end in ["wrong_answer", "[]", "", "null"] {
        for policy in POLICIES {
            let function = in_order([HELD, end]);
            let service = service(with_stale(Point::PreProcessor, policy), &function);
            call(&service).await;
            advance(Duration::from_secs(6)).await;
            let got = call(&service).await;
            let receipt = &got.outcomes()[0];
            assert_eq!(receipt.failure(), Some(FailureClass::WrongAnswer));
            assert_eq!(receipt.source(), None);
            assert_eq!(receipt.failed_open(), policy == ErrorPolicy::FAIL_SAFE);
        }
    }
}

/// What the whole call's time ends is no failure of the function.
#[tokio::test(start_paused = true)]
async fn it_does_not_stand_in_when_the_time_of_the_whole_call_is_over() {
    let function = in_order([HELD, "never"]);
    let sidecar = cached(Point::PreProcessor).cache_stale(STALE);
    let layer = layer_of(sidecar, function.clone()).endpoint_timeout(Duration::from_secs(2));
    let service = layer.layer(Backend::new());
    call(&service).await;
    advance(Duration::from_secs(6)).await;
    assert_eq!(call(&service).await.error(), Some("GatewayTimeout"));
}

#[tokio::test(start_paused = true)]
async fn it_stands_in_until_its_end_and_the_stale_seconds_are_over() {
    for (later, stands_in) in [(34_999, true), (35_000, false)] {
        let function = in_order([HELD, "connect"]);
        let sidecar = with_stale(Point::PreProcessor, ErrorPolicy::SURE_FIRE);
        let service = service(sidecar, &function);
        call(&service).await;
        advance(Duration::from_millis(later)).await;
        assert_eq!(call(&service).await.status == 451, stands_in);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_stale_unless_the_sidecar_says_so() {
    let function = in_order([HELD, "connect"]);
    let service = service(cached(Point::PreProcessor), &function);
    call(&service).await;
    advance(Duration::from_secs(6)).await;
    assert_eq!(call(&service).await.status, 500);
}

#[tokio::test(start_paused = true)]
async fn it_stands_in_for_a_call_that_a_guard_does_not_let_through() {
    let function = in_order([HELD, "connect", "{}"]);
    let sidecar = with_stale(Point::PreProcessor, ErrorPolicy::SURE_FIRE).breaker_failures(1);
    let service = service(sidecar, &function);
    call(&service).await;
    advance(Duration::from_secs(6)).await;
    for class in [FailureClass::Connect, FailureClass::Rejected] {
        let got = call(&service).await;
        assert_eq!(got.status, 451);
        assert_eq!(got.outcomes()[0].failure(), Some(class));
    }
    assert_eq!(function.asked().len(), 2);
}
