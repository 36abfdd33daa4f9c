//! What trailers never carry: what a sidecar set, dropped or owns at that side, and what is no trailer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use crate::common::{Backend, Function, Step, TestBody, layer_of, post, pre, request, send};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::Body;
use http_body_util::BodyExt;
use lambda_sidecar::{
    Expand, LambdaSidecarLayer, Point, Sidecar, SidecarBody, SidecarBuilder, is_forbidden_trailer,
};
use tower::Layer;

/// A body that ends with these trailers, each of the value `mallory`.
fn body(names: &[&'static str]) -> TestBody {
    let lines = names.iter().map(|name| {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        (name, HeaderValue::from_static("mallory"))
    });
    TestBody::of(["data"]).then(Step::Trailers(HeaderMap::from_iter(lines)))
}

fn names(trailers: Option<HeaderMap>) -> Vec<String> {
    let trailers = trailers.unwrap_or_default();
    let mut names: Vec<_> = trailers.keys().map(ToString::to_string).collect();
    // Removing one may change the order of the others.
    names.sort();
    names
}

/// The trailers that are left, at the side of the sidecar.
async fn left(
    sidecar: SidecarBuilder,
    verdict: &str,
    names_sent: &'static [&'static str],
) -> Vec<String> {
    let point = sidecar.clone().build().unwrap().point();
    let backend = Backend::answers(move || Response::new(body(names_sent)));
    let layer = layer_of(sidecar, Function::answers(verdict));
    let got = send(layer.layer(backend.clone()), request(body(names_sent))).await;
    let seen = backend.only();
    assert_eq!(
        (&seen.body[..], &got.body[..]),
        (&b"data"[..], &b"data"[..])
    );
    match point {
        Point::PreProcessor => names(seen.trailers),
        Point::PostProcessor => names(got.trailers),
    }
}

#[tokio::test]
async fn a_trailer_never_carries_what_a_sidecar_set_or_dropped_in_any_spelling() {
    let verdict = r#"{"modify":{"addHeaders":{"X-User":"alice"},"dropHeaders":["x-debug"]}}"#;
    let sent = &["x-user", "x_user", "x.debug", "x-debug", "x-checksum"];
    for (mut sidecar, part) in [
        (pre("f"), Expand::RequestPayload),
        (post("f"), Expand::ResponsePayload),
    ] {
        // Also of a body that was read ahead.
        for _ in 0..2 {
            assert_eq!(left(sidecar.clone(), verdict, sent).await, ["x-checksum"]);
            sidecar = sidecar.expand_input([part]);
        }
    }
}

#[tokio::test]
async fn what_a_sidecar_set_at_one_side_may_be_a_trailer_of_the_other() {
    let verdict = r#"{"modify":{"addHeaders":{"x-user":"alice"}}}"#;
    for point in [Point::PreProcessor, Point::PostProcessor] {
        let backend = Backend::answers(|| Response::new(body(&["x-user"])));
        let layer = layer_of(Sidecar::local(point, "f"), Function::answers(verdict));
        let got = send(layer.layer(backend.clone()), request(body(&["x-user"]))).await;
        let (seen, got) = (names(backend.only().trailers), names(got.trailers));
        assert_eq!(seen.is_empty(), point == Point::PreProcessor);
        assert_eq!(got.is_empty(), point == Point::PostProcessor);
    }
}

#[tokio::test]
async fn what_every_sidecar_of_a_chain_set_is_no_trailer() {
    let function =
        Function::by(|name, _| format!(r#"{{"modify":{{"addHeaders":{{"x-{name}":"1"}}}}}}"#));
    let built = |sidecar: SidecarBuilder| sidecar.build().unwrap();
    let layer = LambdaSidecarLayer::new(function)
        .request(built(pre("a")))
        .request(built(pre("b")))
        .request(built(pre("c")))
        .response(built(post("d")))
        .response(built(post("e")));
    let sent = &["x-a", "x-b", "x-c", "x-d", "x-e"];
    let backend = Backend::answers(|| Response::new(body(sent)));
    let got = send(layer.layer(backend.clone()), request(body(sent))).await;
    assert_eq!(names(backend.only().trailers), ["x-d", "x-e"]);
    assert_eq!(names(got.trailers), ["x-a", "x-b", "x-c"]);
}

#[tokio::test]
async fn a_trailer_never_carries_what_a_sidecar_owns_in_any_spelling() {
    let sent = &["x-user", "x_user", "x-checksum"];
    let sidecar = pre("f").own_request_headers(["x-user"]);
    assert_eq!(left(sidecar, "{}", sent).await, ["x-checksum"]);
    let sidecar = post("f").own_response_headers(["x-user"]);
    assert_eq!(left(sidecar, "{}", sent).await, ["x-checksum"]);
}

const FORBIDDEN: &[&str] = &[
    "authorization",
    "proxy-authorization",
    "www-authenticate",
    "cookie",
    "set-cookie",
    "content-length",
    "content-type",
    "content-encoding",
    "transfer-encoding",
    "connection",
    "te",
    "trailer",
    "upgrade",
    "keep-alive",
    "host",
    "x-forwarded-for",
    "x_forwarded_host",
    "forwarded",
    "x-real-ip",
    "via",
    "max-forwards",
    "range",
    "expect",
    "cache-control",
];

#[tokio::test]
async fn a_trailer_never_frames_routes_authenticates_or_forwards_rfc_9110_6_5_1() {
    assert!(FORBIDDEN.iter().all(|name| is_forbidden_trailer(name)));
    for sidecar in [pre("f"), post("f")] {
        let backend = Backend::answers(|| Response::new(body(FORBIDDEN)));
        let layer = layer_of(sidecar, Function::allows());
        let got = send(layer.layer(backend.clone()), request(body(FORBIDDEN))).await;
        // A frame without fields is none.
        assert_eq!((backend.only().trailers, got.trailers), (None, None));
    }
}

#[tokio::test]
async fn a_body_that_no_sidecar_looks_at_loses_forbidden_trailers_too() {
    let sent = body(&["cookie", "x-user"]).sized();
    let passing = SidecarBody::passing(sent);
    assert_eq!(passing.size_hint().exact(), Some(4));
    let collected = passing.collect().await.unwrap();
    assert_eq!(names(collected.trailers().cloned()), ["x-user"]);
    assert_eq!(collected.to_bytes(), "data");
}
