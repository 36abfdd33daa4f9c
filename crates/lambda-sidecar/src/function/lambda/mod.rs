//! AWS Lambda as a function service.
//!
//! | file | role |
//! | --- | --- |
//! | `service` | [`AwsLambda`], the service |
//! | `transport` | which of the two ways a call goes |
//! | `environment` | the configuration that environment and profile give |
//! | `settings` | settings that cannot be used |
//! | `rules` | what a setting may say |
//! | `addresses` | addresses as all who read them take them |
//! | `proxy` | which addresses are called through a proxy |
//! | `clients` | which client calls which sidecar's function |
//! | `invoke` | one call over the SDK |
//! | `lean` | one call without the SDK's orchestrator |
//! | `target` | the function of AWS Lambda that a sidecar names |
//! | `client_context` | the client context in base64 |
//! | `invoke_answer` | AWS's status and headers as an [`Answer`](crate::Answer) |
//! | `http` | the one connection pool, and the largest answer it reads |
//! | `refused` | credentials that AWS refuses, and the call made again with others |
//! | `retry` | which failed attempts are made again |
//! | `codes` | the codes of AWS's exceptions |
//! | `shown` | what is shown of an error that is not ours |
//! | `denial` | who may not do what |
//! | `encodings` | a secret in whatever form |
//! | `sdk_error` | an error of the SDK as an [`InvocationError`](crate::InvocationError) |
//! | `credentials` | credentials kept and refreshed once for all |
//! | `assume_role` | what a refresh does for an assumed role |

mod addresses;
#[cfg(feature = "parameter-store")]
mod assume_role;
mod client_context;
mod clients;
mod codes;
mod credentials;
#[cfg(feature = "parameter-store")]
mod denial;
#[cfg(feature = "parameter-store")]
mod encodings;
mod environment;
mod execution_name;
mod hex;
mod http;
mod invoke;
mod invoke_answer;
mod lean;
mod proxy;
mod refused;
mod retry;
mod rules;
mod sdk_error;
mod service;
mod settings;
mod shown;
mod target;
mod throttle;
mod transport;

pub use self::{
    service::AwsLambda,
    settings::AwsSettingsError,
    transport::{Transport, UnknownTransport},
};
