//! AWS Lambda's Runtime API on the loopback interface, for functions that are programs on this machine.
//!
//! A function built with `lambda_runtime`, `awslambdaric` or any other runtime client asks
//! `AWS_LAMBDA_RUNTIME_API` for its next invocation. What is answered there is what Lambda would answer, so
//! the program runs unchanged. As with Lambda, a process has one invocation at a time; a second one at the
//! same time gets a process of its own.

mod api;
mod command;
mod environment;
mod runtime;

use std::time::Duration;

use bytes::Bytes;

pub(crate) use self::{command::FunctionCommand, runtime::LocalRuntime};

/// One invocation, as the Runtime API tells it.
pub(crate) struct Question {
    pub(crate) payload: Bytes,
    pub(crate) function_arn: String,
    /// JSON.
    pub(crate) client_context: Option<String>,
    /// How long the function has.
    pub(crate) time: Duration,
}
