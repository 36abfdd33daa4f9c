//! What is told of events that are sent in the background.

use std::sync::atomic::{AtomicU64, Ordering};

use lambda_sidecar::{Decision, EventQueues, Receipts, SidecarBuilder, Synchronicity};
use proptest::{collection::vec, option, prelude::*, sample::select};
use tokio::time::{sleep, timeout};
use tower::Service;

use super::{counts::counted_while, *};

/// How attempts end.
const ENDS: [&str; 7] = [
    "accepted",
    "accepted",
    "throttled",
    "connect",
    "credentials",
    "never",
    "panic",
];

/// What a run is made of. Times are in milliseconds.
#[derive(Debug, Clone)]
struct Plan {
    length: u32,
    places: Option<u32>,
    failures: Option<u32>,
    timeout: u64,
    /// How the attempts end, in their order; those after them are accepted after a while.
    ends: Vec<&'static str>,
    /// Between the calls.
    pauses: Vec<u64>,
    /// How long the end of the process waits.
    patience: u64,
}

fn plan() -> impl Strategy<Value = Plan> {
    let guards = (option::of(1_u32..5), option::of(1_u32..4));
    let ends = vec(select(&ENDS[..]), 0..80);
    let pauses = vec(prop_oneof![4 => Just(0), 1 => 0_u64..9_000], 1..60);
    let times = (100_u64..5_000, 0_u64..150_000);
    (1_u32..6, guards, ends, pauses, times).prop_map(|(length, guards, ends, pauses, times)| Plan {
        length,
        places: guards.0,
        failures: guards.1,
        timeout: times.0,
        ends,
        pauses,
        patience: times.1,
    })
}

fn sidecar(plan: &Plan) -> SidecarBuilder {
    let mut sidecar = Sidecar::local(Point::PreProcessor, "audit")
        .synchronicity(Synchronicity::Event)
        .event_queue(plan.length)
        .timeout(Duration::from_millis(plan.timeout));
    if let Some(places) = plan.places {
        sidecar = sidecar.max_concurrency(places);
    }
    if let Some(failures) = plan.failures {
        sidecar = sidecar.breaker_failures(failures);
    }
    sidecar
}

/// What the run saw itself.
#[derive(Debug, Default)]
struct Seen {
    attempts: AtomicU64,
    accepted: AtomicU64,
    queued: u64,
    dropped: u64,
    left: u64,
    late: u64,
}

async fn attempt(end: &'static str, seen: Arc<Seen>) -> Result<Answer, InvocationError> {
    match end {
        "throttled" => return Err(InvocationError::throttled("TooManyRequestsException", "")),
        "connect" => return Err(InvocationError::connect("no way")),
        "credentials" => return Err(InvocationError::credentials("none")),
        "never" => return pending().await,
        "panic" => panic!("the function panics"),
        _ => sleep(Duration::from_millis(50)).await,
    }
    seen.accepted.fetch_add(1, Ordering::Relaxed);
    Ok(Answer::accepted())
}

type Content = Full<Bytes>;

fn backend() -> impl Service<
    Request<SidecarBody<Content>>,
    Response = Response<Content>,
    Error = Infallible,
    Future: Send,
> + Clone {
    service_fn(|_| async { Ok(Response::new(Content::default())) })
}

async fn run(plan: &Plan) -> Seen {
    tokio::time::pause();
    let seen = Arc::new(Seen::default());
    let function = service_fn({
        let (seen, ends) = (Arc::clone(&seen), plan.ends.clone());
        move |_: Invocation| {
            let at = seen.attempts.fetch_add(1, Ordering::Relaxed);
            let end = ends.get(usize::try_from(at).unwrap()).copied();
            attempt(end.unwrap_or("accepted"), Arc::clone(&seen))
        }
    });
    let queues = EventQueues::new();
    let layer = LambdaSidecarLayer::new(function)
        .request(sidecar(plan).build().unwrap())
        .event_queues(queues.clone());
    let service = layer.layer(backend());
    drop(layer);
    let call = async || {
        let response = service.clone().oneshot(Request::new(Full::default()));
        let response = response.await.unwrap();
        let receipts: &Receipts = response.extensions().get().unwrap();
        receipts[0].decision()
    };
    let (mut queued, mut dropped, mut late) = (0, 0, 0);
    for pause in &plan.pauses {
        match call().await {
            Decision::Queued => queued += 1,
            Decision::Dropped => dropped += 1,
            other => panic!("{other:?}"),
        }
        sleep(Duration::from_millis(*pause)).await;
    }
    let _ = timeout(Duration::from_millis(plan.patience), queues.emptied()).await;
    let left = queues.close() as u64;
    for _ in 0..2 {
        assert_eq!(call().await, Decision::Dropped);
        late += 1;
    }
    // Whatever is still under way has time to be counted twice.
    drop(service);
    sleep(Duration::from_secs(3600)).await;
    Seen {
        attempts: seen.attempts.load(Ordering::Relaxed).into(),
        accepted: seen.accepted.load(Ordering::Relaxed).into(),
        queued,
        dropped,
        left,
        late,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn each_event_is_sent_or_lost_and_counted_once(plan in plan()) {
        let mut seen = Seen::default();
        let counted = counted_while(|run_time| seen = run_time.block_on(run(&plan)));
        #[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "counts")]
        let count = |name: &str| counted[name] as u64;
        let lost = |reason: &str| {
            count(&format!("sidecar_events_dropped_total{{audit,PreProcessor,{reason}}}"))
        };
        let accepted = seen.accepted.load(Ordering::Relaxed);
        let calls = seen.queued + seen.dropped;
        prop_assert_eq!(calls, plan.pauses.len() as u64);
        prop_assert_eq!(lost("full"), seen.dropped);
        prop_assert_eq!(lost("shutdown"), seen.left + seen.late);
        prop_assert_eq!(
            accepted + lost("failed") + lost("expired") + seen.left,
            seen.queued,
            "{:?}: {:?}",
            &seen,
            &counted,
        );
        prop_assert_eq!(count("sidecar_decisions_total{audit,PreProcessor,queued}"), seen.queued);
        let dropped = count("sidecar_decisions_total{audit,PreProcessor,dropped}");
        prop_assert_eq!(dropped, seen.dropped + seen.late);
        let attempts = seen.attempts.load(Ordering::Relaxed);
        prop_assert_eq!(count("sidecar_calls_total{audit,PreProcessor}"), attempts);
        for gauge in ["sidecar_events_queued", "sidecar_calls_in_flight"] {
            prop_assert_eq!(count(&format!("{gauge}{{audit,PreProcessor}}")), 0);
        }
    }
}

/// What waits and what is under way.
#[test]
fn what_is_lost_with_its_runtime_is_counted() {
    let plan = Plan {
        length: 20,
        places: None,
        failures: None,
        timeout: 60_000,
        ends: Vec::new(),
        pauses: Vec::new(),
        patience: 0,
    };
    let counted = counted_while(|_| {
        let run_time = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        run_time.block_on(async {
            let function = service_fn(|_: Invocation| pending::<Result<Answer, InvocationError>>());
            let layer = LambdaSidecarLayer::new(function).request(sidecar(&plan).build().unwrap());
            let service = layer.layer(backend());
            for _ in 0..30 {
                let call = service.clone().oneshot(Request::new(Full::default()));
                call.await.unwrap();
            }
        });
        drop(run_time);
    });
    let name = "sidecar_events_dropped_total{audit,PreProcessor,shutdown}";
    assert_eq!(counted[name], 30.0, "{counted:?}");
    assert_eq!(counted["sidecar_events_queued{audit,PreProcessor}"], 0.0);
}

#[test]
fn an_attempt_has_a_span_of_its_own() {
    let seen = spans(|run_time| {
        run_time.block_on(async {
            let plan = Plan {
                length: 1,
                places: None,
                failures: None,
                timeout: 60_000,
                ends: vec!["throttled", "accepted"],
                pauses: vec![0],
                patience: 60_000,
            };
            run(&plan).await;
        });
    });
    let errors = seen
        .iter()
        .map(|span| span.get("error.type").map(String::as_str));
    assert!(errors.eq([Some("throttled"), None]), "{seen:?}");
    for span in seen {
        assert_eq!(span["name"], "function call");
        assert_eq!(span["sidecar.decision"], "queued");
        assert_eq!(span["sidecar.synchronicity"], "Event");
    }
}
