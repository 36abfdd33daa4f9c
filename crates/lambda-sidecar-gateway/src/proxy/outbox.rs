//! What was taken from backends and has not gone out to the client: bounded for each answer and each connection.
//!
//! The server takes a body's next piece as soon as it has passed on the last one, not when that one is sent, and
//! a backend's connection reads ahead of it. So each piece is counted from the time at which it is handed to the
//! server until it is written, and no further piece is taken while too many are held.

use std::{
    io::IoSlice,
    mem, ptr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::{Buf, Bytes};
use tokio::time::Instant;

/// The largest piece that is read from a backend at a time, if its head is not longer.
pub(super) const PIECE: usize = 64 * 1024;

/// How much one answer may hold, and all the answers of a connection. The last piece may begin below the limit
/// and end above it.
const ANSWER: usize = 256 * 1024 - PIECE;
const CONNECTION: usize = 1024 * 1024 - PIECE;

/// What one answer, or one connection, holds.
#[derive(Debug)]
pub(crate) struct Outbox {
    limit: usize,
    connection: Option<Arc<Outbox>>,
    state: Mutex<OutboxState>,
}

#[derive(Debug)]
struct OutboxState {
    held: usize,
    /// When a piece came or went last.
    moved: Instant,
    /// Who waits for room, by [`key`](Outbox::key): one for each answer, while it lives.
    waiting: Vec<(usize, Waker)>,
}

impl Outbox {
    /// Of a connection.
    pub(crate) fn new() -> Arc<Self> {
        Self::with_limit(CONNECTION, None)
    }

    /// Of one of its answers.
    pub(crate) fn answer(self: &Arc<Self>) -> Arc<Self> {
        Self::with_limit(ANSWER, Some(Arc::clone(self)))
    }

    fn with_limit(limit: usize, connection: Option<Arc<Self>>) -> Arc<Self> {
        let state = OutboxState {
            held: 0,
            moved: Instant::now(),
            waiting: Vec::new(),
        };
        Arc::new(Self {
            limit,
            connection,
            state: Mutex::new(state),
        })
    }

    /// Since when nothing has moved although something is held.
    pub(crate) fn stuck_since(&self) -> Option<Instant> {
        let state = self.state();
        (state.held > 0).then_some(state.moved)
    }

    /// Ready when there is room for a piece.
    pub(super) fn poll_room(&self, cx: &Context<'_>) -> Poll<()> {
        let key = self.key();
        if self.wait_for_room(key, cx).is_pending() {
            return Poll::Pending;
        }
        let connection = self.connection.as_ref();
        connection.map_or(Poll::Ready(()), |connection| {
            connection.wait_for_room(key, cx)
        })
    }

    fn wait_for_room(&self, key: usize, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.held < self.limit {
            return Poll::Ready(());
        }
        let waker = cx.waker();
        match state.waiting.iter_mut().find(|(other, _)| *other == key) {
            Some((_, waiting)) => waiting.clone_from(waker),
            None => state.waiting.push((key, waker.clone())),
        }
        Poll::Pending
    }

    fn key(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// The piece, which is held until it is dropped.
    pub(super) fn hold(self: &Arc<Self>, bytes: Bytes) -> HeldPiece {
        // A longer piece was in memory as a whole before, as the body of a verdict is.
        let counted = bytes.len().min(PIECE);
        self.change(|held| held + counted);
        HeldPiece {
            bytes,
            counted,
            outbox: Arc::clone(self),
        }
    }

    fn change(&self, change: impl Fn(usize) -> usize) {
        let mut state = self.state();
        state.held = change(state.held);
        state.moved = Instant::now();
        let has_room = state.held < self.limit;
        let woken = has_room.then(|| mem::take(&mut state.waiting));
        drop(state);
        for (_, waker) in woken.into_iter().flatten() {
            waker.wake();
        }
        if let Some(connection) = &self.connection {
            connection.change(change);
        }
    }

    fn state(&self) -> MutexGuard<'_, OutboxState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that ends while it waits leaves nothing behind: clients can end any number.
impl Drop for Outbox {
    fn drop(&mut self) {
        let key = self.key();
        if let Some(connection) = &self.connection {
            connection
                .state()
                .waiting
                .retain(|(other, _)| *other != key);
        }
    }
}

/// A piece of an answer on its way to the client.
#[derive(Debug)]
pub(crate) struct HeldPiece {
    bytes: Bytes,
    counted: usize,
    outbox: Arc<Outbox>,
}

impl Drop for HeldPiece {
    fn drop(&mut self) {
        let counted = self.counted;
        self.outbox.change(|held| held.saturating_sub(counted));
    }
}

impl Buf for HeldPiece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.bytes.chunks_vectored(slices)
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }

    fn copy_to_bytes(&mut self, length: usize) -> Bytes {
        self.bytes.copy_to_bytes(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_room(outbox: &Outbox) -> bool {
        let cx = Context::from_waker(Waker::noop());
        outbox.poll_room(&cx).is_ready()
    }

    fn fill(outbox: &Arc<Outbox>) -> Vec<HeldPiece> {
        let mut pieces = Vec::new();
        while has_room(outbox) {
            pieces.push(outbox.hold(Bytes::from_static(&[0; PIECE])));
        }
        pieces
    }

    #[tokio::test]
    async fn an_answer_holds_256_kb_and_a_connection_1_mb() {
        let connection = Outbox::new();
        let first = connection.answer();
        let held = fill(&first);
        assert_eq!(held.len() * PIECE, 256 * 1024 - PIECE);
        let others: Vec<_> = (0..200).map(|_| connection.answer()).collect();
        let all: Vec<_> = others.iter().map(fill).collect();
        let pieces = held.len() + all.iter().map(Vec::len).sum::<usize>();
        assert!(pieces * PIECE <= 1024 * 1024, "{pieces}");
        assert!(others.iter().all(|other| !has_room(other)));
    }

    #[tokio::test]
    async fn answers_that_end_while_they_wait_leave_nothing_behind() {
        let connection = Outbox::new();
        let _held: Vec<_> = (0..5).map(|_| fill(&connection.answer())).collect();
        for _ in 0..1000 {
            assert!(!has_room(&connection.answer()));
        }
        let waiting = connection.answer();
        assert!(!has_room(&waiting) && !has_room(&waiting));
        assert_eq!(connection.state().waiting.len(), 1);
    }

    #[tokio::test]
    async fn what_is_sent_makes_room_and_nothing_is_stuck_when_all_is() {
        let connection = Outbox::new();
        let answer = connection.answer();
        let mut held = fill(&answer);
        assert!(answer.stuck_since().is_some() && connection.stuck_since().is_some());
        held.pop();
        assert!(has_room(&answer));
        held.clear();
        assert!(answer.stuck_since().is_none() && connection.stuck_since().is_none());
    }

    #[tokio::test]
    async fn a_body_that_was_in_memory_anyway_does_not_take_the_room_of_others() {
        let connection = Outbox::new();
        let _large = connection.answer().hold(Bytes::from(vec![0; 10 << 20]));
        assert!(has_room(&connection.answer()));
    }
}
