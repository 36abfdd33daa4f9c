//! The backends: they note what reaches them, and answer as planned.

use std::{convert::Infallible, io, sync::Arc};

use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Either, Full, StreamBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use tokio::net::TcpStream;

use crate::{
    content::Content,
    door::Door,
    ledger::Ledger,
    plan::{CALL_ID, Plan},
};

type Frames = stream::Iter<std::vec::IntoIter<Result<Frame<Bytes>, Infallible>>>;
type Body = Either<Full<Bytes>, StreamBody<Frames>>;

#[derive(Debug, Clone)]
pub(crate) struct Backend {
    pub(crate) seed: u64,
    pub(crate) ledger: Arc<Ledger>,
}

impl Backend {
    pub(crate) fn start(self) -> io::Result<Door> {
        Door::open_to(move |stream| self.clone().serve(stream))
    }

    async fn serve(self, stream: TcpStream) {
        let service = service_fn(move |request| {
            let backend = self.clone();
            async move { Ok::<_, Infallible>(backend.answer(request).await) }
        });
        let builder = Builder::new(TokioExecutor::new());
        let serving = builder.serve_connection(TokioIo::new(stream), service);
        // The gateway may leave whenever it likes.
        drop(serving.await);
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let id = request.headers().get(CALL_ID);
        let id = id.and_then(|id| id.to_str().ok()?.parse().ok());
        let id = id.unwrap_or(u64::MAX);
        let plan = Plan::of(self.seed, id);
        let which = self.ledger.arrived(id, marks(request.headers(), id));
        if let Ok(body) = request.into_body().collect().await {
            let content = Content::of(&body.to_bytes(), &plan.request(), id);
            self.ledger.read(id, which, content);
        }
        let mut response = Response::new(body(&plan));
        if plan.is_grpc() {
            let grpc = HeaderValue::from_static("application/grpc");
            response.headers_mut().insert("content-type", grpc);
        }
        response
    }
}

fn body(plan: &Plan) -> Body {
    let data = plan.answer();
    if plan.announces_answer() {
        return Either::Left(Full::new(data));
    }
    let half = data.len() / 2;
    // Of empty frames HTTP/2 allows a connection only so many.
    let halves = [data.slice(..half), data.slice(half..)].into_iter();
    let halves = halves.filter(|half| !half.is_empty());
    let mut frames: Vec<_> = halves.map(|half| Ok(Frame::data(half))).collect();
    if plan.is_grpc() {
        let mut trailers = HeaderMap::new();
        trailers.insert("grpc-status", HeaderValue::from(0));
        frames.push(Ok(Frame::trailers(trailers)));
    }
    Either::Right(StreamBody::new(stream::iter(frames)))
}

/// The functions that left their header for this call, in order.
pub(crate) fn marks(headers: &HeaderMap, id: u64) -> Vec<String> {
    let id = id.to_string();
    let mut marks: Vec<_> = headers
        .iter()
        .filter_map(|(name, value)| {
            let function = name.as_str().strip_prefix("x-soak-")?;
            Some(if value.as_bytes() == id.as_bytes() {
                function.to_owned()
            } else {
                format!("{function} for another call")
            })
        })
        .collect();
    marks.sort();
    marks
}
