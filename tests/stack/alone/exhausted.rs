//! What this process has run out of is not the function's failure: 503 under every policy.
//!
//! One test alone in its program, because it takes away the file descriptors of the whole process.

#![allow(
    clippy::expect_used,
    reason = "a test fails by panicking, its helpers too"
)]

use lambda_sidecar::{Decision, FailureClass, Functions, Transport};
use lambda_sidecar_test_support::scripted::{Leg, ScriptedAws};
use lambda_sidecar_tests::{
    config::sdk_config_for,
    failures::layer,
    inputs::{Inputs, Policy},
    route::{Called, call, get},
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// From now until it is dropped, this process can open nothing.
struct NoDescriptors(Rlimit);

impl NoDescriptors {
    fn take_away() -> Self {
        let usual = getrlimit(Resource::Nofile);
        let none = Rlimit {
            current: Some(3),
            ..usual
        };
        setrlimit(Resource::Nofile, none).expect("a limit may be lowered");
        Self(usual)
    }
}

impl Drop for NoDescriptors {
    fn drop(&mut self) {
        setrlimit(Resource::Nofile, self.0).expect("and raised up to the hard one");
    }
}

fn is_overloaded(called: &Called) {
    assert_eq!(called.status, 503, "{called:?}");
    assert_eq!(called.error(), Some("GatewayOverloaded"), "{called:?}");
    let detail = "No resources to call AWS Lambda function";
    assert!(called.text().contains(detail), "{called:?}");
    let decided = called.outcome();
    assert_eq!(decided.failure(), Some(FailureClass::NoResources));
    assert_eq!(decided.decision(), Decision::Error);
    assert!(!decided.failed_open());
}

#[tokio::test]
async fn a_call_for_which_nothing_can_be_opened_is_503_under_either_policy_and_as_an_event() {
    let aws = ScriptedAws::start();
    for inputs in [
        Inputs::scripted(),
        Inputs::scripted().with("synchronicity", "event"),
        // It is Parameter Store that cannot be called here.
        Inputs::scripted_with_role(),
    ] {
        for policy in Policy::BOTH {
            for transport in Transport::ALL {
                // None that has a connection already.
                let functions = Functions::new(&sdk_config_for(&aws).await).transport(*transport);
                let sidecar = inputs.clone().timeout(20_000).policy(policy).pre();
                let layer = layer(&functions, sidecar);
                let called = {
                    let _none = NoDescriptors::take_away();
                    call(&layer, get()).await
                };
                is_overloaded(&called);
                assert!(called.backend.is_none(), "{called:?}");
                assert_eq!(aws.count(Leg::Lambda), 0);
                let called = call(&layer, get()).await;
                assert_eq!(called.outcome().failure(), None, "{called:?}");
                aws.forget();
            }
        }
    }
}
