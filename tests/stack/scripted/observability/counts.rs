//! What is counted.

use std::task::Poll;

use lambda_sidecar::Synchronicity;

use super::*;

/// What was counted while this was done: `name{labels}` and the sum of its values.
fn counted(
    answer: impl Fn(&str) -> Result<Answer, InvocationError> + Clone + Send + Sync + 'static,
) -> BTreeMap<String, f64> {
    counted_while(|run_time| {
        run_time.block_on(call(answer));
    })
}

pub(super) fn counted_while(done: impl FnOnce(&tokio::runtime::Runtime)) -> BTreeMap<String, f64> {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let run_time = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    metrics::with_local_recorder(&recorder, || done(&run_time));
    let all = snapshotter.snapshot().into_vec().into_iter();
    all.map(|(key, _, help, value)| {
        assert!(help.is_some(), "{key:?} is not described");
        let (_, key) = key.into_parts();
        let labels: Vec<_> = key.labels().map(|label| label.value()).collect();
        let value = match value {
            #[allow(clippy::cast_precision_loss, reason = "small numbers")]
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(level) => level.0,
            DebugValue::Histogram(values) => values.iter().map(|value| value.0).sum(),
        };
        (format!("{}{{{}}}", key.name(), labels.join(",")), value)
    })
    .collect()
}

#[test]
fn calls_decisions_failures_and_refused_headers_are_counted() {
    let counted = counted(|name| match name {
        "pre" => Ok(Answer::ok(
            r#"{"modify":{"addHeaders":{"te":"x","host":"y"}}}"#,
        )),
        _ => Err(InvocationError::timeout()),
    });
    for (name, value) in [
        ("sidecar_calls_total{pre,PreProcessor}", 1.0),
        ("sidecar_calls_total{post,PostProcessor}", 1.0),
        ("sidecar_decisions_total{pre,PreProcessor,modify}", 1.0),
        ("sidecar_decisions_total{pre,PreProcessor,allow}", 0.0),
        ("sidecar_decisions_total{post,PostProcessor,allow}", 1.0),
        ("sidecar_failures_total{post,PostProcessor,timeout}", 1.0),
        ("sidecar_failures_total{post,PostProcessor,connect}", 0.0),
        ("sidecar_failed_open_total{pre,PreProcessor}", 0.0),
        ("sidecar_failed_open_total{post,PostProcessor}", 1.0),
        ("sidecar_refused_headers_total{pre,PreProcessor}", 2.0),
        ("sidecar_calls_in_flight{pre,PreProcessor}", 0.0),
    ] {
        assert_eq!(counted.get(name), Some(&value), "{name}: {counted:?}");
    }
    assert!(counted["sidecar_envelope_bytes{pre,PreProcessor}"] > 100.0);
    assert!(counted["sidecar_duration_seconds{pre,PreProcessor}"] > 0.0);
}

/// The calls in flight at `pre` and `post`.
struct Levels(Snapshotter, [f64; 2]);

impl Levels {
    /// A look sets the gauges of this recorder to 0, so what they say is what has changed since the last one.
    fn now(&mut self) -> [f64; 2] {
        for (key, _, _, value) in self.0.snapshot().into_vec() {
            let (_, key) = key.into_parts();
            let DebugValue::Gauge(change) = value else {
                continue;
            };
            assert_eq!(key.name(), "sidecar_calls_in_flight");
            let is_post = key.labels().any(|label| label.value() == "post");
            self.1[usize::from(is_post)] += change.0;
        }
        self.1
    }
}

#[test]
fn function_calls_are_in_flight_from_their_beginning_to_their_end_however_they_end() {
    let recorder = DebuggingRecorder::new();
    let mut levels = Levels(recorder.snapshotter(), [0.0; 2]);
    let run_time = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let (asks, mut asked) = mpsc::unbounded_channel();
    let answers = Arc::new(Semaphore::new(0));
    let function = {
        let answers = Arc::clone(&answers);
        move |_: &str| {
            asks.send(()).unwrap();
            let answers = Arc::clone(&answers);
            async move {
                answers.acquire().await.unwrap().forget();
                Ok(Answer::ok("{}"))
            }
        }
    };
    let call = || Box::pin(call_with(Method::POST, function.clone()));
    metrics::with_local_recorder(&recorder, || {
        run_time.block_on(async {
            let (mut first, mut second, mut dropped) = (call(), call(), call());
            let mut is_asked = async || asked.recv().await.unwrap();
            let all = [&mut first, &mut second, &mut dropped];
            for (begun, call) in [1.0, 2.0, 3.0].into_iter().zip(all) {
                tokio::select! {
                    biased;
                    _ = call => panic!("it is answered"),
                    () = is_asked() => {}
                }
                assert_eq!(levels.now(), [begun, 0.0]);
            }
            drop(dropped);
            assert_eq!(levels.now(), [2.0, 0.0]);
            answers.add_permits(1);
            tokio::select! {
                biased;
                _ = &mut first => panic!("the second function has not answered"),
                () = is_asked() => {}
            }
            assert_eq!(levels.now(), [1.0, 1.0]);
            answers.add_permits(3);
            assert_eq!(first.await.status(), 200);
            assert_eq!(levels.now(), [1.0, 0.0]);
            assert_eq!(second.await.status(), 200);
            assert_eq!(levels.now(), [0.0, 0.0]);
        });
    });
}

/// So an alert on failures alone does not see it.
#[test]
fn the_end_of_the_whole_calls_time_is_counted_as_a_decision_and_not_as_a_failure() {
    let counted = counted_while(hang);
    assert_eq!(
        counted["sidecar_decisions_total{pre,PreProcessor,error}"],
        1.0
    );
    let failures = counted
        .iter()
        .filter(|(name, _)| name.starts_with("sidecar_failures_total"));
    assert_eq!(failures.map(|(_, count)| count).sum::<f64>(), 0.0);
}

#[test]
fn every_metric_of_the_list_is_counted_and_none_beside_it() {
    let counted = counted_while(|run_time| {
        run_time.block_on(call(|_| Ok(Answer::ok("{}"))));
        // What guards, caches and queues count is there if a sidecar has some.
        let guarded = Sidecar::local(Point::PreProcessor, "guarded");
        let guarded = guarded.max_concurrency(1).breaker_failures(1);
        let guarded = guarded.cache_max(Duration::from_secs(1)).build();
        let queueing = Sidecar::local(Point::PreProcessor, "queueing");
        let queueing = queueing.synchronicity(Synchronicity::Event).event_queue(1);
        let layer = LambdaSidecarLayer::new(()).request(guarded.unwrap());
        drop(layer.request(queueing.build().unwrap()));
    });
    let counted: BTreeSet<_> = counted
        .keys()
        .map(|name| name.split('{').next().unwrap())
        .collect();
    // Only AWS throttles: the gateway's tests have it counted.
    let names = METRICS.iter().map(|metric| metric.name);
    let names = names.filter(|name| *name != "sidecar_throttled_total");
    assert_eq!(counted, names.collect());
}

/// A function call that goes on for others when the call that made it is cancelled is one that was not cancelled.
#[test]
fn what_becomes_of_equal_questions_is_counted() {
    let counted = counted_while(|run_time| run_time.block_on(ask_the_same()));
    for (name, value) in [
        ("sidecar_cache_total{pre,PreProcessor,miss}", 1.0),
        ("sidecar_cache_total{pre,PreProcessor,joined}", 2.0),
        ("sidecar_cache_total{pre,PreProcessor,hit}", 1.0),
        ("sidecar_cache_total{pre,PreProcessor,stale}", 0.0),
        ("sidecar_calls_total{pre,PreProcessor}", 1.0),
        ("sidecar_cancelled_total{pre,PreProcessor}", 0.0),
        ("sidecar_calls_in_flight{pre,PreProcessor}", 0.0),
        ("sidecar_decisions_total{pre,PreProcessor,allow}", 3.0),
        // The cache is gone with its layer.
        ("sidecar_cache_bytes{}", 0.0),
    ] {
        assert_eq!(counted.get(name), Some(&value), "{name}: {counted:?}");
    }
}

/// Three calls at once, of which the first is cancelled, and one more.
async fn ask_the_same() {
    let answers = Arc::new(Semaphore::new(0));
    let function = service_fn({
        let answers = Arc::clone(&answers);
        move |_: Invocation| {
            let answers = Arc::clone(&answers);
            async move {
                answers.acquire().await.unwrap().forget();
                Ok::<_, InvocationError>(Answer::ok(r#"{"unchangedFor":60}"#))
            }
        }
    });
    let sidecar = Sidecar::local(Point::PreProcessor, "pre").cache_max(Duration::from_secs(60));
    let layer = LambdaSidecarLayer::new(function).request(sidecar.build().unwrap());
    let backend = service_fn(|_: Request<SidecarBody<Full<Bytes>>>| async {
        Ok::<_, BoxError>(Response::new(Full::<Bytes>::default()))
    });
    let service = layer.layer(backend);
    let call = || Box::pin(service.clone().oneshot(Request::new(Full::default())));
    let mut calls = [call(), call(), call()];
    std::future::poll_fn(|cx| {
        for call in &mut calls {
            assert!(call.as_mut().poll(cx).is_pending());
        }
        Poll::Ready(())
    })
    .await;
    let [first, second, third] = calls;
    drop(first);
    answers.add_permits(1);
    for call in [second, third, call()] {
        assert_eq!(call.await.unwrap().status(), 200);
    }
}
