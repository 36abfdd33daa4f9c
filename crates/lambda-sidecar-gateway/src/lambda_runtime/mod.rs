//! AWS Lambda's Runtime API on the loopback interface, for functions that are programs on this machine.
//!
//! A function built with `lambda_runtime`, `awslambdaric` or any other runtime client gets its next invocation
//! from `AWS_LAMBDA_RUNTIME_API`. The gateway answers there as Lambda would, so the program runs unchanged. As
//! with Lambda, a process has one invocation at a time; a second one at the same time gets a process of its
//! own.

mod api;
mod command;
mod complaints;
mod environment;
mod invocation;
mod runtime;

pub(crate) use self::{
    command::FunctionCommand, invocation::RuntimeInvocation, runtime::LocalAnswer,
    runtime::LocalRuntime,
};
