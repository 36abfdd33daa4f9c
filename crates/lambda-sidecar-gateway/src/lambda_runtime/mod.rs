//! AWS Lambda's Runtime API on the loopback interface, for functions that are programs on this machine.
//!
//! A function built with `lambda_runtime`, `awslambdaric` or any other runtime client gets its next invocation
//! from `AWS_LAMBDA_RUNTIME_API`. The gateway answers there as Lambda would, so the program runs unchanged. As with Lambda, a process has one invocation at a time; a second one at the
//! same time gets a process of its own.

mod api;
mod command;
mod environment;
mod runtime;

use std::time::Duration;

use bytes::Bytes;

pub(crate) use self::{command::FunctionCommand, runtime::LocalRuntime};

/// One invocation, as the Runtime API tells it.
pub(crate) struct RuntimeInvocation {
    pub(crate) payload: Bytes,
    pub(crate) function_arn: String,
    /// JSON.
    pub(crate) client_context: Option<String>,
    /// How long the function has.
    pub(crate) time: Duration,
}
