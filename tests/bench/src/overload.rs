//! A function that becomes slow, and ten gateways in front of it: what guards and a cache do for it. Simulated with
//! a clock that jumps to the next event, so that a minute takes no minute and comes out the same each time.

use std::{
    convert::Infallible,
    ops::Range,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use lambda_sidecar::{
    Answer, Invocation, InvocationError, LambdaSidecarLayer, Sidecar, SidecarBody,
};
use tokio::time::{Instant, sleep, sleep_until};
use tower::{Layer, ServiceExt, service_fn};

use crate::Result;

/// Gateways, each with guards and a cache of its own.
const COPIES: usize = 10;
/// What each of them is asked.
const CALLS_A_SECOND: u32 = 50;
/// How many of its runs AWS Lambda allows the function at once.
const RESERVED: usize = 100;
/// Different callers, of whom the function is asked.
const CALLERS: u32 = 100;
/// How long all of it takes.
const SECONDS: usize = 60;
/// The seconds in which the function is slow.
pub(crate) const SLOW: Range<usize> = 12..42;
const USUAL_TIME: Duration = Duration::from_millis(20);
const SLOW_TIME: Duration = Duration::from_secs(2);

/// How the sidecar of every gateway protects the function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    None,
    MaxConcurrency,
    Breaker,
    Cache,
}

impl Protection {
    pub(crate) const ALL: [Self; 4] =
        [Self::None, Self::MaxConcurrency, Self::Breaker, Self::Cache];

    pub(crate) fn keys(self) -> &'static str {
        match self {
            Self::None => "",
            Self::MaxConcurrency => "max-concurrency: 3",
            Self::Breaker => "breaker-failures: 5",
            Self::Cache => "cache-max-seconds: 300\ncache-default-seconds: 300",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "without guards",
            Self::MaxConcurrency => "max-concurrency: 3",
            Self::Breaker => "breaker-failures: 5",
            Self::Cache => "cache, 100 callers",
        }
    }
}

/// One second of it, over all gateways.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Second {
    /// The most runs of the function at once.
    pub(crate) runs: usize,
    /// Runs that began.
    pub(crate) begun: u32,
    /// Function calls that AWS refused, because all places were taken.
    pub(crate) throttled: u32,
    /// Calls that began in it and got a verdict, in the end.
    pub(crate) verdicts: u32,
}

/// A minute with this protection, second by second.
pub(crate) fn minute(protection: Protection) -> Result<Vec<Second>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?;
    runtime.block_on(simulated(protection))
}

async fn simulated(protection: Protection) -> Result<Vec<Second>> {
    let minute = Minute::new();
    let sidecar = Sidecar::pre(&format!(
        "region: us-east-1
         functionARN: arn:aws:lambda:us-east-1:123456789012:function:authz:live
         useAssumeRole: false
         timeout: 1000
         include-request-headers: authorization
         {}",
        protection.keys()
    ))?;
    let gateways: Vec<_> = (0..COPIES)
        .map(|_| {
            let minute = minute.clone();
            let function = service_fn(move |_: Invocation| minute.clone().function());
            let layer = LambdaSidecarLayer::new(function).request(sidecar.clone());
            layer.layer(service_fn(backend))
        })
        .collect();
    for number in 0..u32::try_from(SECONDS)? * CALLS_A_SECOND {
        sleep_until(minute.began + Duration::from_secs(1) * number / CALLS_A_SECOND).await;
        minute.look();
        for (copy, gateway) in (0u32..).zip(&gateways) {
            // Prime to the number of callers, so that each gateway sees all of them, in another order.
            let caller = (number * 37 + copy * 11) % CALLERS;
            let request = Request::builder()
                .uri("http://gateway/orders")
                .header("authorization", format!("Bearer {caller}"))
                .body(Full::new(Bytes::new()))?;
            let (call, minute) = (gateway.clone().oneshot(request), minute.clone());
            tokio::spawn(async move {
                let second = minute.second();
                if call.await.is_ok_and(|answer| answer.status().is_success()) {
                    minute.count(second, |second| second.verdicts += 1);
                }
            });
        }
    }
    // The last calls are over as well.
    sleep(2 * SLOW_TIME).await;
    Ok(minute.seconds())
}

async fn backend(
    _: Request<SidecarBody<Full<Bytes>>>,
) -> std::result::Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::default()))
}

/// What all gateways and the function share.
#[derive(Debug, Clone)]
struct Minute {
    began: Instant,
    runs: Arc<AtomicUsize>,
    seconds: Arc<Mutex<Vec<Second>>>,
}

impl Minute {
    fn new() -> Self {
        Self {
            began: Instant::now(),
            runs: Arc::default(),
            seconds: Arc::new(Mutex::new(vec![Second::default(); SECONDS])),
        }
    }

    /// Also if no run begins in this second, some can be under way.
    fn look(&self) {
        let runs = self.runs.load(Ordering::Relaxed);
        self.count(self.second(), |second| second.runs = second.runs.max(runs));
    }

    fn second(&self) -> usize {
        usize::try_from(self.began.elapsed().as_secs()).unwrap_or(usize::MAX)
    }

    fn count(&self, second: usize, count: impl FnOnce(&mut Second)) {
        let mut seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        seconds.get_mut(second).map(count);
    }

    fn seconds(&self) -> Vec<Second> {
        let seconds = self.seconds.lock().unwrap_or_else(PoisonError::into_inner);
        seconds.clone()
    }

    /// As AWS Lambda does it: a run goes on to its end when nobody waits for it any more, and one more than the
    /// reserved ones is refused at once.
    async fn function(self) -> std::result::Result<Answer, InvocationError> {
        let second = self.second();
        let before = self.runs.load(Ordering::Relaxed);
        if before == RESERVED {
            self.count(second, |second| second.throttled += 1);
            let reason = "ReservedFunctionConcurrentInvocationLimitExceeded";
            return Err(InvocationError::throttled(
                "TooManyRequestsException",
                reason,
            ));
        }
        self.runs.store(before + 1, Ordering::Relaxed);
        self.count(second, |second| second.begun += 1);
        self.look();
        let runs = Arc::clone(&self.runs);
        let time = if SLOW.contains(&second) {
            SLOW_TIME
        } else {
            USUAL_TIME
        };
        let run = tokio::spawn(async move {
            sleep(time).await;
            runs.fetch_sub(1, Ordering::Relaxed);
        });
        run.await.map_err(InvocationError::connect)?;
        Ok(Answer::ok("{}"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    const ALL_CALLS: u32 = CALLS_A_SECOND * COPIES as u32;

    /// The seconds in which it is slow and every gateway knows it.
    const KNOWN: Range<usize> = SLOW.start + 3..SLOW.end;

    /// Each is simulated once for all tests.
    static MINUTES: [LazyLock<Vec<Second>>; 4] = [
        LazyLock::new(|| minute(Protection::None).unwrap()),
        LazyLock::new(|| minute(Protection::MaxConcurrency).unwrap()),
        LazyLock::new(|| minute(Protection::Breaker).unwrap()),
        LazyLock::new(|| minute(Protection::Cache).unwrap()),
    ];

    fn seconds(protection: Protection) -> &'static [Second] {
        &MINUTES[protection as usize]
    }

    fn worst_and_best(seconds: &[Second], of: fn(&Second) -> u32) -> (u32, u32) {
        let counts = || seconds.iter().map(of);
        (counts().min().unwrap(), counts().max().unwrap())
    }

    #[test]
    fn a_slow_function_without_guards_has_all_its_places_taken_by_calls_that_nobody_waits_for() {
        let seconds = seconds(Protection::None);
        for second in &seconds[KNOWN] {
            assert_eq!((second.runs, second.verdicts), (RESERVED, 0), "{second:?}");
        }
    }

    #[test]
    fn max_concurrency_leaves_places_for_others() {
        let seconds = seconds(Protection::MaxConcurrency);
        // A client waits for a second and a run takes two: two runs for each place.
        let most = seconds[KNOWN].iter().map(|second| second.runs).max();
        assert!(most <= Some(2 * 3 * COPIES), "{most:?}");
        assert_eq!(
            worst_and_best(&seconds[KNOWN], |second| second.throttled),
            (0, 0)
        );
    }

    #[test]
    fn a_breaker_leaves_the_function_nearly_alone() {
        let seconds = seconds(Protection::Breaker);
        let begun: u32 = seconds[KNOWN].iter().map(|second| second.begun).sum();
        // Each gateway tries once in six seconds: five open, one waiting.
        assert!(begun <= 5 * COPIES as u32, "{begun}");
    }

    #[test]
    fn with_verdicts_that_are_kept_callers_notice_nothing() {
        let seconds = seconds(Protection::Cache);
        let (worst, _) = worst_and_best(&seconds[SLOW], |second| second.verdicts);
        assert!(worst * 100 >= ALL_CALLS * 99, "{worst}");
    }

    #[test]
    fn after_it_everybody_has_verdicts_again() {
        for protection in Protection::ALL {
            let seconds = seconds(protection);
            // An open breaker tries at most five seconds, and a call that waits, later.
            let (worst, best) = worst_and_best(&seconds[SLOW.end + 7..], |second| second.verdicts);
            assert_eq!((worst, best), (ALL_CALLS, ALL_CALLS), "{protection:?}");
        }
    }
}
