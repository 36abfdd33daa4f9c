//! The one body type: untouched, read ahead and given back, or replaced.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use lambda_sidecar_core::session::{BodyRead, TrailerRules};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a request or response that went through a sidecar layer.
    ///
    /// A body that no sidecar asked for is passed through as it is, not even boxed. One that was read
    /// is given back whole, trailers included; one that a verdict replaced is bytes in memory. Data that
    /// is in memory is handed on by reference count.
    ///
    /// # Limits
    ///
    /// A sidecar reads a body to its `max-payload-size` and the one frame that goes over it, no further.
    pub struct SidecarBody<B> {
        // Untouched, unless a sidecar asked for it.
        #[pin]
        untouched: Option<B>,
        // Boxed, so that an untouched body is hardly larger than it was, and a body can be moved while it is
        // being read. None: there is nothing.
        read: Option<Pin<Box<ReadAhead<B>>>>,
        // Whether its trailers lose what they may not carry.
        strips_trailers: bool,
    }
}

pin_project! {
    /// What was read of a body, and what was not.
    struct ReadAhead<B> {
        data: Data,
        // The frame that went over the limit, or the trailers that ended the body.
        next: Option<Frame<Bytes>>,
        // What has not been read.
        #[pin]
        rest: Option<B>,
        // What its trailers may not carry. Those of an untouched body are the default's.
        rules: TrailerRules,
    }
}

impl<B> SidecarBody<B> {
    pub(crate) fn untouched(body: B) -> Self {
        Self {
            untouched: Some(body),
            read: None,
            strips_trailers: false,
        }
    }

    /// A body that no sidecar looks at, for a proxy whose routes have sidecars or none. Its trailers lose what
    /// may never be one ([`is_forbidden_trailer`](crate::is_forbidden_trailer)), as every other's do.
    pub fn passing(body: B) -> Self {
        Self::untouched(body).with_trailer_rules(TrailerRules::default())
    }

    /// The same body without the trailers that these rules forbid. Allocates if an untouched body gets others
    /// than the default's.
    pub(crate) fn with_trailer_rules(mut self, rules: TrailerRules) -> Self {
        self.strips_trailers = true;
        if !rules.is_default() {
            if let Some(body) = self.untouched.take() {
                self.read = Some(Box::pin(ReadAhead::of(Bytes::new(), Some(body))));
            }
            if let Some(read) = &mut self.read {
                *read.as_mut().project().rules = rules;
            }
        }
        self
    }

    /// A body of these bytes, without trailers.
    pub(crate) fn replaced(bytes: Bytes) -> Self {
        Self {
            untouched: None,
            read: (!bytes.is_empty()).then(|| Box::pin(ReadAhead::of(bytes, None))),
            strips_trailers: false,
        }
    }
}

impl<B: Body<Data = Bytes>> SidecarBody<B> {
    /// Reads ahead until the body ends or `limit` is exceeded. A body that was announced to be larger, by
    /// its own hint or to the caller, is not read at all. May be called again, with another limit too.
    ///
    /// # Cancellation
    ///
    /// What was read is kept.
    pub(crate) fn poll_read_ahead(
        &mut self,
        cx: &mut Context<'_>,
        limit: usize,
        announced: Option<u64>,
    ) -> Poll<Result<BodyRead, B::Error>> {
        let hint = self.size_hint();
        let known = hint.lower().max(announced.unwrap_or(0));
        if known > limit as u64 {
            let exact = self.exact_length().or(announced);
            return Poll::Ready(Ok(BodyRead::TooLarge { exact, known }));
        }
        if let Some(body) = self.untouched.take() {
            self.read = Some(Box::pin(ReadAhead::of(Bytes::new(), Some(body))));
        }
        let Some(read) = &mut self.read else {
            return Poll::Ready(Ok(BodyRead::Whole(Bytes::new())));
        };
        while let Some(frame) = ready!(read.as_mut().poll_next(cx))? {
            let mut ahead = read.as_mut().project();
            match frame.into_data() {
                Ok(data) if ahead.data.len() + data.len() > limit => {
                    *ahead.next = Some(Frame::data(data));
                    let hint = read.size_hint();
                    return Poll::Ready(Ok(BodyRead::TooLarge {
                        exact: hint.exact(),
                        known: hint.lower(),
                    }));
                }
                Ok(data) => ahead.data.push(data, hint.lower()),
                Err(trailers) => {
                    *ahead.next = Some(trailers);
                    ahead.rest.set(None);
                    break;
                }
            }
        }
        Poll::Ready(Ok(BodyRead::Whole(read.as_mut().project().data.share())))
    }

    /// The length, where it is known. The hint does not tell that of a body with trailers.
    fn exact_length(&self) -> Option<u64> {
        let has_rest = |read: &ReadAhead<B>| read.rest.is_some();
        let is_read = self.untouched.is_none() && !self.read.as_deref().is_some_and(has_rest);
        let hint = self.size_hint();
        hint.exact().or_else(|| is_read.then_some(hint.lower()))
    }
}

impl<B> ReadAhead<B> {
    fn of(bytes: Bytes, rest: Option<B>) -> Self {
        Self {
            data: Data::Piece(bytes),
            next: None,
            rest,
            rules: TrailerRules::default(),
        }
    }
}

impl<B: Body<Data = Bytes>> ReadAhead<B> {
    /// The next frame behind the data that was read.
    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Frame<Bytes>>, B::Error>> {
        let mut this = self.project();
        if let Some(frame) = this.next.take() {
            return Poll::Ready(Ok(Some(frame)));
        }
        let Some(rest) = this.rest.as_mut().as_pin_mut() else {
            return Poll::Ready(Ok(None));
        };
        let frame = ready!(rest.poll_frame(cx)).transpose();
        if !matches!(frame, Ok(Some(_))) {
            this.rest.set(None);
        }
        Poll::Ready(frame)
    }

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let data = self.as_mut().project().data.take();
        if !data.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        self.poll_next(cx).map(Result::transpose)
    }

    fn is_end_stream(&self) -> bool {
        self.data.len() == 0
            && self.next.is_none()
            && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let data = self.next.as_ref().and_then(Frame::data_ref);
        let read = (self.data.len() + data.map_or(0, Bytes::len)) as u64;
        let rest = self
            .rest
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint);
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(read));
        // An exact size would make HTTP/1 announce a length, and a message with a length has no trailers.
        let trailers = self.next.as_ref().is_some_and(Frame::is_trailers);
        let upper = rest.upper().and_then(|upper| upper.checked_add(read));
        if let (Some(upper), false) = (upper, trailers) {
            hint.set_upper(upper);
        }
        hint
    }
}

/// Data that was read. The first piece is kept as it came; only a second one makes a copy necessary.
enum Data {
    Piece(Bytes),
    Joined(BytesMut),
}

impl Data {
    fn len(&self) -> usize {
        match self {
            Self::Piece(piece) => piece.len(),
            Self::Joined(joined) => joined.len(),
        }
    }

    /// Adds a piece; `expected` is how long the body is at least.
    fn push(&mut self, more: Bytes, expected: u64) {
        match self {
            Self::Piece(piece) if piece.is_empty() => *piece = more,
            Self::Piece(piece) => {
                let length = piece.len() + more.len();
                let expected = usize::try_from(expected).unwrap_or(length);
                let mut joined = BytesMut::with_capacity(length.max(expected));
                joined.extend_from_slice(piece);
                joined.extend_from_slice(&more);
                *self = Self::Joined(joined);
            }
            Self::Joined(joined) => joined.extend_from_slice(&more),
        }
    }

    fn take(&mut self) -> Bytes {
        match std::mem::replace(self, Self::Piece(Bytes::new())) {
            Self::Piece(piece) => piece,
            Self::Joined(joined) => joined.freeze(),
        }
    }

    /// The data by reference count.
    fn share(&mut self) -> Bytes {
        let data = self.take();
        *self = Self::Piece(data.clone());
        data
    }
}

impl<B: Body<Data = Bytes>> Body for SidecarBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let mut this = self.project();
        // Most bodies: handed on as they are, not even moved.
        if !*this.strips_trailers
            && let Some(body) = this.untouched.as_mut().as_pin_mut()
        {
            return body.poll_frame(cx);
        }
        loop {
            let mut frame = match (this.untouched.as_mut().as_pin_mut(), this.read.as_mut()) {
                (Some(body), _) => ready!(body.poll_frame(cx)),
                (None, Some(read)) => ready!(read.as_mut().poll_frame(cx)),
                (None, None) => None,
            };
            if *this.strips_trailers
                && let Some(Ok(frame)) = &mut frame
                && let Some(trailers) = frame.trailers_mut()
            {
                match this.read.as_mut() {
                    Some(read) => read.as_mut().project().rules.remove_from(trailers),
                    None => TrailerRules::default().remove_from(trailers),
                }
                if trailers.is_empty() {
                    continue;
                }
            }
            return Poll::Ready(frame);
        }
    }

    fn is_end_stream(&self) -> bool {
        match (&self.untouched, &self.read) {
            (Some(body), _) => body.is_end_stream(),
            (None, Some(read)) => read.is_end_stream(),
            (None, None) => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.untouched, &self.read) {
            (Some(body), _) => body.size_hint(),
            (None, Some(read)) => read.size_hint(),
            (None, None) => SizeHint::with_exact(0),
        }
    }
}

impl<B: Default> Default for SidecarBody<B> {
    fn default() -> Self {
        Self::untouched(B::default())
    }
}

/// Shows how much is in memory, never what.
impl<B> fmt::Debug for SidecarBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_memory = self.read.as_ref().map_or(0, |read| read.data.len());
        f.debug_struct("SidecarBody")
            .field("untouched", &self.untouched.is_some())
            .field("bytes_in_memory", &in_memory)
            .finish_non_exhaustive()
    }
}
