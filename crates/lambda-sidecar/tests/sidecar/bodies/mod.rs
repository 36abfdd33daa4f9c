//! The one body type: untouched, read ahead and given back, or replaced.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod any_framing;
mod broken;
mod copies;
mod limits;
mod read;
mod untouched;

use std::{
    convert::Infallible,
    task::{Context, Poll, Waker},
};

use crate::common::{Function, TestBody, layer_of, request};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use lambda_sidecar::{Expand, SidecarBody, SidecarBuilder};
use tower::{Layer, Service, ServiceExt, service_fn};

const KB: usize = 1024;

fn reading(sidecar: SidecarBuilder, expand: Expand) -> SidecarBuilder {
    sidecar.expand_input([expand]).max_payload_size(1)
}

/// Answers with the request's own body, so that a test can look at it.
fn echo<B>() -> impl Service<
    Request<SidecarBody<B>>,
    Response = Response<SidecarBody<B>>,
    Error = Infallible,
    Future: Send,
> + Clone
where
    B: Send,
{
    service_fn(|request: Request<SidecarBody<B>>| async move {
        Ok::<_, Infallible>(Response::new(request.into_body()))
    })
}

/// What a body says of itself: exact length, lower bound, whether it is at its end.
type Says = (Option<u64>, u64, bool);

fn says(body: &impl Body) -> Says {
    let hint = body.size_hint();
    (hint.exact(), hint.lower(), body.is_end_stream())
}

/// The frames of a body that is never pending, with what it says before each of them and at its end.
fn frames<B>(body: B) -> Vec<(Says, Option<Frame<Bytes>>)>
where
    B: Body<Data = Bytes, Error: std::fmt::Debug>,
{
    let mut body = Box::pin(body);
    let mut cx = Context::from_waker(Waker::noop());
    let mut frames = Vec::new();
    loop {
        let before = says(&body);
        let Poll::Ready(frame) = body.as_mut().poll_frame(&mut cx) else {
            panic!("the body is pending")
        };
        let frame = frame.transpose().unwrap();
        let last = frame.is_none();
        frames.push((before, frame));
        if last {
            return frames;
        }
    }
}

/// Frames as text: data as its length, trailers as `T`.
fn shape(frames: &[(Says, Option<Frame<Bytes>>)]) -> Vec<(Says, String)> {
    let text = |frame: &Option<Frame<Bytes>>| match frame {
        None => "end".to_owned(),
        Some(frame) => frame
            .data_ref()
            .map_or("T".to_owned(), |data| data.len().to_string()),
    };
    frames
        .iter()
        .map(|(says, frame)| (*says, text(frame)))
        .collect()
}

/// The body of a request as the wrapped service gets it.
async fn given_back(sidecar: SidecarBuilder, body: TestBody) -> SidecarBody<SidecarBody<TestBody>> {
    let service = layer_of(sidecar, Function::allows()).layer(echo());
    let response = service.oneshot(request(body)).await.unwrap();
    assert_eq!(response.status(), 200);
    response.into_body()
}
