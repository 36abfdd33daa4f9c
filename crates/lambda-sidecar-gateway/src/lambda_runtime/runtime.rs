//! The processes of a function.

use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use lambda_sidecar::Answer;

use super::{command::FunctionCommand, environment::Environment, invocation::RuntimeInvocation};

/// An answer of a program.
#[derive(Debug)]
pub(crate) struct LocalAnswer {
    pub(crate) answer: Answer,
    /// Whether the time of the invocation has the start of the process in it.
    pub(crate) with_start: bool,
}

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
    /// If the command cannot be run.
    pub(crate) async fn begin(command: FunctionCommand) -> Result<Self, CannotRun> {
        let first = Environment::start(&command).await;
        let first = first.map_err(|source| CannotRun {
            program: command.program().to_owned(),
            source,
        })?;
        Ok(Self {
            command: Arc::new(command),
            idle: Arc::new(Mutex::new(vec![first])),
        })
    }

    /// Invokes the function, in a process that has nothing to do or in a new one.
    ///
    /// # Errors
    ///
    /// When a new process cannot be started.
    ///
    /// # Cancellation
    ///
    /// Dropping the future kills the process of the invocation.
    pub(crate) async fn invoke(&self, invocation: RuntimeInvocation) -> io::Result<LocalAnswer> {
        // Starting a process takes of the function's time, for the sidecar waits already.
        let deadline = SystemTime::now() + invocation.time;
        let mut environment = match self.take_idle() {
            Some(environment) => environment,
            None => Environment::start(&self.command).await?,
        };
        let with_start = environment.is_new();
        let (answer, is_usable) = environment.invoke(invocation, deadline).await;
        if is_usable {
            self.idle().push(environment);
        }
        Ok(LocalAnswer { answer, with_start })
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

/// A command that cannot be run.
#[derive(Debug)]
pub(crate) struct CannotRun {
    program: String,
    source: io::Error,
}

impl fmt::Display for CannotRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` cannot be run: {}", self.program, self.source)
    }
}
