//! A thousand rounds of each fault of Lambda, STS and Parameter Store leave nothing behind: after each
//! fault descriptors, tasks and memory have returned to the start.
//!
//! Memory is counted where it is allocated: what the one thread of the application has asked for and not
//! given back. Neither the system nor the far end, which has a thread of its own, blurs that, so little is
//! enough to be found: [`KEPT`]. Not counted is what other threads and C code allocate; of both the
//! application has none here.
//!
//! One test alone in its program, because it looks at the whole process.

#![cfg(target_os = "linux")]
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, its helpers too"
)]

use std::{
    fs,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use allocation_counter::{measure, opt_out};
use aws_smithy_types::retry::RetryConfig;
use lambda_sidecar::{FailureClass, Functions, LambdaSidecarLayer};
use lambda_sidecar_test_support::scripted::{Answer, Leg, RefusedPort, Reply, ScriptedAws};
use lambda_sidecar_tests::{
    config::sdk_config,
    failures::layer,
    inputs::{Inputs, Policy},
    route::{call, get, over_each_transport},
};
use tokio::{
    runtime::{Builder, Handle, Runtime},
    task::JoinSet,
    time::{sleep, timeout},
};

const ROUNDS: usize = 1_000;
/// What the process, and its connection pool, keep for their whole life they have after so many.
const WARM_UP: usize = 100;
/// How often memory may be another at the end of a pass: a table that was made larger once is no leak, what
/// leaks grows with every pass.
const PASSES: usize = 4;
const AT_ONCE: usize = 100;
/// How many faults are met at the same time, each by an application in a thread of its own.
const LANES: usize = 2;
/// How deep JSON is nested that nobody can mean.
const DEPTH: usize = 100_000;
/// What may be kept of each round on average, in bytes. Mostly it is none at all.
const KEPT: u64 = 20;
const MOST: u64 = KEPT * ROUNDS as u64;
/// The timers of the connection pools, one for each transport, which are no connections.
const TIMERS: usize = 2;
/// Only what never comes takes so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// For faults that end a call by themselves: it is never this timeout that ends it.
const LONG: u32 = 60_000;
/// For faults that only the timeout ends. Only calls that the far end has got by then count as rounds.
const SHORT: u32 = 300;
/// The same where credentials of so many roles are obtained first.
const SHORT_WITH_ROLE: u32 = 1_000;

const CONNECT: Ends = &[Some(FailureClass::Connect)];
const CREDENTIALS: Ends = &[Some(FailureClass::Credentials)];
const EXCEPTION: Ends = &[Some(FailureClass::ServiceException)];
const THROTTLED: Ends = &[Some(FailureClass::Throttled)];
const TIMEOUT: Ends = &[Some(FailureClass::Timeout)];
const WRONG_ANSWER: Ends = &[Some(FailureClass::WrongAnswer)];
const WELL: Ends = &[None];
/// The answer counts, but the next call may meet the end of the connection.
const WELL_OR_LOST: Ends = &[None, Some(FailureClass::Connect)];

/// How calls may end that meet a fault.
type Ends = &'static [Option<FailureClass>];

struct Fault {
    leg: Leg,
    reply: Reply,
    ends: Ends,
}

fn faults() -> Vec<Fault> {
    let legs = [
        (Leg::Lambda, faults_of_lambda()),
        (Leg::Sts, faults_of_credentials("AccessDenied")),
        (
            Leg::ParameterStore,
            faults_of_credentials("ParameterNotFound"),
        ),
    ];
    let faults = legs.into_iter().flat_map(|(leg, faults)| {
        let faults = faults.into_iter();
        faults.map(move |(reply, ends)| Fault { leg, reply, ends })
    });
    faults.collect()
}

fn faults_of_credentials(exception: &str) -> Vec<(Reply, Ends)> {
    let nonsense = Answer::verdict("nonsense");
    let large = Answer::verdict(vec![b' '; 50 << 20]);
    vec![
        (Reply::reset_before(), CREDENTIALS),
        (Reply::reset_in_the_middle(&nonsense), CREDENTIALS),
        (Reply::headers_then_silence(&nonsense), TIMEOUT),
        (Reply::headers_then_close(&nonsense), CREDENTIALS),
        (Reply::shorter_than_announced(&nonsense, 1), CREDENTIALS),
        (Reply::never(), TIMEOUT),
        (Reply::exception(400, exception), CREDENTIALS),
        (Reply::exception(500, "InternalServerError"), CREDENTIALS),
        (Reply::answer(&nonsense), CREDENTIALS),
        (Reply::answer(&large), CREDENTIALS),
    ]
}

fn faults_of_lambda() -> Vec<(Reply, Ends)> {
    let answer = Answer::verdict(r#"{"terminate":{"code":403,"message":"no"}}"#);
    let large = Answer::verdict(vec![b' '; 50 << 20]);
    let nested = Answer::verdict(format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH)));
    let throttled = Answer::exception(429, "TooManyRequestsException");
    let throttled = throttled.header("retry-after", "1");
    let beyond_numbers = Reply::verdict(r#"{"terminate":{"code":1e400}}"#);
    vec![
        (Reply::answer(&answer), WELL),
        (Reply::reset_before(), CONNECT),
        (Reply::close_before(), CONNECT),
        (Reply::reset_in_the_middle(&answer), CONNECT),
        (Reply::reset_after(&answer), WELL_OR_LOST),
        (Reply::headers_then_silence(&answer), TIMEOUT),
        (Reply::headers_then_close(&answer), CONNECT),
        (Reply::shorter_than_announced(&answer, 1), CONNECT),
        (Reply::longer_than_announced(&answer, b"surplus"), WELL),
        (Reply::never(), TIMEOUT),
        (Reply::one_byte_a_second(&answer), TIMEOUT),
        (Reply::raw("SSH-2.0-OpenSSH_9.2\r\n"), CONNECT),
        (
            Reply::exception(400, "InvalidRequestContentException"),
            EXCEPTION,
        ),
        (Reply::exception(413, "RequestTooLargeException"), EXCEPTION),
        (Reply::answer(&throttled), THROTTLED),
        (Reply::exception(500, "ServiceException"), EXCEPTION),
        (
            Reply::exception(503, "ServiceUnavailableException"),
            EXCEPTION,
        ),
        (Reply::answer(&large), WRONG_ANSWER),
        (Reply::without_length(&large), WRONG_ANSWER),
        (Reply::answer(&nested), WRONG_ANSWER),
        (beyond_numbers, WRONG_ANSWER),
        (Reply::verdict("nonsense"), WRONG_ANSWER),
    ]
}

/// Over each transport, under both policies.
async fn routes(
    endpoint: &str,
    inputs: &Inputs,
    milliseconds: u32,
) -> Vec<LambdaSidecarLayer<Functions>> {
    let config = sdk_config(endpoint, "us-east-1", "AKIA", "secret").await;
    // A refresh of credentials is tried once, so that each meets its fault once.
    let config = config.into_builder().retry_config(RetryConfig::disabled());
    let transports = over_each_transport(&Functions::new(&config.build()));
    let routes = (0..AT_ONCE).map(|place| {
        let inputs = inputs.clone().timeout(milliseconds);
        let inputs = inputs.with("sessionName", &format!("session-{place}"));
        let sidecar = inputs.policy(Policy::BOTH[place % 2]).pre();
        layer(&transports[place / 2 % 2], sidecar)
    });
    routes.collect()
}

/// Calls that meet one fault, again and again.
struct Rounds {
    /// Each with credentials of its own, where a role has to be assumed.
    routes: Vec<LambdaSidecarLayer<Functions>>,
    /// None where connections are refused.
    far_end: Option<(ScriptedAws, Leg)>,
    ends: Ends,
}

impl Rounds {
    async fn of(fault: Fault) -> Self {
        let far_end = ScriptedAws::start();
        far_end.script(fault.leg, [fault.reply]);
        let (inputs, short) = match fault.leg {
            Leg::Lambda => (Inputs::scripted(), SHORT),
            Leg::Sts | Leg::ParameterStore => (Inputs::scripted_with_role(), SHORT_WITH_ROLE),
        };
        let milliseconds = if fault.ends == TIMEOUT { short } else { LONG };
        Self {
            routes: routes(&far_end.endpoint(), &inputs, milliseconds).await,
            far_end: Some((far_end, fault.leg)),
            ends: fault.ends,
        }
    }

    async fn of_refused_connections(port: &RefusedPort, inputs: Inputs, ends: Ends) -> Self {
        Self {
            routes: routes(&port.endpoint(), &inputs, LONG).await,
            far_end: None,
            ends,
        }
    }

    /// Until the fault was met so often.
    async fn meet(&self, rounds: usize) {
        let mut met = 0;
        let mut batches = 0;
        while met < rounds {
            batches += 1;
            let hopeless = batches > 50 * rounds / AT_ONCE;
            assert!(!hopeless, "the fault was met {met} times");
            self.call_at_once().await;
            met += self.arrived();
            self.hang_up().await;
        }
    }

    /// Some calls that meet the fault at the same time.
    async fn call_at_once(&self) {
        let mut calls = JoinSet::new();
        for route in &self.routes {
            let route = route.clone();
            calls.spawn(async move { call(&route, get()).await });
        }
        while let Some(called) = calls.join_next().await {
            let called = called.unwrap();
            assert!(
                self.ends.contains(&called.outcome().failure()),
                "{:?} was expected: {called:?}",
                self.ends
            );
        }
    }

    /// How many of the latest calls the far end met with its fault.
    fn arrived(&self) -> usize {
        let Some((far_end, leg)) = &self.far_end else {
            return AT_ONCE;
        };
        let mut arrived = 0;
        // What the far end was sent it has allocated in its own thread.
        opt_out(|| {
            arrived = far_end.count(*leg);
            far_end.forget();
        });
        // One that was tried again is no second round.
        arrived.min(AT_ONCE)
    }

    /// Ends the connections, and with them refreshes of credentials that are never answered.
    async fn hang_up(&self) {
        until("only the timers are left", || {
            if let Some((far_end, _)) = &self.far_end {
                opt_out(|| far_end.hang_up());
            }
            tasks() <= TIMERS
        })
        .await;
    }
}

#[test]
fn a_thousand_rounds_of_each_fault_leave_nothing_behind() {
    // The first run time opens what the process keeps for its whole life.
    drop(run_time());
    let descriptors_before = descriptors();
    let faults = Mutex::new(faults().into_iter().enumerate());
    thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                let run_time = run_time();
                let next = || faults.lock().unwrap().next();
                while let Some((number, fault)) = next() {
                    let name = format!("fault {number}, of {:?}: {:?}", fault.leg, fault.ends);
                    leaves_nothing_behind(&run_time, &name, Rounds::of(fault));
                }
            });
        }
    });
    let port = RefusedPort::take();
    let run_time = run_time();
    for (inputs, ends) in [
        (Inputs::scripted(), CONNECT),
        (Inputs::scripted_with_role(), CREDENTIALS),
    ] {
        let rounds = Rounds::of_refused_connections(&port, inputs, ends);
        leaves_nothing_behind(&run_time, "refused connections", rounds);
    }
    drop((port, run_time));
    // The threads of the far ends take a moment to end.
    let since = Instant::now();
    while descriptors() > descriptors_before {
        let left = descriptors() - descriptors_before;
        assert!(since.elapsed() < PATIENCE, "{left} descriptors are left");
        thread::sleep(Duration::from_millis(1));
    }
}

fn run_time() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn leaves_nothing_behind(run_time: &Runtime, name: &str, rounds: impl Future<Output = Rounds>) {
    let rounds = run_time.block_on(rounds);
    run_time.block_on(rounds.meet(WARM_UP));
    let mut grown = Vec::new();
    // Less than before is no return to the start either, and could hide what leaked.
    while grown.iter().all(|bytes: &i64| bytes.unsigned_abs() > MOST) {
        assert!(grown.len() < PASSES, "memory grew by {grown:?}: {name}");
        let memory = measure(|| run_time.block_on(rounds.meet(ROUNDS)));
        grown.push(memory.bytes_current);
    }
    println!("{name}: {grown:?} bytes more");
    drop(rounds);
    run_time.block_on(until("no task is left", || tasks() == 0));
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    if timeout(PATIENCE, waiting).await.is_err() {
        panic!("it never came that {what}");
    }
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}
