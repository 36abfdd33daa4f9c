//! The backends: they note what reaches them, and answer as planned.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use tokio::{net::TcpStream, time::sleep};

use crate::{
    content::Content,
    door::Door,
    endpoints::{MARK, Point},
    ledger::{Fields, Ledger},
    odd::{self, NOMINATED, Odd},
    plan::{CALL_ID, Plan},
    raw::Raw,
    sending::reset,
};

/// Mostly long enough for what was sent before a reset to be on its way.
const BEFORE_RESET: Duration = Duration::from_millis(20);

type BodyFrame = Result<Frame<Bytes>, h2::Error>;
type Body = UnsyncBoxBody<Bytes, h2::Error>;

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
        let serving = builder.serve_connection(TokioIo::new(Raw(stream)), service);
        // The gateway may leave whenever it likes.
        drop(serving.await);
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let id = request.headers().get(CALL_ID);
        let id = id.and_then(|id| id.to_str().ok()?.parse().ok());
        let id = id.unwrap_or(u64::MAX);
        let plan = Plan::of(self.seed, id);
        let fields = fields(request.headers());
        let which = self
            .ledger
            .arrived(id, marks(request.headers(), id), fields);
        if let Ok(body) = request.into_body().collect().await {
            let trailers = body.trailers().map(names).unwrap_or_default();
            let content = Content::of(&body.to_bytes(), &plan.request(), id);
            self.ledger.read(id, which, content, trailers);
        }
        let trailers = trailers(&plan);
        let mut headers = headers(&plan);
        if !plan.is_grpc() && !trailers.is_empty() {
            odd::announce(&mut headers, &trailers);
        }
        let mut response = Response::new(body(&plan, trailers));
        *response.headers_mut() = headers;
        response
    }
}

fn headers(plan: &Plan) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if plan.is_grpc() {
        let grpc = HeaderValue::from_static("application/grpc");
        headers.insert("content-type", grpc);
    }
    match plan.odd {
        Some(Odd::AnswerLengths(lengths)) => lengths.add_to(&mut headers, plan.answer),
        Some(Odd::AnswerNominates) => odd::nominate(&mut headers, plan.endpoint, Point::Post),
        Some(Odd::AnswerForges) => {
            odd::forge(&mut headers, plan.endpoint, Point::Post, plan.id);
        }
        _ => {}
    }
    headers
}

fn trailers(plan: &Plan) -> HeaderMap {
    let is_odd = plan.is(|odd| odd.is_of_answer() && odd.has_trailers());
    let mut trailers = HeaderMap::new();
    if is_odd {
        let is_http1 = !plan.is_grpc();
        trailers = odd::trailers(plan.endpoint, Point::Post, plan.id, is_http1);
    }
    if plan.is_grpc() {
        trailers.insert("grpc-status", HeaderValue::from(0));
    }
    trailers
}

fn body(plan: &Plan, trailers: HeaderMap) -> Body {
    let data = plan.answer();
    if plan.announces_answer() {
        return Full::new(data)
            .map_err(|never| match never {})
            .boxed_unsync();
    }
    let half = data.len() / 2;
    // Of empty frames HTTP/2 allows a connection only so many.
    let halves = [data.slice(..half), data.slice(half..)].into_iter();
    let halves = halves.filter(|half| !half.is_empty());
    let frames = halves.map(|half| Ok(Frame::data(half)));
    if let Some(Odd::AnswerReset(code)) = plan.odd {
        let first = stream::iter(frames.take(1).collect::<Vec<BodyFrame>>());
        let end = stream::once(async move {
            sleep(BEFORE_RESET).await;
            Err(reset(code))
        });
        return StreamBody::new(first.chain(end)).boxed_unsync();
    }
    let trailers = (!trailers.is_empty()).then(|| Ok(Frame::trailers(trailers)));
    let frames: Vec<BodyFrame> = frames.chain(trailers).collect();
    StreamBody::new(stream::iter(frames)).boxed_unsync()
}

/// What there is to see of a message's headers, beside marks.
pub(crate) fn fields(headers: &HeaderMap) -> Fields {
    let count = |name| headers.get_all(name).iter().count();
    let (lengths, chunks) = (count("content-length"), count("transfer-encoding"));
    let mut odd = Vec::new();
    if lengths + chunks > 1 {
        odd.push(format!("{lengths} lengths and {chunks} transfer codings"));
    }
    if count(NOMINATED) > 0 {
        odd.push(NOMINATED.into());
    }
    Fields {
        odd,
        ..Fields::default()
    }
}

pub(crate) fn names(headers: &HeaderMap) -> Vec<String> {
    headers
        .keys()
        .map(|name| name.as_str().to_owned())
        .collect()
}

/// The functions that left their header for this call, in order.
pub(crate) fn marks(headers: &HeaderMap, id: u64) -> Vec<String> {
    let id = id.to_string();
    let mut marks: Vec<_> = headers
        .iter()
        .filter_map(|(name, value)| {
            // A lenient reader takes them for one.
            let name = name.as_str().replace(['_', '.'], "-");
            let function = name.strip_prefix(MARK)?;
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
