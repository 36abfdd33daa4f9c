//! The order of the checks, of one sidecar and of several.

use std::sync::Arc;

use super::{KB, TOO_LARGE};
use crate::common::{BOTH, Backend, Function, TestBody, layer_of, post, pre, request, send};
use http::{HeaderMap, HeaderValue};
use lambda_sidecar::{
    Application, CallContext, Decision, Expand, LambdaSidecarLayer, PackageKey, Point, Sidecar,
    SidecarBuilder,
};
use tower::Layer;

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
