//! Function calls whose verdicts may be kept.

use std::{panic::resume_unwind, sync::PoisonError, time::Instant};

use lambda_sidecar_core::{Failure, FailureClass, session::Event};
use tower_service::Service;

use super::host::Host;
use crate::{
    BoxError,
    function::{Answer, Invocation},
    guard::{Asked, Asks, Flight, Guarded, Landed, Lead},
    invoke::Invoke,
    observe::CacheResult,
};

impl<B, R> Host<B, R> {
    /// Asks the cache, and the function if there is no answer and its guards let the call through. None if verdicts of
    /// this sidecar, or of this invocation, are not kept.
    pub(super) fn ask<F>(
        &self,
        function: &F,
        invocation: &Invocation,
        until: Instant,
        asks: Asks,
    ) -> Option<Result<Asked, Failure>>
    where
        F: Service<Invocation, Response = Answer> + Clone + Send + 'static,
        F::Error: Into<BoxError>,
        F::Future: Send + 'static,
    {
        let sidecar = &invocation.sidecar;
        let guards = self.route.guards(sidecar)?;
        let question = guards.question(invocation)?;
        let cache = self.route.cache()?;
        if asks == Asks::WithOthers
            && let Some(answer) = cache.fresh(&question, sidecar)
        {
            guards.count(CacheResult::Hit);
            return Some(Ok(Asked::Hit(answer)));
        }
        let lead = || {
            let admitted = guards.admit(self.own(until))?;
            let invoke = Invoke::new(function.clone(), invocation.clone());
            Ok(Lead {
                call: Guarded::new(invoke, Some(admitted)),
                watch: self.new_watch(invocation),
            })
        };
        let asked = cache.ask(question, invocation, until, asks, lead);
        match &asked {
            Ok(Asked::Hit(_)) => guards.count(CacheResult::Hit),
            Ok(Asked::UnderWay(flight)) => {
                if flight.leads() {
                    guards.count(CacheResult::Miss);
                }
                self.waits(invocation);
            }
            Err(_) => guards.count(CacheResult::Miss),
        }
        Some(asked.or_else(|retry_after| {
            let stale = cache.stale(&question, sidecar, FailureClass::Rejected);
            let stale = stale.inspect(|_| guards.count(CacheResult::Stale));
            stale
                .map(Asked::Hit)
                .ok_or(Failure::Rejected { retry_after })
        }))
    }

    /// The function call is over. What came of it for this call; or how it is to ask again, because that is for others.
    pub(super) fn landed(&mut self, flight: &Flight, landed: Landed) -> Result<Event, Asks> {
        let result = match landed {
            Landed::Verdict { is_shared, .. } if !is_shared && !flight.leads() => {
                return Err(Asks::Alone);
            }
            Landed::TimedOut if !flight.leads() && now() < flight.until => {
                return Err(Asks::WithOthers);
            }
            Landed::TimedOut => return Ok(self.timed_out(flight)),
            Landed::Panicked(panic) if flight.leads() => {
                let panic = panic.lock().unwrap_or_else(PoisonError::into_inner).take();
                resume_unwind(panic.unwrap_or_else(|| Box::new("the function panicked")));
            }
            Landed::Panicked(_) => return Err(Asks::WithOthers),
            Landed::Verdict { answer, .. } => {
                self.ended(flight);
                Ok(answer)
            }
            Landed::NoVerdict { answer, failure } => {
                self.ended(flight);
                let stale = self.stale(flight, failure.class());
                if let (Some(watch), Some(_)) = (&self.watch, &stale) {
                    watch.failed(failure.class(), &failure);
                }
                Ok(stale.unwrap_or(answer))
            }
            Landed::Failed(error) => {
                self.ended(flight);
                let failure = self.failure(&*error);
                self.stale(flight, failure.class()).ok_or(failure)
            }
        };
        Ok(Event::Answered(result))
    }

    /// This call stops waiting. The function call is over with it only if it made it.
    pub(super) fn timed_out(&mut self, flight: &Flight) -> Event {
        if flight.leads() {
            self.watch = flight.take_watch();
        }
        self.count_joined(flight);
        // What ends with the whole call is no failure of the function.
        let stale = match self.own(flight.until) {
            Some(_) => self.stale(flight, FailureClass::Timeout),
            None => None,
        };
        stale.map_or(Event::TimedOut, |stale| Event::Answered(Ok(stale)))
    }

    /// The function call is over. The first that learns of it tells what came of it.
    fn ended(&mut self, flight: &Flight) {
        self.watch = flight.take_watch();
        self.count_joined(flight);
    }

    fn count_joined(&self, flight: &Flight) {
        if !flight.leads()
            && let Some(guards) = self.route.guards(&flight.invocation.sidecar)
        {
            guards.count(CacheResult::Joined);
        }
    }

    /// What stands in for a function call that failed.
    fn stale(&self, flight: &Flight, class: FailureClass) -> Option<Answer> {
        let sidecar = &flight.invocation.sidecar;
        let stale = self
            .route
            .cache()?
            .stale(&flight.question, sidecar, class)?;
        self.route.guards(sidecar)?.count(CacheResult::Stale);
        Some(stale)
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
