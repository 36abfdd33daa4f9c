//! Guards: a function protected from the calls, and the calls from a function that is out of order.
//!
//! From the outside in:
//!
//! 1. the cache of verdicts: what is answered from it needs no place, and no breaker counts it;
//! 2. the breaker, so that an open one takes no place;
//! 3. the places of calls under way at once;
//! 4. the function service with its retries: a call is one call, however often it is attempted.
//!
//! A route has one of each but the cache, which its sidecars share, for every sidecar that asks for it, so a layer that is made anew has new ones. Whoever is
//! admitted holds its place until the call ends or is dropped.

mod breaker;
mod cache;
mod concurrency;

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use lambda_sidecar_core::{Invocation, Sidecar};
use pin_project_lite::pin_project;
use tokio::time::Instant;

pub use self::cache::VerdictCache;
pub(crate) use self::cache::{Asked, Asks, Flight, Landed, Lead, Question};
use self::{
    breaker::{Breaker, CallEnd, Pass},
    cache::FunctionIdentity,
    concurrency::{Concurrency, TakenPlace},
};
use crate::{
    BoxError,
    function::{self, Answer},
    observe::{CacheObserver, CacheResult, GuardObserver, Rejection},
};

/// After what time a client may try again that found no place: places come back all the time.
const SOON: Duration = Duration::from_secs(1);

/// The guards of one sidecar. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Guards {
    breaker: Option<Arc<Breaker>>,
    places: Option<Arc<Concurrency>>,
    observer: GuardObserver,
    cached: Option<Cached>,
}

/// How a sidecar asks a cache.
#[derive(Debug, Clone)]
struct Cached {
    function: FunctionIdentity,
    observer: CacheObserver,
}

impl Guards {
    /// None if the sidecar asks for none.
    pub(crate) fn new(sidecar: &Arc<Sidecar>) -> Option<Self> {
        let (failures, calls) = (sidecar.breaker_failures(), sidecar.max_concurrency());
        let is_cached = sidecar.cache_max().is_some();
        if failures.is_none() && calls.is_none() && !is_cached {
            return None;
        }
        let observer = GuardObserver::new(sidecar);
        let open_for = sidecar.breaker_open();
        let breaker = |failures| Arc::new(Breaker::new(failures, open_for, observer.clone()));
        Some(Self {
            breaker: failures.map(breaker),
            places: calls.map(|calls| Arc::new(Concurrency::new(calls))),
            observer,
            cached: is_cached.then(|| Cached {
                function: FunctionIdentity::new(sidecar),
                observer: CacheObserver::new(sidecar),
            }),
        })
    }

    /// What a function call of this sidecar asks, if its verdict may be kept.
    pub(crate) fn question(&self, invocation: &Invocation) -> Option<Question> {
        self.cached.as_ref()?.function.question(invocation)
    }

    /// A question of this sidecar ended in this way.
    pub(crate) fn count(&self, result: CacheResult) {
        if let Some(cached) = &self.cached {
            cached.observer.count(result);
        }
    }

    /// Lets a call through, or says after what time its client may try again. `until` is the end of the sidecar's own
    /// timeout, if that is what ends the call: one that is dropped then has failed, and one that is dropped before
    /// has lost its caller.
    pub(crate) fn admit(&self, until: Option<Instant>) -> Result<Admitted, Duration> {
        let pass = self.breaker.as_ref().map(Breaker::admit).transpose();
        let pass = pass.inspect_err(|_| self.observer.rejected(Rejection::Breaker))?;
        let place = self.places.as_ref().map(|places| places.take().ok_or(SOON));
        // Where there is no place the pass is dropped, and with it the turn to try.
        let place = place.transpose();
        let place = place.inspect_err(|_| self.observer.rejected(Rejection::Concurrency))?;
        Ok(Admitted {
            pass,
            until,
            _place: place,
        })
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
