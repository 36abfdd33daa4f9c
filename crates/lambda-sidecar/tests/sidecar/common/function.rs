//! Functions that answer as they are told.

use std::{
    future::{Future, pending, ready},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use lambda_sidecar::{Answer, BoxError, Invocation};
use serde_json::Value;
use tower::Service;

use lambda_sidecar_test_support::envelopes::assert_is_envelope;

type Reply = Pin<Box<dyn Future<Output = Result<Answer, BoxError>> + Send>>;

/// A function that answers as it is told, and remembers what it was asked.
#[derive(Clone)]
pub(crate) struct Function {
    reply: Arc<dyn Fn(&Invocation) -> Reply + Send + Sync>,
    asked: Arc<Mutex<Vec<Invocation>>>,
    under_way: Arc<AtomicUsize>,
}

impl Function {
    pub(crate) fn new(reply: impl Fn(&Invocation) -> Reply + Send + Sync + 'static) -> Self {
        Self {
            reply: Arc::new(reply),
            asked: Arc::default(),
            under_way: Arc::default(),
        }
    }

    /// Answers this JSON.
    pub(crate) fn answers(json: impl Into<String>) -> Self {
        Self::answer(Answer::ok(json.into()))
    }

    pub(crate) fn answer(answer: Answer) -> Self {
        Self::new(move |_| Box::pin(ready(Ok(answer.clone()))))
    }

    pub(crate) fn allows() -> Self {
        Self::answers("{}")
    }

    pub(crate) fn fails<E: Into<BoxError>>(error: impl Fn() -> E + Send + Sync + 'static) -> Self {
        Self::new(move |_| Box::pin(ready(Err(error().into()))))
    }

    /// Answers each sidecar, by the name of its function and the envelope.
    pub(crate) fn by(verdict: impl Fn(&str, &Value) -> String + Send + Sync + 'static) -> Self {
        Self::new(move |invocation| {
            let envelope = serde_json::from_slice(&invocation.payload).unwrap();
            let verdict = verdict(invocation.sidecar.name(), &envelope);
            Box::pin(ready(Ok(Answer::ok(verdict))))
        })
    }

    /// Never answers.
    pub(crate) fn never() -> Self {
        Self::new(|_| Box::pin(pending()))
    }

    /// Allows, after a while.
    pub(crate) fn allows_after(duration: Duration) -> Self {
        Self::new(move |_| {
            Box::pin(async move {
                tokio::time::sleep(duration).await;
                Ok(Answer::ok("{}"))
            })
        })
    }

    /// How many calls were started and neither ended nor dropped.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::SeqCst)
    }

    pub(crate) fn asked(&self) -> Vec<Invocation> {
        self.asked.lock().unwrap().clone()
    }

    /// The names of the functions that were asked, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let name = |asked: &Invocation| asked.sidecar.name().to_owned();
        self.asked.lock().unwrap().iter().map(name).collect()
    }

    pub(crate) fn envelopes(&self) -> Vec<Value> {
        let envelope = |asked: &Invocation| serde_json::from_slice(&asked.payload).unwrap();
        self.asked.lock().unwrap().iter().map(envelope).collect()
    }
}

impl Service<Invocation> for Function {
    type Response = Answer;
    type Error = BoxError;
    type Future = Reply;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: Invocation) -> Reply {
        assert_is_envelope(&invocation.payload);
        let reply = (self.reply)(&invocation);
        self.asked.lock().unwrap().push(invocation);
        let under_way = UnderWay::new(&self.under_way);
        Box::pin(async move {
            let _under_way = under_way;
            reply.await
        })
    }
}

struct UnderWay(Arc<AtomicUsize>);

impl UnderWay {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
