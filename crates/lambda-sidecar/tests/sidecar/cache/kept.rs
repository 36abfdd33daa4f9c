//! A verdict answers equal questions as long as it lives.

use http::Response;
use lambda_sidecar::{
    Answer, AnswerSource, Decision, Expand, PayloadCondition, Point, Sidecar, Synchronicity,
};
use tokio::time::advance;

use super::*;
use crate::common::BOTH;

#[tokio::test(start_paused = true)]
async fn a_hit_is_decided_as_the_verdict_was_and_no_function_is_called() {
    let verdicts = [
        (r#"{"unchangedFor":60}"#, Decision::Allow),
        (
            r#"{"unchangedFor":60,"modify":{"addHeaders":{"x-tier":"gold","te":"x"}}}"#,
            Decision::Modify,
        ),
        (
            r#"{"unchangedFor":60,"terminate":{"code":451,"message":"held"}}"#,
            Decision::Terminate,
        ),
    ];
    for point in BOTH {
        for (json, decision) in verdicts {
            let function = Function::answer(Answer::ok(json).version("7".to_owned()));
            let service = service(cached(point), &function);
            let first = call(&service).await;
            advance(Duration::from_millis(12_900)).await;
            let second = call(&service).await;
            assert_eq!(function.asked().len(), 1, "{point} {json}");
            assert_eq!((first.status, &first.body), (second.status, &second.body));
            assert_eq!(first.headers, second.headers);
            for got in [&first, &second] {
                let receipt = &got.outcomes()[0];
                assert_eq!(receipt.decision(), decision);
                assert_eq!(receipt.executed_version(), Some("7"));
                assert_eq!(
                    receipt.refused_headers().len(),
                    json.matches(r#""te":"#).count()
                );
                assert_eq!((receipt.failure(), receipt.failed_open()), (None, false));
            }
            assert_eq!(source(&first), AnswerSource::Function);
            let age = Duration::from_millis(12_900);
            assert_eq!(source(&second), AnswerSource::Cache { age });
            let receipt = &second.outcomes()[0];
            assert_eq!(receipt.age(), Some(age));
            // As nothing was sent, nothing took any time.
            assert_eq!((receipt.latency(), receipt.envelope_length()), (None, 0));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_verdict_lives_as_long_as_it_says_and_no_longer_than_the_longest_time() {
    for (says, lives) in [(0.5, 0.5), (7.0, 7.0), (60.0, 60.0), (3600.0, 60.0)] {
        let function = counting(says);
        let service = service(cached(Point::PreProcessor), &function);
        let lives = Duration::from_secs_f64(lives);
        assert_eq!(call(&service).await.body, "1");
        advance(lives - Duration::from_millis(1)).await;
        assert_eq!(call(&service).await.body, "1");
        advance(Duration::from_millis(1)).await;
        assert_eq!(call(&service).await.body, "2");
        // The new one begins its life now.
        advance(lives - Duration::from_millis(1)).await;
        assert_eq!(call(&service).await.body, "2");
    }
}

#[tokio::test(start_paused = true)]
async fn a_verdict_that_says_nothing_lives_as_long_as_the_sidecar_says() {
    for (default, asked) in [(0, 2), (30, 1)] {
        let function = Function::allows();
        let default = Duration::from_secs(default);
        let sidecar = cached(Point::PreProcessor).cache_default(default);
        let service = service(sidecar, &function);
        call(&service).await;
        call(&service).await;
        assert_eq!(function.asked().len(), asked);
        advance(default).await;
        call(&service).await;
        assert_eq!(function.asked().len(), asked + 1);
    }
}

#[tokio::test]
async fn a_verdict_of_zero_seconds_is_not_kept() {
    let function = counting(0.0);
    let sidecar = cached(Point::PreProcessor).cache_default(Duration::from_secs(30));
    let service = service(sidecar, &function);
    for number in ["1", "2", "3"] {
        assert_eq!(call(&service).await.body, number);
    }
}

#[tokio::test]
async fn without_the_key_every_call_invokes_the_function() {
    let function = counting(60.0);
    let service = service(Sidecar::local(Point::PreProcessor, "f"), &function);
    for number in ["1", "2", "3"] {
        let got = call(&service).await;
        assert_eq!(got.body, number);
        assert_eq!(source(&got), AnswerSource::Function);
    }
}

/// The function has not seen everything that it would have judged about.
#[tokio::test]
async fn a_verdict_about_a_payload_that_was_left_out_is_neither_kept_nor_shared() {
    let function = counting(60.0);
    let sidecar = cached(Point::PreProcessor)
        .expand_input([Expand::RequestPayload])
        .max_payload_size(1)
        .max_payload_condition(PayloadCondition::Filtering);
    let service = service(sidecar, &function);
    let send = |body: String| send(service.clone(), request(TestBody::of([body])));
    let large = "a".repeat(2000);
    assert_eq!(send(large.clone()).await.body, "1");
    assert_eq!(send(large).await.body, "2");
    assert_eq!(send("small".to_owned()).await.body, "3");
    assert_eq!(send("small".to_owned()).await.body, "3");
}

/// Of either message, at the point of the response.
#[tokio::test]
async fn no_more_is_one_about_a_response_or_its_request() {
    let large = "a".repeat(2000);
    for (sent, answered, is_kept) in [
        ("small", "small", true),
        (&*large, "small", false),
        ("small", &*large, false),
    ] {
        let function = counting(60.0);
        let sidecar = cached(Point::PostProcessor)
            .expand_input([Expand::RequestPayload, Expand::ResponsePayload])
            .max_payload_size(1)
            .max_payload_condition(PayloadCondition::Filtering);
        let answered = answered.to_owned();
        let backend = Backend::answers(move || Response::new(TestBody::of([answered.clone()])));
        let service = layer_of(sidecar, function.clone()).layer(backend);
        for _ in 0..2 {
            let request = request(TestBody::of([sent.to_owned()]));
            assert_eq!(send(service.clone(), request).await.status, 403);
        }
        assert_eq!(function.asked().len(), if is_kept { 1 } else { 2 });
    }
}

#[tokio::test]
async fn a_failure_is_never_kept() {
    let fails = ["failed", "connect", "throttled", "wrong_answer", "[]", ""];
    let function = crate::guards::in_order(fails);
    let sidecar = cached(Point::PreProcessor).cache_default(MAX);
    let service = service(sidecar, &function);
    for asked in 1..=fails.len() {
        assert!(call(&service).await.error().is_some());
        assert_eq!(function.asked().len(), asked);
    }
}

#[tokio::test]
async fn conditions_are_checked_before_anything_is_looked_up() {
    let function = counting(60.0);
    let sidecar = cached(Point::PreProcessor)
        .require_request_headers(["x-role"])
        .skip_request_headers(["x-role"]);
    let service = service(sidecar, &function);
    let call_with = |role: &str| send(service.clone(), asking(role));
    assert_eq!(call_with("a").await.body, "1");
    let refused = call(&service).await;
    assert_eq!(refused.error(), Some("RequiredHeaderConditionFailure"));
    assert_eq!(call_with("b").await.body, "1");
}

#[test]
fn an_event_cannot_be_cached() {
    let sidecar = cached(Point::PreProcessor).synchronicity(Synchronicity::Event);
    assert!(sidecar.build().is_err());
}
