//! One process of a function, with its Runtime API.

use std::{io, process::ExitStatus, time::SystemTime};

use bytes::Bytes;
use lambda_sidecar::Answer;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Child;
use uuid::Uuid;

use super::{
    api::{Api, ProcessMessage, StartedInvocation},
    command::FunctionCommand,
    complaints::Complaints,
    invocation::RuntimeInvocation,
};

/// A process that takes one invocation after the other. It is killed when this is dropped, with what it
/// started.
#[derive(Debug)]
pub(super) struct Environment {
    process: Child,
    api: Api,
    complaints: Complaints,
    invoked: bool,
}

impl Environment {
    /// # Errors
    ///
    /// When the command cannot be run.
    pub(super) async fn start(command: &FunctionCommand) -> io::Result<Self> {
        let api = Api::start().await?;
        let mut process = command.to_command(api.address().to_string()).spawn()?;
        let complaints = Complaints::read(process.stderr.take());
        Ok(Self {
            process,
            api,
            complaints,
            invoked: false,
        })
    }

    /// Whether it has had no invocation yet: the time of the first one has the start of the process in it.
    pub(super) fn is_new(&self) -> bool {
        !self.invoked
    }

    /// Whether the process has not ended by itself.
    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }

    /// The function's answer, and whether the process takes another invocation.
    pub(super) async fn invoke(
        &mut self,
        invocation: RuntimeInvocation,
        deadline: SystemTime,
    ) -> (Answer, bool) {
        let id = Uuid::new_v4().to_string();
        let started = StartedInvocation {
            id: id.clone(),
            invocation,
            deadline,
        };
        self.invoked = true;
        self.api.hand_over(started).await;
        tokio::select! {
            biased;
            Some(message) = self.api.message() => answer(message),
            status = self.process.wait() => {
                // Its last message counts.
                match self.api.last_message() {
                    Some(last) => (answer(last).0, false),
                    None => (exited(&id, status, &self.complaints.last().await), false),
                }
            }
        }
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        // One that has ended has no number any more: it may be another's by now.
        let number = self.process.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = number.and_then(Pid::from_raw) {
            // Nobody is left to be told that it failed; the process itself is killed in any case.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

fn answer(message: ProcessMessage) -> (Answer, bool) {
    let (payload, function_error, is_usable) = match message {
        ProcessMessage::Response(payload) => (payload, None, true),
        ProcessMessage::Error(payload) => (payload, Some(UNHANDLED), true),
        ProcessMessage::InitError(payload) => (payload, Some(UNHANDLED), false),
    };
    (local(payload, function_error), is_usable)
}

const UNHANDLED: &str = "Unhandled";

fn local(payload: Bytes, function_error: Option<&str>) -> Answer {
    let answer = match function_error {
        Some(kind) => Answer::failed(kind, payload),
        None => Answer::ok(payload),
    };
    answer.version("$LATEST".to_owned())
}

/// What Lambda says of a process that ends instead of answering, and the last lines of its standard error.
fn exited(id: &str, status: io::Result<ExitStatus>, complaints: &str) -> Answer {
    let reason = match status {
        Ok(status) if status.success() => format!(
            "Runtime exited without providing a reason ({status}); the program has to speak the Runtime API, as \
             `python3 -m awslambdaric handler.main` does"
        ),
        Ok(status) => format!("Runtime exited with error: {status}"),
        Err(error) => format!("Runtime exited with error: {error}"),
    };
    let mut message = format!("RequestId: {id} Error: {reason}");
    if !complaints.is_empty() {
        message.push_str("; the end of its standard error: ");
        message.push_str(complaints);
    }
    Answer::error("Runtime.ExitError", &message)
}
