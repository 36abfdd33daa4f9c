//! The AWS side: one client for each connection, credentials, and what an error of the SDK means.
//!
//! | file | role |
//! | --- | --- |
//! | `environment` | the configuration that environment and profile give |
//! | `clients` | which client calls which sidecar's function |
//! | `invoke` | one call over the SDK |
//! | `lean` | one call without the SDK's orchestrator |
//! | `client_context` | the client context in base64 |
//! | `http` | the one connection pool, and the largest answer it reads |
//! | `retry` | which failed attempts are made again |
//! | `classify` | an error of the SDK as a [`InvocationError`](crate::InvocationError) |
//! | `credentials` | credentials kept and refreshed once for all |
//! | `assume_role` | what a refresh does for an assumed role |

#[cfg(feature = "parameter-store")]
mod assume_role;
mod classify;
mod client_context;
mod clients;
mod credentials;
mod environment;
mod http;
mod invoke;
mod lean;
mod retry;

pub(crate) use self::{clients::Clients, environment::config as config_from_env};
