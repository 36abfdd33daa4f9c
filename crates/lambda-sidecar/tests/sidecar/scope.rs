//! Calls that do not concern a sidecar: nothing is done for it, and the call goes on.

use http::{Request, Response, StatusCode};
use lambda_sidecar::{Decision, Expand, LambdaSidecarLayer, Receipts};
use tower::Layer;

use crate::common::{Backend, Function, TestBody, layer_of, post, pre, request, send};

fn decisions(receipts: &Receipts) -> Vec<(&str, Decision)> {
    let receipts = receipts.iter();
    receipts
        .map(|receipt| (receipt.function(), receipt.decision()))
        .collect()
}

/// A request that says what it is in a header.
fn marked(mark: &str) -> Request<TestBody> {
    let mut request = request(TestBody::empty());
    request
        .headers_mut()
        .insert("x-mark", mark.parse().unwrap());
    request
}

fn answering(status: u16) -> Backend {
    Backend::answers(move || {
        let mut response: Response<TestBody> = Backend::response();
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response
    })
}

#[tokio::test]
async fn nothing_is_done_for_a_skipped_request_half() {
    let body = TestBody::of([vec![b'b'; 100_000]]);
    let function = Function::never();
    let sidecar = pre("f")
        .when_methods(["PURGE"])
        .require_request_headers(["x-not-there"])
        .require_eavs(["tier"])
        .expand_input([Expand::RequestPayload, Expand::Operation]);
    let backend = Backend::new();
    let service = layer_of(sidecar, function.clone()).layer(backend.clone());
    let got = send(service, request(body)).await;
    assert_eq!(decisions(got.outcomes()), [("f", Decision::Skipped)]);
    assert_eq!(function.asked().len(), 0);
    assert_eq!(backend.calls(), 1);
    let receipt = &got.outcomes()[0];
    assert_eq!((receipt.latency(), receipt.envelope_length()), (None, 0));
    assert!(receipt.error().is_none() && !receipt.failed_open());
}

#[tokio::test]
async fn a_request_half_looks_at_the_request_as_changed_so_far_and_a_response_half_as_it_came_in() {
    let function = Function::by(|name, _| match name {
        "first" => r#"{"modify":{"addHeaders":{"x-mark":"set"}}}"#.into(),
        _ => "{}".into(),
    });
    let marked_set = ["x-mark=set"];
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(pre("first").build().unwrap())
        .request(
            pre("second")
                .when_request_headers(marked_set)
                .build()
                .unwrap(),
        )
        .response(
            post("third")
                .when_request_headers(marked_set)
                .build()
                .unwrap(),
        )
        .response(
            post("fourth")
                .when_request_headers(["x-mark=came"])
                .build()
                .unwrap(),
        );
    let got = send(layer.layer(Backend::new()), marked("came")).await;
    assert_eq!(function.names(), ["first", "second", "fourth"]);
    assert_eq!(
        decisions(got.outcomes()),
        [
            ("first", Decision::Modify),
            ("second", Decision::Allow),
            ("third", Decision::Skipped),
            ("fourth", Decision::Allow),
        ]
    );
}

#[tokio::test]
async fn every_half_can_be_skipped_and_receipts_keep_their_order() {
    let skipping = |name, point: fn(&str) -> _| {
        let sidecar: lambda_sidecar::SidecarBuilder = point(name);
        sidecar.when_paths(["/nowhere"]).build().unwrap()
    };
    let function = Function::allows();
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(skipping("a", pre))
        .request(pre("b").build().unwrap())
        .request(skipping("c", pre))
        .response(skipping("d", post))
        .response(post("e").build().unwrap())
        .response(skipping("f", post));
    let backend = Backend::new();
    let got = send(layer.layer(backend.clone()), request(TestBody::empty())).await;
    assert_eq!(function.names(), ["b", "e"]);
    let (skipped, allow) = (Decision::Skipped, Decision::Allow);
    let expected = [
        ("a", skipped),
        ("b", allow),
        ("c", skipped),
        ("d", skipped),
        ("e", allow),
        ("f", skipped),
    ];
    assert_eq!(decisions(got.outcomes()), expected);
    let seen = backend.only();
    assert_eq!(decisions(seen.outcomes().unwrap()), expected[..3]);
}

#[tokio::test]
async fn conditions_of_a_half_that_the_response_decides_on_count_once_it_is_in_scope() {
    for (status, error) in [(200, None), (503, Some("RequiredHeaderConditionFailure"))] {
        let sidecar = post("f")
            .when_response_codes(["5xx"])
            .require_request_headers(["x-not-there"]);
        let backend = answering(status);
        let service = layer_of(sidecar, Function::allows()).layer(backend.clone());
        let got = send(service, request(TestBody::empty())).await;
        assert_eq!(got.error(), error, "{status}");
        assert_eq!(backend.calls(), 1);
    }
}

#[tokio::test]
async fn conditions_of_a_half_that_the_request_alone_decides_on_count_on_entry() {
    let sidecar = post("f")
        .when_request_headers(["x-mark"])
        .require_request_headers(["x-not-there"]);
    let backend = Backend::new();
    let service = layer_of(sidecar, Function::allows()).layer(backend.clone());
    let got = send(service.clone(), marked("here")).await;
    assert_eq!(got.error(), Some("RequiredHeaderConditionFailure"));
    assert_eq!(backend.calls(), 0);
    let got = send(service, request(TestBody::empty())).await;
    assert_eq!(got.error(), None);
}

#[tokio::test]
async fn too_large_headers_count_for_the_halves_that_the_call_concerns() {
    let large = || {
        let mut request = marked("here");
        let value = "x".repeat(70_000).parse().unwrap();
        request.headers_mut().insert("x-large", value);
        request
    };
    let sending = |name, point: fn(&str) -> _| {
        let sidecar: lambda_sidecar::SidecarBuilder = point(name);
        sidecar.include_request_headers(["x-large"])
    };
    for (first, second, third, expected) in [
        (
            "x-mark=here",
            "x-no",
            "x-no",
            [Some("MaxHeaderConditionFailure"), None],
        ),
        (
            "x-no",
            "x-mark=here",
            "x-no",
            [Some("MaxHeaderConditionFailure"), None],
        ),
        (
            "x-no",
            "x-no",
            "x-mark=here",
            [Some("MaxHeaderConditionFailure"), None],
        ),
        ("x-no", "x-no", "x-no", [None, None]),
    ] {
        let layer = LambdaSidecarLayer::new(Function::allows())
            .request(
                sending("1", pre)
                    .when_request_headers([first])
                    .build()
                    .unwrap(),
            )
            .request(
                sending("2", pre)
                    .when_request_headers([second])
                    .build()
                    .unwrap(),
            )
            .response(
                sending("3", post)
                    .when_request_headers([third])
                    .build()
                    .unwrap(),
            );
        let service = layer.layer(Backend::new());
        let got = send(service.clone(), large()).await;
        assert_eq!(got.error(), expected[0], "{first} {second} {third}");
        let got = send(service, marked("here")).await;
        assert_eq!(got.error(), expected[1]);
    }
}

#[tokio::test]
async fn no_whole_text_is_asked_for_if_the_half_that_would_read_it_is_skipped() {
    let asked = |path: &'static str| async move {
        let sidecar = post("f")
            .when_paths([path])
            .expand_input([Expand::ResponsePayload]);
        let backend = Backend::new();
        let service = layer_of(sidecar, Function::allows()).layer(backend.clone());
        let mut request = request(TestBody::empty());
        request
            .headers_mut()
            .insert("range", "bytes=0-3".parse().unwrap());
        send(service, request).await;
        backend.only().header("range").map(str::to_owned)
    };
    assert_eq!(asked("/nowhere").await.as_deref(), Some("bytes=0-3"));
    assert_eq!(asked("/**").await, None);
}
