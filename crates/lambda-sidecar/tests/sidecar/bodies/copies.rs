//! What is copied, and what is handed on by reference.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use super::{echo, frames, reading};
use crate::common::{Function, TestBody, post, pre, request};
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use lambda_sidecar::{Expand, LambdaSidecarLayer, SidecarBody};
use tower::{Layer, Service, ServiceExt};

/// The data frames that the wrapped service got, by address.
async fn addresses<S, B>(service: S, body: TestBody) -> Vec<(usize, usize)>
where
    S: Service<Request<TestBody>, Response = Response<B>, Error = Infallible>,
    B: Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let response = service.oneshot(request(body)).await.unwrap();
    assert_eq!(response.status(), 200);
    frames(response.into_body())
        .into_iter()
        .filter_map(|(_, frame)| frame?.into_data().ok())
        .map(|data| (data.as_ptr() as usize, data.len()))
        .collect()
}

#[tokio::test]
async fn a_body_of_one_frame_is_not_copied_at_all() {
    let data = Bytes::from(vec![b'x'; 100]);
    let expected = vec![(data.as_ptr() as usize, 100)];
    let half = || reading(pre("f"), Expand::RequestPayload).build().unwrap();
    let body = || TestBody::of([data.clone()]);
    let layer = LambdaSidecarLayer::new(Function::allows());
    let one = layer.clone().request(half());
    assert_eq!(addresses(one.layer(echo()), body()).await, expected);
    let two = layer.clone().request(half()).request(half());
    assert_eq!(addresses(two.layer(echo()), body()).await, expected);
    let nested = (layer.clone().request(half()), layer.request(half()));
    assert_eq!(addresses(nested.layer(echo()), body()).await, expected);
}

/// Keeps the address of what came through between two layers.
#[tokio::test]
async fn a_body_that_one_sidecar_buffered_is_not_copied_by_the_next() {
    let between = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&between);
    let half = || {
        LambdaSidecarLayer::new(Function::allows())
            .request(reading(pre("f"), Expand::RequestPayload).build().unwrap())
            .response(reading(post("g"), Expand::RequestPayload).build().unwrap())
    };
    let watch =
        tower::util::MapRequestLayer::new(move |request: Request<SidecarBody<TestBody>>| {
            let kept = Arc::clone(&kept);
            request.map(move |body| {
                body.map_frame(move |frame| {
                    let data = frame.data_ref().unwrap();
                    kept.lock()
                        .unwrap()
                        .push((data.as_ptr() as usize, data.len()));
                    frame
                })
            })
        });
    // Read by four sidecars in two layers; the first has to join three frames.
    let layers = (half(), watch, half());
    let found = addresses(layers.layer(echo()), TestBody::of(["ab", "c", "de"])).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1, 5);
    assert_eq!(*between.lock().unwrap(), found);
}

#[tokio::test]
async fn a_replacement_is_handed_on_by_reference() {
    let function = Function::by(|name, envelope| {
        if name == "first" {
            return r#"{"modify":{"payload":"new"}}"#.into();
        }
        assert_eq!(envelope["request"]["payload"], "new");
        "{}".into()
    });
    let half = |name| reading(pre(name), Expand::RequestPayload).build().unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&seen);
    let watch =
        tower::util::MapRequestLayer::new(move |request: Request<SidecarBody<TestBody>>| {
            let kept = Arc::clone(&kept);
            request.map(move |body| {
                body.map_frame(move |frame| {
                    kept.lock()
                        .unwrap()
                        .push(frame.data_ref().unwrap().as_ptr() as usize);
                    frame
                })
            })
        });
    let layers = (
        LambdaSidecarLayer::new(function.clone()).request(half("first")),
        watch,
        LambdaSidecarLayer::new(function)
            .request(half("second"))
            .request(half("third")),
    );
    let found = addresses(layers.layer(echo()), TestBody::of(["old"])).await;
    assert_eq!(*seen.lock().unwrap(), [found[0].0]);
}
