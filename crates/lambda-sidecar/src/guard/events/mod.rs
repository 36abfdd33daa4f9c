//! Events that are sent in the background, so that no call waits for them.
//!
//! | file | role |
//! | --- | --- |
//! | `queue` | which event is sent when, and what becomes of each |
//! | `send` | sending one, again if it did not arrive |
//! | `pauses` | how long an event waits until it is sent again |

mod pauses;
mod queue;
mod send;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

pub(crate) use self::queue::EventQueue;

/// The event queues of sidecars with `event-queue`, to be emptied before a process ends.
///
/// A layer sends the events of such a sidecar in the background: in the order in which they come, up to 16 at a time.
/// One that AWS throttles, or that cannot be connected for, is sent again with growing pauses until it is a minute old.
/// **What is queued is lost if the process ends.** So give every layer a clone of one of these, and at the end of your
/// `main`, once no calls come any more, wait until they are empty:
///
/// ```
/// use std::time::Duration;
/// use lambda_sidecar::{
///     Envelope, EventQueues, LambdaSidecarLayer, LocalFunction, Point, Sidecar, Synchronicity, Verdict,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), lambda_sidecar::InputsError> {
/// let queues = EventQueues::new();
/// let audit = LocalFunction::new(|_call: Envelope| async { Verdict::Allow });
/// let sidecar = Sidecar::local(Point::PreProcessor, "audit")
///     .synchronicity(Synchronicity::Event)
///     .event_queue(1000)
///     .build()?;
/// let layer = LambdaSidecarLayer::new(audit).request(sidecar).event_queues(queues.clone());
/// # let _ = layer;
/// // ... serve until a signal comes ...
/// let _ = tokio::time::timeout(Duration::from_secs(10), queues.emptied()).await;
/// let lost = queues.close();
/// assert_eq!(lost, 0);
/// # Ok(())
/// # }
/// ```
///
/// A queue outlives its layer until it is empty.
#[derive(Clone, Default)]
pub struct EventQueues {
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    queues: Vec<Weak<EventQueue>>,
    is_closed: bool,
}

impl EventQueues {
    /// No queues yet: layers that are given a clone add theirs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many events wait or are being sent.
    #[must_use]
    pub fn len(&self) -> usize {
        self.queues().iter().map(|queue| queue.len()).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until no event waits or is being sent.
    ///
    /// # Cancellation
    ///
    /// Dropping it stops no event.
    pub async fn emptied(&self) {
        // While one was emptied, another may have been filled.
        while let Some(queue) = self.queues().into_iter().find(|queue| queue.len() > 0) {
            queue.emptied().await;
        }
    }

    /// Gives up what is left and takes no more events. Returns how many were given up, those that are being sent
    /// among them.
    #[must_use]
    pub fn close(&self) -> usize {
        self.known().is_closed = true;
        self.queues().iter().map(|queue| queue.close()).sum()
    }

    pub(crate) fn add(&self, queue: &Arc<EventQueue>) {
        let mut known = self.known();
        known.queues.retain(|known| known.strong_count() > 0);
        known.queues.push(Arc::downgrade(queue));
        let is_closed = known.is_closed;
        drop(known);
        if is_closed {
            queue.close();
        }
    }

    fn queues(&self) -> Vec<Arc<EventQueue>> {
        let known = self.known();
        known.queues.iter().filter_map(Weak::upgrade).collect()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Events are not shown.
impl fmt::Debug for EventQueues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventQueues")
            .field("len", &self.len())
            .finish()
    }
}
