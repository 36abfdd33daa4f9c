//! Verdicts that are kept: an equal question gets the answer that there is, and equal questions that are asked at the
//! same time make one function call.
//!
//! | file | role |
//! | --- | --- |
//! | `key` | which questions are equal |
//! | `lifetime` | how long an answer is kept, and for whom it is too old |
//! | `store` | the answers, within a bound of bytes |
//! | `flights` | the function calls under way |
//! | `flight` | one of them, as each call sees it that waits for it |

mod flight;
mod flights;
mod key;
mod lifetime;
mod store;

use std::{fmt, future::Future, sync::Arc, time::Instant};

use lambda_sidecar_core::{AnswerSource, FailureClass, Invocation, Sidecar};

pub(crate) use self::{
    flight::{Flight, Landed, Lead},
    key::{FunctionIdentity, Question},
};
use self::{flights::Flights, store::Store};
use crate::{BoxError, function::Answer, observe::CacheBytes};

/// Verdicts that are kept for sidecars with `cache-max-seconds`.
///
/// Every layer with such a sidecar has one of [`DEFAULT_MAX_BYTES`](Self::DEFAULT_MAX_BYTES). Layers that
/// [are given](crate::LambdaSidecarLayer::cache) clones of one share its verdicts and its bytes.
///
/// A verdict is given to a call only if the whole envelope, without the id of the call, and the function are the
/// same. That is compared by SHA-256, so no client can make up a question that gets another's verdict. Functions
/// without AWS are the same if their names are: give layers whose functions differ under one name a cache each.
///
/// ```
/// use std::time::Duration;
/// use lambda_sidecar::{
///     Envelope, LambdaSidecarLayer, LocalFunction, Point, Sidecar, Verdict, VerdictCache,
/// };
///
/// let function = LocalFunction::new(|_call: Envelope| async {
///     Verdict::Allow.unchanged_for(Duration::from_secs(60))
/// });
/// let sidecar = Sidecar::local(Point::PreProcessor, "authz")
///     .cache_max(Duration::from_secs(300))
///     .build()?;
/// let cache = VerdictCache::new(8 * 1024 * 1024);
/// let layer = LambdaSidecarLayer::new(function).request(sidecar).cache(cache);
/// # let _ = layer;
/// # Ok::<(), lambda_sidecar::InputsError>(())
/// ```
#[derive(Clone)]
pub struct VerdictCache {
    parts: Arc<CacheParts>,
}

struct CacheParts {
    store: Store,
    flights: Arc<Flights>,
}

/// What is known of a question.
pub(crate) enum Asked {
    /// Its answer.
    Hit(Answer),
    /// A function call that answers it is under way.
    UnderWay(Flight),
}

/// How a call asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// It takes what is there, and joins others that ask the same.
    WithOthers,
    /// For itself: what the others got is not for it.
    Alone,
}

impl VerdictCache {
    /// How many bytes a cache holds at most if nothing else is said: 64 MiB.
    pub const DEFAULT_MAX_BYTES: u64 = 64 * 1024 * 1024;

    /// An empty cache that holds at most so many bytes: answers with their bodies, and 256 bytes for each to find it
    /// by. An answer that takes more than a sixteenth of it is not kept. Verdicts that are asked for often stay longest.
    #[must_use]
    pub fn new(max_bytes: u64) -> Self {
        Self {
            parts: Arc::new(CacheParts {
                store: Store::new(max_bytes, CacheBytes::new()),
                flights: Arc::new(Flights::default()),
            }),
        }
    }

    /// How many bytes the verdicts in it take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.parts.store.bytes()
    }

    /// How many bytes it holds at most.
    #[must_use]
    pub fn max_bytes(&self) -> u64 {
        self.parts.store.max_bytes()
    }

    /// Forgets every verdict. Those of function calls that are under way are kept when they come.
    pub fn clear(&self) {
        self.parts.store.clear();
    }

    /// Keeps verdicts long enough to be stale for this sidecar too.
    pub(crate) fn serve(&self, sidecar: &Sidecar) {
        self.parts.store.keep_stale_for(sidecar.cache_stale());
    }

    /// The function call that will bring the answer to a question: one under way, or one that `lead` begins. Or the
    /// answer, if it has come in since it was looked for.
    ///
    /// # Errors
    ///
    /// Those of `lead`.
    pub(crate) fn ask<C, E>(
        &self,
        question: Question,
        invocation: &Invocation,
        until: Instant,
        asks: Asks,
        lead: impl FnOnce() -> Result<Lead<C>, E>,
    ) -> Result<Asked, E>
    where
        C: Future<Output = Result<Answer, BoxError>> + Send + 'static,
    {
        let sidecar = &invocation.sidecar;
        let joins = |shared, leads| {
            let flight = Flight::new(shared, leads, question, invocation.clone(), until);
            Ok(Asked::UnderWay(flight))
        };
        let judge = {
            let (cache, sidecar) = (self.clone(), Arc::clone(sidecar));
            move |answer| cache.judge(&question, &sidecar, answer)
        };
        if asks == Asks::Alone {
            return joins(flight::fly(lead()?, until, judge, ()), true);
        }
        let mut under_way = self.parts.flights.of(&question);
        if let Some(shared) = under_way.get() {
            drop(under_way);
            return joins(shared, false);
        }
        // It may have been under way a moment ago. Then its answer was kept before it was found no more.
        if let Some(answer) = self.fresh(&question, sidecar) {
            return Ok(Asked::Hit(answer));
        }
        let lead = lead()?;
        let shared = under_way.begin(|departure| flight::fly(lead, until, judge, departure));
        drop(under_way);
        joins(shared, true)
    }

    /// The answer to a question, if one is kept and its time is not over.
    pub(crate) fn fresh(&self, question: &Question, sidecar: &Sidecar) -> Option<Answer> {
        let (kept, age) = self.parts.store.find(question)?;
        let is_fresh = lifetime::is_fresh(age, kept.lifetime, sidecar);
        is_fresh.then(|| kept.answer.clone().source(AnswerSource::Cache { age }))
    }

    /// What stands in for a function call that failed, if there is something.
    pub(crate) fn stale(
        &self,
        question: &Question,
        sidecar: &Sidecar,
        failure: FailureClass,
    ) -> Option<Answer> {
        if failure == FailureClass::WrongAnswer || sidecar.cache_stale().is_zero() {
            return None;
        }
        let (kept, age) = self.parts.store.find(question)?;
        let is_usable = lifetime::is_usable_stale(age, kept.lifetime, sidecar);
        is_usable.then(|| {
            let source = AnswerSource::Stale { age, failure };
            kept.answer.clone().source(source)
        })
    }

    /// Reads an answer of the function, and keeps it if it is one to keep.
    fn judge(&self, question: &Question, sidecar: &Sidecar, answer: Answer) -> Landed {
        match lifetime::of_answer(&answer, sidecar, std::time::SystemTime::now()) {
            Ok(None) => Landed::Verdict {
                answer,
                is_shared: false,
            },
            Ok(Some(lifetime)) => {
                self.parts.store.keep(question, &answer, lifetime);
                Landed::Verdict {
                    answer,
                    is_shared: true,
                }
            }
            Err(failure) => Landed::NoVerdict { answer, failure },
        }
    }
}

/// As large as [`VerdictCache::DEFAULT_MAX_BYTES`] says.
impl Default for VerdictCache {
    fn default() -> Self {
        Self::new(Self::DEFAULT_MAX_BYTES)
    }
}

/// Verdicts are not shown.
impl fmt::Debug for VerdictCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerdictCache")
            .field("bytes", &self.bytes())
            .field("max_bytes", &self.max_bytes())
            .finish()
    }
}
