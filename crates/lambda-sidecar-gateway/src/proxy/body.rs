//! The body that the client is sent.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Either, Full};
use lambda_sidecar::{BoxError, SidecarBody};
use pin_project_lite::pin_project;

use super::{
    outbox::{HeldPiece, Outbox},
    wire_body::WireBody,
};
use crate::observe::{access::AccessLine, metrics::CallInFlight};

/// The backend's body, or one of the gateway's own.
pub(crate) type ResponseContent = Either<SidecarBody<WireBody>, Full<Bytes>>;

pin_project! {
    /// The body of an answer; the call is in flight until it is gone.
    #[derive(Debug)]
    pub(crate) struct ProxyBody {
        #[pin]
        content: ResponseContent,
        outbox: Arc<Outbox>,
        most_trailers: usize,
        // Dropped in this order: whoever reads the line finds the call in flight no longer.
        in_flight: CallInFlight,
        access: Option<AccessLine>,
    }
}

impl ProxyBody {
    /// Writes the access line when the content is through or given up.
    pub(crate) fn new(
        content: ResponseContent,
        outbox: Arc<Outbox>,
        most_trailers: usize,
        mut access: AccessLine,
        in_flight: CallInFlight,
    ) -> Self {
        if content.is_end_stream() {
            access.whole();
        }
        Self {
            content,
            outbox,
            most_trailers,
            access: Some(access),
            in_flight,
        }
    }
}

impl Body for ProxyBody {
    type Data = HeldPiece;
    type Error = <ResponseContent as Body>::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<HeldPiece>, Self::Error>>> {
        let mut this = self.project();
        ready!(this.outbox.poll_room(cx));
        let frame = ready!(this.content.as_mut().poll_frame(cx));
        let frame = frame.map(|frame| frame.and_then(|frame| checked(frame, *this.most_trailers)));
        let hold = |frame: Frame<Bytes>| frame.map_data(|bytes| this.outbox.hold(bytes));
        let Some(access) = this.access else {
            return Poll::Ready(frame.map(|frame| frame.map(hold)));
        };
        match &frame {
            Some(Ok(frame)) => access.sent(frame.data_ref().map_or(0, Bytes::len)),
            Some(Err(_)) => access.broken_off(),
            None => access.whole(),
        }
        // Before the client can know that its answer is through.
        if matches!(frame, Some(Ok(_))) && this.content.is_end_stream() {
            access.whole();
        }
        if access.is_at_end() {
            *this.access = None;
        }
        Poll::Ready(frame.map(|frame| frame.map(hold)))
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }
}

/// A frame that is no trailers, or none that are too large: h2 cuts a list that is larger still, and part of the
/// trailers is worse than none.
fn checked(frame: Frame<Bytes>, most: usize) -> Result<Frame<Bytes>, BoxError> {
    match frame.trailers_ref().map(list_size) {
        Some(size) if size > most => {
            let error = format!("trailers of {size} bytes, allowed: {most} (limits.max_header_kb)");
            tracing::warn!("the backend's answer is cut off: {error}");
            Err(error.into())
        }
        _ => Ok(frame),
    }
}

/// The size of a header list as RFC 9113, 6.5.2, counts it.
fn list_size(headers: &HeaderMap) -> usize {
    const FIELD: usize = 32;
    let fields = headers.iter();
    fields
        .map(|(name, value)| name.as_str().len() + value.len() + FIELD)
        .sum()
}
