//! What each sidecar of a chain sees, and where a chain ends.

use super::built;
use crate::common::{Backend, Function, TestBody, layer_of, post, pre, request, send};
use http::{Request, Response, StatusCode, header::CONTENT_TYPE};
use lambda_sidecar::{
    Expand, InvocationError, LambdaSidecarLayer, RequestSidecarLayer, ResponseSidecarLayer,
    Sidecar, SidecarBody,
};
use serde_json::{Value, json};
use tower::{
    Layer,
    util::{MapRequestLayer, MapResponseLayer},
};

/// A request half that sends all headers and the payload.
fn seeing_pre(name: &str) -> Sidecar {
    built(
        pre(name)
            .skip_request_headers(["x-none"])
            .expand_input([Expand::RequestPayload, Expand::Operation]),
    )
}

fn seeing_post(name: &str) -> Sidecar {
    built(
        post(name)
            .skip_request_headers(["x-none"])
            .skip_response_headers(["x-none"])
            .expand_input([Expand::RequestPayload, Expand::ResponsePayload]),
    )
}

/// Adds `x-NAME` and puts its name behind the payload.
fn marking() -> Function {
    Function::by(|name, envelope| {
        let message = match envelope["point"].as_str() {
            Some("PreProcessor") => &envelope["request"],
            _ => &envelope["response"],
        };
        let payload = message["payload"].as_str().unwrap_or_default();
        let (header, payload) = (format!("x-{name}"), format!("{payload}+{name}"));
        json!({ "modify": { "addHeaders": { header: "1" }, "payload": payload } }).to_string()
    })
}

/// What the functions say of the bodies they saw: name, request payload, response payload.
fn payloads(function: &Function) -> Vec<(String, Value, Value)> {
    let seen = function.names().into_iter().zip(function.envelopes());
    seen.map(|(name, envelope)| {
        let of = |message: &str| envelope[message]["payload"].clone();
        (name, of("request"), of("response"))
    })
    .collect()
}

fn seen(name: &str, request: &str, response: Option<&str>) -> (String, Value, Value) {
    (name.into(), request.into(), response.into())
}

#[tokio::test]
async fn every_sidecar_sees_what_the_ones_before_it_changed() {
    let function = marking();
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(seeing_pre("a"))
        .request(seeing_pre("b"))
        .response(seeing_post("c"))
        .response(seeing_post("d"));
    let backend = Backend::new();
    let got = send(
        layer.layer(backend.clone()),
        request(TestBody::of(["order"])),
    )
    .await;
    assert_eq!(backend.only().body, "order+a+b");
    assert_eq!(got.body, "from the backend+c+d");
    assert_eq!(
        (got.header("x-c"), got.header("x-d")),
        (Some("1"), Some("1"))
    );
    // At the response, the request's own data is that of the request as it came in.
    let expected = [
        seen("a", "order", None),
        seen("b", "order+a", None),
        seen("c", "order", Some("from the backend")),
        seen("d", "order", Some("from the backend+c")),
    ];
    assert_eq!(payloads(&function), expected);
    let envelopes = function.envelopes();
    assert_eq!(envelopes[1]["request"]["headers"]["x-a"], "1");
    for at_response in &envelopes[2..] {
        assert_eq!(at_response["request"]["headers"].get("x-a"), None);
        assert_eq!(at_response["request"]["headers"]["x-client"], "one");
        assert_eq!(at_response["response"]["code"], 201);
    }
    assert_eq!(envelopes[3]["response"]["headers"]["x-c"], "1");
}

#[tokio::test]
async fn nested_layers_see_what_the_layers_around_them_changed() {
    let function = marking();
    let both = |pre, post| {
        LambdaSidecarLayer::new(function.clone())
            .request(seeing_pre(pre))
            .response(seeing_post(post))
    };
    let layers = (both("a", "d"), both("b", "c"));
    let backend = Backend::new();
    let got = send(
        layers.layer(backend.clone()),
        request(TestBody::of(["order"])),
    )
    .await;
    assert_eq!(backend.only().body, "order+a+b");
    assert_eq!(got.body, "from the backend+c+d");
    // The request came in to the inner layer as the outer one changed it.
    let expected = [
        seen("a", "order", None),
        seen("b", "order+a", None),
        seen("c", "order+a", Some("from the backend")),
        seen("d", "order", Some("from the backend+c")),
    ];
    assert_eq!(payloads(&function), expected);
}

#[tokio::test]
async fn other_tower_layers_between_sidecars_have_their_effect() {
    let function = marking();
    let layers = (
        RequestSidecarLayer::new(seeing_pre("a"), function.clone()),
        MapRequestLayer::new(|mut request: Request<SidecarBody<TestBody>>| {
            request
                .headers_mut()
                .insert("x-between", "1".parse().unwrap());
            request
        }),
        RequestSidecarLayer::new(seeing_pre("b"), function.clone()),
        ResponseSidecarLayer::new(seeing_post("d"), function.clone()),
        MapResponseLayer::new(|mut response: Response<SidecarBody<TestBody>>| {
            *response.status_mut() = StatusCode::ACCEPTED;
            response
        }),
        ResponseSidecarLayer::new(seeing_post("c"), function.clone()),
    );
    let backend = Backend::new();
    let got = send(
        layers.layer(backend.clone()),
        request(TestBody::of(["order"])),
    )
    .await;
    assert_eq!(got.status, 202);
    assert_eq!(got.body, "from the backend+c+d");
    assert_eq!(backend.only().header("x-between"), Some("1"));
    assert_eq!(function.names(), ["a", "b", "c", "d"]);
    let envelopes = function.envelopes();
    assert_eq!(envelopes[0]["request"]["headers"].get("x-between"), None);
    assert_eq!(envelopes[1]["request"]["headers"]["x-between"], "1");
    let codes = [2, 3].map(|at| envelopes[at]["response"]["code"].clone());
    assert_eq!(codes, [json!(201), json!(202)]);
}

#[tokio::test]
async fn the_changed_status_is_the_clients_and_the_next_sidecars() {
    let function = Function::by(|name, _| match name {
        "a" => r#"{"modify":{"completeWithCode":418}}"#.into(),
        _ => "{}".into(),
    });
    let layer = LambdaSidecarLayer::new(function.clone())
        .response(built(post("a")))
        .response(built(post("b")));
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_eq!(got.status, 418);
    assert_eq!(function.envelopes()[1]["response"]["code"], 418);
}

#[tokio::test]
async fn a_status_is_ignored_at_the_request() {
    let function = Function::answers(r#"{"modify":{"completeWithCode":418}}"#);
    let backend = Backend::new();
    let got = send(
        layer_of(pre("f"), function).layer(backend.clone()),
        request(TestBody::empty()),
    )
    .await;
    got.assert_from_backend();
    assert_eq!(backend.calls(), 1);
}

fn terminating_at(name: &'static str) -> Function {
    Function::by(move |asked, _| {
        if asked == name {
            r#"{"terminate":{"code":403,"message":"no"}}"#.into()
        } else {
            "{}".into()
        }
    })
}

#[tokio::test]
async fn a_terminate_ends_the_chain() {
    for (at, asked, calls) in [
        ("a", vec!["a"], 0),
        ("b", vec!["a", "b"], 0),
        ("c", vec!["a", "b", "c"], 1),
        ("d", vec!["a", "b", "c", "d"], 1),
    ] {
        let function = terminating_at(at);
        let layer = LambdaSidecarLayer::new(function.clone())
            .request(built(pre("a")))
            .request(built(pre("b")))
            .response(built(post("c")))
            .response(built(post("d")));
        let backend = Backend::new();
        let got = send(layer.layer(backend.clone()), request(TestBody::empty())).await;
        assert_eq!((got.status.as_u16(), &got.body[..]), (403, &b"no"[..]));
        assert_eq!(got.error(), None, "a Terminate is no error");
        assert_eq!(got.headers[CONTENT_TYPE], "text/plain; charset=utf-8");
        assert_eq!(got.header("x-backend"), None);
        assert_eq!(
            (function.names(), backend.calls()),
            (asked.iter().map(|n| (*n).to_owned()).collect(), calls)
        );
    }
}

#[tokio::test]
async fn a_response_half_runs_over_the_answers_of_the_backend_alone_and_an_outer_one_over_all() {
    let failing = Function::fails(|| InvocationError::connect("x"));
    for (inner, status) in [(terminating_at("inner"), 403), (failing, 500)] {
        let function = Function::allows();
        let layers = (
            ResponseSidecarLayer::new(seeing_post("outer"), function.clone()),
            LambdaSidecarLayer::new(inner.clone())
                .request(built(pre("inner")))
                .response(built(post("same-layer"))),
        );
        let got = send(layers.layer(Backend::new()), request(TestBody::empty())).await;
        assert_eq!(got.status, status);
        assert_eq!(inner.names(), ["inner"]);
        assert_eq!(function.names(), ["outer"]);
        let response = &function.envelopes()[0]["response"];
        assert_eq!(response["code"], status);
        assert!(response["payloadLength"].as_u64() > Some(0));
    }
}

#[tokio::test]
async fn no_response_half_runs_over_a_1xx_or_101_answer() {
    for status in [100, 101, 103, 199] {
        let backend = Backend::answers(move || {
            let response = Response::builder()
                .status(status)
                .header("upgrade", "websocket");
            response.body(TestBody::of(["tunnel"])).unwrap()
        });
        let function = terminating_at("post");
        let layer = LambdaSidecarLayer::new(function.clone())
            .request(built(pre("pre")))
            .response(seeing_post("post"));
        let got = send(layer.layer(backend), request(TestBody::empty())).await;
        assert_eq!(
            (got.status.as_u16(), got.header("upgrade")),
            (status, Some("websocket"))
        );
        assert_eq!(function.names(), ["pre"]);
        assert_eq!(got.outcomes().len(), 1);
    }
}
