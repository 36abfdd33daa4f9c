//! A body as it comes from the wire.

use std::{
    error::Error,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, Version, header::EXPECT};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use lambda_sidecar::ErrorChain;
use tokio::{runtime::Handle, time::timeout};

use super::header_list;

/// How much of a refused upload is read, in bytes.
const DROPPED: usize = 1024 * 1024;

/// How long a refused upload is read.
const DROPPING: Duration = Duration::from_secs(2);

/// A body that came whole, or ends with an error.
///
/// The HTTP library takes a stream of HTTP/2 that its sender resets without an error for one that has ended.
/// It was not whole, though, and the other side must not take it for that.
#[derive(Debug)]
pub(crate) struct WireBody {
    /// None when it has ended.
    incoming: Option<Incoming>,
    version: Version,
    /// Whether the last frame ended it.
    is_whole: bool,
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
            is_read_to_its_end: false,
            most_trailers: None,
        }
    }

    /// The request of a client, with trailers of at most so many bytes.
    pub(super) fn of_request(request: Request<Incoming>, most_trailers: usize) -> Request<Self> {
        let version = request.version();
        let is_awaited = request.headers().contains_key(EXPECT);
        request.map(|incoming| Self {
            incoming: Some(incoming),
            version,
            is_whole: false,
            // A client that waits to be asked for its body must not be asked in vain.
            is_read_to_its_end: version < Version::HTTP_2 && !is_awaited,
            most_trailers: Some(most_trailers),
        })
    }

    /// The response of a backend.
    pub(super) fn of_response(response: Response<Incoming>) -> Response<Self> {
        let version = response.version();
        response.map(|incoming| Self {
            incoming: Some(incoming),
            version,
            is_whole: false,
            is_read_to_its_end: false,
            // The client's side looks at those that reach it.
            most_trailers: None,
        })
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
        let Some(incoming) = &mut this.incoming else {
            return Poll::Ready(None);
        };
        let frame = ready!(Pin::new(&mut *incoming).poll_frame(cx));
        let has_all = incoming.is_end_stream() || incoming.size_hint().exact() == Some(0);
        Poll::Ready(match frame {
            Some(Ok(frame)) if this.has_too_large_trailers(&frame) => {
                this.incoming = None;
                Some(Err(WireError::LargeTrailers))
            }
            Some(Ok(frame)) => {
                this.is_whole = has_all || frame.is_trailers();
                Some(Ok(frame))
            }
            Some(Err(error)) => {
                this.incoming = None;
                Some(Err(WireError::Broken(error)))
            }
            None => {
                this.incoming = None;
                let is_whole = this.version != Version::HTTP_2 || this.is_whole || has_all;
                (!is_whole).then_some(Err(WireError::CutOff))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match &self.incoming {
            Some(incoming) => incoming.size_hint(),
            None => SizeHint::with_exact(0),
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
