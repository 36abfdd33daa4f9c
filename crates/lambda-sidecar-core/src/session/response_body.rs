//! How long a half waits for the body of a response, and what becomes of one that does not end.

use std::time::{Duration, Instant};

use http::{
    HeaderMap, Method,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
    response,
};

use super::{EndsBy, Session};
use crate::{Payload, PayloadCondition, Precondition, keeps_no_body};

const EVENT_STREAM: &str = "text/event-stream";

/// What a session knows of the body of the backend's response, from its head as it came in.
#[derive(Debug, Default)]
pub(super) struct ResponseBody {
    /// The length that the head announces.
    length: Option<u64>,
    /// Whether it may be a stream of events, which nobody can wait for the end of.
    is_event_stream: bool,
    /// When a half began to wait for it: at the head, and later by as much time as functions took, because
    /// nobody read the body meanwhile.
    since: Option<Instant>,
}

impl ResponseBody {
    /// The body of a response with this head, which has come in now, to a request of this method.
    pub(super) fn new(method: &Method, head: &response::Parts, now: Instant) -> Self {
        let since = Some(now);
        if keeps_no_body(method, head.status) {
            // What the head says is true of the body of another answer.
            return Self {
                since,
                ..Self::default()
            };
        }
        let length = content_length(&head.headers);
        Self {
            length,
            is_event_stream: is_event_stream(&head.headers) && length != Some(0),
            since,
        }
    }

    pub(super) fn is_event_stream(&self) -> bool {
        self.is_event_stream
    }

    /// A function has run for so long.
    pub(super) fn was_not_read_for(&mut self, time: Duration) {
        self.since = self.since.and_then(|since| since.checked_add(time));
    }
}

/// The length that a message says its body has. A host has refused lengths that differ.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_TYPE).iter().any(|kind| {
        let kind = kind.as_bytes().split(|byte| *byte == b';').next();
        let kind = kind.unwrap_or_default().trim_ascii();
        kind.eq_ignore_ascii_case(EVENT_STREAM.as_bytes())
    })
}

impl Session {
    /// How long a half may wait for the response's body: for the sidecar's own time, counted from the
    /// response's head.
    pub(super) fn read_response_until(&self, at: usize) -> (Instant, EndsBy) {
        match self.response_body.since {
            Some(since) => self.end(at, since),
            None => (self.facts.deadline, EndsBy::Call),
        }
    }

    /// The response's body does not end, or not in time. It counts as larger than the limit.
    pub(super) fn not_whole(&self, at: usize) -> Result<Payload, Precondition> {
        match self.sidecar(at).payload_condition() {
            PayloadCondition::Filtering => Ok(Payload::LeftOut {
                length: self.response_body.length,
            }),
            PayloadCondition::Blocking => Err(Precondition::PayloadNotWhole),
        }
    }
}
