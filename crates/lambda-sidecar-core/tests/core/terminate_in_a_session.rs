//! A no of a function ends the call under either policy, whatever in it cannot be used.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response};
use lambda_sidecar_core::{
    Answer, CallContext, Decision, ErrorPolicy, Point, Receipt, Sidecar,
    session::{CallFacts, Event, Head, Route, Session, Step},
};

/// What a fail-safe sidecar makes of a function's answer to a call of this content type.
fn ended(content_type: &'static str, answer: &str) -> (Response<Bytes>, Receipt) {
    let builder = Sidecar::local(Point::PreProcessor, "f").policy(ErrorPolicy::FAIL_SAFE);
    let mut route = Route::new();
    route.add(Arc::new(builder.build().unwrap()));
    let request = Request::builder().header("content-type", content_type);
    let (mut head, ()) = request.body(()).unwrap().into_parts();
    let now = Instant::now();
    let facts = CallFacts::new(
        CallContext::new(),
        "id".into(),
        now + Duration::from_secs(9),
    );
    let mut session = Session::new(Arc::new(route), facts, &head);
    let step = session.advance(Head::Request(&mut head), Event::Entered, now);
    assert!(matches!(step, Ok(Step::Invoke { .. })));
    let answer = Event::Answered(Ok(Answer::ok(answer.to_owned())));
    match session.advance(Head::Request(&mut head), answer, now) {
        Ok(Step::Answer(response)) => (response, session.receipts()[0].clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_terminate_that_a_client_spoils_still_ends_the_call_and_the_receipt_says_why() {
    for (members, refused, reason) in [
        (
            r#""addHeaders":{"x-who":"mal\nory","x-b":"1"}"#,
            &["x-who"][..],
            None,
        ),
        (r#""message":"\ud83d""#, &[], None),
        (
            r#""payload":"?","base64Encoded":true"#,
            &[],
            Some("`terminate.payload` is no base64"),
        ),
    ] {
        let answer = format!(r#"{{"terminate":{{"code":403,{members}}}}}"#);
        let (response, receipt) = ended("text/plain", &answer);
        assert_eq!(response.status(), 403, "{members}");
        assert_eq!(receipt.decision(), Decision::Terminate);
        assert_eq!(receipt.failure(), None);
        assert_eq!(receipt.refused_headers(), refused);
        assert_eq!(receipt.reason(), reason);
    }
}

#[test]
fn a_grpc_status_of_the_functions_own_is_the_answers_and_an_impossible_one_is_refused() {
    for (headers, status, message, refused) in [
        (r#""grpc-status":"8""#, "8", "m", &[][..]),
        (r#""grpc-status":16"#, "16", "m", &[]),
        (
            r#""Grpc-Status":" 1 ","grpc-message":"t\u00fc 5%""#,
            "1",
            "t%C3%BC 5%25",
            &[],
        ),
        (r#""grpc-message":"a%20b""#, "7", "a%20b", &[]),
        (r#""grpc-status":"0""#, "7", "m", &["grpc-status"]),
        (r#""grpc-status":17"#, "7", "m", &["grpc-status"]),
        (r#""grpc-status":"ok""#, "7", "m", &["grpc-status"]),
        (r#""grpc-status":-1"#, "7", "m", &["grpc-status"]),
        (r#""grpc-status":["8","9"]"#, "7", "m", &["grpc-status"]),
        (r#""grpc-message":["a","b"]"#, "7", "m", &["grpc-message"]),
        (r#""grpc-status":[]"#, "7", "m", &[]),
        (r#""grpc-status":"8\n""#, "7", "m", &["grpc-status"]),
    ] {
        let answer = format!(
            r#"{{"terminate":{{"code":403,"message":"m","addHeaders":{{{headers},"x-a":"1"}}}}}}"#
        );
        let (response, receipt) = ended("application/grpc", &answer);
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["grpc-status"], status, "{headers}");
        assert_eq!(response.headers()["grpc-message"], message, "{headers}");
        assert_eq!(response.headers()["x-a"], "1");
        assert_eq!(receipt.refused_headers(), refused, "{headers}");
    }
}

#[test]
fn a_grpc_status_in_an_answer_to_another_call_is_a_header_like_others() {
    let answer = r#"{"terminate":{"code":403,"addHeaders":{"grpc-status":"0"}}}"#;
    let (response, receipt) = ended("application/json", answer);
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()["grpc-status"], "0");
    assert!(receipt.refused_headers().is_empty());
}
