//! Bodies that come as they are told to.

use std::{
    collections::VecDeque,
    error::Error,
    fmt,
    future::Future,
    marker::PhantomPinned,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

/// What happens next in a [`TestBody`].
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Data(Bytes),
    Trailers(HeaderMap),
    Fail,
    /// Not yet, but at once.
    Yield,
    Sleep(Duration),
    /// Nothing, ever.
    Hang,
}

/// The trailers that test bodies end with.
pub(crate) fn trailers() -> HeaderMap {
    HeaderMap::from_iter([(
        "x-checksum".parse().unwrap(),
        HeaderValue::from_static("abc"),
    )])
}

/// Counts the polls of a body, and knows whether it is still there.
#[derive(Debug, Clone)]
pub(crate) struct Watch(Arc<AtomicUsize>);

impl Watch {
    pub(crate) fn polls(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Whether the body was not dropped yet. Wrong for clones of a watch.
    pub(crate) fn is_alive(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}

#[derive(Debug)]
pub(crate) struct TestBody {
    steps: VecDeque<Step>,
    announced: Option<u64>,
    sleep: Option<Pin<Box<Sleep>>>,
    polls: Arc<AtomicUsize>,
}

impl TestBody {
    pub(crate) fn empty() -> Self {
        Self::of([""; 0])
    }

    /// A body of these frames, of a length that is not announced.
    pub(crate) fn of<T: Into<Bytes>>(frames: impl IntoIterator<Item = T>) -> Self {
        Self {
            steps: frames
                .into_iter()
                .map(|data| Step::Data(data.into()))
                .collect(),
            announced: None,
            sleep: None,
            polls: Arc::default(),
        }
    }

    pub(crate) fn then(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }

    pub(crate) fn with_trailers(self) -> Self {
        self.then(Step::Trailers(trailers()))
    }

    /// Announces the length of what is there.
    pub(crate) fn sized(self) -> Self {
        let length = self.steps.iter().map(|step| match step {
            Step::Data(data) => data.len() as u64,
            _ => 0,
        });
        let length = length.sum();
        self.announced(length)
    }

    pub(crate) fn announced(mut self, length: u64) -> Self {
        self.announced = Some(length);
        self
    }

    pub(crate) fn watch(&self) -> Watch {
        Watch(Arc::clone(&self.polls))
    }
}

impl Default for TestBody {
    fn default() -> Self {
        Self::empty()
    }
}

impl Body for TestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.polls.fetch_add(1, Ordering::SeqCst);
        loop {
            if let Some(sleep) = &mut self.sleep {
                ready!(sleep.as_mut().poll(cx));
                self.sleep = None;
            }
            let frame = match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Data(data)) => {
                    if let Some(announced) = &mut self.announced {
                        *announced -= data.len() as u64;
                    }
                    Ok(Frame::data(data))
                }
                Some(Step::Trailers(trailers)) => Ok(Frame::trailers(trailers)),
                Some(Step::Fail) => Err(BodyError),
                Some(Step::Yield) => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Step::Sleep(duration)) => {
                    self.sleep = Some(Box::pin(sleep(duration)));
                    continue;
                }
                Some(Step::Hang) => {
                    self.steps.push_front(Step::Hang);
                    return Poll::Pending;
                }
            };
            return Poll::Ready(Some(frame));
        }
    }

    fn is_end_stream(&self) -> bool {
        self.steps.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.announced
            .map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

/// The body broke off.
#[derive(Debug)]
pub(crate) struct BodyError;

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body broke off, secret-of-the-body")
    }
}

impl Error for BodyError {}

pin_project! {
    /// A body that must not be moved once it was polled.
    pub(crate) struct NotUnpin<B> {
        #[pin]
        pub(crate) body: B,
        #[pin]
        pinned: PhantomPinned,
    }
}

impl<B> NotUnpin<B> {
    pub(crate) fn new(body: B) -> Self {
        Self {
            body,
            pinned: PhantomPinned,
        }
    }
}

impl<B: Body> Body for NotUnpin<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.poll_frame(cx)
    }
}
