//! What a session and its host tell each other.

use std::{error::Error, fmt, time::Instant};

use bytes::Bytes;
use http::{HeaderMap, Response, request, response};

use crate::{Answer, Enqueued, Failure, Invocation};

/// The side of a call that a body belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// The client's request.
    Request,
    /// The backend's response.
    Response,
}

/// The head of the message that is under way: of the request until the backend has answered, of its response
/// from then on. A session edits it in place.
#[derive(Debug)]
pub enum Head<'a> {
    /// Until [`Event::Responded`].
    Request(&'a mut request::Parts),
    /// From [`Event::Responded`] on.
    Response(&'a mut response::Parts),
}

impl Head<'_> {
    pub(super) fn side(&self) -> Side {
        match self {
            Self::Request(_) => Side::Request,
            Self::Response(_) => Side::Response,
        }
    }

    pub(super) fn headers_mut(&mut self) -> &mut HeaderMap {
        match self {
            Self::Request(head) => &mut head.headers,
            Self::Response(head) => &mut head.headers,
        }
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        match self {
            Self::Request(head) => &head.headers,
            Self::Response(head) => &head.headers,
        }
    }
}

/// What the host does next.
///
/// It will not grow silently: a host that does not know a step must not compile.
#[derive(Debug)]
#[must_use = "the call does not continue by itself"]
pub enum Step {
    /// Read a body ahead and report [`Event::Body`], or [`Event::TimedOut`] if it takes too long.
    ReadBody(ReadBody),
    /// Invoke the function and report [`Event::Answered`], or [`Event::TimedOut`] if it takes longer than
    /// `until`.
    Invoke {
        /// The envelope and what is needed to deliver it.
        invocation: Invocation,
        /// When to stop waiting.
        until: Instant,
    },
    /// Put the event into the queue of its sidecar and report [`Event::Enqueued`], without waiting for the function.
    Enqueue {
        /// The envelope and what is needed to deliver it.
        invocation: Invocation,
    },
    /// Send the request to the backend and report [`Event::Responded`]. Its trailers are subject to
    /// [`Session::take_trailer_rules`](super::Session::take_trailer_rules), as the response's are.
    CallBackend {
        /// The body in place of the client's, without trailers. None: the client's own.
        body: Option<Bytes>,
    },
    /// Send the response to the client. The call is over.
    Respond {
        /// The body in place of the backend's, without trailers. None: the backend's own.
        body: Option<Bytes>,
    },
    /// Answer the client with this. The call is over, and if the backend was not called yet, it is not called.
    Answer(Response<Bytes>),
}

/// Which body to read ahead, and how far. Nothing of the body may be lost for whoever reads it next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadBody {
    /// Whose body.
    pub side: Side,
    /// How many bytes to read at most. A body that is known to be longer need not be read at all.
    pub limit: usize,
    /// The length in bytes that the message's head announces.
    pub announced: Option<u64>,
    /// When to stop waiting.
    pub until: Instant,
}

/// What the host did, or what came of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The request has come in. The first event of every session, and only the first.
    Entered,
    /// The body that [`Step::ReadBody`] named was read ahead.
    Body(BodyRead),
    /// The function call that [`Step::Invoke`] named is over.
    Answered(Result<Answer, Failure>),
    /// What became of the event that [`Step::Enqueue`] named.
    Enqueued(Enqueued),
    /// What the last step named did not end in time.
    TimedOut,
    /// The backend has answered. Its response's head is the [`Head`] from now on.
    Responded,
}

impl Event {
    fn name(&self) -> &'static str {
        match self {
            Self::Entered => "Entered",
            Self::Body(_) => "Body",
            Self::Answered(_) => "Answered",
            Self::Enqueued(_) => "Enqueued",
            Self::TimedOut => "TimedOut",
            Self::Responded => "Responded",
        }
    }
}

/// What reading a body ahead came to.
#[derive(Debug)]
#[non_exhaustive]
pub enum BodyRead {
    /// This is the whole body.
    Whole(Bytes),
    /// It is longer than the limit.
    TooLarge {
        /// Its length in bytes, if that was announced.
        exact: Option<u64>,
        /// How many bytes of it are known to be there.
        known: u64,
    },
    /// It broke off.
    BrokenOff,
}

/// An event that the session did not wait for, or a head of the wrong message.
///
/// The call is over: whatever the host was about to do with it, the client gets
/// [`to_response`](Self::to_response), a plain 500. A host that keeps to the steps never sees it; one whose
/// events come from elsewhere must not let the call through for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfOrder {
    event: &'static str,
    expected: &'static str,
}

impl OutOfOrder {
    pub(super) fn new(event: &Event, expected: &'static str) -> Self {
        Self {
            event: event.name(),
            expected,
        }
    }

    /// The answer to the client: 500 without a body.
    #[must_use]
    pub fn to_response(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    }
}

impl fmt::Display for OutOfOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { event, expected } = self;
        write!(f, "the event {event} is out of order, expected {expected}")
    }
}

impl Error for OutOfOrder {}
