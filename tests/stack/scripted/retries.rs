//! Retries are safe: functions are not idempotent, so a call is tried again only where the function
//! cannot have run.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Request};
use http_body_util::Full;
use lambda_sidecar::{CallContext, Decision, FailureClass, Functions};
use lambda_sidecar_test_support::scripted::{Answer, Leg, Received, Reply, ScriptedAws};
use lambda_sidecar_tests::{
    config::sdk_config_for,
    failures::{THROTTLED, TIMEOUT, check, layer},
    inputs::{Inputs, Policy},
    route::{Called, call, get, over_each_transport},
};

/// For calls that end by themselves.
const LONG: u32 = 10_000;
/// For calls that only the timeout ends.
const SHORT: u32 = 500;

const WAYS_OF_INVOKING: [&str; 2] = ["request-response", "event"];

fn allow() -> Reply {
    Reply::verdict("{}")
}

fn throttle() -> Reply {
    Reply::exception(429, "TooManyRequestsException")
}

async fn functions(far_end: &ScriptedAws) -> Functions {
    Functions::new(&sdk_config_for(far_end).await)
}

async fn over_each_transport_to(far_end: &ScriptedAws) -> [Functions; 2] {
    over_each_transport(&functions(far_end).await)
}

/// One call after the other over every transport, in both ways of invoking, under both policies; each
/// must have arrived once, and have ended so.
async fn is_called_once(reply: Reply, class: FailureClass) {
    is_called_once_in_each_way(reply, [Some(class); 2]).await;
}

/// The same where it depends on the way of invoking how a call ends.
async fn is_called_once_in_each_way(reply: Reply, ends: [Option<FailureClass>; 2]) {
    let far_end = ScriptedAws::answering([reply]);
    let milliseconds = match ends {
        [Some(FailureClass::Timeout), _] => SHORT,
        _ => LONG,
    };
    for functions in over_each_transport_to(&far_end).await {
        for (synchronicity, end) in WAYS_OF_INVOKING.into_iter().zip(ends) {
            for policy in Policy::BOTH {
                let inputs = Inputs::scripted().with("synchronicity", synchronicity);
                let sidecar = inputs.timeout(milliseconds).policy(policy).pre();
                let called = call(&layer(&functions, sidecar), get()).await;
                println!("{synchronicity}, {policy:?}: {called:?}");
                assert_eq!(far_end.count(Leg::Lambda), 1);
                assert_eq!(called.outcome().failure(), end);
                far_end.forget();
            }
        }
    }
}

#[tokio::test]
async fn a_function_whose_answer_broke_off_is_not_called_again() {
    let answer = Answer::verdict(r#"{"terminate":{"code":403}}"#);
    for reply in [
        Reply::reset_before(),
        Reply::close_before(),
        Reply::reset_in_the_middle(&answer),
        Reply::headers_then_close(&answer),
        Reply::shorter_than_announced(&answer, 1),
        Reply::raw("SSH-2.0-OpenSSH_9.2\r\n"),
    ] {
        is_called_once(reply, FailureClass::Connect).await;
    }
}

#[tokio::test]
async fn a_function_that_does_not_answer_in_time_is_not_called_again() {
    let answer = Answer::verdict(r#"{"terminate":{"code":403}}"#);
    for reply in [
        Reply::never(),
        Reply::headers_then_silence(&answer),
        Reply::one_byte_a_second(&answer),
    ] {
        is_called_once(reply, FailureClass::Timeout).await;
    }
}

#[tokio::test]
async fn a_function_is_not_called_again_after_an_error_of_aws() {
    for (status, code) in [
        (400, "InvalidRequestContentException"),
        // What the SDK itself takes for passing troubles.
        (400, "RequestTimeout"),
        (400, "RequestTimeoutException"),
        (400, "InternalError"),
        (409, "ResourceConflictException"),
        (413, "RequestTooLargeException"),
        (500, "ServiceException"),
        (500, "InternalServerError"),
        (502, "ENILimitReachedException"),
        (502, "ResourceNotReadyException"),
        (503, "ServiceUnavailableException"),
        (504, "GatewayTimeoutException"),
    ] {
        let class = FailureClass::ServiceException;
        is_called_once(Reply::exception(status, code), class).await;
        let with_delay = Answer::exception(status, code).header("x-amz-retry-after", "1");
        is_called_once(Reply::answer(&with_delay), class).await;
    }
}

#[tokio::test]
async fn a_function_is_not_called_again_after_a_status_without_a_code() {
    for status in [408, 500, 502, 503, 504] {
        let answer = Answer::new(status, "somebody between");
        is_called_once(Reply::answer(&answer), FailureClass::ServiceException).await;
    }
}

#[tokio::test]
async fn a_function_that_failed_or_answered_wrongly_is_not_called_again() {
    let error = Answer::verdict(r#"{"errorMessage":"m"}"#);
    let error = error.header("x-amz-function-error", "Unhandled");
    is_called_once(Reply::answer(&error), FailureClass::FunctionError).await;
    for json in [
        "",
        "null",
        "{",
        r#"{"Terminate":{"code":403}}"#,
        r#"{"terminate":{"code":1e400}}"#,
    ] {
        // What the answer to an event holds is nobody's concern.
        let ends = [Some(FailureClass::WrongAnswer), None];
        is_called_once_in_each_way(Reply::verdict(json), ends).await;
    }
    let large = Answer::verdict(vec![b' '; 50 << 20]);
    for reply in [Reply::answer(&large), Reply::without_length(&large)] {
        is_called_once(reply, FailureClass::WrongAnswer).await;
    }
}

/// A connection that is kept alive may be closed while the next request is on its way: the far end
/// may have read it.
#[tokio::test]
async fn a_call_lost_on_a_kept_connection_is_not_made_again() {
    for lost in [Reply::reset_before(), Reply::close_before()] {
        let far_end = ScriptedAws::start();
        for functions in over_each_transport_to(&far_end).await {
            far_end.script(Leg::Lambda, [allow(), lost.clone()]);
            let layer = layer(&functions, Inputs::scripted().pre());
            allowed(&call(&layer, get()).await);
            let called = call(&layer, get()).await;
            let failure = called.outcome().failure();
            assert_eq!(failure, Some(FailureClass::Connect), "{called:?}");
            assert_eq!(far_end.received(Leg::Lambda).len(), 2);
            far_end.forget();
        }
    }
}

#[tokio::test]
async fn a_throttled_call_is_made_again_under_the_same_id() {
    let far_end = ScriptedAws::start();
    for functions in over_each_transport_to(&far_end).await {
        for synchronicity in WAYS_OF_INVOKING {
            let accepted = Reply::answer(&Answer::new(202, ""));
            let last = if synchronicity == "event" {
                accepted
            } else {
                allow()
            };
            far_end.script(Leg::Lambda, [throttle(), throttle(), last]);
            let inputs = Inputs::scripted().with("synchronicity", synchronicity);
            let sidecar = inputs.timeout(LONG).pre();
            let called = call(&layer(&functions, sidecar), get()).await;
            allowed(&called);
            ended_inside_the_timeout(&called);
            let received = far_end.received(Leg::Lambda);
            assert_eq!(attempts(&received), [1, 2, 3]);
            assert_eq!(ids(&received).len(), 1);
            assert!(!received[0].invocation_id().is_empty());
            far_end.forget();
        }
    }
}

#[tokio::test]
async fn every_call_has_an_id_of_its_own() {
    let far_end = ScriptedAws::start();
    for functions in over_each_transport_to(&far_end).await {
        let layer = layer(&functions, Inputs::scripted().pre());
        for _ in 0..10 {
            allowed(&call(&layer, get()).await);
        }
    }
    assert_eq!(ids(&far_end.received(Leg::Lambda)).len(), 20);
}

#[tokio::test]
async fn a_call_that_stays_throttled_is_made_three_times_and_no_more() {
    let far_end = ScriptedAws::answering([throttle()]);
    let functions = functions(&far_end).await;
    let inputs = Inputs::scripted().timeout(LONG);
    let calls = check(&functions, &inputs, &THROTTLED).await;
    for called in &calls {
        ended_inside_the_timeout(called);
    }
    let received = far_end.received(Leg::Lambda);
    assert_eq!(received.len(), 3 * calls.len());
    assert_eq!(ids(&received).len(), calls.len());
}

#[tokio::test]
async fn tries_and_pauses_between_them_stay_inside_the_timeout() {
    let far_end = ScriptedAws::start();
    for functions in over_each_transport_to(&far_end).await {
        for policy in Policy::BOTH {
            // Somebody else who uses the machine can make a call late, but not most of them.
            let mut took = Vec::new();
            for _ in 0..5 {
                took.push(third_try_never_answered(&far_end, &functions, policy).await);
            }
            let late = took.iter().filter(|took| **took > TRIES_WITHIN + GRACE);
            assert!(late.count() < 3, "{functions:?}, {policy:?}: {took:?}");
        }
    }
}

const TRIES_WITHIN: Duration = Duration::from_millis(300);
/// What a call may take beyond its timeout.
const GRACE: Duration = Duration::from_millis(100);
const SLOWLY: Duration = Duration::from_millis(120);

/// How long a call takes whose third try alone would take as long as the timeout.
async fn third_try_never_answered(
    far_end: &ScriptedAws,
    functions: &Functions,
    policy: Policy,
) -> Duration {
    let throttled = throttle().after(SLOWLY);
    far_end.script(Leg::Lambda, [throttled.clone(), throttled, Reply::never()]);
    let sidecar = Inputs::scripted().timeout(300).policy(policy).pre();
    let point = sidecar.point();
    let called = call(&layer(functions, sidecar), get()).await;
    match policy {
        Policy::SureFire => TIMEOUT.check_blocked(&called, point),
        Policy::FailSafe => TIMEOUT.check_let_pass(&called),
    }
    called.took
}

#[tokio::test]
async fn both_transports_send_the_same() {
    let far_end = ScriptedAws::start();
    for inputs in [Inputs::scripted(), Inputs::scripted_with_role()] {
        for synchronicity in WAYS_OF_INVOKING {
            let sidecar = inputs.clone().with("synchronicity", synchronicity).pre();
            let mut sent = Vec::new();
            for functions in over_each_transport_to(&far_end).await {
                let _ = call(&layer(&functions, sidecar.clone()), with_ids()).await;
                sent.push(what_is_the_same(&far_end.received(Leg::Lambda)));
                far_end.forget();
            }
            assert_eq!(sent[0], sent[1]);
        }
    }
}

/// A request that brings what would else be random.
fn with_ids() -> Request<Full<Bytes>> {
    let mut request = get();
    let context = CallContext::new().message_id("7632924a-8d8d-4d35-8a77-b57c4bb450af");
    request.extensions_mut().insert(context);
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let trace = HeaderValue::from_static(trace);
    request.headers_mut().insert("traceparent", trace);
    request
}

/// Everything but the id, the time, the signature, which depends on them, and AWS's statistics of what
/// the SDK was used for.
fn what_is_the_same(received: &[Received]) -> Vec<(BTreeMap<String, String>, Bytes)> {
    let requests = received.iter().map(|request| {
        let mut headers = BTreeMap::from_iter(request.headers().to_vec());
        for name in ["amz-sdk-invocation-id", "x-amz-date"] {
            headers.remove(name).expect("both send it");
        }
        for (name, end) in [
            ("authorization", "Signature="),
            ("user-agent", " m/"),
            ("x-amz-user-agent", " m/"),
        ] {
            let value = headers.get_mut(name).expect("both send it");
            let end = value.find(end).expect("it ends so");
            value.truncate(end);
        }
        (headers, request.body.clone())
    });
    requests.collect()
}

/// A connection that is refused at first, and accepted once the system has refused somebody.
#[cfg(target_os = "linux")]
mod refused {
    use std::fs;

    use lambda_sidecar::Transport;
    use lambda_sidecar_test_support::scripted::RefusedPort;
    use lambda_sidecar_tests::config;
    use tokio::time::{sleep, timeout};

    use super::*;

    #[tokio::test]
    async fn a_refused_connection_is_tried_again() {
        for transport in [Transport::Lean, Transport::Sdk] {
            until_refused_at_first(transport).await;
        }
    }

    /// Whoever else is refused on this machine can make the port accept too early.
    async fn until_refused_at_first(transport: Transport) {
        for _ in 0..10 {
            let (called, received) = refused_at_first(transport).await;
            allowed(&called);
            ended_inside_the_timeout(&called);
            assert_eq!(received.len(), 1);
            if received[0].attempt() > 1 {
                return;
            }
        }
        panic!("the first try was never refused");
    }

    async fn refused_at_first(transport: Transport) -> (Called, Vec<Received>) {
        let port = RefusedPort::take();
        let config = config::sdk_config(&port.endpoint(), "us-east-1", "AKIA", "secret").await;
        let functions = Functions::new(&config).transport(transport);
        let layer = layer(&functions, Inputs::scripted().timeout(LONG).pre());
        let before = refused_connections();
        let somebody_refused = async {
            while refused_connections() == before {
                sleep(Duration::from_millis(1)).await;
            }
        };
        let far_end = async {
            let refused = timeout(Duration::from_secs(10), somebody_refused).await;
            refused.expect("nobody was refused");
            ScriptedAws::on(port.listen())
        };
        let (called, far_end) = tokio::join!(call(&layer, get()), far_end);
        (called, far_end.received(Leg::Lambda))
    }

    /// How many connections this machine failed to make, as Linux counts them.
    fn refused_connections() -> u64 {
        let counters = fs::read_to_string("/proc/net/snmp").expect("Linux has it");
        let mut tcp = counters.lines().filter(|line| line.starts_with("Tcp: "));
        let names = tcp.next().unwrap_or_default().split(' ');
        let mut counts = names.zip(tcp.next().unwrap_or_default().split(' '));
        let failed = counts.find(|(name, _)| *name == "AttemptFails");
        failed
            .and_then(|(_, count)| count.parse().ok())
            .expect("Linux counts them")
    }
}

fn attempts(received: &[Received]) -> Vec<u32> {
    received.iter().map(Received::attempt).collect()
}

fn ids(received: &[Received]) -> HashSet<&str> {
    received.iter().map(Received::invocation_id).collect()
}

fn allowed(called: &Called) {
    let outcome = called.outcome();
    assert_eq!(outcome.failure(), None, "{called:?}");
    assert!(
        matches!(outcome.decision(), Decision::Allow | Decision::Event),
        "{called:?}"
    );
}

fn ended_inside_the_timeout(called: &Called) {
    assert!(
        called.took < Duration::from_millis(LONG.into()),
        "{called:?}"
    );
}
