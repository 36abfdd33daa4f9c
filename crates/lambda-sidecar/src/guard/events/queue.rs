//! The events of one sidecar: which is sent when, and what becomes of each.
//!
//! An event waits, is under way, or is over. All of that changes under one lock, so that each event is counted
//! once, however it ends. Whoever changes something begins what can be begun by now.

use std::{
    collections::VecDeque,
    fmt,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use http::HeaderValue;
use lambda_sidecar_core::{Enqueued, Invocation, Sidecar};
use tokio::{sync::Notify, time::Instant};

use crate::{
    guard::gate::{Admitted, Gate},
    observe::{EventLoss, EventObserver, Observer},
};

/// How many events of a sidecar are sent at a time.
const AT_ONCE: usize = 16;

/// How soon to look again if the breaker does not say: another event tries.
const SOON: Duration = Duration::from_secs(1);

/// The events of one sidecar.
pub(crate) struct EventQueue {
    /// How many may wait.
    length: usize,
    /// How many may be under way. There is a place for each, if the sidecar has places.
    at_once: usize,
    pub(super) send_timeout: Duration,
    gate: Gate,
    pub(super) calls: Observer,
    observer: EventObserver,
    events: Mutex<Events>,
    /// An event is over.
    ended: Notify,
    closed: Notify,
}

#[derive(Default)]
struct Events {
    waiting: VecDeque<QueuedEvent>,
    under_way: usize,
    /// Whether somebody will look again when the breaker lets calls through.
    is_watched: bool,
    is_closed: bool,
}

/// One event.
pub(super) struct QueuedEvent {
    pub(super) invocation: Invocation,
    /// Of the API call, as it is told.
    pub(super) method: &'static str,
    since: Instant,
    /// For how long the breaker had held calls back by then.
    held: Duration,
}

impl EventQueue {
    /// None if the sidecar has none.
    pub(in crate::guard) fn new(
        sidecar: &Arc<Sidecar>,
        gate: &Gate,
        calls: &Observer,
    ) -> Option<Self> {
        let places = sidecar.max_concurrency().map_or(AT_ONCE, in_memory);
        Some(Self {
            length: in_memory(sidecar.event_queue()?),
            at_once: AT_ONCE.min(places),
            send_timeout: sidecar.send_timeout(),
            gate: gate.clone(),
            calls: calls.clone(),
            observer: EventObserver::new(sidecar),
            events: Mutex::default(),
            ended: Notify::new(),
            closed: Notify::new(),
        })
    }

    /// Takes an event in, if there is room. `method` is that of the API call, as it is told. Nothing that the event keeps
    /// is a part of something larger.
    ///
    /// Begin with what is next then, whatever became of the event: something may have been sent since somebody looked
    /// last, and that makes room.
    pub(super) fn put(
        self: &Arc<Self>,
        mut invocation: Invocation,
        method: &'static str,
    ) -> (Enqueued, NextEvent) {
        let traceparent = invocation.traceparent.take();
        let copied = traceparent.map(|it| HeaderValue::from_bytes(it.as_bytes()));
        invocation.traceparent = copied.and_then(Result::ok);
        let mut events = self.events();
        let next = self.next_of(&mut events);
        let lost = match events.waiting.len() {
            _ if events.is_closed => Some(EventLoss::Shutdown),
            waiting if waiting >= self.length => Some(EventLoss::Full),
            _ => None,
        };
        if let Some(loss) = lost {
            drop(events);
            self.observer.lost(loss, 1);
            return (Enqueued::Dropped, next);
        }
        events.waiting.push_back(QueuedEvent {
            invocation,
            method,
            since: Instant::now(),
            held: self.gate.held(),
        });
        self.observer.queued();
        (Enqueued::Queued, next)
    }

    /// The next event, if one can be sent by now.
    pub(super) fn next(self: &Arc<Self>) -> NextEvent {
        self.next_of(&mut self.events())
    }

    fn next_of(self: &Arc<Self>, events: &mut Events) -> NextEvent {
        if events.under_way >= self.at_once || events.waiting.is_empty() {
            return NextEvent::None;
        }
        match self.admit() {
            Ok(admitted) => match self.take(events) {
                Some(event) => NextEvent::Ready(event, admitted),
                None => NextEvent::None,
            },
            Err(_) if events.is_watched => NextEvent::None,
            Err(wait) => {
                events.is_watched = true;
                NextEvent::Held(Instant::now() + wait)
            }
        }
    }

    /// Nobody is going to look again any more.
    pub(super) fn unwatch(&self) {
        self.events().is_watched = false;
    }

    fn take(self: &Arc<Self>, events: &mut Events) -> Option<EventUnderWay> {
        let event = events.waiting.pop_front()?;
        events.under_way += 1;
        self.observer.taken(1);
        Some(EventUnderWay {
            event,
            queue: Arc::clone(self),
            is_over: false,
        })
    }

    /// Whether the guards let an event through; else how soon to look again. That is not counted as rejected, for the
    /// event waits.
    pub(super) fn admit(&self) -> Result<Admitted, Duration> {
        let until = Instant::now() + self.send_timeout;
        self.gate
            .admit(Some(until))
            .map_err(|not| match not.retry_after {
                Duration::ZERO => SOON,
                wait => wait,
            })
    }

    /// How old an event is. It does not age while the breaker holds it.
    pub(super) fn age(&self, event: &QueuedEvent) -> Duration {
        let held = self.gate.held().saturating_sub(event.held);
        event.since.elapsed().saturating_sub(held)
    }

    /// How many events wait or are under way.
    pub(super) fn len(&self) -> usize {
        let events = self.events();
        events.waiting.len() + events.under_way
    }

    /// Waits until there are none.
    pub(super) async fn emptied(&self) {
        until(&self.ended, || self.len() == 0).await;
    }

    /// Gives up those that are left and takes no more. Returns how many were given up.
    pub(super) fn close(&self) -> usize {
        let mut events = self.events();
        events.is_closed = true;
        let waiting = std::mem::take(&mut events.waiting);
        let left = waiting.len() + std::mem::take(&mut events.under_way);
        drop(events);
        self.observer.taken(waiting.len());
        self.observer.lost(EventLoss::Shutdown, left);
        self.closed.notify_waiters();
        self.ended.notify_waiters();
        left
    }

    /// Waits until the queue is closed.
    pub(super) async fn closed(&self) {
        until(&self.closed, || self.events().is_closed).await;
    }

    /// An event that was under way is over, and lost if there is a reason.
    fn end(&self, lost: Option<EventLoss>) {
        let mut events = self.events();
        // Closing has counted it among those that were left.
        if events.is_closed {
            return;
        }
        events.under_way -= 1;
        drop(events);
        if let Some(loss) = lost {
            self.observer.lost(loss, 1);
        }
        self.ended.notify_waiters();
    }

    fn events(&self) -> MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Only if the runtime ends: as long as events wait, tasks hold their queue.
impl Drop for EventQueue {
    fn drop(&mut self) {
        self.close();
    }
}

/// Events are not shown.
impl fmt::Debug for EventQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventQueue")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// What is to be done next.
#[expect(clippy::large_enum_variant, reason = "it is taken apart at once")]
pub(super) enum NextEvent {
    /// Send this one, which the guards have let through. Then look again: there may be another one.
    Ready(EventUnderWay, Admitted),
    /// The breaker holds the events. Look again at this time.
    Held(Instant),
    /// Nothing: none waits, enough are under way, or somebody looks again.
    None,
}

/// An event that is being sent, or is to be sent again. If it is dropped before it is over, its runtime has ended.
pub(super) struct EventUnderWay {
    pub(super) event: QueuedEvent,
    pub(super) queue: Arc<EventQueue>,
    is_over: bool,
}

impl EventUnderWay {
    /// It has arrived, or is lost for this reason.
    pub(super) fn over(mut self, lost: Option<EventLoss>) {
        self.is_over = true;
        self.queue.end(lost);
    }
}

impl Drop for EventUnderWay {
    fn drop(&mut self) {
        if !self.is_over {
            self.queue.end(Some(EventLoss::Shutdown));
        }
    }
}

/// Waits until this is so. Whoever makes it so notifies.
async fn until(changed: &Notify, is_so: impl Fn() -> bool) {
    loop {
        let mut notified = pin!(changed.notified());
        notified.as_mut().enable();
        if is_so() {
            return;
        }
        notified.await;
    }
}

fn in_memory(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
