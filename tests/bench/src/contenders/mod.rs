//! What is measured, each in a process of its own.
//!
//! | file | role |
//! | --- | --- |
//! | `app` | an application with one of the middlewares, or none |
//! | `naive` | what a user writes today |
//! | `layered` | the layer of this project, and its sidecars |
//! | `grpc` | the same application as a gRPC service |
//! | `caller` | somebody who calls the function, without an application |
//! | `in_process` | what is counted call by call |
//! | `aws` | where the function is |

mod app;
mod aws;
mod caller;
mod grpc;
mod in_process;
mod layered;
mod naive;

pub(crate) use self::{
    app::{App, Middleware},
    aws::ARN,
    caller::{Caller, Kind},
    layered::{Sidecars, Transport},
};
