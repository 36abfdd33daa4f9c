//! What stands before every function call of a sidecar: the breaker, then the places.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use lambda_sidecar_core::Sidecar;
use pin_project_lite::pin_project;
use tokio::time::Instant;

use super::{
    breaker::{Breaker, CallEnd, Pass},
    concurrency::{Concurrency, TakenPlace},
};
use crate::{
    BoxError,
    function::{self, Answer},
    observe::{GuardObserver, Rejection},
};

/// After what time a client may try again that found no place: places come back all the time.
const SOON: Duration = Duration::from_secs(1);

/// The breaker and the places of one sidecar, as far as it has them. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    breaker: Option<Arc<Breaker>>,
    places: Option<Arc<Concurrency>>,
}

/// A call is not let through.
#[derive(Debug, Clone, Copy)]
pub(super) struct NotAdmitted {
    pub(super) by: Rejection,
    /// After what time it may try again.
    pub(super) retry_after: Duration,
}

impl Gate {
    pub(super) fn new(sidecar: &Sidecar, observer: &GuardObserver) -> Self {
        let open_for = sidecar.breaker_open();
        let breaker = |failures| Arc::new(Breaker::new(failures, open_for, observer.clone()));
        let places = |calls| Arc::new(Concurrency::new(calls));
        Self {
            breaker: sidecar.breaker_failures().map(breaker),
            places: sidecar.max_concurrency().map(places),
        }
    }

    /// Lets a call through. `until` is the end of the sidecar's own timeout, if that is what ends the call: one that is
    /// dropped then has failed, and one that is dropped before has lost its caller.
    pub(super) fn admit(&self, until: Option<Instant>) -> Result<Admitted, NotAdmitted> {
        let pass = self.breaker.as_ref().map(Breaker::admit).transpose();
        let pass = pass.map_err(|retry_after| NotAdmitted {
            by: Rejection::Breaker,
            retry_after,
        })?;
        // Where there is no place the pass is dropped, and with it the turn to try.
        let place = match &self.places {
            Some(places) => Some(places.take().ok_or(NotAdmitted {
                by: Rejection::Concurrency,
                retry_after: SOON,
            })?),
            None => None,
        };
        Ok(Admitted {
            pass,
            until,
            _place: place,
        })
    }

    /// For how long in all the breaker has held calls back.
    pub(super) fn held(&self) -> Duration {
        let breaker = self.breaker.as_ref();
        breaker.map_or(Duration::ZERO, |breaker| breaker.held())
    }
}

/// A call that was let through, until it has ended or is dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    pass: Option<Pass>,
    until: Option<Instant>,
    _place: Option<TakenPlace>,
}

impl Admitted {
    fn ended(mut self, result: &Result<Answer, BoxError>) {
        if let Some(pass) = self.pass.take() {
            let failure = result
                .as_ref()
                .err()
                .map(|error| function::failure(&**error));
            pass.ended(failure.map_or(CallEnd::Other, |failure| CallEnd::from(failure.class())));
        }
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let is_over = |until: &Instant| Instant::now() >= *until;
        if let Some(pass) = self.pass.take()
            && self.until.as_ref().is_some_and(is_over)
        {
            pass.ended(CallEnd::Failure);
        }
    }
}

pin_project! {
    /// A function call that its guards, if there are some, have let through.
    pub(crate) struct Guarded<I> {
        #[pin]
        invoke: I,
        admitted: Option<Admitted>,
    }
}

impl<I> Guarded<I> {
    pub(crate) fn new(invoke: I, admitted: Option<Admitted>) -> Self {
        Self { invoke, admitted }
    }
}

impl<I> Future for Guarded<I>
where
    I: Future<Output = Result<Answer, BoxError>>,
{
    type Output = Result<Answer, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.invoke.poll(cx));
        if let Some(admitted) = this.admitted.take() {
            admitted.ended(&result);
        }
        Poll::Ready(result)
    }
}
