//! A thousand rounds of each fault of Lambda, STS and Parameter Store leave nothing behind: descriptors,
//! tasks and memory return to the start.
//!
//! One test alone in its program, because it looks at the whole process.

#![cfg(target_os = "linux")]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::{fs, time::Duration};

use lambda_sidecar::Functions;
use lambda_sidecar_tests::{
    config::sdk_config,
    failures::layer,
    inputs::{Inputs, Policy},
    route::{call, get, over_each_transport},
    scripted::{Answer, Leg, RefusedPort, Reply, ScriptedAws},
};
use tokio::{
    runtime::Handle,
    task::JoinSet,
    time::{sleep, timeout},
};

const ROUNDS: usize = 1_000;
/// How often memory may have grown before it counts as leaked.
const PASSES: usize = 4;
const AT_ONCE: usize = 50;
/// How deep JSON is nested that nobody can mean.
const DEPTH: usize = 100_000;
/// What the allocator may keep of them: of each round less than 250 bytes.
const KEPT: usize = 4 << 20;

/// Of Lambda, and of the two that a role's credentials take.
fn faults() -> Vec<(Leg, Reply)> {
    let legs = [
        (Leg::Lambda, faults_of_lambda()),
        (Leg::Sts, faults_of_credentials("AccessDenied")),
        (
            Leg::ParameterStore,
            faults_of_credentials("ParameterNotFound"),
        ),
    ];
    let faults = legs
        .into_iter()
        .flat_map(|(leg, faults)| faults.into_iter().map(move |fault| (leg, fault)));
    faults.collect()
}

fn faults_of_credentials(exception: &str) -> Vec<Reply> {
    let nonsense = Answer::verdict("nonsense");
    vec![
        Reply::reset_before(),
        Reply::reset_in_the_middle(&nonsense),
        Reply::headers_then_silence(&nonsense),
        Reply::headers_then_close(&nonsense),
        Reply::shorter_than_announced(&nonsense, 1),
        Reply::never(),
        Reply::exception(400, exception),
        Reply::exception(500, "InternalServerError"),
        Reply::answer(&nonsense),
        Reply::answer(&Answer::verdict(vec![b' '; 50 << 20])),
    ]
}

fn faults_of_lambda() -> Vec<Reply> {
    let answer = Answer::verdict(r#"{"terminate":{"code":403,"message":"no"}}"#);
    let large = Answer::verdict(vec![b' '; 50 << 20]);
    let nested = Answer::verdict(format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH)));
    let throttled = Answer::exception(429, "TooManyRequestsException");
    vec![
        Reply::answer(&answer),
        Reply::reset_before(),
        Reply::close_before(),
        Reply::reset_in_the_middle(&answer),
        Reply::reset_after(&answer),
        Reply::headers_then_silence(&answer),
        Reply::headers_then_close(&answer),
        Reply::shorter_than_announced(&answer, 1),
        Reply::longer_than_announced(&answer, b"surplus"),
        Reply::never(),
        Reply::one_byte_a_second(&answer),
        Reply::raw("SSH-2.0-OpenSSH_9.2\r\n"),
        Reply::exception(400, "InvalidRequestContentException"),
        Reply::exception(413, "RequestTooLargeException"),
        Reply::answer(&throttled.header("retry-after", "1")),
        Reply::exception(500, "ServiceException"),
        Reply::exception(503, "ServiceUnavailableException"),
        Reply::answer(&large),
        Reply::without_length(&large),
        Reply::answer(&nested),
        Reply::verdict(r#"{"terminate":{"code":1e400}}"#),
        Reply::verdict("nonsense"),
    ]
}

async fn meet_all(faults: &[(Leg, Reply)], rounds: usize) {
    let far_end = ScriptedAws::start();
    for (leg, fault) in faults {
        // A refresh that meets a fault may outlive it: the next fault has credentials of its own.
        let functions = Functions::new(&far_end.sdk_config().await);
        let inputs = if *leg == Leg::Lambda {
            Inputs::scripted()
        } else {
            Inputs::scripted_with_role()
        };
        far_end.work_again();
        far_end.script(*leg, [fault.clone()]);
        for _ in 0..rounds / AT_ONCE {
            meet(&functions, &inputs).await;
            far_end.forget();
        }
    }
    let port = RefusedPort::take();
    let config = sdk_config(&port.endpoint(), "us-east-1", "AKIA", "secret").await;
    for inputs in [Inputs::scripted(), Inputs::scripted_with_role()] {
        let functions = Functions::new(&config);
        for _ in 0..rounds / AT_ONCE {
            meet(&functions, &inputs).await;
        }
    }
}

/// Some calls that meet a fault at the same time.
async fn meet(functions: &Functions, inputs: &Inputs) {
    let mut calls = JoinSet::new();
    let transports = over_each_transport(functions);
    for place in 0..AT_ONCE {
        let inputs = inputs.clone().timeout(50);
        let sidecar = inputs.policy(Policy::BOTH[place % 2]).pre();
        let layer = layer(&transports[place / 2 % 2], sidecar);
        calls.spawn(async move { call(&layer, get()).await.outcomes.len() });
    }
    assert_eq!(calls.join_all().await, [1; AT_ONCE]);
}

#[tokio::test]
async fn a_thousand_rounds_of_each_fault_leave_nothing_behind() {
    let (descriptors_before, tasks_before) = (descriptors(), tasks());
    let faults = faults();
    // What the process keeps for its whole life it has after these.
    meet_all(&faults, ROUNDS / 5).await;
    let mut memory_before = memory();
    // The allocator may come to keep more than at first; what leaks grows with every pass.
    for _ in 0..PASSES {
        meet_all(&faults, ROUNDS).await;
        until_back_to("tasks", tasks_before, tasks).await;
        until_back_to("descriptors", descriptors_before, descriptors).await;
        let memory_now = memory();
        if memory_now <= memory_before + KEPT {
            return;
        }
        memory_before = memory_now;
    }
    panic!("{memory_before} bytes, and more with each of {PASSES} passes");
}

async fn until_back_to(what: &str, most: usize, now: fn() -> usize) {
    let back = async {
        while now() > most {
            sleep(Duration::from_millis(20)).await;
        }
    };
    // A refresh of credentials that is never answered ends after 30 seconds.
    if timeout(Duration::from_secs(60), back).await.is_err() {
        panic!("{} {what}, and should be {most} at most", now());
    }
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

fn memory() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let resident = statm.split(' ').nth(1).unwrap();
    resident.parse::<usize>().unwrap() * 4096
}
