//! The body that the client is sent.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{Either, Full};
use lambda_sidecar::SidecarBody;
use pin_project_lite::pin_project;

use super::wire_body::WireBody;
use crate::observe::metrics::CallInFlight;

/// The backend's body, or one of the gateway's own.
pub(crate) type ResponseContent = Either<SidecarBody<WireBody>, Full<Bytes>>;

pin_project! {
    /// The body of an answer; the call is in flight until it is gone.
    #[derive(Debug)]
    pub(crate) struct ProxyBody {
        #[pin]
        content: ResponseContent,
        in_flight: CallInFlight,
    }
}

impl ProxyBody {
    pub(crate) fn new(content: ResponseContent, in_flight: CallInFlight) -> Self {
        Self { content, in_flight }
    }
}

impl Body for ProxyBody {
    type Data = Bytes;
    type Error = <ResponseContent as Body>::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.project().content.poll_frame(cx)
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }
}
