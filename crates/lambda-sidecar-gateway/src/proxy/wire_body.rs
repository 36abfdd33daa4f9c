//! A body as it comes from the wire.

use std::{
    error::Error,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, Version, header::EXPECT};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use lambda_sidecar::{ErrorChain, OwnedHeaders};
use tokio::{runtime::Handle, time::timeout};

use super::{header_list, no_trailers::NoTrailers, white_space::trim_values};

/// How much of a refused upload is read, in bytes.
const DROPPED: usize = 1024 * 1024;

/// How long a refused upload is read.
const DROPPING: Duration = Duration::from_secs(2);

/// A body that came whole, or ends with an error.
///
/// The HTTP library takes a stream of HTTP/2 that its sender resets without an error for one that has ended.
/// It was not whole, though, and the other side must not take it for that. Of a body whose length was announced the
/// last piece is held until its end is seen: with it, the other side has the whole length. If there is no piece,
/// because the length is 0, [whoever passes the head on](Self::until_end_if_empty) waits for that.
#[derive(Debug)]
pub(crate) struct WireBody {
    /// None when it has ended.
    incoming: Option<Incoming>,
    version: Version,
    /// Whether the last frame ended it.
    is_whole: bool,
    /// The last of the length that was announced.
    held: Option<Bytes>,
    /// The trailers that came. Their turn is after what is held.
    trailers: Option<Box<HeaderMap>>,
    no_trailers: NoTrailers,
    /// Whether the rest is read and dropped if nobody wants it.
    is_read_to_its_end: bool,
    /// The most that its trailers may be, in bytes, if that is for this to see to.
    most_trailers: Option<usize>,
}

impl WireBody {
    /// No body.
    pub(super) fn none() -> Self {
        Self {
            incoming: None,
            version: Version::HTTP_11,
            is_whole: true,
            held: None,
            trailers: None,
            no_trailers: NoTrailers::default(),
            is_read_to_its_end: false,
            most_trailers: None,
        }
    }

    /// The request of a client, with trailers of at most so many bytes.
    pub(super) fn of_request(
        mut request: Request<Incoming>,
        most_trailers: usize,
    ) -> Request<Self> {
        let version = request.version();
        if version == Version::HTTP_2 {
            trim_values(request.headers_mut());
        }
        let is_awaited = request.headers().contains_key(EXPECT);
        let no_trailers = NoTrailers::behind(request.headers());
        request.map(|incoming| Self {
            incoming: Some(incoming),
            version,
            is_whole: false,
            held: None,
            trailers: None,
            no_trailers,
            // A client that waits to be asked for its body must not be asked in vain.
            is_read_to_its_end: version < Version::HTTP_2 && !is_awaited,
            most_trailers: Some(most_trailers),
        })
    }

    /// The response of a backend.
    pub(super) fn of_response(mut response: Response<Incoming>) -> Response<Self> {
        let version = response.version();
        if version == Version::HTTP_2 {
            trim_values(response.headers_mut());
        }
        let no_trailers = NoTrailers::behind(response.headers());
        response.map(|incoming| Self {
            incoming: Some(incoming),
            version,
            is_whole: false,
            held: None,
            trailers: None,
            no_trailers,
            is_read_to_its_end: false,
            // The client's side looks at those that reach it.
            most_trailers: None,
        })
    }

    /// Keeps the header of the key from coming as a trailer.
    pub(super) fn forbid_key_as_trailer(&mut self, key: &Arc<OwnedHeaders>) {
        self.no_trailers.forbid_key(Arc::clone(key));
    }

    /// Waits until a body of length 0 is at its end. Whoever is told that length takes the message for whole with
    /// its head.
    pub(super) async fn until_end_if_empty(&mut self) -> Result<(), WireError> {
        match self.size_hint().exact() {
            Some(0) => self.until_end().await,
            _ => Ok(()),
        }
    }

    /// Waits until a body is at its end in which nothing is to come but trailers.
    pub(super) async fn until_end(&mut self) -> Result<(), WireError> {
        while !self.is_end_stream() {
            match self.frame().await.transpose()? {
                Some(frame) if frame.data_ref().is_some_and(Bytes::is_empty) => {}
                Some(frame) => {
                    self.end_with(frame);
                    break;
                }
                None => break,
            }
        }
        Ok(())
    }

    /// Holds data back until the end is seen.
    fn hold(&mut self, data: Bytes) {
        if !data.is_empty() {
            self.held = Some(data);
        }
    }

    /// What was held, or else this. What follows the whole length is empty.
    fn with_held(&mut self, data: Bytes) -> Bytes {
        self.held.take().unwrap_or(data)
    }

    fn end_with(&mut self, frame: Frame<Bytes>) {
        if let Ok(mut trailers) = frame.into_trailers() {
            trim_values(&mut trailers);
            self.no_trailers.remove_from(&mut trailers);
            self.trailers = (!trailers.is_empty()).then(|| Box::new(trailers));
            self.is_whole = true;
        }
    }

    fn broken(&mut self, error: WireError) -> Poll<Option<Result<Frame<Bytes>, WireError>>> {
        self.incoming = None;
        self.held = None;
        Poll::Ready(Some(Err(error)))
    }

    fn has_too_large_trailers(&self, frame: &Frame<Bytes>) -> bool {
        let size = frame.trailers_ref().map(header_list::size);
        size.zip(self.most_trailers)
            .is_some_and(|(size, most)| size > most)
    }
}

impl Body for WireBody {
    type Data = Bytes;
    type Error = WireError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, WireError>>> {
        let this = self.get_mut();
        loop {
            if this.held.is_none()
                && let Some(trailers) = this.trailers.take()
            {
                return Poll::Ready(Some(Ok(Frame::trailers(*trailers))));
            }
            let Some(incoming) = &mut this.incoming else {
                return Poll::Ready(this.held.take().map(|held| Ok(Frame::data(held))));
            };
            let frame = ready!(Pin::new(&mut *incoming).poll_frame(cx));
            this.is_whole |= incoming.is_end_stream() || this.version != Version::HTTP_2;
            let has_length = incoming.size_hint().exact() == Some(0);
            match frame {
                Some(Ok(frame)) if this.has_too_large_trailers(&frame) => {
                    return this.broken(WireError::LargeTrailers);
                }
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if has_length && !this.is_whole => this.hold(data),
                    Ok(data) => return Poll::Ready(Some(Ok(Frame::data(this.with_held(data))))),
                    Err(frame) => this.end_with(frame),
                },
                Some(Err(error)) => return this.broken(WireError::Broken(error)),
                None if this.is_whole => this.incoming = None,
                None => return this.broken(WireError::CutOff),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        let has_more = self.held.is_some() || self.trailers.is_some();
        !has_more && self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.held.as_ref().map_or(0, Bytes::len) as u64;
        match &self.incoming {
            Some(incoming) if held == 0 => incoming.size_hint(),
            // What is held is the last.
            _ => SizeHint::with_exact(held),
        }
    }
}

/// A client that writes its whole upload before it reads would otherwise find the connection closed, and not
/// its answer.
impl Drop for WireBody {
    fn drop(&mut self) {
        let incoming = self.incoming.take();
        if let Some(rest) = incoming.filter(|rest| !rest.is_end_stream())
            && self.is_read_to_its_end
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(timeout(DROPPING, read_and_drop(rest)));
        }
    }
}

async fn read_and_drop(mut rest: Incoming) {
    let mut read = 0;
    while read < DROPPED
        && let Some(Ok(frame)) = rest.frame().await
    {
        read += frame.data_ref().map_or(0, Bytes::len);
    }
}

/// A body did not come whole.
///
/// It hides its source. From an HTTP/2 error, hyper would take the code for its own reset of the other side: a
/// connection that ends with `NO_ERROR` would look like the end of the body there, and `REFUSED_STREAM` like a
/// call that nobody has seen, though its functions have run. So every code becomes `INTERNAL_ERROR`.
#[derive(Debug)]
pub(crate) enum WireError {
    Broken(hyper::Error),
    CutOff,
    LargeTrailers,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(error) => write!(f, "the body broke off: {}", ErrorChain::new(error)),
            Self::CutOff => f.write_str("the body's stream was reset"),
            Self::LargeTrailers => {
                f.write_str("the trailers are larger than allowed (limits.max_header_kb)")
            }
        }
    }
}

impl Error for WireError {}
