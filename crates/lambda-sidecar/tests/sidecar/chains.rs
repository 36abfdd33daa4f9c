//! Several sidecars on one route, other Tower layers between them, and what the client gets to see.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::sync::Arc;

use crate::common::{Backend, Function, MESSAGE_ID, TestBody, layer_of, post, pre, request, send};
use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use lambda_sidecar::{
    Application, CallContext, Decision, Endpoint, ErrorSet, ErrorSetEntry, Expand, InvocationError,
    LambdaSidecarLayer, PackageKey, ProtectedHeaders, RequestSidecarLayer, ResponseSidecarLayer,
    Sidecar, SidecarBody, SidecarBuilder, Token,
};
use serde_json::{Value, json};
use tower::{
    Layer,
    util::{MapRequestLayer, MapResponseLayer},
};

fn built(sidecar: SidecarBuilder) -> Sidecar {
    sidecar.build().unwrap()
}

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

/// The message ids that functions saw, at the side and in the envelope.
fn ids(function: &Function) -> Vec<String> {
    let asked = function.asked().into_iter().zip(function.envelopes());
    asked
        .map(|(asked, envelope)| {
            assert_eq!(envelope["masheryMessageId"], *asked.message_id);
            asked.message_id.to_string()
        })
        .collect()
}

/// Four sidecars in two layers.
fn chain(
    function: &Function,
) -> impl Layer<
    Backend,
    Service: tower::Service<
        Request<TestBody>,
        Response = Response<SidecarBody<SidecarBody<TestBody>>>,
        Error = lambda_sidecar::BoxError,
    >,
> {
    let half = |pre_name, post_name| {
        LambdaSidecarLayer::new(function.clone())
            .request(built(pre(pre_name).expand_input([Expand::RemoteAddress])))
            .response(built(post(post_name).expand_input([Expand::RemoteAddress])))
    };
    (half("a", "d"), half("b", "c"))
}

#[tokio::test]
async fn one_new_message_id_at_all_points_and_sidecars_of_a_call() {
    let function = Function::allows();
    for _ in 0..2 {
        let call = Request::new(TestBody::empty());
        send(chain(&function).layer(Backend::new()), call).await;
    }
    let ids = ids(&function);
    assert_eq!(ids.len(), 8);
    assert_eq!(ids[0].len(), 36);
    assert!(ids[..4].iter().all(|id| *id == ids[0]), "{ids:?}");
    assert!(ids[4..].iter().all(|id| *id == ids[4]), "{ids:?}");
    assert_ne!(ids[0], ids[4], "every call has an id of its own");
}

#[cfg(feature = "tower-http")]
#[tokio::test]
async fn the_request_id_of_tower_http_is_the_message_id() {
    use tower_http::request_id::{MakeRequestId, RequestId, SetRequestIdLayer};

    #[derive(Clone)]
    struct Fixed(&'static str);

    impl MakeRequestId for Fixed {
        fn make_request_id<B>(&mut self, _request: &Request<B>) -> Option<RequestId> {
            Some(RequestId::new(HeaderValue::from_static(self.0)))
        }
    }

    let function = Function::allows();
    let set_id = SetRequestIdLayer::x_request_id(Fixed("of-tower-http"));
    let service = (set_id.clone(), chain(&function)).layer(Backend::new());
    send(service, Request::new(TestBody::empty())).await;
    assert_eq!(ids(&function), ["of-tower-http"; 4]);
    // The application's own comes before it.
    let service = (set_id, chain(&function)).layer(Backend::new());
    send(service, request(TestBody::empty())).await;
    assert_eq!(ids(&function)[4..], [MESSAGE_ID; 4]);
}

#[cfg(feature = "tower-http")]
#[tokio::test]
async fn the_request_id_of_tower_http_0_6_is_the_message_id_too() {
    use tower_http_06::request_id::RequestId;

    let function = Function::allows();
    let id = RequestId::new(HeaderValue::from_static("of-0-6"));
    let call = Request::get("/").extension(id).body(TestBody::empty());
    send(chain(&function).layer(Backend::new()), call.unwrap()).await;
    assert_eq!(ids(&function), ["of-0-6"; 4]);
}

#[tokio::test]
async fn a_clients_header_is_no_message_id() {
    let function = Function::allows();
    let call = Request::get("/").header("x-request-id", "forged");
    let call = call.body(TestBody::empty()).unwrap();
    send(chain(&function).layer(Backend::new()), call).await;
    assert!(ids(&function).iter().all(|id| id != "forged"));
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn the_peer_of_axum_is_the_remote_address_and_no_header_is() {
    use std::net::{IpAddr, SocketAddr};

    let function = Function::allows();
    let call = |with_peer: bool, context: CallContext| {
        let mut call = Request::get("/")
            .header("x-forwarded-for", "198.51.100.1")
            .header("forwarded", "for=198.51.100.1")
            .extension(context)
            .body(TestBody::empty())
            .unwrap();
        if with_peer {
            let peer = SocketAddr::from(([203, 0, 113, 7], 4711));
            call.extensions_mut()
                .insert(axum::extract::ConnectInfo(peer));
        }
        call
    };
    let own = CallContext::new().remote_addr(IpAddr::from([192, 0, 2, 1]));
    for (call, expected) in [
        (call(true, CallContext::new()), Some("203.0.113.7")),
        (call(true, own), Some("192.0.2.1")),
        (call(false, CallContext::new()), None),
    ] {
        let asked_before = function.asked().len();
        send(chain(&function).layer(Backend::new()), call).await;
        for envelope in &function.envelopes()[asked_before..] {
            assert_eq!(envelope.get("remoteAddr").and_then(Value::as_str), expected);
        }
    }
}

#[tokio::test]
async fn the_call_context_is_in_the_envelopes_of_both_points() {
    let function = Function::allows();
    let expand = [Expand::Token, Expand::Routing, Expand::Operation];
    let with_context = |sidecar: SidecarBuilder| {
        let sidecar = sidecar
            .include_eavs(["tier"])
            .include_package_key_eavs(["plan"]);
        built(sidecar.expand_input(expand))
    };
    let layer = LambdaSidecarLayer::new(function.clone())
        .request(with_context(pre("a")))
        .response(with_context(post("b")));
    let endpoint = Endpoint::new()
        .service_id("s")
        .endpoint_id("e")
        .path("/v1")
        .public_base("https://api.acme.com");
    let token = Token::new().scope("read");
    let context = CallContext::new()
        .message_id(MESSAGE_ID)
        .endpoint(Arc::new(endpoint))
        .application(Arc::new(Application::new([
            ("tier", "gold"),
            ("secret", "x"),
        ])))
        .package_key(Arc::new(PackageKey::new("k", [("plan", "big")])))
        .token(token)
        .routing("https://backend.acme.com/op?p=1".parse().unwrap());
    let call = Request::put("/v1/op?p=1").extension(context);
    let call = call.body(TestBody::empty()).unwrap();
    send(layer.layer(Backend::new()), call).await;
    let expected = json!({
        "point": "PreProcessor",
        "masheryMessageId": MESSAGE_ID,
        "synchronicity": "RequestResponse",
        "serviceId": "s",
        "endpointId": "e",
        "packageKey": "k",
        "eavs": { "tier": "gold" },
        "packageKeyEAVs": { "plan": "big" },
        "operation": {
            "httpVerb": "put",
            "path": "/op",
            "query": { "p": "1" },
            "uri": "https://api.acme.com/v1/op?p=1",
        },
        "token": { "scope": "read" },
        "routing": { "httpVerb": "put", "uri": "https://backend.acme.com/op?p=1" },
    });
    let [at_request, mut at_response] = function.envelopes().try_into().unwrap();
    assert_eq!(at_request, expected);
    assert_eq!(at_response["response"].take(), json!({ "code": 201 }));
    at_response.as_object_mut().unwrap().remove("response");
    at_response["point"] = "PreProcessor".into();
    assert_eq!(at_response, expected);
}

#[tokio::test]
async fn the_context_is_there_for_the_backend_with_what_the_layer_found_out() {
    let backend = Backend::new();
    let service = layer_of(pre("f"), Function::allows()).layer(backend.clone());
    send(service, Request::new(TestBody::empty())).await;
    let seen = backend.only();
    let context: &CallContext = seen.parts.extensions.get().unwrap();
    assert!(context.message_id.is_some() && context.deadline.is_some());
}

/// Puts this context into the request between two sidecar layers.
fn between(
    context: CallContext,
) -> MapRequestLayer<
    impl Fn(Request<SidecarBody<TestBody>>) -> Request<SidecarBody<TestBody>> + Clone,
> {
    MapRequestLayer::new(move |mut request: Request<SidecarBody<TestBody>>| {
        request.extensions_mut().insert(context.clone());
        request
    })
}

#[tokio::test]
async fn a_context_between_two_layers_updates_the_parts_that_it_names_and_keeps_the_rest() {
    let named = |name: &str| {
        CallContext::new()
            .endpoint(Arc::new(Endpoint::new().endpoint_id(name)))
            .application(Arc::new(Application::new([("tier", name)])))
    };
    let outside = CallContext::new()
        .message_id(MESSAGE_ID)
        .token(Token::new().scope("read"))
        .remote_addr([203, 0, 113, 7].into());
    for (context, address) in [
        (named("inside").message_id("another"), "203.0.113.7"),
        (
            named("inside").remote_addr([192, 0, 2, 1].into()),
            "192.0.2.1",
        ),
    ] {
        for halves in [["a", "b"], ["", "b"], ["a", ""]] {
            let function = Function::allows();
            let sidecar = |half: SidecarBuilder| {
                let half = half.include_eavs(["tier"]);
                built(half.expand_input([Expand::RemoteAddress, Expand::Token]))
            };
            // The facts of the call reach the inner layer whichever half the outer one has.
            let outer = halves.into_iter().filter(|name| !name.is_empty()).fold(
                LambdaSidecarLayer::new(function.clone()),
                |layer, name| match name {
                    "a" => layer.request(sidecar(pre(name))),
                    _ => layer.response(sidecar(post(name))),
                },
            );
            let inner = LambdaSidecarLayer::new(function.clone()).request(sidecar(pre("inner")));
            let layers = (outer, between(context.clone()), inner);
            let mut call = request(TestBody::empty());
            call.extensions_mut().insert(outside.clone());
            let backend = Backend::new();
            send(layers.layer(backend.clone()), call).await;
            for (name, envelope) in function.names().iter().zip(function.envelopes()) {
                let is_inner = name == "inner";
                let named = |value: &str| is_inner.then(|| value.to_owned());
                let text = |at: &str| {
                    envelope
                        .pointer(at)
                        .and_then(Value::as_str)
                        .map(String::from)
                };
                assert_eq!(envelope["masheryMessageId"], MESSAGE_ID, "{name}");
                assert_eq!(text("/endpointId"), named("inside"), "{name}");
                assert_eq!(text("/eavs/tier"), named("inside"), "{name}");
                assert_eq!(envelope["token"]["scope"], "read", "{name}");
                let outer_address = "203.0.113.7";
                let expected = if is_inner { address } else { outer_address };
                assert_eq!(envelope["remoteAddr"], expected, "{name}");
            }
            let seen = backend.only();
            let context: &CallContext = seen.parts.extensions.get().unwrap();
            assert_eq!(context.message_id.as_deref(), Some(MESSAGE_ID));
        }
    }
}

#[tokio::test]
async fn a_trace_context_goes_along_where_it_is_valid() {
    let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (value, expected) in [(valid, Some(valid)), ("00-zz", None)] {
        let function = Function::allows();
        let mut call = request(TestBody::empty());
        call.headers_mut()
            .insert("traceparent", HeaderValue::from_static(value));
        send(chain(&function).layer(Backend::new()), call).await;
        for asked in function.asked() {
            let found = asked
                .traceparent
                .as_ref()
                .map(|value| value.to_str().unwrap());
            assert_eq!(found, expected);
            let mut custom = json!({ "messageId": MESSAGE_ID });
            if let Some(expected) = expected {
                custom["traceparent"] = expected.into();
            }
            let client_context: Value = serde_json::from_str(&asked.client_context()).unwrap();
            assert_eq!(client_context, json!({ "custom": custom }));
        }
    }
}

fn with_method(method: Method) -> Request<TestBody> {
    let mut call = request(TestBody::empty());
    *call.method_mut() = method;
    call
}

#[tokio::test]
async fn answers_to_head_keep_no_body_and_say_how_long_it_would_be() {
    let terminate = Function::answers(r#"{"terminate":{"code":403,"message":"not for you"}}"#);
    let failing = || Function::fails(|| InvocationError::connect("x"));
    for sidecar in [pre, post] {
        let call = with_method(Method::HEAD);
        let service = layer_of(sidecar("f"), terminate.clone()).layer(Backend::new());
        let got = send(service, call).await;
        assert_eq!((got.status.as_u16(), got.body.len()), (403, 0));
        assert_eq!(got.headers[CONTENT_LENGTH], "11");

        let service = layer_of(sidecar("f"), failing()).layer(Backend::new());
        let in_full = send(service, with_method(Method::GET)).await;
        let service = layer_of(sidecar("f"), failing()).layer(Backend::new());
        let got = send(service, with_method(Method::HEAD)).await;
        assert_eq!((got.status.as_u16(), got.body.len()), (500, 0));
        assert_eq!(got.headers[CONTENT_LENGTH], in_full.body.len().to_string());
        assert_eq!(got.error(), in_full.error());
    }
}

#[tokio::test]
async fn a_response_body_replaced_for_head_is_left_out() {
    let backend = Backend::answers(|| Response::new(TestBody::empty()));
    let function = Function::answers(r#"{"modify":{"payload":"four"}}"#);
    let service = layer_of(post("f"), function).layer(backend);
    let got = send(service, with_method(Method::HEAD)).await;
    assert_eq!(
        (got.body.len(), got.header("content-length")),
        (0, Some("4"))
    );
}

/// RFC 9110, section 8.6: a 204 must not have a `content-length`.
#[tokio::test]
async fn a_terminate_with_204_or_304_keeps_no_body_and_a_204_no_length() {
    for method in [Method::GET, Method::POST, Method::HEAD] {
        for code in [204, 304] {
            let terminate = json!({ "terminate": { "code": code, "message": "text" } });
            for sidecar in [pre, post] {
                let function = Function::answers(terminate.to_string());
                let service = layer_of(sidecar("f"), function).layer(Backend::new());
                let got = send(service, with_method(method.clone())).await;
                assert_eq!((got.status.as_u16(), got.body.len()), (code, 0));
                let length = got.header("content-length");
                assert!(code == 304 || length.is_none(), "{method} {length:?}");
            }
        }
    }
}

/// As above.
#[tokio::test]
async fn a_response_made_204_or_304_keeps_no_body_and_a_204_no_length() {
    for method in [Method::GET, Method::POST, Method::HEAD] {
        for code in [204, 304] {
            for verdict in [
                json!({ "modify": { "completeWithCode": code, "payload": "new" } }),
                json!({ "modify": { "completeWithCode": code } }),
            ] {
                let of_head = method == Method::HEAD;
                let backend = Backend::answers(move || {
                    let response = Response::builder().header("content-length", "4");
                    let body = TestBody::of(["four"]).with_trailers();
                    response
                        .body(if of_head { TestBody::empty() } else { body })
                        .unwrap()
                });
                let function = Function::answers(verdict.to_string());
                let service = layer_of(post("f"), function).layer(backend);
                let got = send(service, with_method(method.clone())).await;
                assert_eq!(
                    (got.status.as_u16(), got.body.len()),
                    (code, 0),
                    "{verdict}"
                );
                let length = got.header("content-length");
                assert!(
                    code == 304 || length.is_none(),
                    "{method} {verdict} {length:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_204_of_the_backend_gets_no_body_from_a_verdict() {
    let backend = Backend::answers(|| {
        let response = Response::builder().status(204);
        response.body(TestBody::empty()).unwrap()
    });
    let function = Function::answers(r#"{"modify":{"payload":"new"}}"#);
    let service = layer_of(post("f"), function.clone()).layer(backend.clone());
    let got = send(service, request(TestBody::empty())).await;
    assert_eq!((got.status.as_u16(), got.body.len()), (204, 0));
    assert_eq!(got.header("content-length"), None);
    // With another status it has one.
    let function = Function::answers(r#"{"modify":{"payload":"new","completeWithCode":200}}"#);
    let service = layer_of(post("f"), function).layer(backend);
    let got = send(service, request(TestBody::empty())).await;
    assert_eq!((got.status.as_u16(), &got.body[..]), (200, &b"new"[..]));
}

fn grpc_call() -> Request<TestBody> {
    let mut call = request(TestBody::of(["\0\0\0\0\0"]));
    let content_type = HeaderValue::from_static("application/grpc+proto");
    call.headers_mut().insert(CONTENT_TYPE, content_type);
    call
}

#[tokio::test]
async fn a_grpc_call_gets_answers_that_a_grpc_client_understands() {
    let grpc = |function: Function, sidecar: SidecarBuilder| async move {
        let got = send(
            layer_of(sidecar, function).layer(Backend::new()),
            grpc_call(),
        )
        .await;
        assert_eq!((got.status.as_u16(), got.body.len()), (200, 0));
        assert_eq!(got.headers[CONTENT_TYPE], "application/grpc+proto");
        assert_eq!(got.trailers, None);
        let text = |name| got.header(name).map(str::to_owned);
        (
            text("grpc-status").unwrap(),
            text("grpc-message").unwrap(),
            text("x-sidecar-error"),
        )
    };
    for sidecar in [pre, post] {
        let terminate =
            Function::answers(r#"{"terminate":{"code":403,"message":"no, 100 % süß"}}"#);
        let expected = ("7".into(), "no, 100 %25 s%C3%BC%C3%9F".into(), None);
        assert_eq!(grpc(terminate, sidecar("f")).await, expected);

        let failing =
            Function::fails(|| InvocationError::throttled("TooManyRequestsException", "x"));
        let (code, message, error) = grpc(failing, sidecar("f")).await;
        assert_eq!((&*code, &*message), ("2", "TooManyRequestsException"));
        assert!(error.unwrap().starts_with("InvalidResponseFromAWSLambdaIn"));

        let refused = sidecar("f").require_request_headers(["x-missing"]);
        let expected = (
            "13".into(),
            "Required Header - x-missing Unavailable".into(),
            Some("RequiredHeaderConditionFailure".into()),
        );
        assert_eq!(grpc(Function::allows(), refused).await, expected);

        let function_error = Function::answer(lambda_sidecar::Answer::error("E", "broken"));
        let expected = ("14".into(), "broken".into(), Some("FunctionError".into()));
        assert_eq!(grpc(function_error, sidecar("f")).await, expected);
    }
}

#[tokio::test]
async fn a_grpc_call_that_an_earlier_sidecar_made_something_else_is_still_one() {
    let function = Function::by(|name, _| match name {
        "a" => r#"{"modify":{"dropHeaders":["content-type"]}}"#.into(),
        _ => r#"{"terminate":{"code":401}}"#.into(),
    });
    let layer = LambdaSidecarLayer::new(function)
        .request(built(pre("a")))
        .request(built(pre("b")));
    let got = send(layer.layer(Backend::new()), grpc_call()).await;
    assert_eq!(
        (got.status.as_u16(), got.header("grpc-status")),
        (200, Some("16"))
    );
}

#[tokio::test(start_paused = true)]
async fn the_error_format_is_the_applications_to_replace() {
    for sidecar in [pre, post] {
        let refused = sidecar("f").require_request_headers(["x-missing"]);
        let layer = layer_of(refused, Function::never()).error_format(|error, context| {
            assert_eq!(context.message_id, MESSAGE_ID);
            let text = format!("{} {} {}", error.name(), error.status(), error.detail());
            let response = Response::builder().status(418);
            response.body(Bytes::from(text)).unwrap()
        });
        let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
        let text = "RequiredHeaderConditionFailure 400 Bad Request \
                    Required Header - x-missing Unavailable";
        assert_eq!((got.status.as_u16(), &got.body[..]), (418, text.as_bytes()));
        assert_eq!(got.error(), None);
        let receipt = &got.outcomes()[0];
        assert_eq!(receipt.error(), Some("RequiredHeaderConditionFailure"));
    }
}

#[tokio::test]
async fn the_error_format_is_not_for_terminate_verdicts() {
    let function = Function::answers(r#"{"terminate":{"code":403,"message":"no"}}"#);
    let layer = layer_of(pre("f"), function).error_format(|_, _| Response::new("format".into()));
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    assert_eq!((got.status.as_u16(), &got.body[..]), (403, &b"no"[..]));
}

#[tokio::test]
async fn the_error_type_base_is_the_applications() {
    let function = Function::fails(|| InvocationError::connect("x"));
    let layer = layer_of(post("f"), function).error_type_base("https://acme.com/errors#");
    let got = send(layer.layer(Backend::new()), request(TestBody::empty())).await;
    let expected = "https://acme.com/errors#InvalidResponseFromAWSLambdaInPostProcess";
    assert_eq!(got.json()["type"], expected);
}

#[tokio::test]
async fn an_instance_that_is_no_uuid_is_the_id_as_it_is() {
    let function = Function::fails(|| InvocationError::connect("x"));
    let mut call = request(TestBody::empty());
    call.extensions_mut()
        .insert(CallContext::new().message_id("call-7"));
    let got = send(layer_of(pre("f"), function).layer(Backend::new()), call).await;
    assert_eq!(got.json()["instance"], "call-7");
}

fn call_with_error_set() -> Request<TestBody> {
    let by_name = ErrorSetEntry::new()
        .status(StatusCode::SERVICE_UNAVAILABLE)
        .body("{\"set\":1}")
        .header(HeaderValue::from_static("ERR_1"));
    let by_status = ErrorSetEntry::new().header(HeaderValue::from_static("ERR_2"));
    let set = ErrorSet::new()
        .content_type(HeaderValue::from_static("application/vnd.acme+json"))
        .error("RequiredHeaderConditionFailure", by_name)
        .error("400", by_status.clone())
        .error("500", by_status)
        .error("403", ErrorSetEntry::new().status(StatusCode::IM_A_TEAPOT));
    let endpoint = Arc::new(Endpoint::new().error_set(set));
    let mut call = request(TestBody::empty());
    call.extensions_mut()
        .insert(CallContext::new().message_id(MESSAGE_ID).endpoint(endpoint));
    call
}

#[tokio::test]
async fn an_error_set_replaces_the_connectors_errors_where_the_sidecar_asks_for_it() {
    for sidecar in [pre, post] {
        let refused = || sidecar("f").require_request_headers(["x-missing"]);
        let of_set = layer_of(refused().enable_error_set(), Function::allows());
        let got = send(of_set.layer(Backend::new()), call_with_error_set()).await;
        assert_eq!(
            (got.status.as_u16(), &got.body[..]),
            (503, &b"{\"set\":1}"[..])
        );
        assert_eq!(got.headers[CONTENT_TYPE], "application/vnd.acme+json");
        assert_eq!(got.header("x-error-detail-header"), Some("ERR_1"));
        assert_eq!(got.error(), Some("RequiredHeaderConditionFailure"));

        let own = layer_of(refused(), Function::allows());
        let got = send(own.layer(Backend::new()), call_with_error_set()).await;
        let detail = "Required Header - x-missing Unavailable";
        got.assert_problem("RequiredHeaderConditionFailure", 400, detail);
        assert_eq!(got.header("x-error-detail-header"), None);

        // By status; without a body the content type of the set does not count.
        let failing = Function::fails(|| InvocationError::connect("x"));
        let of_set = layer_of(sidecar("f").enable_error_set(), failing);
        let got = send(of_set.layer(Backend::new()), call_with_error_set()).await;
        let name = got.error().unwrap().to_owned();
        got.assert_problem(&name, 500, "Error while connecting to AWS lambda.");
        assert_eq!(got.header("x-error-detail-header"), Some("ERR_2"));

        let terminate = Function::answers(r#"{"terminate":{"code":403}}"#);
        let of_set = layer_of(sidecar("f").enable_error_set(), terminate);
        let got = send(of_set.layer(Backend::new()), call_with_error_set()).await;
        assert_eq!((got.status.as_u16(), got.error()), (403, None));
        assert_eq!(got.body, "Service cannot be provided, code 0x000003BB");
    }
}

#[tokio::test]
async fn headers_that_are_not_the_functions_to_touch_are_skipped_and_the_rest_applies() {
    let verdict = r#"{"modify":{
        "dropHeaders":["Host","x-client","connection"],
        "addHeaders":{"Content-Length":"7","x-new":"1",":path":"/evil"}
    }}"#;
    let backend = Backend::new();
    let service = layer_of(pre("f"), Function::answers(verdict)).layer(backend.clone());
    let mut call = request(TestBody::of(["x"]));
    call.headers_mut()
        .insert("connection", HeaderValue::from_static("close"));
    let got = send(service, call).await;
    got.assert_from_backend();
    let seen = backend.only();
    assert_eq!(seen.header("host"), Some("api.acme.com"));
    assert_eq!(seen.header("connection"), Some("close"));
    assert_eq!(seen.header("content-length"), None);
    assert_eq!(
        (seen.header("x-client"), seen.header("x-new")),
        (None, Some("1"))
    );
    let mut refused = got.outcomes()[0].refused_headers().to_vec();
    refused.sort_unstable_by_key(|name| name.to_ascii_lowercase());
    assert_eq!(refused, [":path", "connection", "Content-Length", "Host"]);
    assert_eq!(got.outcomes()[0].decision(), Decision::Modify);
}

#[tokio::test]
async fn the_list_of_protected_headers_can_be_widened_and_narrowed() {
    let verdict = r#"{"modify":{"addHeaders":{"host":"evil","x-client":"two"}}}"#;
    let protected = ProtectedHeaders::default()
        .with(HeaderName::from_static("x-client"))
        .without(&http::header::HOST);
    let backend = Backend::new();
    let layer = layer_of(pre("f"), Function::answers(verdict)).protected_headers(protected);
    let got = send(layer.layer(backend.clone()), request(TestBody::empty())).await;
    let seen = backend.only();
    assert_eq!(
        (seen.header("host"), seen.header("x-client")),
        (Some("evil"), Some("one"))
    );
    assert_eq!(got.outcomes()[0].refused_headers(), ["x-client"]);
}

#[tokio::test]
async fn protected_headers_are_refused_in_a_terminate_too() {
    let verdict =
        r#"{"terminate":{"code":403,"addHeaders":{"connection":"close","x-a":["1","2"]}}}"#;
    let service = layer_of(post("f"), Function::answers(verdict)).layer(Backend::new());
    let got = send(service, request(TestBody::empty())).await;
    assert_eq!(got.header("connection"), None);
    let lines: Vec<_> = got.headers.get_all("x-a").iter().collect();
    assert_eq!(lines, ["1", "2"]);
    assert_eq!(got.outcomes()[0].refused_headers(), ["connection"]);
}

#[tokio::test]
async fn a_replaced_response_body_takes_what_described_the_old_one_with_it() {
    let function =
        Function::answers(r#"{"modify":{"json":{"a":1},"addHeaders":{"etag":"\"2\""}}}"#);
    let got = send(
        layer_of(post("f"), function).layer(Backend::new()),
        request(TestBody::empty()),
    )
    .await;
    assert_eq!(
        (got.json(), got.trailers.is_none()),
        (json!({ "a": 1 }), true)
    );
    assert_eq!(got.header("content-type"), Some("application/json"));
    assert_eq!(got.header("content-length"), Some("7"));
    assert_eq!(got.header("etag"), Some("\"2\""));
    assert_eq!(got.status, 201);
}
