//! The functions, with a record of what they were asked and what they answered.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use lambda_sidecar::{
    Answer, Functions, Invocation, InvocationError, Sidecar, Synchronicity, Target, Transport,
};
use tower::Service;

use super::case::Choice;
use crate::{
    exit::Exit,
    runtime_api::{LocalRuntime, Question},
};

/// One function call.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) sidecar: Arc<Sidecar>,
    pub(super) envelope: Bytes,
    pub(super) heard: Heard,
    /// What the function of an event did, which nobody waits for.
    pub(super) later: Option<Answer>,
}

/// What came back.
#[derive(Debug)]
pub(super) enum Heard {
    /// Nothing in time.
    Nothing,
    Answer(Answer),
    /// Why there is no answer.
    Failed(String),
}

/// Whom the sidecars ask.
#[derive(Clone)]
enum Whom {
    Aws(Functions),
    Local(LocalRuntime),
    Nobody,
}

/// The function service of one rehearsal.
#[derive(Clone)]
pub(super) struct Asked {
    whom: Whom,
    /// How long a call may take whose sidecar does not say.
    limit: Duration,
    record: Arc<Mutex<Record>>,
}

#[derive(Default)]
struct Record {
    exchanges: Vec<Exchange>,
    /// What the functions of events are asked once the call is through, by the place of their exchange.
    events: Vec<(usize, Question)>,
}

impl Asked {
    /// # Errors
    ///
    /// [`Exit::Start`] when the command cannot be run.
    pub(super) async fn start(
        choice: Choice,
        limit: Duration,
        transport: Transport,
    ) -> Result<Self, Exit> {
        let whom = match choice {
            Choice::Aws => Whom::Aws(Box::pin(Functions::from_env()).await.transport(transport)),
            Choice::Nobody => Whom::Nobody,
            Choice::Command(command) => Whom::Local(LocalRuntime::begin(command).await?),
        };
        Ok(Self {
            whom,
            limit,
            record: Arc::default(),
        })
    }

    /// Has the functions of events run, as long as each may, and gives back what was recorded.
    pub(super) async fn finish(self) -> Vec<Exchange> {
        let record = std::mem::take(&mut *self.record());
        let mut exchanges = record.exchanges;
        if let Whom::Local(runtime) = &self.whom {
            for (at, question) in record.events {
                let time = question.time;
                let answer = tokio::time::timeout(time, runtime.ask(question)).await;
                exchanges[at].later = answer.ok().and_then(Result::ok);
            }
        }
        exchanges
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes an exchange down, and where it stands.
    fn begin(&self, invocation: &Invocation) -> usize {
        let mut record = self.record();
        record.exchanges.push(Exchange {
            sidecar: Arc::clone(&invocation.sidecar),
            envelope: invocation.payload.clone(),
            heard: Heard::Nothing,
            later: None,
        });
        record.exchanges.len() - 1
    }

    async fn invoke(self, at: usize, invocation: Invocation) -> Result<Answer, InvocationError> {
        match self.whom.clone() {
            Whom::Aws(mut functions) => functions.call(invocation).await,
            Whom::Nobody => Err(InvocationError::connect("there is no function to ask")),
            Whom::Local(runtime) => {
                let question = self.question(&invocation);
                if invocation.synchronicity() == Synchronicity::Event {
                    self.record().events.push((at, question));
                    return Ok(Answer::accepted());
                }
                runtime
                    .ask(question)
                    .await
                    .map_err(InvocationError::connect)
            }
        }
    }

    fn question(&self, invocation: &Invocation) -> Question {
        let sidecar = &invocation.sidecar;
        Question {
            payload: invocation.payload.clone(),
            function_arn: match sidecar.target() {
                Target::Aws(function) => function.arn.clone(),
                _ => sidecar.name().to_owned(),
            },
            client_context: Some(invocation.client_context()),
            time: sidecar.timeout().unwrap_or(self.limit),
        }
    }
}

impl Service<Invocation> for Asked {
    type Response = Answer;
    type Error = InvocationError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, InvocationError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), InvocationError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        let asked = self.clone();
        Box::pin(async move {
            let at = asked.begin(&invocation);
            let result = asked.clone().invoke(at, invocation).await;
            asked.record().exchanges[at].heard = match &result {
                Ok(answer) => Heard::Answer(answer.clone()),
                Err(error) => Heard::Failed(error.to_string()),
            };
            result
        })
    }
}
