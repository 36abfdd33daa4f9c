//! Faults that no stand-in for AWS makes, from small scripted servers.
//!
//! Each of them, at both points and under both policies: the client gets what
//! `docs/failures.md` says, within the timeout plus 100 ms, and the next call works.

mod credentials;

use std::time::Duration;

use aws_smithy_types::timeout::TimeoutConfig;
use bytes::Bytes;
use lambda_sidecar::{Decision, FailureClass, Functions};
use lambda_sidecar_test_support::scripted::{
    Answer, Gate, Leg, RefusedPort, Reply, ScriptedAws, SilentPort,
};
use lambda_sidecar_tests::{
    config::{self, sdk_config_for},
    failures::{
        EMPTY_ANSWER, Expected, NO_CREDENTIALS, NO_SUCCESS, NOT_CONNECTED, THROTTLED, TIMEOUT,
        WRONG_ANSWER, check, check_function_error, layer,
    },
    inputs::Inputs,
    route::{Called, call, get, over_each_transport},
    stack::Stack,
};
use tokio::{runtime::Handle, task::yield_now, time::timeout};

/// For faults that end a call at once.
const LONG: u32 = 10_000;
/// For faults that only the timeout ends.
const SHORT: u32 = 300;
/// What a call may take beyond its timeout.
const GRACE: Duration = Duration::from_millis(100);
/// How often each way is tried, and how often where most were late.
const ROUNDS: [usize; 2] = [3, 5];

const TERMINATE: &str = r#"{"terminate":{"code":403,"message":"no"}}"#;

fn terminate() -> Answer {
    Answer::verdict(TERMINATE)
}

async fn fault(reply: Reply, milliseconds: u32, expected: Expected) -> ScriptedAws {
    let far_end = ScriptedAws::answering([reply]);
    let inputs = Inputs::scripted();
    credential_fault(far_end, &inputs, milliseconds, expected).await
}

async fn credential_fault(
    far_end: ScriptedAws,
    inputs: &Inputs,
    milliseconds: u32,
    expected: Expected,
) -> ScriptedAws {
    let functions = Functions::new(&sdk_config_for(&far_end).await);
    check_in_time(&functions, inputs, milliseconds, &expected).await;
    far_end.work_again();
    far_end.script(Leg::Lambda, [Reply::verdict(TERMINATE)]);
    next_call_works(&functions, inputs).await;
    far_end
}

/// Several times, because somebody else who uses the machine can make a call late: in each way most
/// calls have to be in time, those that are not are shown.
async fn check_in_time(
    functions: &Functions,
    inputs: &Inputs,
    milliseconds: u32,
    expected: &Expected,
) -> Vec<Called> {
    let inputs = inputs.clone().timeout(milliseconds);
    let mut calls = Vec::new();
    for rounds in ROUNDS {
        while calls.len() < rounds {
            calls.push(check(functions, &inputs, expected).await);
        }
        if most_in_time(&calls, milliseconds) {
            break;
        }
        assert!(rounds < ROUNDS[1], "most calls of one way are late");
    }
    calls.into_iter().flatten().collect()
}

/// Of each way: the calls of a round are one of each.
fn most_in_time(rounds: &[Vec<Called>], milliseconds: u32) -> bool {
    let within = Duration::from_millis(milliseconds.into()) + GRACE;
    let mut most = true;
    for way in 0..rounds[0].len() {
        let took = rounds.iter().map(|calls| calls[way].took);
        let late: Vec<_> = took.filter(|took| *took > within).collect();
        if !late.is_empty() {
            println!("way {way}: {late:?}, and should be {within:?} at most");
        }
        most &= 2 * late.len() < rounds.len();
    }
    most
}

async fn next_call_works(functions: &Functions, inputs: &Inputs) {
    let sidecar = inputs.clone().timeout(LONG).pre();
    for functions in over_each_transport(functions) {
        println!("the next call with {functions:?}");
        let called = call(&layer(&functions, sidecar.clone()), get()).await;
        terminated(&called);
        let within = Duration::from_millis(LONG.into()) + GRACE;
        assert!(called.took <= within, "{called:?}");
    }
}

fn terminated(called: &Called) {
    let decision = called.outcome().decision();
    assert_eq!(decision, Decision::Terminate, "{called:?}");
    assert_eq!((called.status.as_u16(), called.text()), (403, "no"));
}

#[tokio::test]
async fn a_refused_connection_is_class_connect() {
    let port = RefusedPort::take();
    let config = config::sdk_config(&port.endpoint(), "us-east-1", "AKIA", "secret").await;
    let functions = Functions::new(&config);
    let inputs = Inputs::scripted();
    check_in_time(&functions, &inputs, LONG, &NOT_CONNECTED).await;
    let far_end = ScriptedAws::on(port.listen());
    far_end.script(Leg::Lambda, [Reply::verdict(TERMINATE)]);
    next_call_works(&functions, &inputs).await;
}

/// The system keeps connections back that nobody accepts, as a firewall does.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_connection_that_is_never_established_is_class_connect_or_timeout() {
    let connect = Duration::from_millis(100);
    let timeouts = TimeoutConfig::builder().connect_timeout(connect).build();
    let port = SilentPort::take().await;
    let functions = Functions::new(&config::sdk_config_with(&port.endpoint(), timeouts).await);
    let inputs = Inputs::scripted();
    for called in check_in_time(&functions, &inputs, LONG, &NOT_CONNECTED).await {
        assert!(
            called.took >= 3 * connect,
            "it is tried three times: {called:?}"
        );
    }
    check_in_time(&functions, &inputs, 50, &TIMEOUT).await;
    let far_end = ScriptedAws::on(port.accept());
    far_end.script(Leg::Lambda, [Reply::verdict(TERMINATE)]);
    next_call_works(&functions, &inputs).await;
}

#[tokio::test]
async fn time_outs_for_other_calls_of_aws_do_not_cut_a_function_short() {
    let short = Duration::from_millis(100);
    let slow = Reply::verdict(TERMINATE).after(3 * short);
    let far_end = ScriptedAws::answering([slow]);
    for timeouts in [
        TimeoutConfig::builder().operation_timeout(short),
        TimeoutConfig::builder().operation_attempt_timeout(short),
        TimeoutConfig::builder().read_timeout(short),
    ] {
        let config = config::sdk_config_with(&far_end.endpoint(), timeouts.build()).await;
        next_call_works(&Functions::new(&config), &Inputs::scripted()).await;
    }
}

#[tokio::test]
async fn a_connection_reset_before_the_answer_is_class_connect() {
    fault(Reply::reset_before(), LONG, NOT_CONNECTED).await;
}

#[tokio::test]
async fn a_connection_closed_before_the_answer_is_class_connect() {
    fault(Reply::close_before(), LONG, NOT_CONNECTED).await;
}

#[tokio::test]
async fn a_connection_reset_in_the_middle_of_the_answer_is_class_connect() {
    fault(
        Reply::reset_in_the_middle(&terminate()),
        LONG,
        NOT_CONNECTED,
    )
    .await;
}

/// Once its end is noticed, a connection is not used again: the next call works.
#[tokio::test]
async fn a_connection_that_ended_after_the_answer_is_not_used_for_the_next_call() {
    let far_end = ScriptedAws::start();
    let layer_over = |functions| layer(&functions, Inputs::scripted().pre());
    let functions = Functions::new(&sdk_config_for(&far_end).await);
    for layer in over_each_transport(&functions).map(layer_over) {
        for end in [Reply::reset_later, Reply::close_later] {
            for _ in 0..20 {
                far_end.forget();
                let gate = Gate::default();
                let ends = end(&terminate(), &gate);
                far_end.script(Leg::Lambda, [ends, Reply::verdict(TERMINATE)]);
                terminated(&call(&layer, get()).await);
                let with_connection = tasks().await;
                gate.open();
                until_fewer_than(with_connection).await;
                terminated(&call(&layer, get()).await);
                assert_eq!(far_end.count(Leg::Lambda), 2, "each call arrived once");
            }
        }
    }
}

/// The tasks of this test's run time, after every one that can go on had its turns. An idle connection
/// is one of them.
async fn tasks() -> usize {
    for _ in 0..100 {
        yield_now().await;
    }
    Handle::current().metrics().num_alive_tasks()
}

async fn until_fewer_than(before: usize) {
    let fewer = async { while tasks().await >= before {} };
    let fewer = timeout(Duration::from_secs(20), fewer).await;
    fewer.expect("the end of the connection is noticed");
}

/// A call that is on its way when the connection ends cannot be saved: its request was written, so the
/// far end may have read it and the function may have run. It is lost, and not made again. The one
/// after it has a new connection.
#[tokio::test]
async fn a_call_that_meets_the_end_of_its_connection_is_lost_and_no_other() {
    let far_end = ScriptedAws::start();
    let layer_over = |functions| layer(&functions, Inputs::scripted().pre());
    let functions = Functions::new(&sdk_config_for(&far_end).await);
    for layer in over_each_transport(&functions).map(layer_over) {
        for _ in 0..20 {
            let resets = Reply::reset_after(&terminate());
            far_end.script(Leg::Lambda, [resets, Reply::verdict(TERMINATE)]);
            terminated(&call(&layer, get()).await);
            let next = call(&layer, get()).await;
            if next.outcome().failure() != Some(FailureClass::Connect) {
                terminated(&next);
            }
            terminated(&call(&layer, get()).await);
        }
    }
}

#[tokio::test]
async fn headers_without_a_body_and_then_silence_are_class_timeout() {
    fault(Reply::headers_then_silence(&terminate()), SHORT, TIMEOUT).await;
}

#[tokio::test]
async fn headers_without_a_body_and_then_the_end_are_class_connect() {
    fault(Reply::headers_then_close(&terminate()), LONG, NOT_CONNECTED).await;
}

#[tokio::test]
async fn a_body_shorter_than_announced_is_class_connect() {
    // What has arrived is a whole verdict, and still must not count.
    fault(
        Reply::shorter_than_announced(&terminate(), 1),
        LONG,
        NOT_CONNECTED,
    )
    .await;
}

#[tokio::test]
async fn a_body_longer_than_announced_counts_as_far_as_announced_and_spoils_no_other_call() {
    let surplus = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    let reply = Reply::longer_than_announced(&terminate(), surplus);
    let far_end = ScriptedAws::answering([reply]);
    let functions = Functions::new(&sdk_config_for(&far_end).await);
    for _ in 0..10 {
        next_call_works(&functions, &Inputs::scripted()).await;
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_class_timeout() {
    fault(Reply::never(), SHORT, TIMEOUT).await;
}

#[tokio::test]
async fn an_answer_that_comes_one_byte_a_second_is_class_timeout() {
    fault(Reply::one_byte_a_second(&terminate()), SHORT, TIMEOUT).await;
}

#[tokio::test]
async fn an_answer_in_chunks_without_the_last_is_class_connect() {
    // The chunk that is there is a whole verdict, and still must not count.
    let reply = Reply::raw(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
         1e\r\n{\"terminate\":{\"code\":   403 }}\r\n",
    );
    fault(reply, LONG, NOT_CONNECTED).await;
}

#[tokio::test]
async fn an_answer_counts_in_every_form_that_http_knows() {
    let close = terminate().header("connection", "close");
    let early = "HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n\
                 HTTP/1.1 200 OK\r\ncontent-length: 41\r\n\r\n\
                 {\"terminate\":{\"code\":403,\"message\":\"no\"}}";
    let far_end = ScriptedAws::start();
    let functions = Functions::new(&sdk_config_for(&far_end).await);
    for reply in [
        Reply::answer(&close),
        Reply::without_length(&terminate()),
        Reply::in_chunks_against_the_length(&terminate(), 2),
        Reply::raw(early),
    ] {
        println!("{reply:?}");
        far_end.script(Leg::Lambda, [reply]);
        for _ in 0..2 {
            next_call_works(&functions, &Inputs::scripted()).await;
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_not_http_is_class_connect() {
    fault(Reply::raw("SSH-2.0-OpenSSH_9.2\r\n"), LONG, NOT_CONNECTED).await;
}

#[tokio::test]
async fn an_answer_with_headers_of_a_megabyte_is_class_connect() {
    let large = "x".repeat(1 << 20);
    let reply = Reply::answer(&terminate().header("x-large", &large));
    fault(reply, LONG, NOT_CONNECTED).await;
}

#[tokio::test]
async fn a_request_that_is_too_large_for_aws_is_class_service_exception() {
    let code = "RequestTooLargeException";
    fault(Reply::exception(413, code), LONG, Expected::exception(code)).await;
}

#[tokio::test]
async fn a_request_that_aws_does_not_understand_is_class_service_exception() {
    let code = "InvalidRequestContentException";
    fault(Reply::exception(400, code), LONG, Expected::exception(code)).await;
}

#[tokio::test]
async fn throttling_is_class_throttled_whatever_retry_after_says() {
    let answer = Answer::exception(429, "TooManyRequestsException");
    for (name, value) in [("retry-after", "3600"), ("x-amz-retry-after", "3600000")] {
        let reply = Reply::answer(&answer.clone().header(name, value));
        fault(reply, LONG, THROTTLED).await;
    }
}

#[tokio::test]
async fn errors_of_aws_itself_are_class_service_exception() {
    for (status, code) in [
        (500, "ServiceException"),
        (503, "ServiceUnavailableException"),
    ] {
        fault(
            Reply::exception(status, code),
            LONG,
            Expected::exception(code),
        )
        .await;
    }
}

#[tokio::test]
async fn a_status_without_an_exception_code_is_class_service_exception() {
    for status in [201, 204, 301, 404, 500, 502, 503] {
        let body = if status == 204 {
            ""
        } else {
            "<html>somebody between</html>"
        };
        fault(Reply::answer(&Answer::new(status, body)), LONG, NO_SUCCESS).await;
    }
}

#[tokio::test]
async fn an_empty_answer_is_class_wrong_answer() {
    for body in ["", "null"] {
        fault(Reply::verdict(body), LONG, EMPTY_ANSWER).await;
    }
}

#[tokio::test]
async fn an_answer_of_50_mb_is_never_read_whole() {
    const LENGTH: usize = 50 << 20;
    let answer = Answer::verdict(Bytes::from(vec![b' '; LENGTH]));
    for reply in [
        Reply::answer(&answer),
        Reply::without_length(&answer),
        Reply::in_chunks_against_the_length(&answer, 2),
    ] {
        let far_end = fault(reply, LONG, WRONG_ANSWER).await;
        let calls = far_end.count(Leg::Lambda) as u64;
        // Some more than was read is under way when the connection is cut.
        let most = LENGTH as u64 / 2 * calls;
        assert!(
            far_end.bytes_sent() < most,
            "{} bytes",
            far_end.bytes_sent()
        );
    }
}

#[tokio::test]
async fn json_nested_100_000_deep_is_class_wrong_answer() {
    const DEPTH: usize = 100_000;
    let arrays = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(DEPTH), "}".repeat(DEPTH));
    let unclosed = "[".repeat(DEPTH);
    let in_member = format!(r#"{{"modify":{{"addHeaders":{{"a":{arrays}}}}}}}"#);
    for json in [arrays, objects, unclosed, in_member] {
        fault(Reply::answer(&Answer::verdict(json)), LONG, WRONG_ANSWER).await;
    }
}

#[tokio::test]
async fn json_nested_100_000_deep_as_a_body_is_handed_on_as_it_is() {
    const DEPTH: usize = 100_000;
    let body = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    let verdict = Answer::verdict(format!(r#"{{"modify":{{"json":{body}}}}}"#));
    let far_end = ScriptedAws::answering([Reply::answer(&verdict)]);
    let functions = Functions::new(&sdk_config_for(&far_end).await);
    for functions in over_each_transport(&functions) {
        let called = call(&layer(&functions, Inputs::scripted().pre()), get()).await;
        assert_eq!(called.outcome().decision(), Decision::Modify);
        assert_eq!(called.backend.expect("it is called").body(), &body);
    }
}

#[tokio::test]
async fn a_status_beyond_all_numbers_is_class_wrong_answer() {
    for json in [
        r#"{"terminate":{"code":1e400}}"#,
        r#"{"terminate":{"code":-1}}"#,
        r#"{"terminate":{"code":99999999999999999999999999}}"#,
        r#"{"terminate":{"code":403.5}}"#,
    ] {
        fault(Reply::verdict(json), LONG, WRONG_ANSWER).await;
    }
}

#[tokio::test]
async fn a_function_error_without_its_usual_members_is_class_function_error() {
    let answer = Answer::verdict("it broke").header("x-amz-function-error", "Handled");
    let far_end = ScriptedAws::answering([Reply::answer(&answer)]);
    let functions = Functions::new(&sdk_config_for(&far_end).await);
    check_function_error(
        &Stack::layers(&functions),
        &Inputs::scripted(),
        "Handled",
        "it broke",
    )
    .await;
}
