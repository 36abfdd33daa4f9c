//! Faults that no stand-in for AWS makes, from small scripted servers.
//!
//! Each of them, at both points and under both policies: the client gets what section 6 of the
//! connector says, within the timeout plus 100 ms, and the next call works.

use std::time::Duration;

use bytes::Bytes;
use lambda_sidecar::{Decision, Functions};
use lambda_sidecar_tests::{
    config,
    failures::{
        EMPTY_ANSWER, Expected, NO_CREDENTIALS, NO_SUCCESS, NOT_CONNECTED, THROTTLED, TIMEOUT,
        WRONG_ANSWER, check, check_function_error, layer,
    },
    inputs::Inputs,
    route::{call, get},
    scripted::{Answer, Leg, RefusedPort, Reply, ScriptedAws},
};

/// For faults that end a call at once.
const LONG: u32 = 10_000;
/// For faults that only the timeout ends.
const SHORT: u32 = 400;
/// What a call may take beyond its timeout.
const GRACE: Duration = Duration::from_millis(100);

const TERMINATE: &str = r#"{"terminate":{"code":403,"message":"no"}}"#;

fn terminate() -> Answer {
    Answer::verdict(TERMINATE)
}

async fn fault(reply: Reply, milliseconds: u32, expected: Expected) -> ScriptedAws {
    let far_end = ScriptedAws::answering([reply]).await;
    let inputs = Inputs::scripted();
    credential_fault(far_end, &inputs, milliseconds, expected).await
}

async fn credential_fault(
    far_end: ScriptedAws,
    inputs: &Inputs,
    milliseconds: u32,
    expected: Expected,
) -> ScriptedAws {
    let functions = Functions::new(&far_end.sdk_config().await);
    let inputs = inputs.clone().timeout(milliseconds);
    let within = Duration::from_millis(milliseconds.into()) + GRACE;
    for called in check(&functions, &inputs, &expected).await {
        assert!(called.took < within, "{called:?}");
    }
    far_end.script(Leg::Lambda, [Reply::verdict(TERMINATE)]);
    far_end.script(Leg::Sts, [Reply::credentials(Duration::from_secs(3600))]);
    next_call_works(&functions, &inputs).await;
    far_end
}

async fn next_call_works(functions: &Functions, inputs: &Inputs) {
    let next = call(&layer(functions, inputs.clone().timeout(LONG).pre()), get()).await;
    assert_eq!(next.outcome().decision(), Decision::Terminate, "{next:?}");
    assert_eq!((next.status.as_u16(), next.text()), (403, "no"));
}

#[tokio::test]
async fn a_refused_connection() {
    let port = RefusedPort::take();
    let config = config::sdk_config(&port.endpoint(), "us-east-1", "AKIA", "secret").await;
    let functions = Functions::new(&config);
    let inputs = Inputs::scripted().timeout(LONG);
    for called in check(&functions, &inputs, &NOT_CONNECTED).await {
        assert!(
            called.took < Duration::from_millis(LONG.into()) + GRACE,
            "{called:?}"
        );
    }
    let far_end = ScriptedAws::on(port.listen());
    far_end.script(Leg::Lambda, [Reply::verdict(TERMINATE)]);
    next_call_works(&functions, &inputs).await;
}

#[tokio::test]
async fn a_connection_reset_before_the_answer() {
    fault(Reply::reset_before(), LONG, NOT_CONNECTED).await;
}

#[tokio::test]
async fn a_connection_closed_before_the_answer() {
    fault(Reply::close_before(), LONG, NOT_CONNECTED).await;
}

#[tokio::test]
async fn a_connection_reset_in_the_middle_of_the_answer() {
    fault(
        Reply::reset_in_the_middle(&terminate()),
        LONG,
        NOT_CONNECTED,
    )
    .await;
}

#[tokio::test]
async fn a_connection_reset_after_the_answer_harms_neither_this_call_nor_the_next() {
    let far_end = ScriptedAws::answering([Reply::reset_after(&terminate())]).await;
    let functions = Functions::new(&far_end.sdk_config().await);
    for _ in 0..10 {
        next_call_works(&functions, &Inputs::scripted()).await;
    }
}

#[tokio::test]
async fn headers_without_a_body_and_then_silence() {
    fault(Reply::headers_then_silence(&terminate()), SHORT, TIMEOUT).await;
}

#[tokio::test]
async fn headers_without_a_body_and_then_the_end() {
    fault(Reply::headers_then_close(&terminate()), LONG, NOT_CONNECTED).await;
}

#[tokio::test]
async fn a_body_shorter_than_announced() {
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
    let far_end = ScriptedAws::answering([reply]).await;
    let functions = Functions::new(&far_end.sdk_config().await);
    for _ in 0..10 {
        next_call_works(&functions, &Inputs::scripted()).await;
    }
}

#[tokio::test]
async fn an_answer_that_never_comes() {
    fault(Reply::never(), SHORT, TIMEOUT).await;
}

#[tokio::test]
async fn an_answer_that_comes_one_byte_a_second() {
    fault(Reply::one_byte_a_second(&terminate()), SHORT, TIMEOUT).await;
}

#[tokio::test]
async fn an_answer_that_is_not_http() {
    fault(Reply::raw("SSH-2.0-OpenSSH_9.2\r\n"), LONG, NOT_CONNECTED).await;
}

#[tokio::test]
async fn a_request_that_is_too_large_for_aws() {
    let code = "RequestTooLargeException";
    fault(Reply::exception(413, code), LONG, Expected::exception(code)).await;
}

#[tokio::test]
async fn a_request_that_aws_does_not_understand() {
    let code = "InvalidRequestContentException";
    fault(Reply::exception(400, code), LONG, Expected::exception(code)).await;
}

#[tokio::test]
async fn throttling_with_retry_after() {
    let answer = Answer::exception(429, "TooManyRequestsException");
    for (name, value) in [("retry-after", "3600"), ("x-amz-retry-after", "3600000")] {
        let reply = Reply::answer(&answer.clone().header(name, value));
        fault(reply, LONG, THROTTLED).await;
    }
}

#[tokio::test]
async fn errors_of_aws_itself() {
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
async fn a_status_without_an_exception_code() {
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
async fn an_empty_answer() {
    for body in ["", "null"] {
        fault(Reply::verdict(body), LONG, EMPTY_ANSWER).await;
    }
}

#[tokio::test]
async fn an_answer_of_50_mb_is_never_read_whole() {
    const LENGTH: usize = 50 << 20;
    const CALLS: u64 = 4;
    let answer = Answer::verdict(Bytes::from(vec![b' '; LENGTH]));
    for reply in [Reply::answer(&answer), Reply::without_length(&answer)] {
        let far_end = fault(reply, LONG, WRONG_ANSWER).await;
        // Some more than was read is under way when the connection is cut.
        let most = LENGTH as u64 / 2 * CALLS;
        assert!(
            far_end.bytes_sent() < most,
            "{} bytes",
            far_end.bytes_sent()
        );
    }
}

#[tokio::test]
async fn json_nested_100_000_deep() {
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
async fn a_status_beyond_all_numbers() {
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
async fn a_function_error_without_its_usual_members() {
    let answer = Answer::verdict("it broke").header("x-amz-function-error", "Handled");
    let far_end = ScriptedAws::answering([Reply::answer(&answer)]).await;
    let functions = Functions::new(&far_end.sdk_config().await);
    check_function_error(&functions, &Inputs::scripted(), "Handled", "it broke").await;
}

#[tokio::test]
async fn a_fault_of_sts() {
    for reply in [
        Reply::reset_before(),
        Reply::headers_then_close(&terminate()),
        Reply::answer(&Answer::new(
            403,
            "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>",
        )),
        Reply::answer(&Answer::new(200, "<AssumeRoleResponse/>")),
    ] {
        let far_end = ScriptedAws::start().await;
        far_end.script(Leg::Sts, [reply]);
        let inputs = Inputs::scripted_with_role();
        let far_end = credential_fault(far_end, &inputs, LONG, NO_CREDENTIALS).await;
        assert_eq!(
            far_end.received(Leg::Lambda).len(),
            1,
            "only the last call of all"
        );
    }
}

#[tokio::test]
async fn sts_that_never_answers() {
    let far_end = ScriptedAws::start().await;
    far_end.script(Leg::Sts, [Reply::never()]);
    let inputs = Inputs::scripted_with_role();
    credential_fault(far_end, &inputs, SHORT, TIMEOUT).await;
}

#[tokio::test]
async fn no_credentials_at_all() {
    let far_end = ScriptedAws::start().await;
    let config = config::sdk_config_without_credentials(&far_end.endpoint()).await;
    for inputs in [Inputs::scripted(), Inputs::scripted_with_role()] {
        check(
            &Functions::new(&config),
            &inputs.timeout(LONG),
            &NO_CREDENTIALS,
        )
        .await;
    }
}
