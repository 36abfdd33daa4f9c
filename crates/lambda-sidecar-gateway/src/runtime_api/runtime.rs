//! The processes of a function.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use lambda_sidecar::Answer;

use crate::{exit::Exit, run::cannot_start};

use super::{FunctionCommand, Question, environment::Environment};

/// A function that is a program on this machine. A clone shares the processes; they are killed with the
/// last one.
#[derive(Debug, Clone)]
pub(crate) struct LocalRuntime {
    command: Arc<FunctionCommand>,
    idle: Arc<Mutex<Vec<Environment>>>,
}

impl LocalRuntime {
    /// Starts the first process.
    ///
    /// # Errors
    ///
    /// [`Exit::Start`] when the command cannot be run.
    pub(crate) async fn begin(command: FunctionCommand) -> Result<Self, Exit> {
        let first = Environment::start(&command).await.map_err(|error| {
            let program = command.program();
            cannot_start(format_args!("`{program}` cannot be run: {error}"))
        })?;
        Ok(Self {
            command: Arc::new(command),
            idle: Arc::new(Mutex::new(vec![first])),
        })
    }

    /// Asks a process that has nothing to do, or a new one.
    ///
    /// # Errors
    ///
    /// When a new process cannot be started.
    ///
    /// # Cancellation
    ///
    /// Dropping the future kills the process that was asked.
    pub(crate) async fn ask(&self, question: Question) -> io::Result<Answer> {
        // Starting a process takes of the function's time, for the sidecar waits already.
        let deadline = SystemTime::now() + question.time;
        let mut environment = match self.take_idle() {
            Some(environment) => environment,
            None => Environment::start(&self.command).await?,
        };
        let (answer, goes_on) = environment.ask(question, deadline).await;
        if goes_on {
            self.idle().push(environment);
        }
        Ok(answer)
    }

    fn take_idle(&self) -> Option<Environment> {
        let mut idle = self.idle();
        idle.retain_mut(Environment::is_running);
        idle.pop()
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Environment>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
