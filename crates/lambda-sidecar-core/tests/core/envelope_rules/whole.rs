//! An envelope as a whole: what is always there, what is left out, and in which order.

use std::sync::Arc;

use super::{Call, MESSAGE_ID, POINTS, example, example_sidecar, headers, local, operation};
use http::Request;
use lambda_sidecar_core::{
    Application, CallContext, Endpoint, Expand, Payload, Point, RequestSnapshot, Synchronicity,
    Token,
};
use serde_json::{Value, json};

/// The example of `docs/envelope.md` with the true length of its payload, at a point.
fn example_envelope(point: Point) -> Value {
    let mut envelope = json!({
        "point": point.as_str(),
        "masheryMessageId": "7632924a-8d8d-4d35-8a77-b57c4bb450af",
        "synchronicity": "RequestResponse",
        "serviceId": "0123456789",
        "endpointId": "9876543210",
        "packageKey": "abc123def456ghi789",
        "params": { "parameter_x": "text", "parameter_y": true, "parameter_z": 1234 },
        "request": {
            "headers": { "authorization": "Bearer qwerty" },
            "payloadLength": 19,
            "payload": "{\"dailyRate\": true}",
            "payloadBase64Encoded": false
        },
        "eavs": { "eav1": "v" },
        "packageKeyEAVs": { "pkg_eav": "v" },
        "operation": {
            "httpVerb": "post",
            "path": "/op",
            "query": { "p1": "a" },
            "uri": "https://api.acme.com/my/op?p1=a"
        },
        "token": {
            "scope": "s", "userContext": "u", "grantType": "CC", "expires": "2020-03-24T13:48:09Z"
        },
        "routing": { "httpVerb": "post", "uri": "https://backend.acme.com/op?p1=a" },
        "remoteAddr": "203.0.113.7"
    });
    if point == Point::PostProcessor {
        envelope["response"] = json!({ "code": 201, "headers": { "header_b": "Value_B" } });
    }
    envelope
}

#[test]
fn the_published_example_whole() {
    for point in POINTS {
        assert_eq!(
            example().envelope(example_sidecar(point)),
            example_envelope(point)
        );
    }
}

#[test]
fn the_published_example_in_its_order() {
    let call = example();
    let sidecar = example_sidecar(Point::PostProcessor).build().unwrap();
    let json = call.text(&sidecar, call.view());
    insta::assert_snapshot!(
        str::from_utf8(&json).unwrap(),
        @r#"{"point":"PostProcessor","masheryMessageId":"7632924a-8d8d-4d35-8a77-b57c4bb450af","synchronicity":"RequestResponse","serviceId":"0123456789","endpointId":"9876543210","packageKey":"abc123def456ghi789","params":{"parameter_x":"text","parameter_y":true,"parameter_z":1234},"request":{"headers":{"authorization":"Bearer qwerty"},"payloadLength":19,"payload":"{\"dailyRate\": true}","payloadBase64Encoded":false},"response":{"code":201,"headers":{"header_b":"Value_B"}},"eavs":{"eav1":"v"},"packageKeyEAVs":{"pkg_eav":"v"},"operation":{"httpVerb":"post","path":"/op","query":{"p1":"a"},"uri":"https://api.acme.com/my/op?p1=a"},"token":{"scope":"s","userContext":"u","grantType":"CC","expires":"2020-03-24T13:48:09Z"},"routing":{"httpVerb":"post","uri":"https://backend.acme.com/op?p1=a"},"remoteAddr":"203.0.113.7"}"#
    );
}

#[test]
fn members_that_have_nothing_to_say_are_left_out() {
    let minimum = |point: Point| {
        json!({
            "point": point.as_str(),
            "masheryMessageId": MESSAGE_ID,
            "synchronicity": "RequestResponse",
        })
    };
    let nothing = minimum(Point::PreProcessor);
    let mut post = minimum(Point::PostProcessor);
    post["response"] = json!({"code": 200});

    // Nothing is asked for of a call that has everything.
    let mut known = nothing.clone();
    for member in ["serviceId", "endpointId", "packageKey"] {
        known[member] = example_envelope(Point::PreProcessor)[member].clone();
    }
    let call = Call {
        payload: Payload::NotExpanded,
        ..example()
    };
    assert_eq!(call.envelope(local(Point::PreProcessor)), known);

    // Everything is asked for of a call that has nothing.
    let everything = |point| {
        local(point)
            .include_request_headers(["x-a"])
            .include_eavs(["a"])
            .include_package_key_eavs(["p"])
            .expand_input([Expand::Token, Expand::Routing, Expand::RemoteAddress])
    };
    assert_eq!(
        Call::new().envelope(everything(Point::PreProcessor)),
        nothing
    );
    let sidecar = everything(Point::PostProcessor).include_response_headers(["x-a"]);
    assert_eq!(Call::new().envelope(sidecar), post);

    // Parts are there, and nothing of what is asked for is in them.
    let call = Call::context(
        CallContext::new()
            .endpoint(Arc::new(Endpoint::new()))
            .application(Arc::new(Application::new([("other", "v")])))
            .token(Token::default()),
    );
    assert_eq!(call.envelope(everything(Point::PreProcessor)), nothing);
}

#[test]
fn point_and_synchronicity_are_named() {
    for (synchronicity, name) in [
        (Synchronicity::RequestResponse, "RequestResponse"),
        (Synchronicity::Event, "Event"),
    ] {
        for (point, point_name) in POINTS.into_iter().zip(["PreProcessor", "PostProcessor"]) {
            let envelope = Call::new().envelope(local(point).synchronicity(synchronicity));
            assert_eq!(envelope["point"], point_name);
            assert_eq!(envelope["synchronicity"], name);
        }
    }
}

#[test]
fn params_are_a_boolean_a_number_or_a_string_and_numbers_stay_as_written() {
    let sidecar = local(Point::PreProcessor)
        .param("b", "true")
        .param("n", "1.50")
        .param("big", "18446744073709551615")
        .param("s", "007")
        .param("e", "")
        .param("x", "1e400")
        .param("Q", "\"\\")
        .build()
        .unwrap();
    let call = Call::new();
    let json = call.text(&sidecar, call.view());
    let text = str::from_utf8(&json).unwrap();
    let params = r#""params":{"b":true,"n":1.50,"big":18446744073709551615,"s":"007","e":"","x":"1e400","Q":"\"\\"}"#;
    assert!(text.contains(params), "{text}");
    let _valid: Value = serde_json::from_slice(&json).unwrap();
}

#[test]
fn a_snapshot_of_a_request_makes_the_same_envelope_at_post_processor() {
    let sidecars = [
        example_sidecar(Point::PostProcessor),
        example_sidecar(Point::PostProcessor).skip_request_headers(["authorization"]),
        local(Point::PostProcessor),
        local(Point::PostProcessor)
            .skip_request_headers(["host"])
            .expand_input([Expand::Operation]),
        local(Point::PostProcessor).include_request_headers(["host", "x-a"]),
        operation(local(Point::PostProcessor)),
    ];
    let call = Call {
        headers: headers(&[
            ("host", b"api.acme.com"),
            ("x-a", b"1"),
            ("x-a", b"2"),
            ("authorization", b"Bearer qwerty"),
        ]),
        ..example()
    };
    let without_base = Call {
        context: CallContext::new(),
        ..example()
    };
    for sidecar in sidecars {
        let sidecar = sidecar.build().unwrap();
        for call in [&call, &without_base] {
            let (mut parts, ()) = Request::new(()).into_parts();
            parts.method = call.method.clone();
            parts.uri = call.uri.clone();
            parts.headers = call.headers.clone();
            let snapshot = RequestSnapshot::of(&sidecar, &parts, call.payload.clone());
            assert_eq!(
                call.text(&sidecar, snapshot.view()),
                call.text(&sidecar, call.view())
            );
            assert_eq!(*snapshot.view().method, call.method);
        }
    }
}
