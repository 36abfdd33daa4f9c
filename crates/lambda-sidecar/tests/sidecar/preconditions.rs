//! Section 4 of the connector: what is checked before a function is called, under either policy.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::sync::Arc;

use crate::common::{
    BOTH, Backend, Function, Got, Step, TestBody, layer_of, post, pre, request, send, trailers,
};
use http::{HeaderMap, HeaderValue, Request, Response};
use lambda_sidecar::{
    Application, CallContext, Decision, ErrorPolicy, Expand, LambdaSidecarLayer, PackageKey,
    PayloadCondition, Point, Sidecar, SidecarBuilder, Synchronicity,
};
use tower::Layer;

const KB: usize = 1024;

const TOO_LARGE: &str = "Payload length is more than max allowed payload";
const OVER_1_MB: &str = "Payload length is more than 1MB.";

fn context() -> CallContext {
    CallContext::new()
        .message_id(crate::common::MESSAGE_ID)
        .application(Arc::new(Application::new([
            ("tier", "gold"),
            ("empty", ""),
            ("blank", " \t"),
        ])))
        .package_key(Arc::new(PackageKey::new(
            "key",
            [("plan", "big"), ("empty", ""), ("blank", "  ")],
        )))
}

/// Sends a call through a layer with this one sidecar, under every policy and synchronicity. It has to
/// be refused: neither the function nor the backend is called.
async fn assert_refused(
    sidecar: &SidecarBuilder,
    call: impl Fn() -> Request<TestBody>,
    (name, status, detail): (&str, u16, &str),
) {
    for policy in [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE] {
        for synchronicity in [Synchronicity::RequestResponse, Synchronicity::Event] {
            let function = Function::allows();
            let backend = Backend::new();
            let sidecar = sidecar.clone().policy(policy).synchronicity(synchronicity);
            let point = sidecar.clone().build().unwrap().point();
            let service = layer_of(sidecar, function.clone()).layer(backend.clone());
            let got = send(service, call()).await;
            println!("{point} {policy:?} {synchronicity}: {got:?}");
            got.assert_problem(name, status, detail);
            assert!(function.asked().is_empty());
            assert_eq!(backend.calls(), 0);
            assert_refusal_receipt(&got, point, name);
        }
    }
}

/// A refusal is in the receipt, and is no failure of the function.
fn assert_refusal_receipt(got: &Got, point: Point, name: &str) {
    let receipt = got.outcomes().last().unwrap();
    assert_eq!(receipt.point(), point);
    assert_eq!(receipt.decision(), Decision::Error);
    assert_eq!(receipt.error(), Some(name));
    assert_eq!((receipt.failure(), receipt.failed_open()), (None, false));
    assert_eq!((receipt.latency(), receipt.envelope_length()), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn a_required_request_header_must_be_there_and_not_empty() {
    for point in BOTH {
        let sidecar = Sidecar::local(point, "f").require_request_headers(["x-client", "X-Tenant"]);
        for value in [None, Some(""), Some(" \t ")] {
            let call = || {
                let mut call = request(TestBody::empty());
                if let Some(value) = value {
                    let value = HeaderValue::from_static(value);
                    call.headers_mut().insert("x-tenant", value);
                }
                call
            };
            let detail = "Required Header - X-Tenant Unavailable";
            let expected = ("RequiredHeaderConditionFailure", 400, detail);
            assert_refused(&sidecar, call, expected).await;
        }
        let mut call = request(TestBody::empty());
        call.headers_mut()
            .insert("x-tenant", "acme".parse().unwrap());
        let service = layer_of(sidecar, Function::allows()).layer(Backend::new());
        send(service, call).await.assert_from_backend();
    }
}

#[tokio::test(start_paused = true)]
async fn a_required_application_eav_must_be_set_and_not_empty() {
    for point in BOTH {
        for eav in ["empty", "blank", "none", "Tier"] {
            let sidecar = Sidecar::local(point, "f").require_eavs(["tier", eav]);
            let call = || {
                let mut call = request(TestBody::empty());
                call.extensions_mut().insert(context());
                call
            };
            let detail = format!("Required Application EAV - {eav} Unavailable");
            let expected = ("RequiredApplicationEAVConditionFailure", 400, &*detail);
            assert_refused(&sidecar, call, expected).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_without_application_data_has_no_required_eav() {
    for point in BOTH {
        let sidecar = Sidecar::local(point, "f").require_eavs(["tier"]);
        let detail = "Error occurred while fetching application data";
        let expected = ("RequiredApplicationEAVConditionFailure", 400, detail);
        assert_refused(&sidecar, || request(TestBody::empty()), expected).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_required_package_key_eav_must_be_set_and_not_empty() {
    for point in BOTH {
        for eav in ["empty", "blank", "none", "PLAN"] {
            let sidecar = Sidecar::local(point, "f").require_package_key_eavs(["plan", eav]);
            let call = || {
                let mut call = request(TestBody::empty());
                call.extensions_mut().insert(context());
                call
            };
            let detail = format!("Required Package Key EAV - {eav} Unavailable");
            let expected = ("RequiredPackageKeyEAVConditionFailure", 400, &*detail);
            assert_refused(&sidecar, call, expected).await;
        }
        let sidecar = Sidecar::local(point, "f").require_package_key_eavs(["plan"]);
        let detail = "Error occurred while fetching package key data";
        let expected = ("RequiredPackageKeyEAVConditionFailure", 400, detail);
        assert_refused(&sidecar, || request(TestBody::empty()), expected).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_body_that_breaks_off_makes_no_envelope() {
    for (point, status, detail) in [
        (
            Point::PreProcessor,
            400,
            "Error while creating json input for AWS Lambda in pre-process",
        ),
        (
            Point::PostProcessor,
            500,
            "Error while creating json input for AWS Lambda in post-process",
        ),
    ] {
        for condition in [PayloadCondition::Blocking, PayloadCondition::Filtering] {
            let sidecar = Sidecar::local(point, "f")
                .expand_input([Expand::RequestPayload])
                .max_payload_condition(condition);
            let call = || request(TestBody::of(["half "]).then(Step::Yield).then(Step::Fail));
            let expected = ("InvalidJSONInputForAWSLambda", status, detail);
            assert_refused(&sidecar, call, expected).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_body_that_breaks_off_makes_no_envelope() {
    for policy in [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE] {
        let backend = Backend::answers(|| Response::new(TestBody::of(["a"]).then(Step::Fail)));
        let sidecar = post("f")
            .expand_input([Expand::ResponsePayload])
            .policy(policy);
        let function = Function::allows();
        let service = layer_of(sidecar, function.clone()).layer(backend.clone());
        let got = send(service, request(TestBody::empty())).await;
        let name = "InvalidJSONInputForAWSLambda";
        let detail = "Error while creating json input for AWS Lambda in post-process";
        got.assert_problem(name, 500, detail);
        assert_refusal_receipt(&got, Point::PostProcessor, name);
        assert!(function.asked().is_empty());
        assert_eq!(backend.calls(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_payload_over_the_limit_is_refused_under_blocking() {
    for point in BOTH {
        let sidecar = Sidecar::local(point, "f")
            .expand_input([Expand::RequestPayload])
            .max_payload_size(1);
        let expected = ("MaxPayloadConditionFailure", 413, TOO_LARGE);
        let frames = || [vec![b'x'; KB], vec![b'y']];
        assert_refused(&sidecar, || request(TestBody::of(frames())), expected).await;
        assert_refused(
            &sidecar,
            || request(TestBody::of(frames()).sized()),
            expected,
        )
        .await;
        let endless = || request(TestBody::of(frames()).then(Step::Hang));
        assert_refused(&sidecar, endless, expected).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_payload_over_the_limit_is_refused_under_blocking() {
    for announced in [false, true] {
        for policy in [ErrorPolicy::SURE_FIRE, ErrorPolicy::FAIL_SAFE] {
            let backend = Backend::answers(move || {
                let body = TestBody::of([vec![b'x'; KB], vec![b'y']]);
                Response::new(if announced { body.sized() } else { body })
            });
            let sidecar = post("f")
                .expand_input([Expand::ResponsePayload])
                .max_payload_size(1)
                .policy(policy);
            let function = Function::allows();
            let service = layer_of(sidecar, function.clone()).layer(backend);
            let got = send(service, request(TestBody::empty())).await;
            got.assert_problem("MaxPayloadConditionFailure", 413, TOO_LARGE);
            assert!(function.asked().is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_payload_known_to_be_over_1_mb_has_a_message_of_its_own() {
    const MB: usize = 1024 * KB;
    let sidecar = |kilobytes| {
        pre("f")
            .expand_input([Expand::RequestPayload])
            .max_payload_size(kilobytes)
    };
    let name = "MaxPayloadConditionFailure";
    // Announced, whatever the limit.
    for kilobytes in [1, 1024] {
        let announced = || request(TestBody::empty().announced(MB as u64 + 1));
        assert_refused(&sidecar(kilobytes), announced, (name, 413, OVER_1_MB)).await;
    }
    let exactly_1_mb = || request(TestBody::empty().announced(MB as u64));
    assert_refused(&sidecar(1), exactly_1_mb, (name, 413, TOO_LARGE)).await;
    // Read past it because the limit is 1 MB.
    let read_past = || request(TestBody::of([vec![0; MB], vec![0]]));
    assert_refused(&sidecar(1024), read_past, (name, 413, OVER_1_MB)).await;
    // More than 1 MB is there, and nobody knows.
    let unknown = || request(TestBody::of([vec![0; KB], vec![0], vec![0; MB]]));
    assert_refused(&sidecar(1), unknown, (name, 413, TOO_LARGE)).await;
}

#[tokio::test(start_paused = true)]
async fn a_payload_nobody_asks_for_has_no_limit() {
    for sidecar in [pre("f"), post("f")] {
        let sidecar = sidecar.max_payload_size(1);
        let backend = Backend::new();
        let service = layer_of(sidecar, Function::allows()).layer(backend.clone());
        let got = send(service, request(TestBody::of([vec![b'x'; 64 * KB]]))).await;
        got.assert_from_backend();
        assert_eq!(backend.only().body.len(), 64 * KB);
    }
}

/// Everything that can be wrong at once, put right one by one.
#[tokio::test(start_paused = true)]
async fn conditions_are_checked_in_the_order_of_the_table() {
    for point in BOTH {
        let sidecar = Sidecar::local(point, "f")
            .require_request_headers(["x-one", "x-two"])
            .require_eavs(["tier", "region"])
            .require_package_key_eavs(["plan", "quota"])
            .expand_input([Expand::RequestPayload])
            .max_payload_size(1);
        let rights: [(&str, &str); 6] = [
            (
                "RequiredHeaderConditionFailure",
                "Required Header - x-one Unavailable",
            ),
            (
                "RequiredHeaderConditionFailure",
                "Required Header - x-two Unavailable",
            ),
            (
                "RequiredApplicationEAVConditionFailure",
                "Required Application EAV - region Unavailable",
            ),
            (
                "RequiredPackageKeyEAVConditionFailure",
                "Required Package Key EAV - quota Unavailable",
            ),
            ("MaxPayloadConditionFailure", TOO_LARGE),
            ("", ""),
        ];
        for (put_right, (name, detail)) in rights.into_iter().enumerate() {
            let eavs = |at: usize, names: [&'static str; 2]| {
                let there = if put_right > at { 2 } else { 1 };
                names.into_iter().take(there).map(|name| (name, "x"))
            };
            let mut call = request(match put_right {
                0..=4 => TestBody::of([vec![0; KB + 1]]),
                _ => TestBody::of([vec![0; KB]]),
            });
            for name in ["x-one", "x-two"].into_iter().take(put_right) {
                call.headers_mut()
                    .insert(name, HeaderValue::from_static("1"));
            }
            call.extensions_mut().insert(
                CallContext::new()
                    .message_id(crate::common::MESSAGE_ID)
                    .application(Arc::new(Application::new(eavs(2, ["tier", "region"]))))
                    .package_key(Arc::new(PackageKey::new("k", eavs(3, ["plan", "quota"])))),
            );
            let service = layer_of(sidecar.clone(), Function::allows()).layer(Backend::new());
            let got = send(service, call).await;
            if name.is_empty() {
                got.assert_from_backend();
            } else {
                let status = if put_right == 4 { 413 } else { 400 };
                got.assert_problem(name, status, detail);
            }
        }
    }
}

/// Two request halves and two response halves; each requires a header of its own.
fn four_sidecars(function: Function) -> LambdaSidecarLayer<Function> {
    let with = |sidecar: SidecarBuilder, header: &str| {
        sidecar.require_request_headers([header]).build().unwrap()
    };
    LambdaSidecarLayer::new(function)
        .request(with(pre("pre-1"), "x-pre-1"))
        .request(with(pre("pre-2"), "x-pre-2"))
        .response(with(post("post-1"), "x-post-1"))
        .response(with(post("post-2"), "x-post-2"))
}

#[tokio::test(start_paused = true)]
async fn the_first_pre_then_every_post_is_checked_before_a_function_is_called() {
    let mut headers = HeaderMap::new();
    for missing in ["x-pre-1", "x-post-1", "x-post-2"] {
        let function = Function::allows();
        let backend = Backend::new();
        let mut call = request(TestBody::empty());
        call.headers_mut().extend(headers.clone());
        let got = send(four_sidecars(function.clone()).layer(backend.clone()), call).await;
        assert_eq!(
            got.detail(),
            format!("Required Header - {missing} Unavailable")
        );
        assert!(function.asked().is_empty(), "{missing}");
        assert_eq!(backend.calls(), 0);
        let outcomes = got.outcomes();
        assert_eq!(outcomes.len(), 1);
        assert_eq!(outcomes[0].function(), missing.trim_start_matches("x-"));
        headers.insert(missing, HeaderValue::from_static("1"));
    }
    // What is left to be refused is the second request half, at its turn.
    let function = Function::allows();
    let backend = Backend::new();
    let mut call = request(TestBody::empty());
    call.headers_mut().extend(headers);
    let got = send(four_sidecars(function.clone()).layer(backend.clone()), call).await;
    assert_eq!(got.detail(), "Required Header - x-pre-2 Unavailable");
    assert_eq!(function.names(), ["pre-1"]);
    assert_eq!(backend.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_first_pres_payload_is_checked_before_a_posts_headers_and_they_before_its_payload() {
    let reading = |sidecar: SidecarBuilder, kilobytes| {
        sidecar
            .expand_input([Expand::RequestPayload])
            .max_payload_size(kilobytes)
    };
    for (pre_limit, post_limit, expected) in [
        (1, 1, (Point::PreProcessor, 413)),
        (10, 1, (Point::PostProcessor, 400)),
    ] {
        let layer = LambdaSidecarLayer::new(Function::never())
            .request(reading(pre("a"), pre_limit).build().unwrap())
            .response(
                reading(post("b"), post_limit)
                    .require_request_headers(["x-missing"])
                    .build()
                    .unwrap(),
            );
        let body = TestBody::of([vec![0; 2 * KB]]);
        let got = send(layer.layer(Backend::new()), request(body)).await;
        let [receipt] = &got.outcomes()[..] else {
            panic!("one receipt")
        };
        assert_eq!((receipt.point(), got.status.as_u16()), expected);
    }
    // What the first sidecar can still read, a response half with a smaller limit refuses.
    let function = Function::allows();
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(reading(pre("a"), 10).build().unwrap())
        .response(reading(post("b"), 1).build().unwrap());
    let body = TestBody::of([vec![0; 2 * KB]]);
    let got = send(layer.layer(Backend::new()), request(body)).await;
    got.assert_problem("MaxPayloadConditionFailure", 413, TOO_LARGE);
    assert_eq!(got.outcomes()[0].point(), Point::PostProcessor);
    assert!(function.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_later_pre_is_checked_on_the_request_as_changed_and_a_post_as_it_came_in() {
    // The first function takes away what the response halves require and brings what the second
    // request half requires.
    let function = Function::by(|name, _| match name {
        "pre-1" => r#"{"modify":{
            "dropHeaders":["x-post-1","x-post-2"],
            "addHeaders":{"x-pre-2":"added"},
            "payload":"changed"
        }}"#
        .into(),
        _ => "{}".into(),
    });
    let mut call = request(TestBody::of(["as it came"]));
    for name in ["x-pre-1", "x-post-1", "x-post-2"] {
        call.headers_mut()
            .insert(name, HeaderValue::from_static("sent"));
    }
    let backend = Backend::new();
    let got = send(four_sidecars(function.clone()).layer(backend.clone()), call).await;
    got.assert_from_backend();
    assert_eq!(function.names(), ["pre-1", "pre-2", "post-1", "post-2"]);
    let envelopes = function.envelopes();
    assert_eq!(envelopes[1]["request"]["headers"]["x-pre-2"], "added");
    assert_eq!(envelopes[2]["request"]["headers"]["x-post-1"], "sent");
    assert_eq!(envelopes[3]["request"]["headers"]["x-post-2"], "sent");
    assert_eq!(backend.only().header("x-post-1"), None);
}

#[tokio::test(start_paused = true)]
async fn a_later_pre_is_refused_for_what_an_earlier_one_took_away() {
    let function = Function::answers(r#"{"modify":{"dropHeaders":["x-client"]}}"#);
    let sidecar = |name| {
        pre(name)
            .require_request_headers(["x-client"])
            .build()
            .unwrap()
    };
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(sidecar("a"))
        .request(sidecar("b"));
    let backend = Backend::new();
    let got = send(layer.layer(backend.clone()), request(TestBody::empty())).await;
    assert_eq!(got.detail(), "Required Header - x-client Unavailable");
    assert_eq!(function.names(), ["a"]);
    assert_eq!(backend.calls(), 0);
    let decisions: Vec<_> = got.outcomes().iter().map(|o| o.decision()).collect();
    assert_eq!(decisions, [Decision::Modify, Decision::Error]);
}

#[tokio::test(start_paused = true)]
async fn a_later_pre_measures_the_payload_that_an_earlier_one_made() {
    let sidecar = |name| {
        pre(name)
            .expand_input([Expand::RequestPayload])
            .max_payload_size(1)
            .build()
            .unwrap()
    };
    for (length, refused) in [(KB, false), (KB + 1, true)] {
        let payload = "x".repeat(length);
        let verdict = serde_json::json!({ "modify": { "payload": payload } }).to_string();
        let function = Function::by(move |name, _| match name {
            "a" => verdict.clone(),
            _ => "{}".into(),
        });
        let layer = LambdaSidecarLayer::new(function.clone())
            .request(sidecar("a"))
            .request(sidecar("b"));
        let backend = Backend::new();
        let got = send(
            layer.layer(backend.clone()),
            request(TestBody::of(["small"])),
        )
        .await;
        if refused {
            got.assert_problem("MaxPayloadConditionFailure", 413, TOO_LARGE);
            assert_eq!(function.names(), ["a"]);
        } else {
            got.assert_from_backend();
            assert_eq!(function.envelopes()[1]["request"]["payload"], payload);
            assert_eq!(backend.only().body, payload);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn filtering_leaves_the_payload_out_keeps_a_known_length_and_asks_the_function() {
    for point in BOTH {
        for announced in [false, true] {
            let sidecar = Sidecar::local(point, "f")
                .expand_input([Expand::RequestPayload])
                .max_payload_size(1)
                .max_payload_condition(PayloadCondition::Filtering);
            let function = Function::allows();
            let backend = Backend::new();
            let frames = [vec![b'x'; KB], vec![b'y'; KB], vec![b'z'; KB]];
            let body = TestBody::of(frames.clone()).with_trailers();
            let body = if announced { body.sized() } else { body };
            let service = layer_of(sidecar, function.clone()).layer(backend.clone());
            send(service, request(body)).await.assert_from_backend();
            let envelope = &function.envelopes()[0];
            if announced {
                let expected = serde_json::json!({ "payloadLength": 3 * KB });
                assert_eq!(envelope["request"], expected);
            } else {
                assert_eq!(envelope.get("request"), None);
            }
            let seen = backend.only();
            assert_eq!(seen.body, frames.concat());
            assert_eq!(seen.trailers, Some(trailers()));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn filtering_at_the_response_gives_it_back_intact() {
    let backend = Backend::answers(|| {
        let body = TestBody::of([vec![b'x'; KB], vec![b'y'; KB]]);
        Response::new(body.with_trailers())
    });
    let sidecar = post("f")
        .expand_input([Expand::ResponsePayload])
        .max_payload_size(1)
        .max_payload_condition(PayloadCondition::Filtering);
    let function = Function::allows();
    let got = send(
        layer_of(sidecar, function.clone()).layer(backend),
        request(TestBody::empty()),
    )
    .await;
    assert_eq!(
        function.envelopes()[0]["response"],
        serde_json::json!({ "code": 200 })
    );
    assert_eq!(got.body, [vec![b'x'; KB], vec![b'y'; KB]].concat());
    assert_eq!(got.trailers, Some(trailers()));
}
