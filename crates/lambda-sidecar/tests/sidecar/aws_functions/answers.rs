//! What a call sends, and what its answer becomes.

use std::convert::Infallible;

use lambda_sidecar::{Answer, FailureClass, Invocation, Point, Sidecar};

use super::functions;
use crate::aws_functions::{
    call,
    far_end::{FarEnd, Reply, Service},
    own,
};

/// Lambda's own limit.
const MAX: usize = 6_291_456;

#[tokio::test]
async fn a_call_names_the_function_with_its_qualifier_and_carries_the_client_context() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    call(&functions(&far_end.url), &own("")).await.unwrap();

    let seen = far_end.seen(Service::Lambda).remove(0);
    let arn = "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Aauthz%3Alive";
    assert_eq!(
        seen.target,
        format!("/2015-03-31/functions/{arn}/invocations")
    );
    assert_eq!(
        seen.header("x-amz-invocation-type"),
        Some("RequestResponse")
    );
    assert_eq!(seen.header("x-amz-log-type"), None);
    assert_eq!(seen.body, r#"{"point":"PreProcessor"}"#);
    assert_eq!(seen.signed(), ("BASEKEY", "us-east-1"));
    let context = seen.header("x-amz-client-context").unwrap();
    let context = base64_simd::STANDARD.decode_to_vec(context).unwrap();
    assert_eq!(
        String::from_utf8(context).unwrap(),
        r#"{"custom":{"messageId":"7632924a-8d8d-4d35-8a77-b57c4bb450af"}}"#
    );
}

#[tokio::test]
async fn an_event_is_handed_over_and_accepted() {
    let far_end = FarEnd::lambda(|| Reply::status(202)).await;
    let answer = call(&functions(&far_end.url), &own("synchronicity: event"))
        .await
        .unwrap();

    assert_eq!(answer, Answer::accepted());
    let seen = far_end.seen(Service::Lambda).remove(0);
    assert_eq!(seen.header("x-amz-invocation-type"), Some("Event"));
}

#[tokio::test]
async fn an_answer_is_passed_on_as_it_is() {
    let far_end = FarEnd::lambda(|| {
        Reply::ok(r#"{"errorMessage":"no"}"#)
            .with_header("x-amz-function-error", "Unhandled")
            .with_header("x-amz-executed-version", "7")
    })
    .await;
    let answer = call(&functions(&far_end.url), &own("")).await.unwrap();

    let expected = Answer::failed("Unhandled", r#"{"errorMessage":"no"}"#);
    assert_eq!(answer, expected.version("7".to_owned()));
}

#[tokio::test]
async fn another_status_of_success_is_an_error_of_the_service() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}").with_status(203)).await;
    let error = call(&functions(&far_end.url), &own("")).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::ServiceException);
    assert_eq!(error.code(), None);
    assert!(error.to_string().contains("203"), "{error}");
    assert_eq!(far_end.count(Service::Lambda), 1);
}

#[tokio::test]
async fn an_answer_of_exactly_lambdas_limit_is_taken() {
    let far_end = FarEnd::lambda(|| Reply::ok(" ".repeat(MAX))).await;
    let answer = call(&functions(&far_end.url), &own("")).await.unwrap();
    assert_eq!(answer.payload.len(), MAX);
}

#[tokio::test]
async fn an_answer_announced_as_larger_is_refused_before_it_is_read() {
    // It is only announced: whoever wants to read it waits for ever.
    let far_end = FarEnd::lambda(|| Reply::Announce(MAX + 1)).await;
    let error = call(&functions(&far_end.url), &own("")).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::WrongAnswer);
    assert_eq!(far_end.count(Service::Lambda), 1);
}

#[tokio::test]
async fn an_answer_that_turns_out_larger_is_cut_off() {
    let far_end = FarEnd::lambda(|| Reply::Endless).await;
    let error = call(&functions(&far_end.url), &own("")).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::WrongAnswer);
    assert_eq!(far_end.count(Service::Lambda), 1);
    // What goes beyond is what the sockets' buffers took.
    assert!(
        far_end.sent() < 8 * MAX,
        "{} bytes were taken",
        far_end.sent()
    );
}

#[test]
fn the_limit_is_the_one_that_the_reference_names() {
    assert_eq!(Answer::MAX_PAYLOAD, MAX);
}

#[tokio::test]
async fn functions_on_aws_and_in_the_process_are_served_side_by_side() {
    let far_end = FarEnd::lambda(|| Reply::ok(r#"{"of":"aws"}"#)).await;
    let local = tower::service_fn(|_: Invocation| async {
        Ok::<_, Infallible>(Answer::ok(r#"{"of":"process"}"#))
    });
    let functions = functions(&far_end.url).local("audit", local);
    let audit = Sidecar::local(Point::PreProcessor, "audit").build();
    let answer = call(&functions, &audit.unwrap().into()).await.unwrap();
    assert_eq!(answer, Answer::ok(r#"{"of":"process"}"#));
    assert_eq!(far_end.connections(), 0);
    let answer = call(&functions, &own("")).await.unwrap();
    assert_eq!(answer, Answer::ok(r#"{"of":"aws"}"#));
}

#[tokio::test]
async fn a_local_function_is_not_called_at_aws() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let sidecar = Sidecar::local(Point::PreProcessor, "authz")
        .build()
        .unwrap();
    let error = call(&functions(&far_end.url), &sidecar.into())
        .await
        .unwrap_err();
    assert_eq!(error.class(), FailureClass::Connect);
    assert_eq!(far_end.connections(), 0);
}
