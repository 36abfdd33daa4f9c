//! The functions, with a record of what they were sent and what they answered.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use lambda_sidecar::{
    Answer, ErrorChain, FailureClass, Invocation, InvocationError, Sidecar, Synchronicity, Target,
};
use tokio::time::timeout;
use tower::ServiceExt;

use super::{
    super::{console::cannot_start, exit::Exit},
    case::Choice,
};
use crate::{
    functions::{FunctionSource, Functions, Transport},
    lambda_runtime::{LocalRuntime, RuntimeInvocation},
};

/// One function call.
pub(super) struct RecordedInvocation {
    pub(super) sidecar: Arc<Sidecar>,
    pub(super) envelope: Bytes,
    pub(super) heard: Heard,
    /// Whether its time has the start of the program in it.
    pub(super) with_start: bool,
    /// What the function of an event will be sent once the call is through.
    event: Option<RuntimeInvocation>,
    /// What the function of an event did, which nobody waits for.
    pub(super) later: Option<Answer>,
}

impl RecordedInvocation {
    pub(super) fn new(invocation: &Invocation) -> Self {
        Self {
            sidecar: Arc::clone(&invocation.sidecar),
            envelope: invocation.payload.clone(),
            heard: Heard::Nothing,
            with_start: false,
            event: None,
            later: None,
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(super) enum Heard {
    /// Nothing in time.
    Nothing,
    Answer(Answer),
    /// There is no answer: the class of the failure, and why.
    Failed(FailureClass, String),
}

/// Who answers for the functions.
enum Backing {
    Aws(Functions),
    Program(LocalRuntime),
    Nobody,
}

/// The functions of one request.
pub(super) struct RecordedFunctions {
    backing: Backing,
    /// How long a call may take whose sidecar does not say.
    limit: Duration,
}

impl RecordedFunctions {
    /// # Errors
    ///
    /// [`Exit::Start`] when the command cannot be run.
    pub(super) async fn start(
        choice: Choice,
        limit: Duration,
        transport: Transport,
    ) -> Result<Self, Exit> {
        let backing = match choice {
            Choice::Aws => {
                let source = FunctionSource::from_environment();
                let functions = source.functions(transport).await;
                Backing::Aws(functions.map_err(cannot_start)?)
            }
            Choice::Nobody => Backing::Nobody,
            Choice::Command(command) => {
                let runtime = LocalRuntime::begin(command).await;
                Backing::Program(runtime.map_err(cannot_start)?)
            }
        };
        Ok(Self { backing, limit })
    }

    /// Invokes a function, and records what came back.
    pub(super) async fn invoke(
        &self,
        invocation: Invocation,
        record: &mut RecordedInvocation,
    ) -> Result<Answer, InvocationError> {
        let result = match &self.backing {
            Backing::Aws(functions) => functions.clone().oneshot(invocation).await,
            Backing::Nobody => Err(InvocationError::connect("there is no function to invoke")),
            Backing::Program(runtime) => {
                let sent = self.sent(&invocation);
                if invocation.synchronicity() == Synchronicity::Event {
                    record.event = Some(sent);
                    Ok(Answer::accepted())
                } else {
                    let answer = runtime.invoke(sent).await;
                    answer.map_err(InvocationError::connect).map(|local| {
                        record.with_start = local.with_start;
                        local.answer
                    })
                }
            }
        };
        record.heard = match &result {
            Ok(answer) => Heard::Answer(answer.clone()),
            Err(error) => Heard::Failed(error.to_failure().class(), reason(error)),
        };
        result
    }

    /// Sends an event that the gateway would send in the background, once, and waits: somebody wants to see what comes
    /// of it.
    pub(super) async fn send(&self, invocation: Invocation, record: &mut RecordedInvocation) {
        let limit = invocation.sidecar.send_timeout();
        // What came of it is in the record.
        let sent = timeout(limit, self.invoke(invocation, &mut *record)).await;
        if sent.is_err() {
            record.heard = Heard::Failed(FailureClass::Timeout, NO_ANSWER.to_owned());
        }
    }

    /// Has the function of an event run, as long as it may.
    pub(super) async fn run_event(&self, record: &mut RecordedInvocation) {
        if let (Backing::Program(runtime), Some(event)) = (&self.backing, record.event.take()) {
            let answer = timeout(event.time, runtime.invoke(event)).await;
            let answer = answer.ok().and_then(Result::ok);
            record.later = answer.map(|local| local.answer);
        }
    }

    fn sent(&self, invocation: &Invocation) -> RuntimeInvocation {
        let sidecar = &invocation.sidecar;
        RuntimeInvocation {
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

/// Of a function that did not answer in time.
pub(super) const NO_ANSWER: &str = "no answer in time";

/// Why there is no answer. The causes are told for credentials alone, which have no request of the call in them.
fn reason(error: &InvocationError) -> String {
    match error.to_failure().class() {
        FailureClass::Credentials => ErrorChain::new(error).to_string(),
        _ => error.to_string(),
    }
}
