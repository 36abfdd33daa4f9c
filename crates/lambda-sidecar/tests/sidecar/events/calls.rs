//! What a call sees of its event: nothing.

use std::{
    convert::Infallible,
    future::{Future, pending, poll_fn},
    task::Poll,
};

use http::{Request, Response};
use lambda_sidecar::{Decision, ErrorPolicy, Expand, SidecarBody};
use tower::{Layer, Service, service_fn};

use super::{by_permits, call, numbered, queueing, sent, service, service_of, settle};
use crate::{
    common::{BOTH, Function, TestBody, layer_of, request, send},
    guards::poll_pending,
};

/// Polled once: nothing is waited for, no time passes.
#[tokio::test(start_paused = true)]
async fn the_call_goes_on_without_waiting() {
    for point in BOTH {
        let function = Function::never();
        let (mut service, queues) = service_of(queueing(point, 1), &function);
        let mut response = Box::pin(service.call(request(TestBody::empty())));
        let polled = poll_fn(|cx| Poll::Ready(response.as_mut().poll(cx)));
        assert!(polled.await.is_ready());
        assert!(
            function.asked().is_empty(),
            "it is sent by a task of its own"
        );
        settle().await;
        assert_eq!((function.asked().len(), queues.close()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn the_receipt_says_queued_or_dropped_and_has_neither_a_failure_nor_a_time() {
    for point in BOTH {
        for policy in [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE] {
            let sidecar = queueing(point, 1).max_concurrency(1).policy(policy);
            let (service, queues) = service_of(sidecar, &Function::never());
            for decision in [Decision::Queued, Decision::Queued, Decision::Dropped] {
                let got = call(&service, 0).await;
                got.assert_from_backend();
                let receipt = &got.outcomes()[0];
                assert_eq!(receipt.decision(), decision);
                assert_eq!((receipt.failure(), receipt.error()), (None, None));
                assert_eq!((receipt.latency(), receipt.source()), (None, None));
                assert!(!receipt.failed_open());
                let is_queued = decision == Decision::Queued;
                assert_eq!(receipt.envelope_length() > 0, is_queued);
            }
            assert_eq!(queues.close(), 2);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_is_not_met_blocks_the_call_and_queues_nothing() {
    for point in BOTH {
        let sidecar = queueing(point, 1).require_request_headers(["x-need"]);
        let function = Function::allows();
        let (service, queues) = service_of(sidecar, &function);
        let got = send(service, request(TestBody::empty())).await;
        assert_eq!(
            (got.status.as_u16(), got.error()),
            (400, Some("RequiredHeaderConditionFailure"))
        );
        settle().await;
        assert!(queues.is_empty() && function.asked().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_after_its_event_was_queued_takes_nothing_away() {
    let (function, permits) = by_permits();
    let backend = service_fn(|_: Request<SidecarBody<TestBody>>| {
        pending::<Result<Response<TestBody>, Infallible>>()
    });
    let layer = layer_of(queueing(BOTH[0], 1), function.clone());
    let mut service = layer.layer(backend);
    let mut call = Box::pin(service.call(numbered(7)));
    poll_pending(call.as_mut());
    drop((call, service, layer));
    settle().await;
    permits.add_permits(1);
    settle().await;
    assert_eq!((sent(&function), function.under_way()), (vec![7], 0));
}

#[tokio::test(start_paused = true)]
async fn the_envelope_is_that_of_its_time() {
    let sidecar = queueing(BOTH[0], 9)
        .max_concurrency(1)
        .expand_input([Expand::RequestPayload]);
    let (function, permits) = by_permits();
    let (service, queues) = service_of(sidecar, &function);
    for text in ["first", "second"] {
        let body = TestBody::of([text]);
        send(service.clone(), request(body))
            .await
            .assert_from_backend();
    }
    permits.add_permits(2);
    queues.emptied().await;
    let envelopes = function.envelopes().into_iter();
    let payloads = envelopes.map(|it| it["request"]["payload"].as_str().unwrap().to_owned());
    assert_eq!(payloads.collect::<Vec<_>>(), ["first", "second"]);
}

/// What a request brings must not hold the memory that it was read into.
#[tokio::test(start_paused = true)]
async fn the_trace_context_reaches_the_function_as_a_copy() {
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let function = Function::allows();
    let (service, queues) = service(1, &function);
    let whole = bytes::Bytes::from(trace);
    let value = http::HeaderValue::from_maybe_shared(whole.clone()).unwrap();
    let mut request = request(TestBody::empty());
    request.headers_mut().insert("traceparent", value);
    send(service, request).await.assert_from_backend();
    queues.emptied().await;
    let asked = function.asked();
    let kept = asked[0].traceparent.as_ref().unwrap();
    assert_eq!(kept, trace);
    assert_ne!(kept.as_bytes().as_ptr(), whole.as_ptr());
}
