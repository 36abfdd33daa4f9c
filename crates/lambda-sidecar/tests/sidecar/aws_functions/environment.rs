//! `Functions::from_env`, in a process of its own: the environment of this one is not to be changed.

use std::process::{Command, Stdio};

use super::from_env;
use crate::aws_functions::{
    assuming, call,
    far_end::{FarEnd, Reply, Service},
    own,
};

/// Set in a process that a test here has started.
const CHILD: &str = "LAMBDA_SIDECAR_TEST_CHILD";

fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

/// Runs one of the tests here in a process with this environment, and nothing of the machine's.
async fn run(test: &'static str, environment: &[(&str, &str)]) {
    let (_, module) = module_path!().split_once("::").unwrap();
    let mut process = Command::new(std::env::current_exe().unwrap());
    process
        .args(["--exact", &format!("{module}::{test}")])
        .env_clear()
        .env("AWS_ACCESS_KEY_ID", "ENVKEY")
        .env("AWS_SECRET_ACCESS_KEY", "env-secret")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env(CHILD, "1")
        .envs(environment.iter().copied())
        .stdout(Stdio::null());
    let status = tokio::task::spawn_blocking(move || process.status()).await;
    assert!(status.unwrap().unwrap().success());
}

/// Runs in the process that the tests below start; elsewhere it does nothing.
#[tokio::test]
async fn process_with_a_role() {
    if !is_child() {
        return;
    }
    let functions = from_env().await;
    call(&functions, &assuming("sidecar")).await.unwrap();
}

/// Runs in the process that the tests below start; elsewhere it does nothing.
#[tokio::test]
async fn process_without_a_role() {
    if !is_child() {
        return;
    }
    let functions = from_env().await;
    call(&functions, &own("")).await.unwrap();
}

/// Runs in the process that the tests below start; elsewhere it does nothing.
#[tokio::test]
async fn process_that_calls_nothing() {
    if is_child() {
        drop(from_env().await);
    }
}

#[tokio::test]
async fn nothing_is_called_at_construction_not_even_the_machine_for_its_region() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let environment = [
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &far_end.url),
        ("AWS_ENDPOINT_URL", &far_end.url),
    ];
    run("process_that_calls_nothing", &environment).await;
    assert_eq!(far_end.connections(), 0);
}

#[cfg(feature = "parameter-store")]
#[tokio::test]
async fn every_service_has_its_own_endpoint_override() {
    let far_end = || FarEnd::lambda(|| Reply::ok("{}"));
    let (lambda, sts, ssm) = tokio::join!(far_end(), far_end(), far_end());
    run(
        "process_with_a_role",
        &[
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_LAMBDA", &lambda.url),
            ("AWS_ENDPOINT_URL_STS", &sts.url),
            ("AWS_ENDPOINT_URL_SSM", &ssm.url),
        ],
    )
    .await;
    assert_eq!(lambda.counts(), (0, 0, 1));
    assert_eq!(sts.counts(), (0, 1, 0));
    assert_eq!(ssm.counts(), (1, 0, 0));
    assert_eq!(
        ssm.seen(Service::Ssm)[0].signed(),
        ("ENVKEY", "eu-central-1")
    );
}

#[cfg(feature = "parameter-store")]
#[tokio::test]
async fn one_endpoint_override_serves_all() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    run("process_with_a_role", &[("AWS_ENDPOINT_URL", &far_end.url)]).await;
    assert_eq!(far_end.counts(), (1, 1, 1));
    let region = far_end.seen(Service::Ssm)[0].signed().1.to_owned();
    assert_eq!(
        region, "us-east-1",
        "the sidecar's, where the process has none"
    );
}

#[tokio::test]
async fn the_process_own_credentials_come_from_the_environment() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    run(
        "process_without_a_role",
        &[("AWS_ENDPOINT_URL_LAMBDA", &far_end.url)],
    )
    .await;
    assert_eq!(
        far_end.seen(Service::Lambda)[0].signed(),
        ("ENVKEY", "us-east-1")
    );
}

#[tokio::test]
async fn an_empty_variable_is_an_unset_one() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let environment = [
        ("AWS_ENDPOINT_URL", &*far_end.url),
        ("AWS_ENDPOINT_URL_LAMBDA", ""),
        ("AWS_MAX_ATTEMPTS", ""),
        ("AWS_RETRY_MODE", ""),
        ("AWS_REGION", ""),
        ("AWS_USE_FIPS_ENDPOINT", ""),
        ("HTTP_PROXY", ""),
    ];
    run("process_without_a_role", &environment).await;
    assert_eq!(far_end.counts(), (0, 0, 1));
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_gone_through() {
    let proxy = FarEnd::lambda(|| Reply::ok("{}")).await;
    let environment = [
        ("HTTP_PROXY", &*proxy.url),
        ("AWS_ENDPOINT_URL_LAMBDA", "http://lambda.invalid/prefix"),
    ];
    run("process_without_a_role", &environment).await;
    let seen = proxy.seen(Service::Lambda).remove(0);
    let start = "http://lambda.invalid/prefix/2015-03-31/functions/";
    assert!(seen.target.starts_with(start), "{}", seen.target);
    assert_eq!(seen.header("host"), Some("lambda.invalid"));
}

#[tokio::test]
async fn a_function_that_calls_functions_hands_on_its_trace() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let environment = [
        ("AWS_LAMBDA_FUNCTION_NAME", "outer"),
        ("_X_AMZN_TRACE_ID", "Root=1-5759e988;\tLineage=a"),
        ("AWS_ENDPOINT_URL_LAMBDA", &*far_end.url),
    ];
    run("process_without_a_role", &environment).await;
    assert_eq!(
        far_end.seen(Service::Lambda)[0].header("x-amzn-trace-id"),
        Some("Root=1-5759e988;%09Lineage=a")
    );
}
