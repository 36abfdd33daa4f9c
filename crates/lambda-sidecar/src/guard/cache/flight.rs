//! One function call under way, as each call sees it that waits for it.

use std::{
    any::Any,
    error::Error,
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Instant,
};

use futures_util::future::{FutureExt as _, Shared};
use lambda_sidecar_core::{Failure, Invocation};
use tokio::time::timeout_at;
use tracing::{Instrument as _, Span};

use super::key::Question;
use crate::{BoxError, function::Answer, observe::Watch};

/// How a function call ended for all that waited for it.
#[derive(Clone)]
pub(crate) enum Landed {
    /// With a verdict. One that is not to be kept is for the call alone that made it.
    Verdict { answer: Answer, is_shared: bool },
    /// With an answer that is none.
    NoVerdict { answer: Answer, failure: Failure },
    /// Without an answer.
    Failed(Arc<dyn Error + Send + Sync>),
    /// The time of the call that made it is over.
    TimedOut,
    /// The function panicked, and so does the call that made it.
    Panicked(Arc<Mutex<Option<Panic>>>),
}

/// What a function panicked with.
pub(crate) type Panic = Box<dyn Any + Send>;

type Flying = Pin<Box<dyn Future<Output = Landed> + Send>>;

/// What all share that wait for it. Whoever is polled drives it, so it goes on as long as one of them is there, and
/// ends with the last.
pub(crate) struct SharedFlight {
    landing: Shared<Flying>,
    /// Of the function call. The first that learns of the end concludes it.
    watch: Mutex<Option<Watch>>,
}

/// A function call that is about to begin.
pub(crate) struct Lead<C> {
    pub(crate) call: C,
    pub(crate) watch: Option<Watch>,
}

/// A function call that begins when it is polled. When it has ended, or nobody waits for it any more, the departure is
/// dropped.
pub(super) fn fly<C, D>(
    lead: Lead<C>,
    until: Instant,
    judge: impl FnOnce(Answer) -> Landed + Send + 'static,
    departure: D,
) -> Arc<SharedFlight>
where
    C: Future<Output = Result<Answer, BoxError>> + Send + 'static,
    D: Send + 'static,
{
    let Lead { call, watch } = lead;
    let span = watch.as_ref().map(|watch| watch.span().clone());
    let call = call.instrument(span.unwrap_or_else(Span::none));
    let flying: Flying = Box::pin(async move {
        // Dropped last: what is kept is there before the call is found no more.
        let _departure = departure;
        // Its state is dropped with it, so nobody sees what a panic left of it.
        let call = AssertUnwindSafe(call).catch_unwind();
        match timeout_at(until.into(), call).await {
            Ok(Ok(Ok(answer))) => judge(answer),
            Ok(Ok(Err(error))) => Landed::Failed(error.into()),
            Ok(Err(panic)) => Landed::Panicked(Arc::new(Mutex::new(Some(panic)))),
            Err(_) => Landed::TimedOut,
        }
    });
    Arc::new(SharedFlight {
        landing: flying.shared(),
        watch: Mutex::new(watch),
    })
}

/// A function call that a call waits for.
pub(crate) struct Flight {
    /// Before `shared`, which ends the function call if nobody else waits for it.
    landing: Shared<Flying>,
    shared: Arc<SharedFlight>,
    leads: bool,
    pub(crate) question: Question,
    pub(crate) invocation: Invocation,
    /// When this call stops waiting.
    pub(crate) until: Instant,
}

impl Flight {
    pub(super) fn new(
        shared: Arc<SharedFlight>,
        leads: bool,
        question: Question,
        invocation: Invocation,
        until: Instant,
    ) -> Self {
        Self {
            landing: shared.landing.clone(),
            shared,
            leads,
            question,
            invocation,
            until,
        }
    }

    /// Whether this call made the function call.
    pub(crate) fn leads(&self) -> bool {
        self.leads
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Landed> {
        self.landing.poll_unpin(cx)
    }

    /// The watch of the function call, for the first that asks.
    pub(crate) fn take_watch(&self) -> Option<Watch> {
        let watch = &self.shared.watch;
        watch.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Flight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flight")
            .field("leads", &self.leads)
            .field("invocation", &self.invocation)
            .finish_non_exhaustive()
    }
}
