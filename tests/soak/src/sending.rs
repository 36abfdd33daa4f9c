//! The body of a request: at once, slowly, or not to its end.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tokio::{
    sync::Notify,
    time::{Sleep, sleep},
};

use crate::{
    odd::Odd,
    plan::{HangUp, Plan},
};

const PIECES: usize = 4;
/// Long enough for a call to be under way when it is reset, mostly.
const BEFORE_RESET: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct Sending {
    pieces: VecDeque<Bytes>,
    announced: Option<u64>,
    /// Before every piece but the first.
    pause: Option<Duration>,
    pausing: Option<Pin<Box<Sleep>>>,
    /// Told when half of the body is sent; the rest never is.
    stops: Option<Arc<Notify>>,
    /// Half of the body is sent, then the stream is reset with this code.
    resets: Option<u8>,
    trailers: Option<HeaderMap>,
}

impl Sending {
    /// The body of this call, and what is told when it stops in the middle.
    pub(crate) fn of(plan: &Plan, trailers: Option<HeaderMap>) -> (Self, Arc<Notify>) {
        let body = plan.request();
        let length = body.len();
        let resets = match plan.odd {
            Some(Odd::Reset(code)) => Some(code),
            _ => None,
        };
        let has_pieces = plan.slow.is_some() || !plan.announced || plan.hang_up.is_some();
        let size = if has_pieces {
            length.div_ceil(PIECES)
        } else {
            length
        };
        let starts = (0..length).step_by(size.max(1));
        let pieces = starts.map(|start| body.slice(start..length.min(start + size)));
        let stopped = Arc::new(Notify::new());
        let stops = plan.hang_up == Some(HangUp::InBody);
        let is_announced = plan.announced || plan.body.is_none();
        let mut sending = Self {
            pieces: pieces.collect(),
            announced: is_announced.then_some(length as u64),
            pause: None,
            pausing: None,
            stops: stops.then(|| Arc::clone(&stopped)),
            resets,
            trailers,
        };
        if stops || resets.is_some() {
            sending.pieces.truncate(sending.pieces.len() / 2);
        }
        let pauses = u32::try_from(sending.pieces.len().saturating_sub(1)).unwrap_or(1);
        sending.pause = plan.slow.map(|slow| slow / pauses.max(1));
        sending.pause = sending.pause.or(resets.map(|_| BEFORE_RESET));
        (sending, stopped)
    }
}

impl Sending {
    /// What comes after the data.
    fn end(&mut self) -> Option<Result<Frame<Bytes>, h2::Error>> {
        let reset = self.resets.take().map(|code| Err(reset(code)));
        reset.or_else(|| {
            self.trailers
                .take()
                .map(|trailers| Ok(Frame::trailers(trailers)))
        })
    }
}

/// What makes the HTTP library reset a stream with this code.
pub(crate) fn reset(code: u8) -> h2::Error {
    h2::Reason::from(u32::from(code)).into()
}

impl Body for Sending {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        if let Some(pausing) = &mut self.pausing {
            ready!(pausing.as_mut().poll(cx));
            self.pausing = None;
        }
        match (self.pieces.pop_front(), &self.stops) {
            (Some(piece), _) => {
                self.pausing = self.pause.map(|pause| Box::pin(sleep(pause)));
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
            (None, None) => Poll::Ready(self.end()),
            (None, Some(stopped)) => {
                stopped.notify_one();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
            && self.stops.is_none()
            && self.resets.is_none()
            && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.announced
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
