//! Whose credentials a call is signed with, and how often they are asked for.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aws_credential_types::{
    Credentials, credential_fn::provide_credentials_fn, provider::SharedCredentialsProvider,
};
use lambda_sidecar::FailureClass;

use super::{functions, over};
use crate::aws_functions::{
    call, config,
    far_end::{FarEnd, Reply, Service},
    log_line, own, spawn_calls,
};

#[tokio::test]
async fn nothing_is_called_at_construction() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    drop(functions(&far_end.url));
    assert_eq!(far_end.connections(), 0);
}

#[tokio::test]
async fn a_sidecar_without_a_role_uses_the_process_own_credentials() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    call(&functions(&far_end.url), &own("")).await.unwrap();
    assert_eq!(far_end.counts(), (0, 0, 1));
    assert_eq!(far_end.seen(Service::Lambda)[0].signed().0, "BASEKEY");
}

#[tokio::test]
async fn a_thousand_calls_ask_for_the_process_own_credentials_once() {
    let asked = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let provider = {
        let (asked, gate) = (Arc::clone(&asked), Arc::clone(&gate));
        provide_credentials_fn(move || {
            asked.fetch_add(1, Ordering::SeqCst);
            let gate = Arc::clone(&gate);
            async move {
                gate.acquire().await.unwrap().forget();
                Ok(Credentials::new("OWN", "secret", None, None, "test"))
            }
        })
    };
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let config = config(&far_end.url)
        .credentials_provider(SharedCredentialsProvider::new(provider))
        .build();
    let functions = over(&config);
    let calls = spawn_calls(&functions, &own(""), 1000);
    gate.add_permits(1);
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(far_end.count(Service::Lambda), 1000);
}

#[tokio::test]
async fn no_credentials_have_the_class_credentials() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let mut without = config(&far_end.url);
    without.set_credentials_provider(None);
    let error = call(&over(&without.build()), &own("")).await.unwrap_err();
    assert_eq!(error.class(), FailureClass::Credentials);
    assert!(
        log_line(&error).contains("no credentials provider"),
        "{}",
        log_line(&error)
    );
    assert_eq!(far_end.connections(), 0);
}

#[cfg(not(feature = "parameter-store"))]
#[tokio::test]
async fn without_the_feature_a_role_is_refused_with_its_name() {
    let far_end = FarEnd::lambda(|| Reply::ok("{}")).await;
    let error = call(
        &functions(&far_end.url),
        &crate::aws_functions::assuming("sidecar"),
    )
    .await
    .unwrap_err();
    assert_eq!(error.class(), FailureClass::Credentials);
    assert!(log_line(&error).contains("`parameter-store`"));
    assert_eq!(far_end.connections(), 0);
}
