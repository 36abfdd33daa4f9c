//! Every case over the lean transport.

#[path = "answers.rs"]
mod answers;
#[path = "credentials.rs"]
mod credentials;
#[path = "environment.rs"]
mod environment;
#[path = "retries.rs"]
mod retries;
#[cfg(feature = "parameter-store")]
#[path = "roles.rs"]
mod roles;
#[cfg(feature = "parameter-store")]
#[path = "secrets.rs"]
mod secrets;

use aws_config::SdkConfig;
use lambda_sidecar::{Functions, Transport};

/// Pools of connections: one for Lambda, one for what credentials need.
#[cfg(feature = "parameter-store")]
const POOLS: usize = 2;

fn over(config: &SdkConfig) -> Functions {
    Functions::new(config).transport(Transport::Lean)
}

fn functions(endpoint: &str) -> Functions {
    over(&crate::aws_functions::config(endpoint).build())
}

async fn from_env() -> Functions {
    Functions::from_env().await.transport(Transport::Lean)
}
