//! `Functions` against scripted far ends on the loopback interface.
//!
//! They do what no stand-in for AWS does: answers that break off, that are too large or come too
//! late, and credentials that expire while calls run.

#![allow(
    clippy::unwrap_used,
    reason = "tests, their helpers included, end by it"
)]
#![allow(
    clippy::duplicate_mod,
    reason = "every case runs over either transport"
)]
#![cfg_attr(
    not(feature = "parameter-store"),
    allow(dead_code, reason = "much of the far end is for assumed roles")
)]

mod by_name;
mod far_end;
mod http2;
mod lean;
mod sameness;
mod sdk;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_types::sdk_config::{SharedTimeSource, TimeSource};
use lambda_sidecar::{Answer, Functions, Invocation, InvocationError, Sidecar};
use tokio::task::JoinHandle;
use tower_service::Service as _;

/// The process's own configuration, with everything of AWS at one address.
fn config(endpoint: &str) -> aws_types::sdk_config::Builder {
    let credentials = Credentials::new("BASEKEY", "base-secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(credentials))
}

/// A sidecar that uses the process's own credentials.
fn own(further: &str) -> Arc<Sidecar> {
    sidecar(&format!("useAssumeRole: false\n{further}"))
}

/// A sidecar that assumes a role.
fn assuming(role: &str) -> Arc<Sidecar> {
    sidecar(&format!(
        "roleARN: arn:aws:iam::123456789012:role/{role}\nexternalIdKey: /acme/prod/trustKey"
    ))
}

fn sidecar(further: &str) -> Arc<Sidecar> {
    let text = format!(
        "region: us-east-1
         functionARN: arn:aws:lambda:us-east-1:123456789012:function:authz:live
         {further}"
    );
    Arc::new(Sidecar::pre(&text).unwrap())
}

fn invocation(sidecar: &Arc<Sidecar>) -> Invocation {
    Invocation::new(
        Arc::clone(sidecar),
        r#"{"point":"PreProcessor"}"#,
        "7632924a-8d8d-4d35-8a77-b57c4bb450af",
    )
}

async fn call(functions: &Functions, sidecar: &Arc<Sidecar>) -> Result<Answer, InvocationError> {
    functions.clone().call(invocation(sidecar)).await
}

/// That many calls at once.
fn spawn_calls(
    functions: &Functions,
    sidecar: &Arc<Sidecar>,
    count: usize,
) -> Vec<JoinHandle<Result<Answer, InvocationError>>> {
    let spawn = || {
        let (functions, sidecar) = (functions.clone(), Arc::clone(sidecar));
        tokio::spawn(async move { call(&functions, &sidecar).await })
    };
    std::iter::repeat_with(spawn).take(count).collect()
}

/// The error and all its sources, as the log shows them.
fn log_line(error: &InvocationError) -> String {
    let chain = std::iter::successors(Some(error as &dyn std::error::Error), |&error| {
        error.source()
    });
    let texts: Vec<_> = chain.map(ToString::to_string).collect();
    texts.join(": ")
}

/// A clock that moves when it is told to.
#[derive(Debug, Clone)]
struct ManualClock(Arc<Mutex<SystemTime>>);

impl ManualClock {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(SystemTime::now())))
    }

    fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }

    fn source(&self) -> SharedTimeSource {
        SharedTimeSource::new(self.clone())
    }
}

impl TimeSource for ManualClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}
