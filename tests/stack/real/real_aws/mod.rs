//! The whole stack against MiniStack: client, layer or gateway, AWS SDK or lean transport, and functions
//! that are real processes.

mod envelope;
mod events;
mod failures;
mod rotation;
mod verdicts;

use http::StatusCode;
use lambda_sidecar::Functions;
use lambda_sidecar_tests::{
    real::{self, StandIn},
    route::{BACKEND_BODY, Called},
    stack::Stack,
};

const FUNCTIONS: [(&str, &str); 2] = [("sidecar-rust", "rust"), ("sidecar-python", "python")];

fn aws() -> Option<&'static StandIn> {
    real::ministack(
        env!("CARGO_BIN_EXE_sidecar-function"),
        env!("CARGO_TARGET_TMPDIR"),
    )
}

async fn functions(aws: &StandIn) -> Functions {
    Functions::new(&aws.there().access().sdk_config().await)
}

/// Layer and gateway, over each transport.
async fn stacks(aws: &StandIn) -> Vec<Stack> {
    Stack::all(&aws.there().access()).await
}

/// Each function through each stack; with its name, and its language as it says it itself.
async fn each_way(aws: &StandIn) -> Vec<(Stack, &'static str, &'static str)> {
    let mut ways = Vec::new();
    for stack in stacks(aws).await {
        for (name, language) in FUNCTIONS {
            ways.push((stack.clone(), name, language));
        }
    }
    ways
}

fn allowed(called: &Called) {
    assert_eq!(called.outcome().failure(), None, "{called:?}");
    assert_eq!(called.status, StatusCode::OK, "{called:?}");
}

fn passed_untouched(called: &Called) {
    assert_eq!(called.status, StatusCode::OK, "{called:?}");
    assert_eq!(called.error(), None, "{called:?}");
    assert_eq!(called.text(), BACKEND_BODY);
    assert!(called.backend.is_some(), "{called:?}");
}
