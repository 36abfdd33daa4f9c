//! Headers that only functions set: what anybody else sends under such a name does not pass.

use http::{HeaderMap, HeaderName, HeaderValue};
use lambda_sidecar::{ErrorPolicy, LambdaSidecarLayer};
use tower::Layer;

use crate::common::{
    Backend, Function, Step, TestBody, layer_of, post, pre, request, send, trailers,
};

/// Every spelling that a lenient backend reads as `x-user`.
const SPELLINGS: [&str; 3] = ["x-user", "x_user", "x.user"];

fn spelled(headers: &mut HeaderMap) {
    for name in SPELLINGS {
        let name = HeaderName::from_static(name);
        headers.append(name, HeaderValue::from_static("mallory"));
    }
}

fn with_trailers() -> TestBody {
    let mut sent = trailers();
    spelled(&mut sent);
    TestBody::of(["body"]).then(Step::Trailers(sent))
}

fn spoofed() -> http::Request<TestBody> {
    let mut request = request(with_trailers());
    spelled(request.headers_mut());
    request
}

#[tokio::test]
async fn no_spelling_of_an_owned_header_passes_whatever_becomes_of_the_call() {
    let verdicts: [fn() -> Function; 4] = [
        Function::allows,
        || Function::answers(r#"{"modify":{"addHeaders":{"x-other":"1"}}}"#),
        || Function::answers("no verdict"),
        || Function::fails(|| "no connection"),
    ];
    for verdict in verdicts {
        let backend = Backend::new();
        let sidecar = pre("f")
            .own_request_headers(["X-User"])
            .policy(ErrorPolicy::FAIL_SAFE);
        let service = layer_of(sidecar, verdict()).layer(backend.clone());
        send(service, spoofed()).await;
        let seen = backend.only();
        for name in SPELLINGS {
            assert_eq!(seen.header(name), None);
            assert!(
                !seen.trailers.as_ref().unwrap().contains_key(name),
                "{name}"
            );
        }
        // What nobody owns is still there.
        assert_eq!(seen.header("x-client"), Some("one"));
        assert_eq!(seen.trailers.unwrap().len(), trailers().len());
    }
}

#[tokio::test]
async fn removal_comes_before_conditions_and_envelopes_of_every_half() {
    let function = Function::allows();
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(pre("first").skip_request_headers(["host"]).build().unwrap())
        .request(
            pre("second")
                .own_request_headers(["x-user"])
                .build()
                .unwrap(),
        )
        .response(
            post("third")
                .skip_request_headers(["host"])
                .build()
                .unwrap(),
        );
    send(layer.layer(Backend::new()), spoofed()).await;
    for envelope in function.envelopes() {
        for name in SPELLINGS {
            assert_eq!(envelope["request"]["headers"].get(name), None, "{envelope}");
        }
    }

    let requires = pre("requires")
        .require_request_headers(["x-user"])
        .build()
        .unwrap();
    let owns = pre("owns").own_request_headers(["x-user"]).build().unwrap();
    let layer = LambdaSidecarLayer::new(Function::allows())
        .request(requires)
        .request(owns);
    let got = send(layer.layer(Backend::new()), spoofed()).await;
    assert_eq!(got.error(), Some("RequiredHeaderConditionFailure"));
}

#[tokio::test]
async fn what_a_function_sets_stays_and_later_sidecars_see_it() {
    let function = Function::by(|name, _| match name {
        "first" => r#"{"modify":{"addHeaders":{"x-user":"alice"}}}"#.into(),
        _ => "{}".into(),
    });
    let owning = |name| {
        pre(name)
            .own_request_headers(["x-user"])
            .include_request_headers(["x-user"])
    };
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(owning("first").build().unwrap())
        .request(owning("second").build().unwrap());
    let backend = Backend::new();
    send(layer.layer(backend.clone()), spoofed()).await;
    assert_eq!(function.envelopes()[0]["request"].get("headers"), None);
    assert_eq!(
        function.envelopes()[1]["request"]["headers"]["x-user"],
        "alice"
    );
    assert_eq!(backend.only().header("x-user"), Some("alice"));
}

#[tokio::test]
async fn a_backend_sends_no_owned_header_and_no_such_trailer() {
    let backend = Backend::answers(|| {
        let mut response = Backend::response().map(|_| with_trailers());
        spelled(response.headers_mut());
        response
    });
    let sidecar = post("f").own_response_headers(["x.user"]);
    let function = Function::allows();
    let service = layer_of(sidecar, function).layer(backend);
    let got = send(service, request(TestBody::empty())).await;
    for name in SPELLINGS {
        assert_eq!(got.header(name), None);
        assert!(!got.trailers.as_ref().unwrap().contains_key(name), "{name}");
    }
    assert_eq!(got.header("x-backend"), Some("b"));
}
